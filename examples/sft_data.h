// The examples of `r0 sft`: a JSON Lines file as token ids. A line is a text with its continuation, or a chat:
//
//     {"prompt", "response"}    texts. The prompt as it stands (special tokens parsed, what the folder puts before a
//     {"prompt", "completion"}  text added), then the response and the model's first end token
//     {"messages"}              a chat, a list of {"role", "content"}: an example per turn of the assistant
//     {"conversations"}         the same, of {"from", "value"} (ShareGPT)
//     {"prompt", "completion"}  two lists of messages (TRL): the turns of the completion are learned
//     {"instruction", "output"} a chat of one question (Alpaca); "input", if not empty, is its second line
//
// Beside a chat may stand "system" (a text), "tools" and "chat_template_kwargs"; in a message, what templates know:
// reasoning_content, tool_calls, tool_call_id, name. A turn of "weight" 0 is not learned. A field that is none of these
// is an error, unless --ignore names it; so is one that the template leaves out, for then it would not be trained.
//
// Of a chat, all that the template writes before a turn is the prompt, and what it writes for it, up to the token that
// ends it, the response. Folders without a template: the turn's content and the end token. Prompt and response are
// encoded apart, so that the border between what is given and what is learned falls between tokens. A special token
// inside of a message, or an end token before the end of a response, is an error: it would end the turn in the middle.
// The first line that is wrong stops everything, and nothing is trained.
#ifndef SFT_DATA_H
#define SFT_DATA_H

#include <stdarg.h>
#include "arrays.h"
#include "cli.h"

typedef struct sft_example {
    size_t first; // in `ids`
    int length, prompt_length;
} sft_example;

enum { SFT_MESSAGES = 257, SFT_FIELDS = 8 };

// The chat of a line, in the form that r0_chat_render_json takes: copies of what the line holds, under its usual names.
typedef struct sft_chat {
    r0_json list, messages[SFT_MESSAGES], fields[SFT_MESSAGES][SFT_FIELDS];
    r0_span keys[SFT_MESSAGES][SFT_FIELDS];
    bool learned[SFT_MESSAGES];
    r0_json variables, values[32]; // for the template: tools and chat_template_kwargs
    r0_span names[32];
    char **joined;                 // growing: texts that were made of several; freed with the line
} sft_chat;

typedef struct sft_data {
    r0_context *r0;
    r0_tokenizer *tokenizer;
    const r0_model_config *config;
    const char *ignored;  // fields to pass over, by commas; NULL: none
    const char *path;     // of the file being read
    int line;
    int longest;          // tokens; longer examples are left out
    int left_out;
    bool plain;           // the folder has no chat template
    bool warned_begin, warned_end;
    sft_chat *chat;
    int32_t *ids;          // growing
    sft_example *examples; // growing
    int count;             // of examples
    uint64_t hash;        // of all ids and borders: tells whether a resumed run has the same data
    char problem[1200];   // what is wrong with a line; empty: ask r0_error
} sft_data;

static r0_status sft_bad_line(sft_data *d, const char *format, ...)
{
    va_list list;
    int size = snprintf(d->problem, sizeof d->problem, "%.600s:%d: ", d->path, d->line);
    va_start(list, format);
    vsnprintf(d->problem + size, sizeof d->problem - (size_t)size, format, list);
    va_end(list);
    return R0_ERROR_FORMAT;
}

static void sft_append(sft_data *d, const int32_t *ids, size_t count)
{
    if (count) memcpy(arraddnptr(d->ids, count), ids, count * sizeof *ids);
}

static bool sft_is_end(const sft_data *d, int32_t id)
{
    for (int i = 0; i < d->config->eos_count; i++)
        if (d->config->eos_tokens[i] == id) return true;
    return false;
}

static bool sft_is_special(const sft_data *d, int32_t id)
{
    char *text;
    size_t size;
    if (sft_is_end(d, id)) return true;
    if (r0_tokenizer_decode(d->tokenizer, &id, 1, R0_DECODE_SKIP_SPECIAL, &text, &size)) return false;
    r0_text_free(d->r0, text);
    return !size;
}

static r0_status sft_tokens(sft_data *d, r0_span text, unsigned flags, r0_tokens *tokens)
{
    if (r0_tokenizer_encode(d->tokenizer, text, flags, tokens)) return sft_bad_line(d, "%s", r0_error(d->r0));
    for (size_t i = 0; i < tokens->count; i++)
        if (tokens->ids[i] >= d->config->vocab_size) {
            r0_tokens_free(d->r0, tokens);
            return sft_bad_line(d, "the tokenizer makes ids that the model does not have");
        }
    return R0_OK;
}

