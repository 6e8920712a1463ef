// Advantages, policy losses, gradients, recipes. Catches: a slope that PyTorch's autograd would not give (clip, dual
// clip, KL clamp), a wrong divisor, masked or truncated tokens that leak, micro-batches that do not add up, noise where
// all rewards are equal. Goldens: tests/make_grpo_goldens.py (checked there against EasyR1's and TRL's own functions).

#include "model.h"

enum { TEST_GRPO_TOKENS = 256 };

// A golden case as the C arrays that a trainer would hold.
typedef struct test_grpo_case {
    r0_grpo_batch batch;
    r0_grpo_config config;
    const r0_grpo_recipe *recipe;
    int begin[TEST_GRPO_TOKENS];
    float logp[TEST_GRPO_TOKENS], old[TEST_GRPO_TOKENS], ref[TEST_GRPO_TOKENS], advantage[TEST_GRPO_TOKENS];
    uint8_t mask[TEST_GRPO_TOKENS], truncated[TEST_GRPO_TOKENS];
    float rewards[TEST_GRPO_TOKENS];
    int n;
} test_grpo_case;

static int test_grpo_floats(const r0_json *object, const char *key, float *out)
{
    const r0_json *array = r0_json_get(object, key);
    if (!array || array->type != R0_JSON_ARRAY || array->count > TEST_GRPO_TOKENS) return -1;
    for (size_t i = 0; i < array->count; i++) out[i] = (float)array->items[i].number;
    return (int)array->count;
}

static void test_grpo_load(const r0_json *v, test_grpo_case *c)
{
    float numbers[TEST_GRPO_TOKENS];
    memset(c, 0, sizeof *c);
    c->n = (int)r0_json_get_number(v, "n", 0);
    c->recipe = r0_grpo_recipe_find(r0_json_get_text(v, "recipe").data);
    c->batch.sequences = test_grpo_floats(v, "begin", numbers) - 1;
    for (int i = 0; i <= c->batch.sequences; i++) c->begin[i] = (int)numbers[i];
    for (int i = test_grpo_floats(v, "mask", numbers) - 1; i >= 0; i--) c->mask[i] = numbers[i] != 0;
    for (int i = test_grpo_floats(v, "truncated", numbers) - 1; i >= 0; i--) c->truncated[i] = numbers[i] != 0;
    test_grpo_floats(v, "rewards", c->rewards);
    test_grpo_floats(v, "logp", c->logp);
    test_grpo_floats(v, "old", c->old);
    bool has_ref = test_grpo_floats(v, "ref", c->ref) > 0;
    const r0_json *config = r0_json_get(v, "config");
    c->config.clip_low = r0_json_get_number(config, "clip_low", 0);
    c->config.clip_high = r0_json_get_number(config, "clip_high", 0);
    c->config.dual_clip = r0_json_get_number(config, "dual_clip", 0);
    c->config.kl_coef = r0_json_get_number(config, "kl_coef", 0);
    c->config.max_length = r0_json_get_number(config, "max_length", 0);
    c->config.tau_positive = r0_json_get_number(config, "tau_positive", 0);
    c->config.tau_negative = r0_json_get_number(config, "tau_negative", 0);
    r0_grpo_batch *b = &c->batch;
    b->begin = c->begin, b->logp = c->logp, b->logp_old = c->old, b->logp_ref = has_ref ? c->ref : NULL;
    b->advantage = c->advantage, b->mask = c->mask, b->truncated = c->truncated;
}

// Two halves of the batch, as two micro-batches of one mini-batch: the losses that promise it must give the same.
static void test_grpo_split(test *t, const test_grpo_case *c, const float *dlogp, double loss, int line)
{
    r0_grpo_stats stats = R0_ZERO;
    float parts[TEST_GRPO_TOKENS], worst = 0;
    int half = c->batch.sequences / 2, tokens = c->begin[c->batch.sequences];
    if (half < 1) return;
    for (int part = 0; part < 2; part++) {
        int first = part ? half : 0, at = c->begin[first];
        r0_micro_batch micro = {first, part ? c->batch.sequences - half : half, at, 0, c->batch.logp + at, NULL};
        r0_grpo_batch b = r0_grpo_batch_part(&c->batch, &micro);
        c->recipe->loss(&b, &c->config, parts + at, &stats);
    }
    for (int i = 0; i < tokens; i++) worst = fmaxf(worst, fabsf(parts[i] - dlogp[i]));
    CHECK(worst < 1e-7 && fabs(stats.loss - loss) < 1e-12, "line %d %s: %g %.17g %.17g", line, c->recipe->name, worst,
          stats.loss, loss);
    CHECK(stats.tokens == r0i_grpo_tokens(&c->batch) && stats.sequences == c->batch.sequences);
}

