// Parity with transformers: models that it saved, run by us, against what it computed (tests/data/hf,
// tests/make_hf.py). Catches: a wrong layout, RoPE on the wrong pairs, norms at the wrong place, a head that
// forgets that it is tied, gradients that are consistent with a wrong forward.

enum { HF_ROWS = 13, HF_TARGETS = 10, HF_VOCAB = 64 };

typedef struct hf_golden {
    r0i_safetensors *file;
    int32_t ids[HF_ROWS];
    int targets[HF_ROWS];
    r0_sequence items[3];
    float logits[HF_ROWS * HF_VOCAB];
    float loss;
} hf_golden;

static bool hf_golden_open(test *t, const char *folder, hf_golden *golden)
{
    static const int64_t logits[2] = {HF_ROWS, HF_VOCAB}, one[1] = {1};
    static const int lengths[3] = {4, 7, 2};
    char path[128];
    snprintf(path, sizeof path, "%s/golden.safetensors", folder);
    if (!CHECK(r0i_safetensors_open(t->r0, path, &golden->file) == R0_OK, "%s", r0_error(t->r0))) return false;
    const r0i_tensor_entry *ids = r0i_safetensors_find(golden->file, "ids");
    const r0i_tensor_entry *targets = r0i_safetensors_find(golden->file, "targets");
    CHECK(ids && ids->size == sizeof golden->ids && targets && targets->size == sizeof golden->targets);
    r0i_copy_le(golden->ids, ids->data, HF_ROWS, 4);
    r0i_copy_le(golden->targets, targets->data, HF_ROWS, 4);
    CHECK(r0i_safetensors_read_f32(t->r0, golden->file, "logits", logits, 2, golden->logits) == R0_OK);
    CHECK(r0i_safetensors_read_f32(t->r0, golden->file, "loss", one, 1, &golden->loss) == R0_OK);
    for (int s = 0, at = 0; s < 3; at += lengths[s], s++) {
        r0_sequence sequence = {golden->ids + at, lengths[s], 1};
        golden->items[s] = sequence;
    }
    return true;
}

// Log-probability, entropy and self-certainty of each row hang on all of its logits.
static void test_hf_forward(test *t, r0_model *model, const hf_golden *golden, const char *folder)
{
    float logp[HF_TARGETS], entropy[HF_TARGETS], certainty[HF_TARGETS];
    double worst = 0;
    CHECK(r0_logp(model, golden->items, 3, 1, logp, entropy, certainty) == R0_OK, "%s", r0_error(t->r0));
    for (int row = 0, n = 0; row < HF_ROWS; row++) {
        if (golden->targets[row] < 0) continue;
        const float *z = golden->logits + row * HF_VOCAB;
        double sum = 0, h = 0, flat = 0;
        for (int j = 0; j < HF_VOCAB; j++) sum += exp((double)z[j]);
        for (int j = 0; j < HF_VOCAB; j++) {
            double l = z[j] - log(sum);
            h -= exp(l) * l;
            flat -= l / HF_VOCAB;
        }
        worst = R0I_MAX(worst, fabs(logp[n] - (z[golden->targets[row]] - log(sum))));
        worst = R0I_MAX(worst, fabs(entropy[n] - h));
        worst = R0I_MAX(worst, fabs(certainty[n] - (flat - log((double)HF_VOCAB))));
        n++;
    }
    CHECK(worst < 5e-6, "%s: log-probabilities off by %g", folder, worst);
}

static r0_status hf_cross_entropy(void *user, const r0_micro_batch *micro, float *dlogp)
{
    for (int i = 0; i < micro->tokens; i++) {
        *(double *)user -= micro->logp[i] / (double)HF_TARGETS;
        dlogp[i] = -1.0f / HF_TARGETS;
    }
    return R0_OK;
}

// Every tensor's gradient, by the length of the difference over the length of the gradient.
static void test_hf_backward(test *t, r0_model *model, const hf_golden *golden, const char *folder)
{
    r0_trainer *trainer;
    double loss = 0;
    size_t compared = 0;
    if (!CHECK(r0_trainer_create(model, NULL, &trainer) == R0_OK)) return;
    CHECK(r0_trainer_backward(trainer, golden->items, 3, hf_cross_entropy, &loss) == R0_OK, "%s", r0_error(t->r0));
    CHECK(fabs(loss - golden->loss) < 1e-5, "%s: loss %.7g, expected %.7g", folder, loss, (double)golden->loss);
    for (size_t i = 0; i < model->tensor_count; i++) {
        const r0i_tensor *tensor = &model->tensors[i];
        char name[128];
        float ours[4096], theirs[4096];
        int64_t shape[2] = {tensor->rows, tensor->cols};
        int vector = tensor->vector;
        size_t count = (size_t)tensor->rows * tensor->cols;
        double error = 0, norm = 0;
        snprintf(name, sizeof name, "grad.%s", tensor->name);
        if (!CHECK(count <= R0I_COUNT(ours))) continue;
        if (!CHECK(r0i_safetensors_read_f32(t->r0, golden->file, name, shape + vector, 2 - vector, theirs) == R0_OK,
                   "%s", r0_error(t->r0)))
            continue;
        CHECK(r0i_read_floats(t->r0, r0i_slot(&trainer->gradients, tensor), ours) == R0_OK);
        for (size_t k = 0; k < count; k++) {
            error += ((double)ours[k] - theirs[k]) * ((double)ours[k] - theirs[k]);
            norm += (double)theirs[k] * theirs[k];
        }
        CHECK(sqrt(error) <= 1e-5 * sqrt(norm), "%s: %s: off by %g of %g", folder, name, sqrt(error), sqrt(norm));
        compared++;
    }
    CHECK(compared + 5 == golden->file->count, "%s: %zu gradients of %zu", folder, compared, golden->file->count - 5);
    r0_trainer_destroy(trainer);
}