// Appends a text that is given. A begin token that the text brings along is not doubled.
static r0_status sft_given(sft_data *d, r0_span text, unsigned flags)
{
    r0_tokens tokens;
    r0_status status = sft_tokens(d, text, flags, &tokens);
    if (status) return status;
    int32_t begin = d->config->bos_token;
    bool twice = tokens.count > 1 && begin >= 0 && tokens.ids[0] == begin && tokens.ids[1] == begin;
    if (twice && !d->warned_begin)
        fprintf(stderr, "%s: %s:%d: warning: the prompt has the begin token already: it is not put before it again\n",
                cli.name, d->path, d->line);
    d->warned_begin = d->warned_begin || twice;
    if (tokens.count) sft_append(d, tokens.ids + twice, tokens.count - twice);
    r0_tokens_free(d->r0, &tokens);
    return R0_OK;
}

// Appends a text that is learned, up to its first end token. `own`: what ends it is the text's own matter, and an end
// token must not come before its end. Else the template has written the text: its end token may be another than the
// folder's, as in base models, and what follows it (a line end) belongs to the next turn. *ended: there was one.
static r0_status sft_learned(sft_data *d, r0_span text, bool own, bool *ended)
{
    r0_tokens tokens;
    r0_status status = sft_tokens(d, text, R0_TOKENIZE_SPECIAL, &tokens);
    if (status) return status;
    size_t end = 0, count = tokens.count;
    while (end < count && !sft_is_end(d, tokens.ids[end])) end++;
    if (own && end + 1 < count) status = sft_bad_line(d, "the response holds an end token before its end");
    if (!own && end == count) {
        while (end > 0 && !sft_is_special(d, tokens.ids[end - 1])) end--;
        char *name = NULL;
        size_t size;
        if (end && !d->warned_end && !r0_tokenizer_decode(d->tokenizer, &tokens.ids[end - 1], 1, 0, &name, &size))
            fprintf(stderr, "%s: %s:%d: warning: the template ends a turn with \"%s\", which is learned but is no end "
                    "token of the folder: let generation stop there, too (eos_token_id)\n",
                    cli.name, d->path, d->line, cli_text(name));
        r0_text_free(d->r0, name);
        d->warned_end = d->warned_end || end;
        end = end ? end - 1 : count;
    }
    *ended = end < count;
    if (!status && (own || *ended)) sft_append(d, tokens.ids, *ended ? end + 1 : count);
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
    d->count = (int)arrlen(d->examples);
    for (size_t i = first; i < first + length; i++) // FNV-1a
        d->hash = (d->hash ^ (uint32_t)d->ids[i]) * 1099511628211u;
    d->hash = (d->hash ^ (uint64_t)prompt_length << 32) * 1099511628211u;
    return R0_OK;
}

static r0_status sft_pair(sft_data *d, r0_span prompt, r0_span response)
{
    size_t first = arrlenu(d->ids);
    bool end = false;
    r0_status status = sft_given(d, prompt, R0_TOKENIZE_SPECIAL | R0_TOKENIZE_ADD_SPECIAL);
    size_t prompt_length = arrlenu(d->ids) - first;
    if (!status) status = sft_learned(d, response, true, &end);
    if (!status && !end) arrput(d->ids, d->config->eos_tokens[0]);
    return status ? status : sft_example_done(d, first, prompt_length);
}

// -- chats --

static bool sft_is(r0_span text, const char *word)
{
    return text.size == strlen(word) && !memcmp(text.data, word, text.size);
}

// Whether `name` is one of `list`, which commas part.
static bool sft_listed(const char *list, r0_span name)
{
    for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == name.size && !memcmp(at, name.data, name.size)) return true;
    return false;
}

