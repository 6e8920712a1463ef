// The gradient of the whole model, in the double build. Catches: a wrong step anywhere in the chain of backward ops.

#include "model.h"

// A loss with another weight for every token, so that no two gradients can be confused.
static float test_loss_weight(int token)
{
    return .1f + .05f * (float)(token % 7);
}

static r0_status test_weighted_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    for (int i = 0; i < micro->tokens; i++) {
        dlogp[i] = test_loss_weight(micro->token + i);
        *(double *)user += (double)micro->logp[i] * test_loss_weight(micro->token + i);
    }
    return R0_OK;
}

static double test_loss_of(r0_model *model, const test_sequences *s)
{
    float logp[TEST_RESPONSES];
    double sum = 0;
    if (r0_logp(model, s->items, 3, .8f, logp, NULL, NULL)) return NAN;
    for (int i = 0; i < TEST_RESPONSES; i++) sum += (double)logp[i] * test_loss_weight(i);
    return sum;
}

// Central differences of a sample of every tensor's weights. The embeddings are enlarged: at their own size of .028 the
// norms bend too much within a step.
static void test_model_gradient_of(test *t, r0_architecture architecture, bool adapter)
{
    r0_model_config c = test_small_config(architecture);
    r0_model *base, *model;
    r0_trainer *trainer;
    test_sequences s;
    test_sequences_make(&s, c.vocab_size);
    r0_trainer_desc desc = R0_ZERO;
    desc.temperature = .8f, desc.micro_batch = 16; // several micro-batches
    if (!CHECK(r0_model_create(t->r0, &c, 5, &base) == R0_OK, "%s", r0_error(t->r0))) return;
    model = base;
    r0_lora_desc lora = R0_ZERO;
    lora.rank = 2, lora.alpha = 3;
    if (adapter) CHECK(r0_lora_create(base, &lora, 1, &model) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_trainer_create(model, &desc, &trainer) == R0_OK);
    r0i_real *w = (r0i_real *)model->parameters.parts[0].host, *g = (r0i_real *)trainer->gradients.parts[0].host;
    r0i_real *embedding = (r0i_real *)base->parameters.parts[0].host + base->embedding->offset;
    CHECK(model->part_count == 1);
    for (size_t i = 0; i < (size_t)c.vocab_size * (size_t)c.hidden_size; i++) embedding[i] *= 20;
    for (size_t i = 0; adapter && i < model->size; i++) w[i] += .1 * r0i_random_normal(r0i_key_make(9), i); // B too
    double loss = 0;
    CHECK(r0_trainer_backward(trainer, s.items, 3, test_weighted_loss, &loss) == R0_OK, "%s", r0_error(t->r0));
    CHECK(fabs(loss - test_loss_of(model, &s)) < 1e-4);
    double step = 2e-3;
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        double error = 0, norm = 0;
        for (uint64_t k = 0; k < 12; k++) {
            size_t at = tensor->offset + r0i_random_below(r0i_key_make(i), k, (uint64_t)tensor->rows * tensor->cols);
            r0i_real kept = w[at];
            w[at] = (r0i_real)(kept + step);
            double up = test_loss_of(model, &s);
            w[at] = (r0i_real)(kept - step);
            double down = test_loss_of(model, &s), numeric = (up - down) / (2 * step);
            w[at] = kept;
            error += (numeric - g[at]) * (numeric - g[at]), norm += (double)g[at] * g[at];
        }
        double relative = sqrt(error / (norm + 1e-12));
        // logp comes back in float32, so even the double build sees noise of about 3e-7 / step.
        CHECK(relative < 3e-3 || sqrt(error) < 1e-3, "%d: %s: relative error %g", (int)architecture, tensor->name,
              relative);
    }
    r0_trainer_destroy(trainer);
    if (adapter) r0_model_destroy(model);
    r0_model_destroy(base);
}

static void test_model_gradient(test *t)
{
    for (int adapter = 0; adapter < 2; adapter++)
        for (int i = R0_QWEN2; i <= R0_GEMMA3; i++) test_model_gradient_of(t, (r0_architecture)i, adapter);
}
