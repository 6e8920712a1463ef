// Group Relative Policy Optimization on a toy: a small random model learns to say "7", because we pay it for that.
// The loop below is all there is to it: sample groups, reward, advantage, loss, backward, step.
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

enum { PROMPTS = 4, SAMPLES = 8, LENGTH = 8, RESPONSES = PROMPTS * SAMPLES, SEVEN = 7 };

// Everything that the loss needs to know of a batch of rollouts.
typedef struct rollout_data {
    r0_grpo_batch batch; // points into what follows
    float advantage[RESPONSES], logp_old[RESPONSES * LENGTH];
    int begin[RESPONSES + 1]; // response i is tokens begin[i] .. begin[i+1]
} rollout_data;

// Called for every micro-batch between its forward and its backward pass: d loss / d logp.
static r0_status loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    const r0_grpo_recipe *recipe = r0_grpo_recipe_find("grpo");
    r0_grpo_batch part = r0_grpo_batch_part(&((rollout_data *)user)->batch, micro);
    r0_grpo_stats stats = R0_ZERO;
    recipe->loss(&part, &recipe->config, dlogp, &stats);
    return R0_OK;
}

static r0_status train(r0_context *r0, r0_model *model, r0_trainer *trainer, int step, float *mean)
{
    static const int32_t prompt_tokens[1] = {1};
    r0_sequence prompts[PROMPTS], sequences[RESPONSES];
    for (int i = 0; i < PROMPTS; i++) {
        prompts[i].tokens = prompt_tokens;
        prompts[i].length = prompts[i].prompt_length = 1;
    }
    r0_sampling sampling = R0_ZERO;
    sampling.temperature = 1;
    sampling.max_new_tokens = LENGTH;
    sampling.seed = (uint64_t)step;
    r0_rollouts rollouts;
    r0_status status = r0_generate(model, prompts, PROMPTS, SAMPLES, &sampling, &rollouts);
    if (status) return status;

    rollout_data data = R0_ZERO;
    float reward[RESPONSES];
    int32_t tokens[RESPONSES][1 + LENGTH]; // prompt and response in one sequence
    *mean = 0;
    for (int i = 0; i < RESPONSES; i++) {
        const r0_rollout *r = &rollouts.items[i];
        reward[i] = 0;
        tokens[i][0] = prompt_tokens[0];
        data.begin[i + 1] = data.begin[i] + r->length;
        for (int t = 0; t < r->length; t++) {
            tokens[i][1 + t] = r->tokens[t];
            data.logp_old[data.begin[i] + t] = r->logp[t];
            reward[i] += r->tokens[t] == SEVEN ? 1.0f / LENGTH : 0;
        }
        sequences[i].tokens = tokens[i];
        sequences[i].length = 1 + r->length;
        sequences[i].prompt_length = 1;
        *mean += reward[i] / RESPONSES;
    }
    r0_grpo_advantages(reward, PROMPTS, SAMPLES, data.advantage);
    data.batch.sequences = RESPONSES;
    data.batch.begin = data.begin;
    data.batch.logp_old = data.logp_old;
    data.batch.advantage = data.advantage;
    status = r0_trainer_backward(trainer, sequences, RESPONSES, loss, &data);
    if (!status) status = r0_trainer_step(trainer, 3e-3f, NULL);
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

    r0_context_desc desc = R0_ZERO;
    desc.device = "cpu";
    r0_context *r0;
    r0_model *model = NULL;
    r0_trainer *trainer = NULL;
    r0_trainer_desc trainer_desc = R0_ZERO;
    r0_status status = r0_context_create(&desc, &r0);
    if (!status) status = r0_model_create(r0, &config, 1, &model);
    if (!status) status = r0_trainer_create(model, &trainer_desc, &trainer);
    for (int step = 0; !status && step <= 40; step++) {
        float reward;
        status = train(r0, model, trainer, step, &reward);
        if (!status && step % 10 == 0) printf("step %2d: reward %.2f\n", step, reward);
    }
    if (status) printf("%s\n", r0_error(r0));
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    r0_context_destroy(r0);
    return status != R0_OK;
}