// Texts of messages must not bring special tokens along: the model would see another turn.
static r0_status sft_check_texts(sft_data *d, const r0_json *value)
{
    r0_tokens with, without;
    r0_status status = R0_OK;
    for (size_t i = 0; !status && i < value->count; i++) status = sft_check_texts(d, &value->items[i]);
    if (status || value->type != R0_JSON_STRING) return status;
    if ((status = sft_tokens(d, value->text, R0_TOKENIZE_SPECIAL, &with)) != R0_OK) return status;
    if ((status = sft_tokens(d, value->text, 0, &without)) == R0_OK) {
        size_t i = 0;
        char *name = NULL;
        while (i < with.count && i < without.count && with.ids[i] == without.ids[i]) i++;
        if (i < with.count || i < without.count) {
            (void)r0_tokenizer_decode(d->tokenizer, &with.ids[i < with.count ? i : 0], 1, 0, &name, &i);
            status = sft_bad_line(d, "a message holds the special token \"%.100s\"", name ? name : "");
            r0_text_free(d->r0, name);
        }
        r0_tokens_free(d->r0, &without);
    }
    r0_tokens_free(d->r0, &with);
    return status;
}

// A text of two, with `between`; it lives as long as the line.
static r0_span sft_join(sft_data *d, r0_span a, const char *between, r0_span b)
{
    size_t middle = strlen(between);
    r0_span out = {NULL, a.size + middle + b.size};
    char *text = (char *)arrays_grow(NULL, out.size + 1);
    memcpy(text, a.data, a.size);
    memcpy(text + a.size, between, middle);
    memcpy(text + a.size + middle, b.data, b.size + 1); // texts of a document end in NUL
    arrput(d->chat->joined, text);
    out.data = text;
    return out;
}

// [{"type": "text", "text": ..}, ..] as one text.
static r0_status sft_parts(sft_data *d, const r0_json *parts, r0_json *out)
{
    memset(out, 0, sizeof *out);
    out->type = R0_JSON_STRING, out->text.data = "";
    for (size_t i = 0; i < parts->count; i++) {
        r0_span text = r0_json_get_text(&parts->items[i], "text");
        if (!sft_is(r0_json_get_text(&parts->items[i], "type"), "text") || !text.data)
            return sft_bad_line(d, "a part of a message's content is no text");
        out->text = i ? sft_join(d, out->text, "", text) : text;
    }
    return R0_OK;
}

static r0_json sft_text(r0_span text)
{
    r0_json value;
    memset(&value, 0, sizeof value);
    value.type = R0_JSON_STRING, value.text = text;
    return value;
}

// Adds a field to the chat's last message.
static void sft_put(sft_chat *c, const char *key, r0_json value)
{
    r0_json *message = &c->messages[c->list.count - 1];
    r0_span name = {key, strlen(key)};
    message->keys[message->count] = name;
    message->items[message->count++] = value;
}

// A new message; `role` as ShareGPT or as everybody calls it.
static r0_status sft_begin_message(sft_data *d, r0_span role, bool learned)
{
    static const char *const names[][2] = {{"human", "user"}, {"gpt", "assistant"}, {"observation", "tool"}};
    sft_chat *c = d->chat;
    size_t at = c->list.count;
    if (at == SFT_MESSAGES) return sft_bad_line(d, "more than %d messages", SFT_MESSAGES - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sft_is(role, names[i][0])) role.data = names[i][1], role.size = strlen(role.data);
    if (!role.data) return sft_bad_line(d, "a message without \"role\" (or \"from\") that is a text");
    memset(&c->messages[at], 0, sizeof c->messages[at]);
    c->messages[at].type = R0_JSON_OBJECT;
    c->messages[at].items = c->fields[at], c->messages[at].keys = c->keys[at];
    c->learned[at] = learned && sft_is(role, "assistant");
    c->list.count++;
    sft_put(c, "role", sft_text(role));
    return R0_OK;
}

