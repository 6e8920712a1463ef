// Group Relative Policy Optimization on a toy: a small random model learns to say "7", because we pay it for that.
// The loop below is all there is to it: sample groups, reward, update. r0_grpo_update does the rest: advantages within
// each group, the clipped loss, backward, AdamW.
//
//     cc -O2 -ffp-contract=off examples/03_grpo_step.c -o build/03_grpo_step -lm -lpthread -ldl
//     build/03_grpo_step
//
// Expected output (reward: the share of sevens; one in sixteen tokens is one at first):
//   | step  0: reward 0.08
//   | step 40: reward 0.9...
#define R0_IMPLEMENTATION
#include "../r0.h"
#include <stdio.h>

enum { PROMPTS = 4, SAMPLES = 8, LENGTH = 8, SEVEN = 7 };

static r0_status train(r0_context *r0, r0_model *model, r0_trainer *trainer, int step, r0_update_stats *stats)
{
    static const int32_t token = 1;
    const r0_sequence prompt = {&token, 1, 1}, prompts[PROMPTS] = {prompt, prompt, prompt, prompt};
    r0_sampling sampling = R0_ZERO;
    sampling.temperature = 1;
    sampling.max_new_tokens = LENGTH;
    sampling.seed = (uint64_t)step;
    r0_rollouts rollouts; // (PROMPTS, SAMPLES)
    r0_status status = r0_generate(model, prompts, PROMPTS, SAMPLES, &sampling, &rollouts);

    float reward[PROMPTS * SAMPLES] = R0_ZERO;
    for (int i = 0; !status && i < rollouts.count; i++)
        for (int t = 0; t < rollouts.items[i].length; t++)
            reward[i] += rollouts.items[i].tokens[t] == SEVEN ? 1.0f / LENGTH : 0;
    if (!status) // no reference, so no KL term; all groups in one mini-batch
        status = r0_grpo_update(trainer, NULL, prompts, &rollouts, SAMPLES, reward, r0_grpo_recipe_find("grpo"), 3e-3f,
                                1, sampling.seed, stats);
    r0_rollouts_free(r0, &rollouts);
    return status;
}

int main(void)
{
    r0_model_config config = R0_ZERO;
    config.architecture = R0_LLAMA;
    config.vocab_size = 16;
    config.hidden_size = 32;
    config.intermediate_size = 64;
    config.layers = 2;
    config.heads = config.kv_heads = 2;
    config.head_dim = 16;
    config.max_positions = 32;
    config.rms_norm_eps = 1e-6f;
    config.rope_theta = 10000;
    config.tied_embeddings = true;
    config.bos_token = config.pad_token = -1;

    r0_context *r0;
    r0_model *model = NULL;
    r0_trainer *trainer = NULL;
    r0_status status = r0_context_create(NULL, &r0);
    if (!status) status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_trainer_create(model, NULL, &trainer);
    for (int step = 0; !status && step <= 40; step++) {
        r0_update_stats stats;
        status = train(r0, model, trainer, step, &stats);
        if (!status && step % 10 == 0) printf("step %2d: reward %.2f\n", step, stats.reward.mean);
    }
    if (status) printf("%s\n", r0_error(r0));
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    r0_context_destroy(r0);
    return status != R0_OK;
}