// `released`: a token in a short micro-batch weighs more. Two micro-batches of 1 and 3 tokens, all of slope -1: the
// lone token weighs 1/2, each of the three 1/6; over the mini-batch's tokens it would be 1/4 each.
static void test_grpo_released_split(test *t)
{
    int one[2] = {0, 1}, three[2] = {0, 3};
    float logp[3] = {-1, -2, -3}, advantage = 1, dlogp[3];
    r0_grpo_loss_fn losses[2] = {r0_grpo_released_loss, r0i_bnpo_loss};
    for (int i = 0; i < 2; i++) {
        r0_grpo_batch batch = R0_ZERO;
        r0_grpo_stats stats = R0_ZERO;
        batch.sequences = 1, batch.begin = one, batch.logp = logp, batch.advantage = &advantage;
        batch.mini_tokens = 4, batch.mini_sequences = 2, batch.micro_batches = 2;
        losses[i](&batch, &r0_grpo_recipe_find("grpo")->config, dlogp, &stats);
        CHECK(dlogp[0] == -.5f);
        batch.begin = three;
        losses[i](&batch, &r0_grpo_recipe_find("grpo")->config, dlogp, &stats);
        CHECK(fabsf(dlogp[0] + 1.0f / 6) < 1e-7f && dlogp[2] == dlogp[0]);
        CHECK(fabs(stats.loss + 1) < 1e-12 && stats.tokens == 4);
        r0_grpo_loss(&batch, &r0_grpo_recipe_find("grpo")->config, dlogp, &stats);
        CHECK(dlogp[0] == -.25f);
    }
}

// bnpo and grpo_released depend on the split by design.
static bool test_grpo_splits_freely(const r0_grpo_recipe *recipe)
{
    return recipe->loss != r0i_bnpo_loss && recipe->loss != r0_grpo_released_loss;
}

typedef struct test_grpo_run {
    test *t;
    r0_context *r0; // whose device computes the loss as an op too
    int cases;
} test_grpo_run;

// The gradient as the device makes it (r0i_loss_queue and the op grpo_loss).
static void test_grpo_on_device(test *t, r0_context *r0, const test_grpo_case *c, const float *expected, int line)
{
    r0_model model;
    r0i_workspace w;
    r0i_buffer buffer;
    float room[3 * TEST_GRPO_TOKENS], got[TEST_GRPO_TOKENS], worst = 0;
    r0i_view *const views[] = {&w.logp,         &w.dlogp,     &w.logp_old, &w.logp_ref,
                               &w.token_weight, &w.advantage, &w.response};
    size_t tokens = (size_t)c->begin[c->batch.sequences];
    memset(&model, 0, sizeof model), memset(&w, 0, sizeof w);
    model.context = r0, w.model = &model;
    CHECK(!r0i_buffer_create(r0->device, R0I_COUNT(views) * TEST_GRPO_TOKENS, 4, &buffer), "%s", r0_error(r0));
    for (size_t i = 0; i < R0I_COUNT(views); i++)
        *views[i] = r0i_view_part(r0i_view_all(&buffer), i * TEST_GRPO_TOKENS, TEST_GRPO_TOKENS, 4);
    if (!r0i_loss_form_of(c->recipe->loss)) { // cispo, sapo: on the host always
        r0i_buffer_destroy(&buffer);
        return;
    }
    r0i_write(r0i_view_part(w.logp, 0, tokens, 4), c->logp);
    r0i_loss_queue(&w, &c->batch, r0i_loss_form_of(c->recipe->loss), &c->config, room);
    CHECK(!r0i_read(r0i_view_part(w.dlogp, 0, tokens, 4), got), "%s", r0_error(r0));
    for (size_t i = 0; i < tokens; i++) worst = fmaxf(worst, fabsf(got[i] - expected[i]));
    CHECK(worst < 2e-6f, "line %d %s: the device's gradient is off by %g", line, c->recipe->name, worst);
    r0i_buffer_destroy(&buffer);
}

