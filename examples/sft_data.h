// The examples of `r0 sft`: a JSON Lines file of {"prompt", "response"} and {"messages"} lines as token ids.
//
//     {"prompt", "response"}   the prompt as it stands (special tokens parsed, what the folder puts before a text
//                              added), then the response and the model's first end token
//     {"messages": [...]}      an example per assistant turn: all that the template writes before it is the prompt,
//                              what it writes for it, up to its end token, the response. Folders without a template:
//                              the turn's content and the end token
//
// Prompt and response are encoded apart, so that the border between what is given and what is learned falls between
// tokens. A line that is none of these is an error that names file and line; nothing is trained then.
#ifndef SFT_DATA_H
#define SFT_DATA_H

#include "arrays.h"
#include "cli.h"

typedef struct sft_example {
    size_t first; // in `ids`
    int length, prompt_length;
} sft_example;

typedef struct sft_data {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    const r0_model_config *config;
    const char *path;  // of the file being read
    int line;
    int longest;       // tokens; longer examples are left out
    int left_out;
    int32_t *ids;           // growing
    sft_example *examples;  // growing
    uint64_t hash;     // of all ids and borders: tells whether a resumed run has the same data
    char problem[1200]; // what is wrong with a line; empty: ask r0_error
} sft_data;

static r0_status sft_bad_line(sft_data *d, const char *problem)
{
    snprintf(d->problem, sizeof d->problem, "%s:%d: %s", d->path, d->line, problem);
    return R0_ERROR_FORMAT;
}

static bool sft_is_end(const sft_data *d, int32_t id)
{
    for (int i = 0; i < d->config->eos_count; i++)
        if (d->config->eos_tokens[i] == id) return true;
    return false;
}

// Appends a text. `end`: stops behind the first end token, and says whether there was one.
static r0_status sft_encode(sft_data *d, r0_span text, unsigned flags, bool *end)
{
    r0_tokens tokens;
    r0_status status = r0_tokenizer_encode(d->tokenizer, text, flags, &tokens);
    if (status) return sft_bad_line(d, r0_error(d->r0));
    size_t count = tokens.count;
    for (size_t i = 0; end && i < count; i++)
        if (sft_is_end(d, tokens.ids[i])) *end = true, count = i + 1;
    for (size_t i = 0; !status && i < count; i++)
        if (tokens.ids[i] >= d->config->vocab_size)
            status = sft_bad_line(d, "the tokenizer makes ids that the model does not have");
    if (!status && count) memcpy(arraddnptr(d->ids, count), tokens.ids, count * sizeof *d->ids);
    r0_tokens_free(d->r0, &tokens);
    return status;
}

// What stands in `ids` from `first` on is an example, of which prompt_length tokens are given.
static r0_status sft_example_done(sft_data *d, size_t first, size_t prompt_length)
{
    size_t length = arrlenu(d->ids) - first;
    if (!prompt_length) return sft_bad_line(d, "the prompt has no tokens");
    if (length > (size_t)d->longest) {
        if (d->left_out++ < 5)
            fprintf(stderr, "%s: %s:%d: left out: %llu tokens are more than %d\n", cli.name, d->path, d->line,
                    (unsigned long long)length, d->longest);
        arrsetlen(d->ids, first);
        return R0_OK;
    }
    sft_example example = {first, (int)length, (int)prompt_length};
    arrput(d->examples, example);
    for (size_t i = first; i < first + length; i++) // FNV-1a
        d->hash = (d->hash ^ (uint32_t)d->ids[i]) * 1099511628211u;
    d->hash = (d->hash ^ (uint64_t)prompt_length << 32) * 1099511628211u;
    return R0_OK;
}

