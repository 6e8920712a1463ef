// Weights in blocks, as GGUF has them. Catches: a slab that holds other numbers than its blocks, a kernel that
// multiplies by other weights than the blocks stand for, a row that knows its batch, a rollout whose log-probabilities
// drift from the trainer's, gradients of an adapter that the blocks bend, a file whose types are mixed up, a rounding
// that is not GGUF's, a training or a merge that would lose what it learned.

#include "../examples/random_model.h"
#include "model.h"

// A weight (rows, cols) in slabs, and the floats of the same blocks as r0i_floats_load has them.
static void blocks_weight(test *t, uint32_t format, uint32_t rows, uint32_t cols, r0i_buffer *slabs, r0i_buffer *floats)
{
    int dtype = r0i_format_dtype(format);
    r0i_block block = r0i_block_of(dtype);
    size_t per_row = cols / (size_t)block.weights, row_bytes = per_row * (size_t)block.bytes;
    uint8_t *bytes = R0I_NEW(t->r0, uint8_t, rows * row_bytes);
    CHECK(!r0i_buffer_create(t->r0->device, (size_t)r0i_format_bytes(format, rows, cols), 1, slabs) &&
          !r0i_buffer_create(t->r0->device, (size_t)rows * cols, 4, floats));
    random_blocks(format, rows * per_row, format, 0, bytes);
    for (size_t r = 0; r < rows; r++)
        for (size_t b = 0; b < per_row; b++) {
            size_t slab = (r / R0I_SLAB * per_row + b) * R0I_SLAB * R0I_SLAB_BYTES(format) / 4;
            r0i_slab_put(format, bytes + r * row_bytes + b * (size_t)block.bytes, r % R0I_SLAB,
                         (uint32_t *)slabs->host + slab);
        }
    r0i_floats_load(dtype, bytes, (size_t)rows * cols, (float *)floats->host);
    r0i_free(t->r0, bytes);
}

static void blocks_same(test *t, const float *a, const float *b, size_t count, const char *what, uint32_t format,
                        const r0i_matmul_args *m, int level)
{
    size_t differ = 0;
    for (size_t i = 0; i < count; i++) differ += !(a[i] == b[i]);
    CHECK(!differ, "%s: %zu of %zu differ: %s, %u x %u x %u, %s", what, differ, count,
          r0i_dtype_name(r0i_format_dtype(format)), m->m, m->n, m->k, r0i_cpu_level_name((r0i_cpu_level)level));
}