static r0_status test_grpo_golden(void *user, int line, const r0_json *v)
{
    test_grpo_run *run = (test_grpo_run *)user;
    test *t = run->t;
    test_grpo_case c;
    float dlogp[TEST_GRPO_TOKENS], expected[TEST_GRPO_TOKENS], advantage[TEST_GRPO_TOKENS], worst = 0, off = 0;
    r0_grpo_stats stats = R0_ZERO;
    test_grpo_load(v, &c);
    if (!CHECK(c.recipe && c.batch.sequences > 0, "line %d", line)) return R0_OK;
    c.recipe->advantages(c.rewards, c.batch.sequences / c.n, c.n, c.advantage);
    CHECK(test_grpo_floats(v, "advantages", advantage) == c.batch.sequences, "line %d", line);
    for (int i = 0; i < c.batch.sequences; i++) off = fmaxf(off, fabsf(advantage[i] - c.advantage[i]));
    CHECK(off < 1e-6f, "line %d: advantages off by %g", line, off);
    memcpy(c.advantage, advantage, sizeof advantage); // the loss alone from here on
    for (int i = 0; i < TEST_GRPO_TOKENS; i++) dlogp[i] = 99; // every entry must be written
    c.recipe->loss(&c.batch, &c.config, dlogp, &stats);
    int tokens = test_grpo_floats(v, "dlogp", expected);
    CHECK(tokens == c.begin[c.batch.sequences], "line %d", line);
    for (int i = 0; i < tokens; i++) worst = fmaxf(worst, fabsf(dlogp[i] - expected[i]));
    double loss = r0_json_get_number(v, "loss", 1e9);
    CHECK(worst < 1e-6f && fabs(stats.loss - loss) < 1e-6, "line %d %s: gradient off by %g, loss %.9g for %.9g", line,
          c.recipe->name, worst, stats.loss, loss);
    test_grpo_on_device(t, run->r0, &c, expected, line);
    CHECK(stats.tokens == r0_json_get_number(v, "tokens", -1), "line %d", line);
    CHECK(stats.clip_low == r0_json_get_number(v, "clip_low", stats.clip_low), "line %d", line);
    CHECK(stats.clip_high == r0_json_get_number(v, "clip_high", stats.clip_high), "line %d", line);
    if (test_grpo_splits_freely(c.recipe)) test_grpo_split(t, &c, dlogp, stats.loss, line);
    run->cases++;
    return R0_OK;
}

static void test_grpo_goldens(test *t, r0_context *r0)
{
    test_grpo_run run = {t, r0, 0};
    CHECK(r0_json_lines(t->r0, "tests/data/grpo.jsonl", test_grpo_golden, &run) == R0_OK, "%s", r0_error(t->r0));
    CHECK(run.cases == 81, "%d cases", run.cases);
}

