// Parity with transformers over many shapes and long sequences (tests/data/parity, tests/make_parity.py): grouped-query
// ratios 1 to 8, heads whose sizes do not add up to the hidden size, tied heads and heads of their own, scaled RoPE,
// packs of unequal lengths, 4,096 tokens; on the CPU and, where there is a driver, on Vulkan.
// Catches: a head that reads the wrong key/value head, positions that lose digits far out, sequences that see each
// other, a tied gradient that is counted once.

#include "../examples/random_model.h"

enum { PARITY_PROJECTIONS = 8, PARITY_COLUMNS = 12, PARITY_SEQUENCES = 8 };

typedef struct parity_case {
    char source[96], folder[96];
    r0_json *golden;
    r0_model *model;
    r0_sequence items[PARITY_SEQUENCES];
    int32_t *tokens[PARITY_SEQUENCES];
    int count, targets;
} parity_case;

typedef struct parity_worst {
    double logits, loss, gradient;
} parity_worst;

static void parity_tokens(int32_t *tokens, int length, int sequence, int vocab)
{
    uint32_t x = 12345u + 977u * (uint32_t)sequence;
    for (int i = 0; i < length; i++) {
        x = (x * 1103515245u + 12345u) & 0x7FFFFFFFu;
        tokens[i] = (int32_t)((x >> 8) % (uint32_t)vocab);
    }
}

// +1 or -1 for element k: the same bit of the same mixed counter as in make_parity.py.
static double parity_sign(size_t k, int projection)
{
    uint32_t h = (uint32_t)k * 2654435761u + 40503u * (uint32_t)(projection + 1);
    h = (h ^ h >> 15) * 2246822519u;
    h = (h ^ h >> 13) * 3266489917u;
    return h >> 16 & 1 ? 1 : -1;
}

// Writes the model's folder (the weights follow from config and seed) and loads it.
static bool parity_open(test *t, r0_context *r0, const char *name, parity_case *p)
{
    char path[160], error[512];
    r0_model_config config;
    memset(p, 0, sizeof *p);
    snprintf(p->source, sizeof p->source, "tests/data/parity/%s", name);
    snprintf(p->folder, sizeof p->folder, "build/test-parity/%s", name);
    snprintf(path, sizeof path, "%s/golden.json", p->source);
    if (!CHECK(r0_json_parse_file(r0, path, &p->golden) == R0_OK, "%s", r0_error(r0))) return false;
    uint64_t seed = (uint64_t)r0_json_get_number(p->golden, "seed", 0);
    CHECK(r0_model_config_read(r0, p->source, &config) == R0_OK, "%s", r0_error(r0));
    snprintf(path, sizeof path, "%s/model.safetensors", p->folder);
    remove(path);
    CHECK(random_model_write(r0, &config, seed, "f32", p->folder, error), "%s", error);
    if (!CHECK(r0_model_load(r0, p->folder, &p->model) == R0_OK, "%s", r0_error(r0))) return false;
    const r0_json *sequences = r0_json_get(p->golden, "sequences");
    p->count = (int)sequences->count;
    if (!CHECK(p->count > 0 && p->count <= PARITY_SEQUENCES)) return false;
    for (int s = 0; s < p->count; s++) {
        int length = (int)sequences->items[s].items[0].number, prompt = (int)sequences->items[s].items[1].number;
        p->tokens[s] = (int32_t *)calloc((size_t)length, sizeof(int32_t));
        parity_tokens(p->tokens[s], length, s, config.vocab_size);
        r0_sequence item = {p->tokens[s], length, prompt};
        p->items[s] = item;
        p->targets += length - prompt;
    }
    return true;
}

static void parity_close(r0_context *r0, parity_case *p)
{
    for (int s = 0; s < p->count; s++) free(p->tokens[s]);
    r0_model_destroy(p->model);
    r0_json_destroy(r0, p->golden);
}

// A few logits of some rows, and the log of the sum over all of the row.
static void parity_logits(test *t, r0_context *r0, parity_case *p, double *worst)
{
    const r0_json *rows = r0_json_get(p->golden, "rows");
    size_t vocab = (size_t)r0_model_shape(p->model)->vocab_size;
    float *z = (float *)calloc(vocab, sizeof *z);
    CHECK(rows->count >= 3);
    for (size_t i = 0; i < rows->count; i++) {
        const r0_json *row = &rows->items[i];
        const r0_json *columns = r0_json_get(row, "columns"), *want = r0_json_get(row, "logits");
        int s = (int)r0_json_get_number(row, "sequence", 0), at = (int)r0_json_get_number(row, "row", 0);
        if (!CHECK(r0_logits(p->model, p->items[s].tokens, at + 1, at, z) == R0_OK, "%s", r0_error(r0))) break;
        double sum = 0;
        for (size_t j = 0; j < vocab; j++) sum += exp((double)z[j]);
        *worst = fmax(*worst, fabs(log(sum) - r0_json_get_number(row, "lse", NAN)));
        CHECK(columns->count == PARITY_COLUMNS && want->count == PARITY_COLUMNS);
        for (size_t k = 0; k < columns->count; k++)
            *worst = fmax(*worst, fabs((double)z[(size_t)columns->items[k].number] - want->items[k].number));
    }
    free(z);
}