// Products by blocks have the very bits of those by their floats, at every level and in every shape; the embedding too.
static void test_blocks_ops(test *t)
{
    static const uint32_t shapes[][2] = {{40, 256}, {1, 256}, {16, 768}, {100, 1280}, {70, 512}}; // rows, columns
    static const uint32_t batch[] = {1, 2, 4, 5, 37, 130, 1, 265};
    r0i_device *d = t->r0->device;
    for (uint32_t format = R0I_FORMAT_Q4_0; format <= R0I_FORMAT_Q6_K; format++)
        for (size_t s = 0; s < R0I_COUNT(shapes); s++) {
            uint32_t rows = shapes[s][0], cols = shapes[s][1] + (format < R0I_FORMAT_Q4_K ? 32 : 0);
            uint32_t most = R0I_MAX(rows, cols) * 300;
            r0i_buffer slabs, floats, x, y[2];
            blocks_weight(t, format, rows, cols, &slabs, &floats);
            CHECK(!r0i_buffer_create(d, most, 4, &x) && !r0i_buffer_create(d, most, 4, &y[0]) &&
                  !r0i_buffer_create(d, most, 4, &y[1]));
            const float *w = (const float *)floats.host;
            size_t differ = 0;
            for (size_t r = 0; r < rows; r++)
                for (size_t c = 0; c < cols; c++)
                    differ += !((float)r0i_matrix_at(slabs.host, format, r, c, cols) == w[r * cols + c]);
            CHECK(!differ, "%zu of %u x %u weights differ", differ, rows, cols);
            for (uint32_t i = 0; i < most; i++)
                ((float *)x.host)[i] = (float)r0i_random_normal(r0i_key_make(3), i);
            for (int level = 0; level <= (int)r0i_cpu_best_level(); level++)
                for (size_t i = 0; i < 2 * R0I_COUNT(batch); i++) {
                    bool nn = i % 2;
                    if ((s + i / 2) % 2 || (!level && s + i / 2 > 4)) continue; // the reference is slow
                    r0i_matmul_args a = {batch[i / 2], nn ? cols : rows, nn ? rows : cols, (uint32_t)(i / 2 % 2), 0, 0};
                    for (int blocks = 0; blocks < 2; blocks++) {
                        r0i_view views[3] = {r0i_view_all(&y[blocks]), r0i_view_all(&x),
                                             r0i_view_all(blocks ? &slabs : &floats)};
                        views[2].format = a.format = blocks ? format : (uint32_t)R0I_FORMAT_REAL;
                        for (uint32_t e = 0; e < a.m * a.n; e++) ((float *)y[blocks].host)[e] = (float)(e % 7);
                        r0i_cpu_run_at((r0i_cpu_level)level, d, nn ? R0I_OP_matmul_nn : R0I_OP_matmul_nt, &a, views);
                    }
                    blocks_same(t, (const float *)y[0].host, (const float *)y[1].host, (size_t)a.m * a.n,
                                nn ? "matmul_nn" : "matmul_nt", format, &a, level);
                }
            r0i_buffer_destroy(&slabs), r0i_buffer_destroy(&floats), r0i_buffer_destroy(&x);
            r0i_buffer_destroy(&y[0]), r0i_buffer_destroy(&y[1]);
        }
    CHECK(d->status == R0_OK, "%s", r0_error(t->r0));
}

// -- models --

// Shapes whose columns are blocks, and a folder of it with the floats that its blocks stand for.
static r0_model_config blocks_config(r0_architecture architecture, int hidden)
{
    r0_model_config c = test_small_config(architecture);
    c.hidden_size = hidden, c.intermediate_size = 2 * hidden, c.heads = hidden / 16, c.kv_heads = c.heads / 2;
    c.head_dim = 16, c.vocab_size = 67;
    return c;
}

// A wide copy of `narrow`: the same model in float32, and in a folder.
static r0_model *blocks_widen(test *t, const r0_model *narrow, const char *folder)
{
    r0_model *wide = NULL;
    CHECK(r0_model_create(t->r0, &narrow->config, 1, &wide) == R0_OK, "%s", r0_error(t->r0));
    for (size_t i = 0; i < narrow->tensor_count; i++) {
        const r0i_tensor *from = &narrow->tensors[i];
        r0i_view view = r0i_weight(&narrow->parameters, from), to = r0i_weight(&wide->parameters, &wide->tensors[i]);
        char *bytes = R0I_NEW(t->r0, char, view.size);
        float *values = R0I_NEW(t->r0, float, to.size / 4);
        CHECK(r0i_read(view, bytes) == R0_OK);
        for (size_t r = 0; r < from->rows; r++)
            for (size_t c = 0; c < from->cols; c++)
                values[r * from->cols + c] = (float)r0i_matrix_at(bytes, from->format, r, c, from->cols);
        r0i_write(to, values);
        CHECK(t->r0->device->functions->finish(t->r0->device) == R0_OK);
        r0i_free(t->r0, bytes), r0i_free(t->r0, values);
    }
    if (folder) CHECK(r0_model_save(wide, folder) == R0_OK, "%s", r0_error(t->r0));
    return wide;
}

static r0_status blocks_loss(void *user, const r0_micro_batch *micro, float *dlogp)
{
    (void)user;
    for (int i = 0; i < micro->tokens; i++) dlogp[i] = -.1f * (float)(1 + (micro->token + i) % 5);
    return R0_OK;
}