// Worked by hand: one token each. A = 2, ratio 1.5 > 1.3: flat at -2.6. A = -2, ratio .5: flat at 1.6.
// A = -2, ratio 4 > 3: the dual clip holds at 6. A = 2, ratio .5: not clipped, it may come back.
static void test_grpo_by_hand(test *t)
{
    static const double ratio[] = {1.5, .5, 4, .5}, a[] = {2, -2, -2, 2};
    static const double value[] = {-2.6, 1.6, 6, -1}, slope[] = {0, 0, 0, -1};
    r0_grpo_config config = r0_grpo_recipe_find("grpo")->config;
    double low = 0, high = 0, dual = 0;
    for (int i = 0; i < 4; i++) {
        int begin[2] = {0, 1};
        float logp = (float)log(ratio[i]), old = 0, advantage = (float)a[i], dlogp;
        r0_grpo_batch batch = R0_ZERO;
        r0_grpo_stats stats = R0_ZERO;
        batch.sequences = 1, batch.begin = begin, batch.advantage = &advantage;
        batch.logp = &logp, batch.logp_old = &old;
        r0_grpo_loss(&batch, &config, &dlogp, &stats);
        CHECK(fabs(stats.loss - value[i]) < 1e-6 && fabs(dlogp - slope[i]) < 1e-6, "%d: %g %g", i, stats.loss, dlogp);
        low += stats.clip_low, high += stats.clip_high, dual += stats.dual_clip;
        batch.logp_old = NULL; // on-policy: the ratio is 1, the slope -A
        r0_grpo_stats fresh = R0_ZERO;
        r0_grpo_loss(&batch, &config, &dlogp, &fresh);
        CHECK(fresh.loss == -a[i] && dlogp == -(float)a[i] && fresh.old_kl == 0);
    }
    CHECK(low == 1 && high == 1 && dual == 1);
    r0i_term near = r0i_kl_term(-1, -1), far = r0i_kl_term(-9, -1), back = r0i_kl_term(-1, -9);
    CHECK(near.value == 0 && near.slope == 0 && far.value == 10 && far.slope == 0);
    CHECK(fabs(back.value - (exp(-8) + 7)) < 1e-12 && fabs(back.slope - (1 - exp(-8))) < 1e-12);
}

// Rewards that are equal but do not average to themselves in floating point must give exactly 0, not 1e-8 / 1e-6.
static void test_grpo_equal_rewards(test *t)
{
    float rewards[10] = {.1f, .1f, .1f, .1f, .1f, 0, 1, 0, 1, 1}, a[10];
    r0_grpo_advantages(rewards, 2, 5, a);
    for (int i = 0; i < 5; i++) CHECK(a[i] == 0);
    CHECK(fabs(a[5] + .6 / (sqrt(.3) + 1e-6)) < 1e-6 && fabs(a[6] - .4 / (sqrt(.3) + 1e-6)) < 1e-6);
    r0i_dr_grpo_advantages(rewards, 2, 5, a);
    CHECK(a[0] == 0 && fabs(a[5] + .6) < 1e-7);
    r0_grpo_advantages(rewards, 10, 1, a); // one rollout has nobody to be compared with
    for (int i = 0; i < 10; i++) CHECK(a[i] == 0);
    r0_reward_summary s;
    r0_reward_summarize(rewards, 2, 5, &s);
    CHECK(fabs(s.mean - .35) < 1e-7 && s.zero_variance_share == .5 && s.min == 0 && s.max == 1);
    CHECK(fabs(s.group_std - sqrt(.3) / 2) < 1e-7 && s.std > 0);
    r0_reward_summarize(rewards, 0, 5, &s);
    CHECK(s.mean == 0 && s.zero_variance_share == 0);
}

// An advantage of 0 must not turn an overflowing ratio into NaN; an empty batch divides by nothing.
static void test_grpo_extremes(test *t)
{
    int begin[2] = {0, 1};
    float logp = 1e30f, old = -1e30f, advantage = 0, dlogp = 5;
    r0_grpo_batch batch = R0_ZERO;
    r0_grpo_stats stats = R0_ZERO;
    batch.sequences = 1, batch.begin = begin, batch.logp = &logp, batch.logp_old = &old, batch.advantage = &advantage;
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) {
        r0i_grpo_recipes[i].loss(&batch, &r0i_grpo_recipes[i].config, &dlogp, &stats);
        CHECK(dlogp == 0 && stats.loss == 0);
    }
    uint8_t none = 0;
    batch.mask = &none, advantage = 1;
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) {
        dlogp = 5;
        r0i_grpo_recipes[i].loss(&batch, &r0i_grpo_recipes[i].config, &dlogp, &stats);
        CHECK(dlogp == 0 && stats.loss == 0, "%s", r0i_grpo_recipes[i].name);
    }
    batch.sequences = 0;
    r0_grpo_loss(&batch, &r0i_grpo_recipes[0].config, &dlogp, &stats);
    CHECK(stats.loss == 0);
}

