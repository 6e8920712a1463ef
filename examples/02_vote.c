// The teacher of R-Zero: ask the same question many times; the majority of the answers is the label.
//
//     cc -O2 -ffp-contract=off examples/02_vote.c -o build/02_vote -lm -lpthread -ldl
//     build/02_vote
//     build/02_vote "[S]47+85<sep>"
//
// Expected output (which answers come depends on the model's weights):
//   | 16 answers to ...
//   | majority ..., agreement 0...
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>
#include <string.h>

enum { VOTES = 16 };

// Samples VOTES responses and decodes them; texts[i] must be released.
static r0_status ask(r0_context *r0, const char *folder, const char *question, char *texts[VOTES])
{
    r0_model *model = NULL;
    r0_tokenizer *tokenizer = NULL;
    r0_tokens tokens = R0_ZERO;
    r0_rollouts rollouts = R0_ZERO;
    r0_span span = {question, strlen(question)};
    r0_sampling sampling = R0_ZERO;
    sampling.temperature = 1;
    sampling.top_k = 40;
    sampling.max_new_tokens = 72;
    sampling.seed = 1;

    r0_status status = r0_model_load(r0, folder, &model);
    if (!status) status = r0_tokenizer_load(r0, folder, &tokenizer);
    if (!status) status = r0_tokenizer_encode(tokenizer, span, R0_TOKENIZE_SPECIAL, &tokens);
    r0_sequence prompt = {tokens.ids, (int)tokens.count, (int)tokens.count};
    if (!status) status = r0_generate(model, &prompt, 1, VOTES, &sampling, &rollouts);
    for (int i = 0; !status && i < VOTES; i++) {
        const r0_rollout *r = &rollouts.items[i];
        size_t size;
        status = r0_tokenizer_decode(tokenizer, r->tokens, (size_t)r->length, 0, &texts[i], &size);
    }
    r0_rollouts_free(r0, &rollouts);
    r0_tokens_free(r0, &tokens);
    r0_tokenizer_destroy(tokenizer);
    r0_model_destroy(model);
    return status;
}

static r0_status vote(r0_context *r0, char *texts[VOTES])
{
    r0_span answers[VOTES];
    int cluster[VOTES];
    r0_vote outcome;
    for (int i = 0; i < VOTES; i++) {
        r0_span text = {texts[i], strlen(texts[i])};
        r0_answer_extract(text, R0_ANSWER_BOXED, &answers[i]); // an empty span when nothing is boxed
        printf("  %.*s\n", (int)answers[i].size, answers[i].data ? answers[i].data : "");
    }
    r0_status status = r0_vote_count(r0, answers, VOTES, NULL, r0_equal_strict, r0, cluster, &outcome);
    if (status) return status;
    r0_span label = {"none", 4};
    if (outcome.pseudo_label >= 0) label = answers[outcome.pseudo_label];
    printf("majority %.*s, agreement %.2f: %s\n", (int)label.size, label.data, outcome.agreement,
           r0_filter_tiny(outcome.votes, outcome.total) ? "worth training on" : "too clear or too unclear to train on");
    return R0_OK;
}

int main(int argc, char **argv)
{
    const char *question = argc > 1 ? argv[1] : "[S]8+5-4+7<sep>";
    char *texts[VOTES] = R0_ZERO;
    r0_context *r0;
    r0_status status = r0_context_create(NULL, &r0);
    if (!status) status = ask(r0, "examples/tiny", question, texts);
    if (!status) printf("%d answers to %s\n", VOTES, question);
    if (!status) status = vote(r0, texts);
    if (status) printf("%s\n", r0_error(r0));
    for (int i = 0; i < VOTES && r0; i++) r0_text_free(r0, texts[i]);
    r0_context_destroy(r0);
    return status != R0_OK;
}
