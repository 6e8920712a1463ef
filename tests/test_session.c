// A session: one text in several turns. Catches: an answer that is not r0_generate's, to the bit, for the same tokens;
// keys and values that outlive a rewind; a text that is read again; a stop text or half a character that is told.

#include "model.h"

static int session_prompt(int32_t *tokens, int count, int salt, int vocab)
{
    for (int i = 0; i < count; i++)
        tokens[i] = (int32_t)r0i_random_below(r0i_key_make(21), (uint64_t)(i * 37 + salt), (uint64_t)vocab);
    return count;
}

// The next answer beside that of r0_generate for all tokens before it.
static void session_turn(test *t, r0_session *s, const r0_sampling *sampling, int turn, bool exact)
{
    r0_model *model = s->sampler.model;
    int32_t before[200];
    int count = s->count;
    memcpy(before, s->tokens, sizeof *before * (size_t)count);
    r0_sequence prompt = {before, count, count};
    r0_rollouts all;
    r0_rollout got;
    if (!CHECK(r0_generate(model, &prompt, 1, turn + 1, sampling, &all) == R0_OK, "%s", r0_error(model->context)) ||
        !CHECK(r0_session_generate(s, sampling, NULL, &got) == R0_OK, "%s", r0_error(model->context))) return;
    const r0_rollout *want = &all.items[turn];
    bool same = got.length == want->length && got.finished == want->finished && got.sample == turn;
    for (int i = 0; same && i < got.length; i++)
        same = got.tokens[i] == want->tokens[i] && fabsf(got.logp[i] - want->logp[i]) <= (exact ? 0 : 1e-4f);
    CHECK(same, "turn %d, %d tokens: not what r0_generate draws", turn, count);
    r0_tokens now = r0_session_tokens(s);
    CHECK((int)now.count == count + got.length && !memcmp(now.ids, before, sizeof *before * (size_t)count));
    r0_rollouts_free(model->context, &all);
}

static void session_talk(test *t, r0_context *r0, r0_architecture architecture, bool exact)
{
    r0_model_config c = test_small_config(architecture);
    c.max_positions = 200, c.vocab_size = 61;
    const r0_sampling sampling = {1, 0, .95f, 9, 5};
    int32_t tokens[200];
    r0_model *model;
    r0_session *s;
    CHECK(r0_model_create(r0, &c, 3, &model) == R0_OK);
    if (!CHECK(r0_session_create(model, NULL, 180, &s) == R0_OK, "%s", r0_error(r0))) return;
    for (int turn = 0; turn < 5; turn++) { // up to 23 tokens a turn: several passes, and more than a page in all
        int count = session_prompt(tokens, 1 + 11 * (turn % 3), turn, c.vocab_size), half = count / 2;
        CHECK(r0_session_append(s, tokens, half) == R0_OK, "%s", r0_error(r0));
        CHECK(r0_session_append(s, tokens + half, count - half) == R0_OK && s->read == s->count);
        session_turn(t, s, &sampling, turn, exact);
        CHECK(s->read == s->count - 1, "the last token waits for what follows it: %d of %d", s->read, s->count);
    }
    CHECK(r0_session_rewind(s, 15) == R0_OK && s->count == 15 && s->read == 15);
    session_turn(t, s, &sampling, 5, exact); // only the last token is read anew
    CHECK(r0_session_rewind(s, 0) == R0_OK);
    CHECK(r0_session_append(s, tokens, 12) == R0_OK);
    session_turn(t, s, &sampling, 6, exact);
    r0_session_destroy(s);
    r0_model_destroy(model);
}

static void test_session_formats(test *t)
{
    const char *const formats[] = {"F32", "F16"};
    for (size_t i = 0; i < R0I_COUNT(formats); i++) {
        r0_context_desc desc = R0_ZERO;
        r0_context *r0;
        desc.device = "cpu", desc.log = test_log, desc.cache_dtype = formats[i];
        CHECK(r0_context_create(&desc, &r0) == R0_OK);
        session_talk(t, r0, R0_QWEN3, true);
        session_talk(t, r0, R0_GEMMA3, true); // a window
        r0_context_destroy(r0);
    }
#ifndef R0_NO_VULKAN
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "vulkan", desc.log = test_log;
    if (r0_context_create(&desc, &r0)) SKIP("no Vulkan device: %s", r0_error(r0));
    else session_talk(t, r0, R0_QWEN3, false);
    r0_context_destroy(r0);
#endif
}

// -- what is told --

typedef struct session_ear {
    char text[256];
    size_t size;
    int calls, most; // most: after so many calls, enough
} session_ear;

static bool session_hear(void *user, const r0_rollout *answer, r0_span text)
{
    session_ear *ear = (session_ear *)user;
    memcpy(ear->text + ear->size, text.data, text.size);
    ear->size += text.size;
    ear->text[ear->size] = 0;
    uint32_t code;
    for (size_t i = 0, n; i < text.size; i += n) // every piece is valid by itself
        if (!(n = (size_t)r0i_utf8_decode(text.data + i, text.size - i, &code))) ear->most = -1;
    if (answer->text.size != ear->size || answer->length != ++ear->calls) ear->most = -1;
    return ear->calls != ear->most;
}