// An adapter on `base` that has learned a little; its log-probabilities and the gradients of one more step.
static void blocks_train(test *t, r0_model *base, test_sequences *s, float *logp, float *gradients, size_t count)
{
    r0_model *adapter;
    r0_trainer *trainer;
    r0_lora_desc lora = R0_ZERO;
    lora.rank = 3;
    CHECK(!r0_lora_create(base, &lora, 2, &adapter) && !r0_trainer_create(adapter, NULL, &trainer), "%s",
          r0_error(t->r0));
    int steps = t->r0->device->is_cpu ? 5 : 2; // software drivers are slow
    for (int i = 0; i < steps; i++) CHECK(r0_trainer_supervised(trainer, s->items, 3, 1e-2f, NULL) == R0_OK);
    CHECK(r0_logp(adapter, s->items, 3, 1, logp, NULL, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_trainer_backward(trainer, s->items, 3, blocks_loss, NULL) == R0_OK, "%s", r0_error(t->r0));
    CHECK(adapter->parts[0].elements == count || !gradients, "%zu", adapter->parts[0].elements);
    if (gradients) CHECK(r0i_read_floats(t->r0, r0i_view_all(&trainer->gradients.parts[0]), gradients) == R0_OK);
    r0_trainer_destroy(trainer), r0_model_destroy(adapter);
}

static double blocks_difference(const float *a, const float *b, size_t count)
{
    double worst = 0, largest = 1e-9;
    for (size_t i = 0; i < count; i++) {
        worst = fabs((double)a[i] - b[i]) <= worst ? worst : fabs((double)a[i] - b[i]);
        largest = R0I_MAX(largest, fabs((double)b[i]));
    }
    return worst / largest;
}

// How far what sampling says of its tokens is from what training says of them: on the CPU they are the same bits.
static double blocks_rollout(test *t, r0_model *model)
{
    double worst = 0;
    int32_t ids[] = {5, 9, 2, 31, 40};
    r0_sequence prompts[2] = {{ids, 5, 5}, {ids + 1, 3, 3}};
    bool cpu = t->r0->device->is_cpu; // software drivers are slow
    r0_sampling sampling = {1, 0, 1, cpu ? 12 : 6, 3};
    r0_rollouts rollouts;
    r0_status status = r0_generate(model, prompts, 2, cpu ? 3 : 1, &sampling, &rollouts);
    if (!CHECK(status == R0_OK, "%s", r0_error(t->r0))) return NAN;
    for (int i = 0; i < rollouts.count; i++) {
        const r0_rollout *r = &rollouts.items[i];
        int32_t all[32];
        float logp[32];
        int given = prompts[r->prompt].length;
        memcpy(all, prompts[r->prompt].tokens, (size_t)given * 4);
        memcpy(all + given, r->tokens, (size_t)r->length * 4);
        r0_sequence whole = {all, given + r->length, given};
        CHECK(r0_logp(model, &whole, 1, 1, logp, NULL, NULL) == R0_OK);
        double apart = blocks_difference(logp, r->logp, (size_t)r->length);
        worst = apart <= worst ? worst : apart;
    }
    r0_rollouts_free(t->r0, &rollouts);
    return worst;
}

// A frozen base in blocks against the same weights in float32: log-probabilities, an adapter's gradients after steps of
// its own. On the CPU they are the same bits.
static void blocks_against_floats(test *t, r0_model *narrow, const char *name, bool print)
{
    enum { ROOM = 1 << 16 };
    static float gradients[2][ROOM];
    float logp[2][2 * TEST_RESPONSES];
    test_sequences s;
    r0_lora_desc lora = R0_ZERO;
    r0_model *wide = blocks_widen(t, narrow, NULL), *outline;
    unsigned all = ~0u;
    lora.rank = 3;
    test_sequences_make(&s, narrow->config.vocab_size);
    CHECK(r0i_lora_outline(narrow, &lora, r0i_lora_chosen, &all, &outline) == R0_OK);
    size_t count = outline->parts[0].elements;
    r0_model_destroy(outline);
    CHECK(count <= ROOM);
    for (int i = 0; i < 2; i++) {
        r0_model *base = i ? wide : narrow;
        CHECK(r0_logp(base, s.items, 3, 1, logp[i], NULL, NULL) == R0_OK, "%s", r0_error(t->r0));
        blocks_train(t, base, &s, logp[i] + TEST_RESPONSES, gradients[i], count);
    }
    double of_logp = blocks_difference(logp[0], logp[1], 2 * TEST_RESPONSES);
    double of_gradients = blocks_difference(gradients[0], gradients[1], count);
    if (print)
        printf("  %s, %s: log-probabilities within %.2g, gradients of an adapter within %.2g of those of the floats\n",
               name, t->r0->device->is_cpu ? "cpu" : "vulkan", of_logp, of_gradients);
    if (t->r0->device->is_cpu)
        CHECK(!memcmp(logp[0], logp[1], sizeof logp[0]) && of_gradients == 0, "%s: log-probabilities %g, gradients %g "
              "from those of the floats", name, of_logp, of_gradients);
    else
        CHECK(of_logp < 1e-5 && of_gradients < 1e-4, "%s: log-probabilities %g, gradients %g from those of the floats",
              name, of_logp, of_gradients);
    double drift = blocks_rollout(t, narrow), of_floats = blocks_rollout(t, wide);
    CHECK(t->r0->device->is_cpu ? drift == 0 : drift <= 1e-5 || drift <= 1.01 * of_floats,
          "%s: sampling and training differ by %g, of the same weights in floats by %g", name, drift, of_floats);
    r0_model_destroy(wide);
}

// Folders quantized when they are loaded; what does not go says so.
static void test_blocks_load(test *t)
{
    static const char *const dtypes[] = {"Q8_0", "q4_0"};
    for (int family = R0_QWEN2; family <= R0_OLMO2; family++) {
        r0_model_config c = blocks_config((r0_architecture)family, 64);
        r0_model *wide, *narrow, *again, *none;
        r0_trainer *trainer;
        CHECK(r0_model_create(t->r0, &c, 5, &wide) == R0_OK && r0_model_save(wide, "build/blocks/f32") == R0_OK, "%s",
              r0_error(t->r0));
        for (int i = 0; i < 2; i++) {
            r0_memory_report before, after;
            r0_memory(t->r0, &before);
            if (!CHECK(!r0_model_load_as(t->r0, "build/blocks/f32", dtypes[i], &narrow), "%s", r0_error(t->r0)))
                continue;
            r0_memory(t->r0, &after);
            uint64_t bytes = after.purposes[R0_MEMORY_PARAMETERS].bytes - before.purposes[R0_MEMORY_PARAMETERS].bytes;
            double bits = (double)bytes * 8 / (double)r0_model_parameter_count(narrow);
            CHECK(bits < (i ? 5.2 : 9.2), "%s: %g bits a weight", dtypes[i], bits); // rows are padded, vectors are wide
            for (size_t k = 0; k < narrow->tensor_count; k++) {
                // the bytes are those of GGUF's own rounding
                const r0i_tensor *tensor = &narrow->tensors[k];
                const float *from = (const float *)r0i_weight(&wide->parameters, &wide->tensors[k]).buffer->host +
                                    wide->tensors[k].place / 4;
                int dtype = r0i_format_dtype(tensor->format);
                uint8_t blocks[8 * 34];
                float floats[256];
                CHECK(tensor->rows == 1 || tensor->format == (i ? R0I_FORMAT_Q4_0 : R0I_FORMAT_Q8_0), "%s",
                      tensor->name);
                const char *slabs = (const char *)narrow->parameters.parts[tensor->part].host + tensor->place;
                for (size_t r = 0; tensor->rows > 1 && r < tensor->rows; r++) {
                    r0i_blocks_store(dtype, from + r * tensor->cols, tensor->cols, blocks);
                    r0i_floats_load(dtype, blocks, tensor->cols, floats);
                    size_t differ = 0;
                    for (size_t e = 0; e < tensor->cols; e++)
                        differ += !(floats[e] == (float)r0i_matrix_at(slabs, tensor->format, r, e, tensor->cols));
                    if (!CHECK(!differ, "%s: row %zu", tensor->name, r)) break;
                }
            }
            blocks_against_floats(t, narrow, dtypes[i], false);
            CHECK(r0_model_create(t->r0, &c, 6, &again) == R0_OK && r0_model_copy(again, narrow) == R0_ERROR_ARGUMENT);
            r0_model_destroy(again);
            CHECK(!r0_model_load_as(t->r0, "build/blocks/f32", dtypes[i], &again) && !r0_model_copy(again, narrow));
            r0_model_destroy(again);
            CHECK(r0_trainer_create(narrow, NULL, &trainer) == R0_ERROR_UNSUPPORTED && !trainer &&
                  strstr(r0_error(t->r0), i ? "is Q4_0" : "is Q8_0"), "%s", r0_error(t->r0));
            CHECK(r0_model_save(narrow, "build/blocks/none") == R0_ERROR_UNSUPPORTED &&
                  strstr(r0_error(t->r0), "load the model as F32"), "%s", r0_error(t->r0));
            r0_lora_desc lora = R0_ZERO;
            lora.rank = 1;
            CHECK(r0_lora_create(narrow, &lora, 1, &again) == R0_OK && r0_lora_merge(again) == R0_ERROR_UNSUPPORTED);
            r0_model_destroy(again), r0_model_destroy(narrow);
        }
        r0_model_destroy(wide);
        c.hidden_size = 40; // no whole blocks
        CHECK(r0_model_create(t->r0, &c, 5, &wide) == R0_OK && r0_model_save(wide, "build/blocks/odd") == R0_OK);
        CHECK(r0_model_load_as(t->r0, "build/blocks/odd", "Q8_0", &none) == R0_ERROR_UNSUPPORTED && !none &&
              strstr(r0_error(t->r0), "40 columns, no whole blocks of 32"), "%s", r0_error(t->r0));
        r0_model_destroy(wide);
    }
}

// A model of random blocks of one format, on the device of t->r0.
static r0_model *blocks_model(test *t, uint32_t format)
{
    r0_model_config c = blocks_config(R0_QWEN3, 256);
    r0_model *model = NULL;
    r0i_block block = r0i_block_of(r0i_format_dtype(format));
    if (!CHECK(!r0i_model_outline(t->r0, &c, format, NULL, &model) &&
               !r0i_flat_create(model, R0_MEMORY_PARAMETERS, &model->parameters), "%s", r0_error(t->r0)))
        return NULL;
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        size_t count = (size_t)tensor->rows * tensor->cols;
        float *values = R0I_NEW(t->r0, float, count);
        for (size_t e = 0; e < count; e++) values[e] = 1;
        if (tensor->rows == 1) {
            CHECK(r0i_tensor_write(model, tensor, values) == R0_OK);
        } else {
            r0i_tensor_entry entry;
            uint8_t *bytes = R0I_NEW(t->r0, uint8_t, count * 2);
            int bits = (int)(R0I_LOW_BITS(format) + R0I_HIGH_BITS(format)) + (R0I_BLOCK(format) > 32 ? 5 : 0);
            memset(&entry, 0, sizeof entry);
            random_blocks(format, count / (size_t)block.weights, i, ldexpf(.3f, -bits), bytes);
            entry.dtype = r0i_format_dtype(format), entry.data = bytes, entry.shape[0] = tensor->rows;
            entry.size = count / (size_t)block.weights * (size_t)block.bytes;
            CHECK(r0i_slabs_write(model, tensor, NULL, &entry) == R0_OK);
            CHECK(t->r0->device->functions->finish(t->r0->device) == R0_OK);
            r0i_free(t->r0, bytes);
        }
        r0i_free(t->r0, values);
    }
    return model;
}