static r0_status sft_message(sft_data *d, const r0_json *message, bool learned)
{
    static const char *const passed[] = {"reasoning_content", "tool_calls", "tool_call_id", "name"};
    bool share = r0_json_get(message, "from") != NULL;
    const r0_json *content = r0_json_get(message, share ? "value" : "content");
    const r0_json *weight = r0_json_get(message, "weight"), *calls = r0_json_get(message, "tool_calls");
    sft_chat *c = d->chat;
    r0_json whole;
    if (message->type != R0_JSON_OBJECT) return sft_bad_line(d, "a message that is no object");
    r0_status status = sft_begin_message(d, r0_json_get_text(message, share ? "from" : "role"), learned);
    if (status) return status;
    bool none = !content || content->type == R0_JSON_NULL;
    size_t at = c->list.count - 1;
    if (weight && weight->type != R0_JSON_NULL) {
        bool zero = weight->type == R0_JSON_NUMBER && weight->number == 0;
        bool one = weight->type == R0_JSON_NUMBER && weight->number == 1;
        if (!sft_is(c->fields[at][0].text, "assistant") || (!zero && !one))
            return sft_bad_line(d, "a \"weight\" other than 0 or 1 of an assistant's turn");
        c->learned[at] = c->learned[at] && one;
    }
    if (none && !(calls && calls->count)) return sft_bad_line(d, "a message without \"content\" (or \"value\")");
    if (!none && content->type == R0_JSON_ARRAY) status = sft_parts(d, content, &whole), content = &whole;
    if (!status && !none && content->type != R0_JSON_STRING) return sft_bad_line(d, "a message's content is no text");
    if (!status && !none) status = sft_check_texts(d, content);
    if (!status && content) sft_put(c, "content", *content);
    for (size_t i = 0; !status && i < message->count; i++) {
        bool known = sft_listed(share ? "from,value,weight" : "role,content,weight", message->keys[i]);
        if (known || message->items[i].type == R0_JSON_NULL || sft_listed(d->ignored, message->keys[i])) continue;
        if (r0_json_get(message, message->keys[i].data) != &message->items[i]) continue; // there is a later one
        for (size_t k = 0; !status && k < sizeof passed / sizeof *passed; k++)
            if (sft_is(message->keys[i], passed[k])) {
                known = true;
                status = sft_check_texts(d, &message->items[i]);
                sft_put(c, passed[k], message->items[i]);
            }
        if (!known)
            return sft_bad_line(d, "\"%.100s\" of a message is no field that is known (--ignore passes it over)",
                                message->keys[i].data);
    }
    return status;
}

static r0_status sft_messages(sft_data *d, const r0_json *list, const char *name, bool learned)
{
    r0_status status = R0_OK;
    if (list->type != R0_JSON_ARRAY) return sft_bad_line(d, "\"%s\" is not a list of messages", name);
    for (size_t i = 0; !status && i < list->count; i++) status = sft_message(d, &list->items[i], learned);
    return status;
}

// The first `count` messages as the template writes them.
static r0_status sft_render(sft_data *d, size_t count, bool prompt, char **text, size_t *size)
{
    sft_chat *c = d->chat;
    r0_json list = c->list;
    list.count = count;
    if (!r0_chat_render_json(d->tokenizer, &list, c->variables.count ? &c->variables : NULL, prompt, text, size))
        return R0_OK;
    return sft_bad_line(d, "%s", r0_error(d->r0));
}

// What the template leaves out would be dropped in silence. With `value` in the place of *field the chat must not be
// rendered as `whole`, the text as it is. (An error says that the template misses it.)
static r0_status sft_matters(sft_data *d, size_t count, r0_span whole, r0_json *field, r0_json value, const char *what)
{
    const r0_json kept = *field;
    char *text;
    size_t size;
    *field = value;
    r0_status status = sft_render(d, count, false, &text, &size);
    *field = kept;
    if (status) return d->problem[0] = 0, R0_OK;
    bool same = size == whole.size && !memcmp(text, whole.data, size);
    r0_text_free(d->r0, text);
    return same ? sft_bad_line(d, "the folder's chat template leaves out \"%.100s\"", what) : R0_OK;
}

// Thoughts and calls of the learned turn, tools, and messages that are neither the user's nor the assistant's.
static r0_status sft_all_matter(sft_data *d, size_t count, r0_span whole)
{
    sft_chat *c = d->chat;
    r0_json *last = &c->messages[count - 1], none = sft_text(whole);
    r0_status status = R0_OK;
    none.type = R0_JSON_NULL;
    for (size_t i = 0; !status && i < last->count; i++)
        if (sft_is(last->keys[i], "reasoning_content") || sft_is(last->keys[i], "tool_calls"))
            status = sft_matters(d, count, whole, &last->items[i], none, last->keys[i].data);
    for (size_t i = 0; !status && i < c->variables.count; i++)
        if (sft_is(c->names[i], "tools")) status = sft_matters(d, count, whole, &c->values[i], none, "tools");
    for (size_t i = 0; !status && i < count; i++) {
        r0_span role = c->fields[i][0].text;
        if (sft_is(role, "user") || sft_is(role, "assistant") || c->messages[i].count < 2) continue;
        status = sft_matters(d, count, whole, &c->fields[i][1], sft_text(role), role.data);
    }
    return status;
}