typedef struct parity_loss {
    double sum;
    int targets;
} parity_loss;

static r0_status parity_cross_entropy(void *user, const r0_micro_batch *micro, float *dlogp)
{
    parity_loss *loss = (parity_loss *)user;
    for (int i = 0; i < micro->tokens; i++) {
        loss->sum -= (double)micro->logp[i] / loss->targets;
        dlogp[i] = -1.0f / (float)loss->targets;
    }
    return R0_OK;
}

// The length of the difference, estimated by its products with eight vectors of +1 and -1, over the gradient's length.
static double parity_gradient_error(const float *ours, size_t count, const r0_json *want)
{
    double error = 0, norm = 0;
    for (size_t k = 0; k < count; k++) norm += (double)ours[k] * ours[k];
    for (int j = 0; j < PARITY_PROJECTIONS; j++) {
        double product = 0;
        for (size_t k = 0; k < count; k++) product += (double)ours[k] * parity_sign(k, j);
        product -= want->items[1 + j].number;
        error += product * product / PARITY_PROJECTIONS;
    }
    return fmax(sqrt(error), fabs(sqrt(norm) - want->items[0].number)) / want->items[0].number;
}

static void parity_gradients(test *t, r0_context *r0, parity_case *p, int micro_batch, parity_worst *worst)
{
    r0_trainer_desc desc = R0_ZERO;
    r0_trainer *trainer;
    parity_loss loss = {0, p->targets};
    desc.micro_batch = micro_batch;
    if (!CHECK(r0_trainer_create(p->model, &desc, &trainer) == R0_OK, "%s", r0_error(r0))) return;
    CHECK(r0_trainer_backward(trainer, p->items, p->count, parity_cross_entropy, &loss) == R0_OK, "%s", r0_error(r0));
    worst->loss = fmax(worst->loss, fabs(loss.sum - r0_json_get_number(p->golden, "loss", NAN)));
    const r0_json *gradients = r0_json_get(p->golden, "gradients");
    CHECK(gradients->count == p->model->tensor_count, "%zu gradients", gradients->count);
    for (size_t i = 0; i < p->model->tensor_count; i++) {
        const r0i_tensor *tensor = &p->model->tensors[i];
        const r0_json *want = r0_json_get(gradients, tensor->name);
        size_t count = (size_t)tensor->rows * tensor->cols;
        float *ours = (float *)calloc(count, sizeof *ours);
        if (CHECK(want && want->count == 1 + PARITY_PROJECTIONS, "%s", tensor->name) &&
            CHECK(r0i_read_floats(r0, r0i_weight(&trainer->gradients, tensor), ours) == R0_OK)) {
            double error = parity_gradient_error(ours, count, want);
            CHECK(error < 2e-5, "%s: gradient of %s off by %g", p->source, tensor->name, error);
            worst->gradient = fmax(worst->gradient, error);
        }
        free(ours);
    }
    r0_trainer_destroy(trainer);
}

// 4,096 tokens take a software driver minutes: R0_TEST_LARGE=4096 has these and no others, =qwen3-4096 one of them. The
// sanitizers see shapes only.
static bool parity_wanted(const char *name, bool cpu)
{
    const char *wanted = getenv("R0_TEST_LARGE");
    bool large = strstr(name, "4096") != NULL;
    if (wanted) return large && !cpu && strstr(name, wanted);
    return !large || (cpu && !getenv("R0_TEST_SMALL"));
}

static void parity_device(test *t, r0_context *r0, const char *device)
{
    static const char *const names[] = {"llama-gqa1", "qwen2-gqa2", "qwen2-gqa7", "qwen3-gqa4", "qwen3-gqa8",
                                        "llama3-scaled", "qwen3-4096", "qwen2-4096", "llama3-4096"};
    for (size_t i = 0; i < R0I_COUNT(names); i++) {
        parity_case p;
        parity_worst worst = {0, 0, 0};
        double start = r0i_seconds();
        if (!parity_wanted(names[i], r0->device->is_cpu)) continue;
        if (parity_open(t, r0, names[i], &p)) {
            parity_logits(t, r0, &p, &worst.logits);
            parity_gradients(t, r0, &p, 0, &worst);
            if (p.targets < 2000) parity_gradients(t, r0, &p, 70, &worst); // several micro-batches
            CHECK(worst.logits < 2e-5, "%s on %s: logits off by %g", names[i], device, worst.logits);
            CHECK(worst.loss < 5e-6, "%s on %s: loss off by %g", names[i], device, worst.loss);
        }
        parity_close(r0, &p);
        if (getenv("R0_TEST_LOG"))
            printf("%-14s %-7s logits %.1e, loss %.1e, gradients %.1e (%.1f s)\n", names[i], device, worst.logits,
                   worst.loss, worst.gradient, r0i_seconds() - start);
    }
}

static void test_parity(test *t)
{
    parity_device(t, t->r0, "cpu");
#ifndef R0_NO_VULKAN
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "vulkan";
    desc.log = test_log;
    if (r0_context_create(&desc, &r0)) SKIP("no Vulkan device: %s", r0_error(r0));
    else parity_device(t, r0, "vulkan");
    r0_context_destroy(r0);
#endif
}