static void test_hf_family(test *t, const char *name)
{
    char folder[64], saved[64];
    char *found;
    r0_model *model;
    hf_golden golden;
    snprintf(folder, sizeof folder, "tests/data/hf/%s", name);
    snprintf(saved, sizeof saved, "build/test-hf/%s", name);
    if (!CHECK(r0_model_load(t->r0, folder, &model) == R0_OK, "%s", r0_error(t->r0))) return;
    if (hf_golden_open(t, folder, &golden)) {
        test_hf_forward(t, model, &golden, folder);
        test_hf_backward(t, model, &golden, folder);
        // tests/check_hf.py loads these in transformers
        CHECK(r0_model_save(model, saved) == R0_OK, "%s", r0_error(t->r0));
        CHECK(r0_model_inspect(t->r0, saved, &found) == R0_OK, "%s", r0_error(t->r0));
        CHECK(found && strstr(found, "\"missing\":[],\n\"problems\":[]}"), "%s", found ? found : "");
        r0_text_free(t->r0, found);
        r0_model_destroy(model);
        model = NULL;
        if (CHECK(r0_model_load(t->r0, saved, &model) == R0_OK, "%s", r0_error(t->r0)))
            test_hf_forward(t, model, &golden, saved);
        r0i_safetensors_close(golden.file);
    }
    r0_model_destroy(model);
}

// An adapter that PEFT made: on its own, saved and read again, and merged into its base. Catches: a factor of alpha / r
// where alpha / sqrt(r) is meant, A and B exchanged, a layer that is adapted although the file leaves it out, gradients
// that reach the frozen weights, a merge that counts twice.
static void test_hf_adapter(test *t, const char *name, const char *dtype)
{
    char folder[64], saved[64];
    r0_model *model, *again = NULL;
    hf_golden golden;
    snprintf(folder, sizeof folder, "tests/data/lora/%s", name);
    snprintf(saved, sizeof saved, "build/test-lora/%s-%s", name, dtype);
    if (!CHECK(r0_model_load_as(t->r0, folder, dtype, &model) == R0_OK, "%s", r0_error(t->r0))) return;
    CHECK(r0_lora_base(model) && r0_lora_base(model)->format == (uint32_t)(dtype[0] == 'B'), "%s", dtype);
    if (hf_golden_open(t, folder, &golden)) {
        test_hf_forward(t, model, &golden, folder);
        test_hf_backward(t, model, &golden, folder);
        CHECK(r0_model_save(model, saved) == R0_OK, "%s", r0_error(t->r0));
        if (CHECK(r0_lora_load(r0_lora_base(model), saved, &again) == R0_OK, "%s", r0_error(t->r0)))
            test_hf_forward(t, again, &golden, saved);
        r0_model_destroy(again);
        if (dtype[0] == 'F') { // in 16 bits the sum would be rounded
            CHECK(r0_lora_merge(model) == R0_OK, "%s", r0_error(t->r0));
            test_hf_forward(t, r0_lora_base(model), &golden, "merged");
            test_hf_forward(t, model, &golden, "merged, through the adapter");
        }
        r0i_safetensors_close(golden.file);
    }
    r0_model_destroy(model);
}

static void test_hf(test *t)
{
    static const char *const families[] = {"qwen2", "qwen3", "llama", "mistral", "smollm3", "granite", "olmo2",
                                           "qwen3-linear", "llama-yarn", "qwen2-yarn", "gemma3", "qwen3-window"};
    for (size_t i = 0; i < R0I_COUNT(families); i++) test_hf_family(t, families[i]);
    test_hf_adapter(t, "qwen2", "F32");
    test_hf_adapter(t, "qwen3", "F32");
    test_hf_adapter(t, "llama", "F32");
    test_hf_adapter(t, "qwen2", "BF16"); // exact: the base was stored so
    test_hf_adapter(t, "llama", "BF16");
}
