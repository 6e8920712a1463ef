// Load a model and let it answer a question.
//     cc -O2 -ffp-contract=off examples/01_hello.c -o build/01_hello -lm -lpthread -ldl
//     build/01_hello
// Expected output (the steps, and the answer in a box):
//   | ...\boxed{...}<eos>
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>

int main(void)
{
    r0_context *r0;
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    r0_tokens question = R0_ZERO;
    r0_rollouts answer = R0_ZERO;
    char *text = NULL;
    size_t size;
    r0_span asked = {"[S]8+5-4<sep>", 13};
    r0_sampling greedy = R0_ZERO; // temperature 0: always the likeliest token
    greedy.max_new_tokens = 64;

    r0_status status = r0_context_create(NULL, &r0);
    if (!status) status = r0_model_load(r0, "examples/tiny", &model);
    if (!status) status = r0_tokenizer_load(r0, "examples/tiny", &tokenizer);
    if (!status) status = r0_tokenizer_encode(tokenizer, asked, R0_TOKENIZE_SPECIAL, &question);
    r0_sequence prompt = {question.ids, (int)question.count, (int)question.count};
    if (!status) status = r0_generate(model, &prompt, 1, 1, &greedy, &answer);
    const r0_rollout *first = answer.items;
    if (!status) status = r0_tokenizer_decode(tokenizer, first->tokens, (size_t)first->length, 0, &text, &size);
    puts(status ? r0_error(r0) : text);

    r0_text_free(r0, text); // every release allows NULL
    r0_rollouts_free(r0, &answer);
    r0_tokens_free(r0, &question);
    r0_tokenizer_destroy(tokenizer);
    r0_model_destroy(model);
    r0_context_destroy(r0);
    return status != R0_OK;
}
