// `r0 generate`: completes a prompt, text in, text out. Special tokens in the prompt are parsed.
#ifndef CMD_GENERATE_H
#define CMD_GENERATE_H

#include "cli.h"

typedef struct generate_options {
    const char *model, *prompt, *dtype;
    double temperature, top_p;
    int samples, top_k, max_new, seed;
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
        printf("%s\n", r->finished ? "" : " [cut off]");
        r0_text_free(r0, text);
    }
    return CLI_OK;
}

static int generate_run(r0_context *r0, const generate_options *o, r0_tokenizer *tokenizer, r0_model *model)
{
    r0_span text = {o->prompt, strlen(o->prompt)};
    r0_sampling sampling = {(float)o->temperature, o->top_k, (float)o->top_p, o->max_new, (uint64_t)o->seed};
    r0_tokens tokens;
    r0_rollouts rollouts;
    unsigned flags = R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL;
    if (r0_tokenizer_encode(tokenizer, text, flags, &tokens)) return cli_error(r0);
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
