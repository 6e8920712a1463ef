// `r0 generate`: completes a prompt, text in, text out, and nothing but text on stdout. Special tokens in the prompt
// are parsed, unless it is a turn of a chat.
#ifndef CMD_GENERATE_H
#define CMD_GENERATE_H

#include "cli.h"

typedef struct generate_options {
    const char *model, *prompt, *dtype, *system;
    double temperature, top_p;
    int samples, top_k, max_new, seed;
    bool chat;
} generate_options;

static int generate_print(r0_context *r0, r0_tokenizer *tokenizer, const r0_rollouts *rollouts)
{
    for (int i = 0; i < rollouts->count; i++) {
        const r0_rollout *r = &rollouts->items[i];
        char *text;
        size_t size, count = (size_t)(r->length - r->finished); // without the end token
        if (r0_tokenizer_decode(tokenizer, r->tokens, count, R0_DECODE_SKIP_UNKNOWN, &text, &size))
            return cli_error(r0);
        cli_put(stdout, text, size);
        printf("\n");
        r0_text_free(r0, text);
        if (!r->finished && !cli.quiet) fprintf(stderr, "completion %d is cut off at %d tokens\n", i + 1, r->length);
    }
    return CLI_OK;
}

// The prompt's tokens: as it stands, or as a user's turn in the model's chat template.
static r0_status generate_encode(r0_context *r0, const generate_options *o, r0_tokenizer *tokenizer, r0_tokens *tokens)
{
    r0_span prompt = {o->prompt, strlen(o->prompt)}, mark = {"{question}", 10}, system = {o->system, 0};
    if (!o->chat) return r0_tokenizer_encode(tokenizer, prompt, R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, tokens);
    if (o->system) system.size = strlen(o->system);
    r0_message messages[2] = {{{"system", 6}, system}, {{"user", 4}, mark}};
    int first = o->system ? 0 : 1;
    char *text;
    size_t size;
    r0_status status = r0_chat_render(tokenizer, messages + first, (size_t)(2 - first), true, &text, &size);
    if (status) return status;
    r0_span rendered = {text, size};
    status = r0_prompt_encode(tokenizer, rendered, prompt, true, tokens);
    r0_text_free(r0, text);
    return status;
}

static int generate_run(r0_context *r0, const generate_options *o, r0_tokenizer *tokenizer, r0_model *model)
{
    r0_sampling sampling = {(float)o->temperature, o->top_k, (float)o->top_p, o->max_new, (uint64_t)o->seed};
    r0_tokens tokens;
    r0_rollouts rollouts;
    if (generate_encode(r0, o, tokenizer, &tokens)) return cli_error(r0);
    if (!tokens.count) {
        r0_tokens_free(r0, &tokens);
        fprintf(stderr, "%s: the prompt has no tokens\n", cli.name);
        return CLI_FAILED;
    }
    r0_sequence sequence = {tokens.ids, (int)tokens.count, (int)tokens.count};
    int room = r0_model_shape(model)->max_positions - sequence.length;
    if (!sampling.max_new_tokens) sampling.max_new_tokens = room < 1 ? 1 : room < 512 ? room : 512;
    double start = cli_seconds();
    int code = r0_generate(model, &sequence, 1, o->samples, &sampling, &rollouts) ? cli_error(r0) : CLI_OK;
    double seconds = cli_seconds() - start, count = 0;
    for (int i = 0; i < rollouts.count; i++) count += rollouts.items[i].length;
    if (!code) code = generate_print(r0, tokenizer, &rollouts);
    if (!code && !cli.quiet)
        fprintf(stderr, "%.0f tokens in %.2f s: %.0f/s\n", count, seconds, seconds > 0 ? count / seconds : 0);
    r0_rollouts_free(r0, &rollouts);
    r0_tokens_free(r0, &tokens);
    return code;
}

static int generate_check_options(const generate_options *o)
{
    const char *wrong = NULL;
    if (!o->model || !o->prompt) wrong = "needs --model and --prompt";
    else if (o->system && !o->chat) wrong = "--system needs --chat";
    else if (o->samples < 1 || o->samples > 65536) wrong = "--samples is not within 1..65536";
    else if (!(o->temperature >= 0 && o->temperature <= 100)) wrong = "--temperature is not within 0..100";
    else if (!(o->top_p > 0 && o->top_p <= 1)) wrong = "--top-p is not above 0 and up to 1";
    else if (o->top_k < 0) wrong = "--top-k is below 0";
    else if (o->max_new < 0 || o->max_new > 1000000) wrong = "--max-new is not within 0..1000000";
    if (!wrong) return CLI_GO;
    fprintf(stderr, "%s: %s; see %s --help\n", cli.name, wrong, cli.name);
    return CLI_USAGE;
}

static int cmd_generate(r0_context *r0, int argc, char **argv)
{
    generate_options o = R0_ZERO;
    o.dtype = "f32";
    o.temperature = o.top_p = 1;
    o.samples = o.seed = 1;
    const cli_option options[] = {
        {"model", CLI_TEXT, &o.model, "model folder"},
        {"dtype", CLI_TEXT, &o.dtype, "of its weights in memory: f32, bf16, f16, q8_0, q4_0 or stored"},
        {"prompt", CLI_TEXT, &o.prompt, "what to complete, e.g. \"[S]7+5-3<sep>\" for examples/tiny"},
        {"chat", CLI_FLAG, &o.chat, "the prompt is a user's turn in the chat template; special tokens are text"},
        {"system", CLI_TEXT, &o.system, "with --chat: a system message in front"},
        {"samples", CLI_INT, &o.samples, "completions, one per line"},
        {"temperature", CLI_REAL, &o.temperature, "0: greedy"},
        {"top-p", CLI_REAL, &o.top_p, "1: all"},
        {"top-k", CLI_INT, &o.top_k, "0: all"},
        {"max-new", CLI_INT, &o.max_new, "longest completion, tokens; 0: 512 or what fits"},
        {"seed", CLI_INT, &o.seed, "everything random follows from it"},
    };
    int code = cli_parse("r0 generate --model DIR --prompt TEXT: complete a prompt", options, CLI_COUNT(options), &argc,
                         argv);
    if (code != CLI_GO) return code;
    if (argc > 1) return fprintf(stderr, "%s: unexpected \"%s\"\n", cli.name, argv[1]), CLI_USAGE;
    code = generate_check_options(&o);
    if (code != CLI_GO) return code;
    r0_tokenizer *tokenizer = NULL;
    r0_model *model = NULL;
    code = CLI_FAILED;
    if (r0_tokenizer_load(r0, o.model, &tokenizer) || r0_model_load_as(r0, o.model, o.dtype, &model)) cli_error(r0);
    else code = generate_run(r0, &o, tokenizer, model);
    r0_model_destroy(model);
    r0_tokenizer_destroy(tokenizer);
    return code;
}

#endif