// Whatever finite numbers come in, finite gradients go out. Catches: a ratio that overflows where nothing clips it
// (A < 0 without a dual clip), an entropy term of an overflowing ratio, a product beyond the largest float.
static void test_grpo_finite(test *t)
{
    static const float logs[] = {0, -1e-30f, -1, -90, -3e38f}, advantages[] = {0, 1, -1, 1e30f, -3e38f};
    int begin[2] = {0, 1};
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes) * 625; i++) {
        const r0_grpo_recipe *recipe = &r0i_grpo_recipes[i / 625];
        float logp = logs[i % 5], old = logs[i / 5 % 5], ref = logs[i / 25 % 5], A = advantages[i / 125 % 5];
        float entropy = 2, dlogp = NAN;
        r0_grpo_config config = recipe->config;
        r0_grpo_batch batch = R0_ZERO;
        r0_grpo_stats stats = R0_ZERO;
        batch.sequences = 1, batch.begin = begin, batch.logp = &logp, batch.logp_old = &old, batch.logp_ref = &ref;
        batch.advantage = &A, batch.entropy = &entropy;
        config.entropy_coef = .1, config.kl_coef = .5;
        recipe->loss(&batch, &config, &dlogp, &stats);
        CHECK(isfinite(dlogp) && isfinite(stats.loss), "%s: logp %g old %g ref %g A %g: %g, loss %g", recipe->name,
              logp, old, ref, A, dlogp, stats.loss);
    }
}

// A reward that is not a number is worth nothing and leaves its group's others as they would be without it.
static void test_grpo_bad_reward(test *t)
{
    float rewards[4] = {1, NAN, 0, INFINITY}, without[2] = {1, 0}, a[4], b[2];
    void (*const ways[])(const float *, int, int, float *) = {r0_grpo_advantages, r0i_dr_grpo_advantages};
    for (int k = 0; k < 2; k++) {
        ways[k](rewards, 1, 4, a);
        ways[k](without, 1, 2, b);
        CHECK(a[0] == b[0] && a[2] == b[1] && a[1] == 0 && a[3] == 0, "%g %g %g %g", a[0], a[1], a[2], a[3]);
    }
    r0_reward_summary s;
    r0_reward_summarize(rewards, 1, 4, &s);
    CHECK(s.mean == .5 && s.min == 0 && s.max == 1 && isfinite(s.std));
}

// The released code's micro-batches hold one response of the solver: 13 answers of 300 tokens and one of 4,000 weigh
// 1/14 each, however memory cuts them. Of the challenger's, two.
static void test_grpo_released_weights(test *t)
{
    enum { ALL = 13 * 300 + 4000 };
    static float logp[ALL], dlogp[ALL];
    float advantage[14];
    int begin[15] = {0};
    for (int b = 0; b < 14; b++) begin[b + 1] = begin[b] + (b == 4 ? 4000 : 300), advantage[b] = -1;
    for (int k = 1; k <= 2; k++) {
        r0_grpo_config config = r0_grpo_recipe_find("grpo_released")->config;
        r0_grpo_batch mini = R0_ZERO;
        config.micro_responses = k;
        mini.sequences = 14, mini.begin = begin, mini.logp = logp, mini.advantage = advantage, mini.micro_batches = 5;
        for (int first = 0, cut; first < 14; first += cut) {
            cut = R0I_MIN(3, 14 - first);
            r0_grpo_stats stats = R0_ZERO;
            r0_micro_batch micro = {first, cut, begin[first], begin[first + cut] - begin[first], logp, NULL};
            r0_grpo_batch part = r0_grpo_batch_part(&mini, &micro);
            r0_grpo_released_loss(&part, &config, dlogp + begin[first], &stats);
        }
        double pair = 0;
        for (int b = 0; b < 14; b++) {
            double sum = 0;
            for (int i = begin[b]; i < begin[b + 1]; i++) sum += (double)dlogp[i];
            pair = b % 2 ? pair + sum : sum;
            if (k == 1) CHECK(fabs(sum - 1. / 14) < 1e-6, "response %d weighs %g", b, sum);
            else if (b % 2) CHECK(fabs(pair - 1. / 7) < 1e-6, "responses %d and %d weigh %g", b - 1, b, pair);
        }
    }
}