static r0_status sft_pair(sft_data *d, r0_span prompt, r0_span response)
{
    size_t first = arrlenu(d->ids);
    bool end = false;
    r0_status status = sft_encode(d, prompt, R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL, NULL);
    size_t prompt_length = arrlenu(d->ids) - first;
    if (!status) status = sft_encode(d, response, R0_TOKENIZE_SPECIAL, &end);
    if (!status && !end) arrput(d->ids, d->config->eos_tokens[0]);
    return status ? status : sft_example_done(d, first, prompt_length);
}

// The turn messages[count - 1] of a chat.
static r0_status sft_turn(sft_data *d, const r0_message *messages, size_t count)
{
    char *before = NULL, *whole = NULL;
    size_t first = arrlenu(d->ids), size = 0, all = 0, prompt_length = 0;
    bool end = false;
    r0_status status = r0_chat_render(d->tokenizer, messages, count - 1, true, &before, &size);
    if (!status) status = r0_chat_render(d->tokenizer, messages, count, false, &whole, &all);
    if (status) sft_bad_line(d, r0_error(d->r0));
    r0_span given = {before, size};
    if (!status) status = sft_encode(d, given, R0_TOKENIZE_SPECIAL, NULL);
    prompt_length = arrlenu(d->ids) - first;
    if (!status && all > size && !memcmp(whole, before, size)) {
        r0_span rest = {whole + size, all - size};
        status = sft_encode(d, rest, R0_TOKENIZE_SPECIAL, &end);
    }
    if (!status && !end) { // no template that ends a turn
        arrsetlen(d->ids, first + prompt_length);
        status = sft_encode(d, messages[count - 1].content, R0_TOKENIZE_SPECIAL, &end);
        if (!status && !end) arrput(d->ids, d->config->eos_tokens[0]);
    }
    r0_text_free(d->r0, before);
    r0_text_free(d->r0, whole);
    return status ? status : sft_example_done(d, first, prompt_length);
}

static r0_status sft_chat(sft_data *d, const r0_json *list)
{
    r0_message messages[256];
    int turns = 0;
    if (list->type != R0_JSON_ARRAY || list->count > 256)
        return sft_bad_line(d, "\"messages\" is not a list of at most 256 messages");
    for (size_t i = 0; i < list->count; i++) {
        messages[i].role = r0_json_get_text(&list->items[i], "role");
        messages[i].content = r0_json_get_text(&list->items[i], "content");
        if (!messages[i].role.data || !messages[i].content.data)
            return sft_bad_line(d, "a message without \"role\" and \"content\"");
        if (messages[i].role.size != 9 || memcmp(messages[i].role.data, "assistant", 9) != 0 || !i) continue;
        r0_status status = sft_turn(d, messages, i + 1);
        if (status) return status;
        turns++;
    }
    return turns ? R0_OK : sft_bad_line(d, "\"messages\" has no assistant turn behind another one");
}

static r0_status sft_line(void *user, int line, const r0_json *value)
{
    sft_data *d = (sft_data *)user;
    const r0_json *messages = r0_json_get(value, "messages");
    r0_span prompt = r0_json_get_text(value, "prompt"), response = r0_json_get_text(value, "response");
    d->line = line;
    if (messages) return sft_chat(d, messages);
    if (!prompt.data || !response.data)
        return sft_bad_line(d, "neither {\"prompt\", \"response\"} nor {\"messages\"}, as texts");
    return sft_pair(d, prompt, response);
}

// Adds the examples of a file. Errors have been printed when it returns.
static int sft_read(sft_data *d, const char *path)
{
    d->path = path;
    d->line = 0;
    r0_status status = r0_json_lines(d->r0, path, sft_line, d);
    if (status && !d->problem[0]) return cli_error(d->r0); // no such file, or a line that is no JSON
    if (status) return fprintf(stderr, "%s: %s\n", cli.name, d->problem), CLI_FAILED;
    if (d->left_out > 5) fprintf(stderr, "%s: %s: %d examples left out in all\n", cli.name, path, d->left_out);
    return CLI_OK;
}

static void sft_data_free(sft_data *d)
{
    arrfree(d->ids);
    arrfree(d->examples);
}

#endif
