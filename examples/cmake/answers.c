// A library with R0 inside. R0_STATIC keeps R0 to this file, so that nothing else of the program sees or meets it.
#define R0_STATIC
#define R0_IMPLEMENTATION
#include <r0.h>

#include "answers.h"

// Writes the model's greedy answer; false: what is wrong instead.
bool answers_ask(const char *folder, const char *question, char *answer, size_t size)
{
    r0_context *r0;
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    r0_tokens tokens = R0_ZERO;
    r0_rollouts made = R0_ZERO;
    r0_sampling greedy = R0_ZERO;
    char *text = NULL, prompt[256];
    size_t length = 0;
    greedy.max_new_tokens = 64;
    if (r0_context_create(NULL, &r0)) return snprintf(answer, size, "%s", r0_error(r0)), r0_context_destroy(r0), false;
    r0_span asked = {prompt, (size_t)snprintf(prompt, sizeof prompt, "[S]%.200s<sep>", question)};
    bool good = !r0_model_load(r0, folder, &model) && !r0_tokenizer_load(r0, folder, &tokenizer) &&
                !r0_tokenizer_encode(tokenizer, asked, R0_TOKENIZE_SPECIAL, &tokens);
    r0_sequence sequence = {tokens.ids, (int)tokens.count, (int)tokens.count};
    good = good && !r0_generate(model, &sequence, 1, 1, &greedy, &made) &&
           !r0_tokenizer_decode(tokenizer, made.items[0].tokens, // less the end token
                                (size_t)made.items[0].length - made.items[0].finished, 0, &text, &length);
    snprintf(answer, size, "%s", good ? text : r0_error(r0));
    r0_text_free(r0, text), r0_rollouts_free(r0, &made), r0_tokens_free(r0, &tokens);
    r0_tokenizer_destroy(tokenizer), r0_model_destroy(model), r0_context_destroy(r0);
    return good;
}