// The entropy term's estimate, averaged over what is drawn, is the gradient of the entropy: for logits z and drawn
// token t, E[slope_t d logp_t / d z_j] = d(-H)/d z_j = p_j (log p_j + H).
static void test_grpo_entropy(test *t)
{
    static const double z[5] = {1, -.5, 0, 2, .3};
    double p[5], sum = 0, H = 0;
    for (int j = 0; j < 5; j++) sum += exp(z[j]);
    for (int j = 0; j < 5; j++) p[j] = exp(z[j]) / sum, H -= p[j] * log(p[j]);
    for (int j = 0; j < 5; j++) {
        double mean = 0;
        for (int k = 0; k < 5; k++)
            mean += p[k] * r0i_entropy_term(1, log(p[k]), H).slope * ((j == k) - p[j]);
        CHECK(fabs(mean - p[j] * (log(p[j]) + H)) < 1e-14, "%d: %g", j, mean);
    }
    CHECK(r0i_entropy_term(2, log(p[0]), H).slope == 2 * r0i_entropy_term(1, log(p[0]), H).slope);
}

// A recipe is its numbers: naming it sets them, later changes hold, and every one may be used in a run.
static void test_grpo_config(test *t)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) {
        r0_evolve_config config;
        const char *name = r0i_grpo_recipes[i].name;
        CHECK(!r0_evolve_preset(t->r0, "tiny", &config));
        CHECK(!r0_evolve_set(t->r0, &config, "recipe", name));
        CHECK(!memcmp(&config.grpo, &r0i_grpo_recipes[i].config, sizeof config.grpo), "%s", name);
        CHECK(!r0i_config_within_limits(t->r0, &config), "%s: %s", name, r0_error(t->r0));
        CHECK(!r0_evolve_set(t->r0, &config, "grpo.kl_coef", "0.5") && config.grpo.kl_coef == .5);
        config.grpo.dual_clip = .5;
        CHECK(r0i_config_within_limits(t->r0, &config) == R0_ERROR_ARGUMENT);
    }
}

// -- r0_grpo_update --

typedef struct test_grpo_updates {
    r0_model *start, *reference;
    r0_rollouts rollouts;
    r0_sequence prompts[2];
    float rewards[16];
} test_grpo_updates;

// The weights after two mini-batches of one update, as a hash; *stats as it left them.
static uint64_t test_grpo_update_by(test *t, test_grpo_updates *u, const r0_grpo_recipe *recipe, r0_update_stats *stats)
{
    r0_model_config shape = test_small_config(R0_QWEN3);
    r0_model *model = NULL;
    r0_trainer *trainer = NULL;
    r0_trainer_desc desc = R0_ZERO;
    r0i_hash hash = r0i_hash_begin();
    CHECK(!r0_model_create(t->r0, &shape, 3, &model) && !r0_model_copy(model, u->start), "%s", r0_error(t->r0));
    CHECK(!r0_trainer_create(model, &desc, &trainer), "%s", r0_error(t->r0));
    CHECK(!r0_grpo_update(trainer, u->reference, u->prompts, &u->rollouts, 8, u->rewards, recipe, 1e-2f, 2, 9, stats),
          "%s: %s", recipe->name, r0_error(t->r0));
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        float *values = R0I_NEW(t->r0, float, (size_t)tensor->rows * tensor->cols);
        CHECK(values && !r0i_tensor_read(model, tensor, 0, (size_t)tensor->rows * tensor->cols, values));
        r0i_hash_add(&hash, values, (size_t)tensor->rows * tensor->cols * sizeof *values);
        r0i_free(t->r0, values);
    }
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
    return r0i_hash_end(&hash);
}

static void test_grpo_bad_loss(const r0_grpo_batch *batch, const r0_grpo_config *config, float *dlogp,
                               r0_grpo_stats *stats)
{
    r0_grpo_loss(batch, config, dlogp, stats);
    dlogp[0] = NAN;
}