// The turn messages[count - 1] of a chat.
static r0_status sft_turn(sft_data *d, size_t count)
{
    char *before = NULL, *whole = NULL;
    size_t first = arrlenu(d->ids), size = 0, all = 0, prompt_length = 0;
    const r0_json *turn = &d->chat->messages[count - 1], *content = r0_json_get(turn, "content");
    bool ended = false;
    r0_status status = sft_render(d, count - 1, true, &before, &size);
    if (!status) status = sft_render(d, count, false, &whole, &all);
    if (!status && (all <= size || memcmp(whole, before, size) != 0))
        status = sft_bad_line(d, "with the answer, the folder's chat template writes another prompt than without it");
    r0_span given = {before, size}, text = {whole, all}, rest = {NULL, 0};
    if (!status) status = sft_all_matter(d, count, text);
    if (!status) status = sft_given(d, given, R0_TOKENIZE_SPECIAL | (d->plain ? R0_TOKENIZE_ADD_SPECIAL : 0));
    prompt_length = arrlenu(d->ids) - first;
    if (!status) rest.data = whole + size, rest.size = all - size;
    if (!status && !d->plain) status = sft_learned(d, rest, false, &ended);
    if (!status && !ended) { // no template that ends a turn by a token
        if (content) status = sft_learned(d, content->text, true, &ended);
        if (!status) arrput(d->ids, d->config->eos_tokens[0]);
    }
    r0_text_free(d->r0, before);
    r0_text_free(d->r0, whole);
    return status ? status : sft_example_done(d, first, prompt_length);
}

static r0_status sft_chat_done(sft_data *d)
{
    r0_status status = R0_OK;
    int turns = 0;
    if (d->chat->list.count > 1 && d->chat->learned[0])
        return sft_bad_line(d, "the assistant's first turn has nothing before it (\"weight\": 0 passes it over)");
    for (size_t i = 1; !status && i < d->chat->list.count; i++) {
        turns += sft_is(d->chat->fields[i][0].text, "assistant");
        if (d->chat->learned[i]) status = sft_turn(d, i + 1);
    }
    return status || turns ? status : sft_bad_line(d, "no assistant turn behind another one");
}

// What stands beside a chat: a system message in front, and what the template finds beside the messages.
static r0_status sft_beside(sft_data *d, const r0_json *line)
{
    sft_chat *c = d->chat;
    const r0_json *tools = r0_json_get(line, "tools"), *more = r0_json_get(line, "chat_template_kwargs");
    const r0_json *system = r0_json_get(line, "system");
    memset(&c->list, 0, sizeof c->list);
    memset(&c->variables, 0, sizeof c->variables);
    c->list.type = R0_JSON_ARRAY, c->list.items = c->messages;
    c->variables.type = R0_JSON_OBJECT, c->variables.items = c->values, c->variables.keys = c->names;
    for (size_t i = 0; more && i < more->count && more->type == R0_JSON_OBJECT && i < 31; i++) {
        c->names[c->variables.count] = more->keys[i];
        c->values[c->variables.count++] = more->items[i];
    }
    if (more && more->type != R0_JSON_NULL && (more->type != R0_JSON_OBJECT || more->count > 31))
        return sft_bad_line(d, "\"chat_template_kwargs\" is no object of at most 31 fields");
    if (tools && tools->type != R0_JSON_NULL && tools->count) {
        r0_span name = {"tools", 5};
        r0_status status = sft_check_texts(d, tools);
        if (status) return status;
        c->names[c->variables.count] = name;
        c->values[c->variables.count++] = *tools;
    }
    if (!system || system->type == R0_JSON_NULL || (system->type == R0_JSON_STRING && !system->text.size)) return R0_OK;
    if (system->type != R0_JSON_STRING) return sft_bad_line(d, "\"system\" is no text");
    r0_span role = {"system", 6};
    r0_status status = sft_check_texts(d, system);
    if (!status) status = sft_begin_message(d, role, false);
    if (!status) sft_put(c, "content", *system);
    return status;
}

// Alpaca's question and answer.
static r0_status sft_instruction(sft_data *d, const r0_json *line)
{
    r0_span question = r0_json_get_text(line, "instruction"), input = r0_json_get_text(line, "input");
    r0_span roles[2] = {{"user", 4}, {"assistant", 9}}, answer = r0_json_get_text(line, "output");
    r0_status status = R0_OK;
    if (!question.data || !answer.data) return sft_bad_line(d, "\"instruction\" and \"output\" are not two texts");
    if (input.size) question = sft_join(d, question, "\n", input);
    for (int i = 0; !status && i < 2; i++) {
        r0_json text = sft_text(i ? answer : question);
        status = sft_check_texts(d, &text);
        if (!status) status = sft_begin_message(d, roles[i], true);
        if (!status) sft_put(d->chat, "content", text);
    }
    return status;
}

