// Two turns of a conversation, printed as they are drawn: a session keeps the keys and values of what it has read.
//     cc -O2 -ffp-contract=off examples/08_stream.c -o build/08_stream -lm -lpthread -ldl
//     build/08_stream
// Expected output (the answers, each with its end token):
//   | 8+5=13;13-4=9;\boxed{9}<eos>
//   | ...\boxed{...}<eos>
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>

static bool tell(void *user, const r0_rollout *answer, r0_span text)
{
    (void)user, (void)answer;
    return fwrite(text.data, 1, text.size, stdout) == text.size && !fflush(stdout); // false would end the answer
}

int main(void)
{
    const r0_span turns[2] = {{"[S]8+5-4<sep>", 13}, {"[S]3*4-7<sep>", 13}};
    const r0_sampling greedy = R0_ZERO; // until the model ends its answer
    const r0_stream stream = {tell, NULL, NULL, 0, 0};
    r0_context *r0;
    r0_model *model = NULL;
    r0_tokenizer *words = NULL;
    r0_session *session = NULL;
    bool good = !r0_context_create(NULL, &r0) && !r0_model_load(r0, "examples/tiny", &model) &&
                !r0_tokenizer_load(r0, "examples/tiny", &words) && !r0_session_create(model, words, 0, &session);
    for (int i = 0; good && i < 2; i++, puts(""))
        good = !r0_session_say(session, turns[i]) && !r0_session_generate(session, &greedy, &stream, NULL);
    if (!good) puts(r0_error(r0));
    r0_session_destroy(session), r0_tokenizer_destroy(words), r0_model_destroy(model), r0_context_destroy(r0);
    return !good;
}