// Every recipe leads to other weights after the second optimizer step, and dapo leaves out what was cut off. A gradient
// that is not finite changes nothing and is counted. Catches: numbers of another recipe, `truncated` that nobody fills.
static void test_grpo_updates_differ(test *t)
{
    static const int32_t ask[2][2] = {{1, 2}, {3, 1}};
    static test_grpo_updates u;
    r0_model_config shape = test_small_config(R0_QWEN3);
    r0_sampling sampling = {1, 0, 1, 6, 4};
    r0_update_stats stats;
    uint64_t seen[16], before;
    int cut = 0;
    memset(&u, 0, sizeof u);
    shape.eos_tokens[0] = 5, shape.eos_count = 1;
    CHECK(!r0_model_create(t->r0, &shape, 3, &u.start) && !r0_model_create(t->r0, &shape, 4, &u.reference));
    for (int i = 0; i < 2; i++) u.prompts[i].tokens = ask[i], u.prompts[i].length = u.prompts[i].prompt_length = 2;
    CHECK(!r0_generate(u.start, u.prompts, 2, 8, &sampling, &u.rollouts), "%s", r0_error(t->r0));
    for (int i = 0; i < 16; i++) cut += !u.rollouts.items[i].finished, u.rewards[i] = (float)(i % 3);
    CHECK(cut > 0 && cut < 16, "%d of 16 rollouts were cut off", cut);
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) {
        r0_grpo_recipe recipe = r0i_grpo_recipes[i];
        recipe.config.max_length = 6, recipe.config.micro_responses = 1;
        seen[i] = test_grpo_update_by(t, &u, &recipe, &stats);
        CHECK(stats.skipped == 0 && stats.loss.sequences == 16, "%s", recipe.name);
        CHECK(recipe.skip_truncated ? stats.loss.tokens < stats.tokens : stats.loss.tokens == stats.tokens, "%s",
              recipe.name);
        for (size_t k = 0; k < i; k++)
            CHECK(seen[k] != seen[i], "%s and %s train alike", r0i_grpo_recipes[k].name, recipe.name);
    }
    r0_grpo_recipe bad = r0i_grpo_recipes[0];
    bad.loss = test_grpo_bad_loss;
    before = test_grpo_update_by(t, &u, &bad, &stats);
    CHECK(stats.skipped == 2 && stats.grad_norm == 0);
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) CHECK(before != seen[i]);
    CHECK(before == test_grpo_update_by(t, &u, &bad, &stats), "nothing was changed, twice");
    r0_rollouts_free(t->r0, &u.rollouts);
    r0_model_destroy(u.start);
    r0_model_destroy(u.reference);
}

static void test_grpo_recipes(test *t)
{
    static const char *const names[] = {"grpo", "grpo_released", "grpo_sequence", "dr_grpo", "dapo",
                                        "bnpo", "gspo",          "cispo",         "sapo"};
    CHECK(R0I_COUNT(names) == R0I_COUNT(r0i_grpo_recipes));
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        const r0_grpo_recipe *recipe = r0_grpo_recipe_find(names[i]);
        CHECK(recipe && recipe == &r0i_grpo_recipes[i] && !strcmp(recipe->name, names[i]));
    }
    CHECK(!r0_grpo_recipe_find("ppo") && !r0_grpo_recipe_find(NULL));
    const r0_grpo_config *c = &r0_grpo_recipe_find("grpo")->config;
    CHECK(c->clip_low == .2 && c->clip_high == .3 && c->dual_clip == 3 && c->kl_coef == .01);
}

// -- all of it together: a small model is paid for beginning with token 5 and learns to --

typedef struct test_grpo_learner {
    const r0_grpo_recipe *recipe;
    r0_grpo_config config;
    r0_grpo_batch mini;
    r0_grpo_stats stats;
} test_grpo_learner;

static r0_status test_grpo_micro(void *user, const r0_micro_batch *micro, float *dlogp)
{
    test_grpo_learner *learner = (test_grpo_learner *)user;
    r0_grpo_batch part = r0_grpo_batch_part(&learner->mini, micro);
    learner->recipe->loss(&part, &learner->config, dlogp, &learner->stats);
    return R0_OK;
}

enum { TEST_GRPO_ROLLOUTS = 32, TEST_GRPO_NEW = 3 };