// The forms that a line may have: the field that tells it, and the fields that may be with it.
static const struct { const char *field, *with; } sft_forms[] = {
    {"messages", "messages,system,tools,chat_template_kwargs"},
    {"conversations", "conversations,system,tools,chat_template_kwargs"},
    {"instruction", "instruction,input,output,system,tools,chat_template_kwargs"},
    {"completion", "prompt,completion,system,tools,chat_template_kwargs"},
    {"response", "prompt,response"},
};

static r0_status sft_line_of(sft_data *d, size_t form, const r0_json *value)
{
    const char *field = sft_forms[form].field;
    const r0_json *main = r0_json_get(value, field), *prompt = r0_json_get(value, "prompt");
    bool lists = form == 3 && main->type == R0_JSON_ARRAY && prompt && prompt->type == R0_JSON_ARRAY;
    for (size_t i = 0; i < value->count; i++) {
        bool fits = sft_listed(form < 3 || lists ? sft_forms[form].with : "prompt,completion,response", value->keys[i]);
        if (!fits && value->items[i].type != R0_JSON_NULL && !sft_listed(d->ignored, value->keys[i]))
            return sft_bad_line(d, "\"%.100s\" is no field that goes with \"%s\" (--ignore passes it over)",
                                value->keys[i].data, field);
    }
    if (form >= 3 && !lists) {
        if (prompt && prompt->type == R0_JSON_STRING && main->type == R0_JSON_STRING)
            return sft_pair(d, prompt->text, main->text);
        return sft_bad_line(d, "\"prompt\" and \"%s\" are not two texts%s", field,
                            form == 3 ? " or two lists of messages" : "");
    }
    r0_status status = sft_beside(d, value);
    if (!status && form == 2) status = sft_instruction(d, value);
    if (!status && form == 3) status = sft_messages(d, prompt, "prompt", false);
    if (!status && form != 2) status = sft_messages(d, main, field, true);
    return status ? status : sft_chat_done(d);
}

static r0_status sft_line(void *user, int line, const r0_json *value)
{
    sft_data *d = (sft_data *)user;
    size_t form = 0, forms = sizeof sft_forms / sizeof *sft_forms;
    d->line = line;
    while (form < forms && !r0_json_get(value, sft_forms[form].field)) form++;
    if (form == forms)
        return sft_bad_line(d, "neither {\"prompt\", \"response\"} nor {\"prompt\", \"completion\"}, {\"messages\"}, "
                            "{\"conversations\"}, {\"instruction\", \"output\"}");
    r0_status status = sft_line_of(d, form, value);
    while (arrlen(d->chat->joined)) free(arrpop(d->chat->joined));
    return status;
}

// Whether the folder has no template: a chat is then "role: content".
static bool sft_is_plain(sft_data *d)
{
    const r0_message message = {{"user", 4}, {"x", 1}};
    char *text;
    size_t size;
    if (r0_chat_render(d->tokenizer, &message, 1, true, &text, &size)) return false;
    bool plain = size == 7 && !memcmp(text, "user: x", 7);
    r0_text_free(d->r0, text);
    return plain;
}

// Adds the examples of a file. Errors have been printed when it returns.
static int sft_read(sft_data *d, const char *path)
{
    d->path = path;
    d->line = 0;
    d->plain = sft_is_plain(d);
    if (!d->chat) d->chat = (sft_chat *)memset(arrays_grow(NULL, sizeof *d->chat), 0, sizeof *d->chat);
    r0_status status = r0_json_lines(d->r0, path, sft_line, d);
    if (status && !d->problem[0]) return cli_error(d->r0); // no such file, or a line that is no JSON
    if (status) return fprintf(stderr, "%s: %s\n", cli.name, cli_text(d->problem)), CLI_FAILED;
    if (d->left_out > 5) fprintf(stderr, "%s: %s: %d examples left out in all\n", cli.name, path, d->left_out);
    return CLI_OK;
}

static void sft_data_free(sft_data *d)
{
    if (d->chat) arrfree(d->chat->joined);
    free(d->chat);
    arrfree(d->ids);
    arrfree(d->examples);
}

#endif