// Every format, in a whole model, on the CPU; on Vulkan those that differ in more than a constant: without and with a
// minimum and fifth bits, runs of 16 (every op by every format: test_vulkan.c; every type in a model: tests/models.py).
static void test_blocks_models(test *t)
{
    r0_context *own = t->r0, *vulkan = NULL;
    r0_context_desc desc = R0_ZERO;
    desc.device = "vulkan", desc.threads = 1;
    bool there = !r0_context_create(&desc, &vulkan);
    if (!there) SKIP("no Vulkan device: %s", r0_error(vulkan));
    for (int device = 0; device < 1 + there; device++) {
        t->r0 = device ? vulkan : own;
        for (uint32_t format = R0I_FORMAT_Q4_0; format <= R0I_FORMAT_Q6_K; format++) {
            uint32_t some = 1u << R0I_FORMAT_Q8_0 | 1u << R0I_FORMAT_Q5_K | 1u << R0I_FORMAT_Q6_K;
            if (device && !(some >> format & 1)) continue;
            if (device && getenv("R0_TEST_SMALL") && format != R0I_FORMAT_Q8_0) continue;
            r0_model *model = blocks_model(t, format);
            if (!model) continue;
            blocks_against_floats(t, model, r0i_dtype_name(r0i_format_dtype(format)), true);
            r0_model_destroy(model);
        }
    }
    t->r0 = own;
    r0_context_destroy(vulkan);
}