// 32 completions of one prompt, reward 1 where token 5 comes first; two optimizer steps. Returns the mean reward.
static double test_grpo_learn(test *t, r0_model *model, r0_trainer *trainer, test_grpo_learner *learner, uint64_t seed)
{
    static const int32_t prompt[2] = {1, 2};
    int32_t tokens[TEST_GRPO_ROLLOUTS][2 + TEST_GRPO_NEW];
    int begin[TEST_GRPO_ROLLOUTS + 1] = {0};
    float rewards[TEST_GRPO_ROLLOUTS], advantage[TEST_GRPO_ROLLOUTS], old[TEST_GRPO_ROLLOUTS * TEST_GRPO_NEW];
    r0_sequence ask = {prompt, 2, 2}, all[TEST_GRPO_ROLLOUTS];
    r0_sampling sampling = {1, 0, 1, TEST_GRPO_NEW, seed};
    r0_rollouts rollouts;
    if (!CHECK(!r0_generate(model, &ask, 1, TEST_GRPO_ROLLOUTS, &sampling, &rollouts), "%s", r0_error(t->r0))) return 0;
    for (int i = 0; i < TEST_GRPO_ROLLOUTS; i++) {
        const r0_rollout *r = &rollouts.items[i];
        memcpy(tokens[i], prompt, sizeof prompt);
        memcpy(tokens[i] + 2, r->tokens, (size_t)r->length * sizeof *r->tokens);
        memcpy(old + begin[i], r->logp, (size_t)r->length * sizeof *r->logp);
        r0_sequence sequence = {tokens[i], 2 + r->length, 2};
        all[i] = sequence;
        begin[i + 1] = begin[i] + r->length;
        rewards[i] = r->tokens[0] == 5;
    }
    r0_rollouts_free(t->r0, &rollouts);
    learner->recipe->advantages(rewards, 1, TEST_GRPO_ROLLOUTS, advantage);
    r0_grpo_batch mini = R0_ZERO;
    mini.sequences = TEST_GRPO_ROLLOUTS, mini.begin = begin, mini.logp_old = old, mini.advantage = advantage;
    learner->mini = mini;
    for (int step = 0; step < 2; step++) {
        CHECK(!r0_trainer_backward(trainer, all, TEST_GRPO_ROLLOUTS, test_grpo_micro, learner), "%s", r0_error(t->r0));
        CHECK(!r0_trainer_step(trainer, 5e-3f, NULL), "%s", r0_error(t->r0));
    }
    r0_reward_summary summary;
    r0_reward_summarize(rewards, 1, TEST_GRPO_ROLLOUTS, &summary);
    return summary.mean;
}

static void test_grpo_learns(test *t, const r0_grpo_recipe *recipe)
{
    r0_model_config shape = test_small_config(R0_QWEN3);
    r0_model *model = NULL;
    r0_trainer *trainer = NULL;
    r0_trainer_desc desc = R0_ZERO;
    test_grpo_learner learner = R0_ZERO;
    learner.recipe = recipe;
    learner.config = recipe->config;
    learner.config.max_length = TEST_GRPO_NEW;
    if (recipe->loss == r0i_gspo_loss) learner.config.clip_low = learner.config.clip_high = .1; // short ones move far
    desc.micro_batch = 64; // several micro-batches in a mini-batch
    CHECK(!r0_model_create(t->r0, &shape, 3, &model), "%s", r0_error(t->r0));
    CHECK(model && !r0_trainer_create(model, &desc, &trainer), "%s", r0_error(t->r0));
    double first = 0, last = 0;
    for (int i = 0; i < 24 && trainer; i++) {
        double reward = test_grpo_learn(t, model, trainer, &learner, (uint64_t)i);
        if (i < 4) first += reward / 4;
        if (i >= 20) last += reward / 4;
    }
    CHECK(first < .4 && last > .8, "%s: mean reward %.2f, then %.2f", recipe->name, first, last);
    r0_trainer_destroy(trainer);
    r0_model_destroy(model);
}

static void test_grpo(test *t)
{
    for (size_t i = 0; i < R0I_COUNT(r0i_grpo_recipes); i++) test_grpo_learns(t, &r0i_grpo_recipes[i]);
    test_grpo_goldens(t, t->r0);
    test_grpo_released_split(t);
    test_grpo_by_hand(t);
    test_grpo_equal_rewards(t);
    test_grpo_extremes(t);
    test_grpo_finite(t);
    test_grpo_bad_reward(t);
    test_grpo_released_weights(t);
    test_grpo_entropy(t);
    test_grpo_config(t);
    test_grpo_updates_differ(t);
    test_grpo_recipes(t);
}