// Bytes that nobody sampled, as if the model had: each piece is a token's.
static void session_bytes(test *t, const char *const *pieces, int count, const char *const *stops, int stop_count,
                          const char *want, int used)
{
    session_ear ear = {{0}, 0, 0, 0};
    r0_stream stream = {session_hear, &ear, stops, stop_count, 0};
    r0_session s;
    r0_tokenizer tokenizer;
    r0_span words[16];
    uint8_t kinds[16];
    int32_t ids[16];
    memset(&s, 0, sizeof s), memset(&tokenizer, 0, sizeof tokenizer), memset(kinds, R0I_TOKEN_WORD, sizeof kinds);
    s.raw.context = s.told.context = tokenizer.context = t->r0;
    tokenizer.tokens = words, tokenizer.kinds = kinds, tokenizer.vocab_size = count;
    s.tokenizer = &tokenizer, s.answer.tokens = ids;
    bool enough = false;
    for (int i = 0; i < count && !enough; i++) {
        ids[i] = i, words[i] = r0i_span_of(pieces[i]);
        s.answer.length++;
        CHECK(r0i_session_tell(&s, &stream, i == count - 1, &enough) == R0_OK, "%s", r0_error(t->r0));
    }
    CHECK(!strcmp(ear.text, want) && ear.calls == used && ear.most == 0, "told \"%s\" in %d calls, not \"%s\" in %d",
          ear.text, ear.calls, want, used);
    r0i_text_free(&s.raw);
    r0i_text_free(&s.told);
}

static void test_session_texts(test *t)
{
    const char *const plain[] = {"a", "\xE2", "\x82", "\xAC", " b", "\xF0\x9F"};
    const char *const stops[] = {"\nUser:", "END"};
    const char *const half[] = {"ok\nUs", "e", "less\n", "E", "N", "D", "no"};
    const char *const early[] = {"x\n", "User: EN", "no"};
    const char *const bad[] = {"\x80z", "\xE2", "z", "\xC3"};
    session_bytes(t, plain, 6, NULL, 0, "a\xE2\x82\xAC b\xEF\xBF\xBD", 6);
    session_bytes(t, half, 7, stops, 2, "ok\nUseless\n", 6);
    session_bytes(t, half, 5, stops, 2, "ok\nUseless\nEN", 5); // it ends before the stop text is whole
    session_bytes(t, early, 3, stops, 2, "x", 2);
    session_bytes(t, bad, 4, NULL, 0, "\xEF\xBF\xBDz\xEF\xBF\xBDz\xEF\xBF\xBD", 4);
}

// -- ends, limits, refusals --

static bool session_cancel(void *user)
{
    return --*(int *)user < 0;
}

static void test_session_refusals(test *t)
{
    r0_model_config c = test_small_config(R0_QWEN3);
    r0_sampling sampling = {1, 0, 1, 0, 5}, wrong = {-1, 0, 1, 0, 5};
    int32_t tokens[64], polls = 1 << 30;
    session_ear ear = {{0}, 0, 0, 3};
    const char *const stop = "x";
    r0_stream stream = {session_hear, &ear, NULL, 0, 0}, stopping = {NULL, NULL, &stop, 1, 0};
    r0_model *model;
    r0_session *s;
    r0_rollout answer;
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu", desc.log = test_log, desc.cancel = session_cancel, desc.user = &polls;
    CHECK(r0_context_create(&desc, &r0) == R0_OK);
    c.eos_count = 0;
    CHECK(r0_model_create(r0, &c, 3, &model) == R0_OK);
    CHECK(r0_session_create(model, NULL, 65, &s) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "2..64") && !s);
    CHECK(r0_session_create(model, NULL, 40, &s) == R0_OK, "%s", r0_error(r0));
    CHECK(r0_session_generate(s, &sampling, NULL, &answer) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "nothing"));
    session_prompt(tokens, 64, 1, c.vocab_size);
    CHECK(r0_session_append(s, tokens, 41) == R0_ERROR_LIMIT && strstr(r0_error(r0), "40 positions") && !s->count);
    CHECK(r0_session_append(s, tokens, 20) == R0_OK);
    tokens[0] = c.vocab_size;
    CHECK(r0_session_append(s, tokens, 1) == R0_ERROR_ARGUMENT && s->count == 20, "%s", r0_error(r0));
    CHECK(r0_session_rewind(s, 21) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "0..20"));
    CHECK(r0_session_generate(s, &wrong, NULL, &answer) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "temperature -1"));
    CHECK(r0_session_generate(s, &sampling, &stopping, &answer) == R0_ERROR_ARGUMENT, "stop texts without a tokenizer");
    CHECK(r0_session_generate(s, &sampling, &stream, &answer) == R0_OK && answer.length == 3 && !answer.finished,
          "the listener had enough after %d", answer.length);
    polls = 5; // two each token: one for reading, one for drawing
    CHECK(r0_session_generate(s, &sampling, NULL, &answer) == R0_ERROR_CANCELLED && !answer.tokens && s->count == 25,
          "%d tokens: what was drawn stays", s->count);
    polls = 1;
    CHECK(r0_session_append(s, tokens + 1, 14) == R0_ERROR_CANCELLED && s->count == 25 && s->read <= 25, "as before");
    polls = 1 << 30;
    const r0_sampling four = {1, 0, 1, 4, 5};
    CHECK(r0_session_say(s, r0i_span_of("x")) == R0_ERROR_ARGUMENT && strstr(r0_error(r0), "no tokenizer"));
    session_turn(t, s, &four, 2, true);
    CHECK(r0_session_generate(s, &sampling, NULL, &answer) == R0_OK && answer.length == 11 && s->count == 40,
          "to the end of the room: %d", answer.length);
    CHECK(r0_session_generate(s, &sampling, NULL, &answer) == R0_ERROR_LIMIT && strstr(r0_error(r0), "no room"));
    r0_session_destroy(s);
    r0_session_destroy(NULL);
    r0_model_destroy(model);
    r0_context_destroy(r0);
}

static void test_session(test *t)
{
    test_session_formats(t);
    test_session_texts(t);
    test_session_refusals(t);
}