// A GGUF file as it is: every matrix in its own type, rows of heads in R0's order; against the same as float32.
static void test_blocks_stored(test *t)
{
    static const char file[] = "tests/data/gguf/types.gguf";
    r0_model *models[2] = {NULL, NULL};
    float logp[2][TEST_RESPONSES];
    uint32_t formats = 0, all = (2u << R0I_FORMAT_Q6_K) - (1u << R0I_FORMAT_Q4_0);
    for (int k = 0; k < 2 && r0i_file_exists(file); k++) {
        test_sequences s;
        if (!CHECK(!r0_model_load_as(t->r0, file, k ? "stored" : "F32", &models[k]), "%s", r0_error(t->r0))) continue;
        test_sequences_make(&s, models[k]->config.vocab_size);
        CHECK(r0_logp(models[k], s.items, 3, 1, logp[k], NULL, NULL) == R0_OK, "%s", r0_error(t->r0));
        for (size_t e = 0; e < models[k]->tensor_count; e++) formats |= 1u << models[k]->tensors[e].format;
    }
    if (models[0]) CHECK(!memcmp(logp[0], logp[1], sizeof logp[0]), "other log-probabilities than those of its floats");
    if (models[0]) CHECK((formats & all) == all, "formats %x", formats);
    else SKIP("no %s", file);
    r0_model_destroy(models[0]), r0_model_destroy(models[1]);
    r0_plan plan;
    r0_evolve_config c;
    r0_model_config shape = blocks_config(R0_QWEN3, 64);
    CHECK(!r0_evolve_preset(t->r0, "tiny", &c) && !r0_evolve_set(t->r0, &c, "dtype", "stored") &&
          !r0_evolve_set(t->r0, &c, "lora_rank", "2"));
    CHECK(r0_evolve_plan(t->r0, &shape, &c, 2, 51, 0, &plan) == R0_ERROR_ARGUMENT &&
          strstr(r0_error(t->r0), "STORED"), "%s", r0_error(t->r0));
}

static void test_blocks(test *t)
{
    test_blocks_ops(t);
    test_blocks_load(t);
    test_blocks_models(t);
    test_blocks_stored(t);
}
