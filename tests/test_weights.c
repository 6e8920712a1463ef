// Weights of 16 bits in memory. Catches: a format that is read as another, rounding that is not to the nearest, a
// folder that does not come back with the same bits, a trainer that would lose its updates.

#include "model.h"

static double weights_logp(test *t, r0_model *model, test_sequences *s)
{
    float logp[TEST_RESPONSES];
    double sum = 0;
    CHECK(r0_logp(model, s->items, 3, 1, logp, NULL, NULL) == R0_OK, "%s", r0_error(t->r0));
    for (int i = 0; i < TEST_RESPONSES; i++) sum += (double)logp[i];
    return sum;
}

// A model of `dtype`, its folder and a float32 model of that folder compute the same.
static void weights_round_trip(test *t, r0_model *wide, const char *dtype, double tolerance, test_sequences *s)
{
    r0_model *narrow = NULL, *widened = NULL, *again = NULL;
    CHECK(r0_model_load_as(t->r0, "build/weights/f32", dtype, &narrow) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_model_save(narrow, "build/weights/narrow") == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_model_load(t->r0, "build/weights/narrow", &widened) == R0_OK, "%s", r0_error(t->r0));
    CHECK(r0_model_load_as(t->r0, "build/weights/narrow", dtype, &again) == R0_OK, "%s", r0_error(t->r0));
    double exact = weights_logp(t, wide, s), rounded = weights_logp(t, narrow, s);
    CHECK(rounded != exact && fabs(rounded - exact) < tolerance, "%s: %g from %g", dtype, rounded, exact);
    CHECK(weights_logp(t, widened, s) == rounded, "%s: the widened weights are not the rounded ones", dtype);
    CHECK(weights_logp(t, again, s) == rounded, "%s: the folder lost bits", dtype);
    r0_memory_report memory;
    r0_trainer *trainer;
    r0_memory(t->r0, &memory);
    size_t expected[2] = {0, 0}; // bytes of a wide and a narrow model, without the padding
    for (size_t i = 0; i < wide->tensor_count; i++) {
        size_t count = (size_t)wide->tensors[i].rows * wide->tensors[i].cols;
        expected[0] += 4 * count, expected[1] += (wide->tensors[i].rows > 1 ? 2 : 4) * count;
    }
    size_t bytes = (size_t)memory.purposes[R0_MEMORY_PARAMETERS].bytes, least = 2 * (expected[0] + expected[1]);
    CHECK(bytes >= least && bytes < least + 256 * 4 * wide->tensor_count, "%zu bytes of four models", bytes);
    CHECK(r0_trainer_create(narrow, NULL, &trainer) == R0_ERROR_UNSUPPORTED && !trainer);
    CHECK(strstr(r0_error(t->r0), "F16, in which updates would be lost") ||
          strstr(r0_error(t->r0), "BF16, in which updates would be lost"), "%s", r0_error(t->r0));
    r0_model_destroy(narrow), r0_model_destroy(widened), r0_model_destroy(again);
}

static void test_weights(test *t)
{
    test_sequences s;
    for (int family = R0_QWEN2; family <= R0_LLAMA; family++) {
        r0_model *wide;
        r0_model_config c = test_small_config((r0_architecture)family);
        test_sequences_make(&s, c.vocab_size);
        CHECK(r0_model_create(t->r0, &c, 5, &wide) == R0_OK && r0_model_save(wide, "build/weights/f32") == R0_OK, "%s",
              r0_error(t->r0));
        weights_round_trip(t, wide, "BF16", .05, &s);
        weights_round_trip(t, wide, "F16", .001, &s);
        r0_model *none;
        CHECK(r0_model_load_as(t->r0, "build/weights/f32", "Q4", &none) == R0_ERROR_ARGUMENT && !none);
        CHECK(strstr(r0_error(t->r0), "\"Q4\""), "%s", r0_error(t->r0));
        r0_model_destroy(wide);
    }
}
