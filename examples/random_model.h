// A folder of random weights in the exact shape that a config describes, written a piece at a time, so that it may be
// far larger than the memory: for `r0 init` and tests/test_parity.c. No start for training: vectors are spread around
// their usual value, because a norm of ones or a bias of zeros would hide that it is not used. Projections and
// embeddings have deviation 1 / sqrt(columns), those that write to the residual stream half of that, so that
// activations keep their size through any number of layers and a tied head makes logits of unit variance.
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_F32, RANDOM_BF16, RANDOM_F16, RANDOM_PIECE = 1 << 16 };

typedef struct random_model {
    r0_json *found;        // what r0_model_inspect says
    const r0_json *wanted; // its "missing": the tensors of the config
    uint64_t seed;
    int dtype;
    char *header, *error; // error (512)
    uint8_t *piece;       // (RANDOM_PIECE) values as they are stored
} random_model;

static bool random_fail(random_model *m, const char *what, const char *why)
{
    snprintf(m->error, 512, "%.380s: %.120s", what, why);
    return false;
}

// Element i of a tensor: the sum of four uniform numbers, near enough to normal, with mean 0 and deviation 1. Its bits
// are the same on every machine, as logarithm and cosine would not be. (SplitMix64: Steele, Lea and Flood, 2014.)
static double random_number(uint64_t key, uint64_t i)
{
    uint64_t z = key + (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    int sum = (int)(z >> 48) + (int)(z >> 32 & 65535) + (int)(z >> 16 & 65535) + (int)(z & 65535);
    return (sum - 131070) * (1.7320508075688772 / 65536);
}

// The nearest float16: sign, exponent + 15, ten bits; below 2^-14 in steps of 2^-24. Values here are small.
static uint32_t random_half(float value)
{
    int exponent;
    float size = fabsf(value);
    frexpf(size, &exponent); // size = f 2^exponent, f in [1/2, 1)
    if (exponent < -13) exponent = -13;
    return (uint32_t)((exponent + 13) * 1024 + (int)rintf(ldexpf(size, 11 - exponent))) | (value < 0 ? 0x8000u : 0);
}

// Little-endian; returns the bytes behind it.
static uint8_t *random_store(uint8_t *at, int dtype, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if (dtype == RANDOM_BF16) bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    if (dtype == RANDOM_F16) bits = random_half(value);
    for (int i = 0; i < (dtype == RANDOM_F32 ? 4 : 2); i++) *at++ = (uint8_t)(bits >> 8 * i);
    return at;
}

static uint64_t random_count(const r0_json *tensor)
{
    const r0_json *shape = r0_json_get(tensor, "shape");
    uint64_t count = 1;
    for (size_t d = 0; d < shape->count; d++) count *= (uint64_t)shape->items[d].number;
    return count;
}

// {"NAME":{"dtype":"F32","shape":[R,C],"data_offsets":[BEGIN,END]},...}, filled up with spaces to a multiple of 8.
static bool random_header(random_model *m)
{
    static const char *const names[] = {"F32", "BF16", "F16"};
    size_t room = 64, used = 0;
    uint64_t at = 0;
    for (size_t i = 0; i < m->wanted->count; i++) room += 160 + r0_json_get_text(&m->wanted->items[i], "name").size;
    m->header = (char *)malloc(room);
    if (!m->header) return random_fail(m, "header", "out of memory");
    used += (size_t)snprintf(m->header, room, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < m->wanted->count; i++) {
        const r0_json *tensor = &m->wanted->items[i], *shape = r0_json_get(tensor, "shape");
        uint64_t end = at + random_count(tensor) * (m->dtype == RANDOM_F32 ? 4 : 2);
        used += (size_t)snprintf(m->header + used, room - used, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                                 r0_json_get_text(tensor, "name").data, names[m->dtype]);
        for (size_t d = 0; d < shape->count; d++)
            used += (size_t)snprintf(m->header + used, room - used, "%s%.0f", d ? "," : "", shape->items[d].number);
        used += (size_t)snprintf(m->header + used, room - used, "],\"data_offsets\":[%llu,%llu]}",
                                 (unsigned long long)at, (unsigned long long)end);
        at = end;
    }
    m->header[used++] = '}';
    while (used % 8) m->header[used++] = ' ';
    m->header[used] = 0;
    return true;
}

static bool random_tensor(random_model *m, size_t index, FILE *out)
{
    const r0_json *tensor = &m->wanted->items[index], *shape = r0_json_get(tensor, "shape");
    const char *name = r0_json_get_text(tensor, "name").data;
    bool vector = shape->count == 1, good = true;
    double mean = vector && strstr(name, "norm.weight") ? 1 : 0;
    double deviation = vector ? .2 : 1 / sqrt(shape->items[1].number);
    uint64_t key = r0_seed_derive(m->seed, index), count = random_count(tensor);
    if (strstr(name, ".o_proj.weight") || strstr(name, ".down_proj.weight")) deviation *= .5;
    for (uint64_t i = 0; good && i < count;) {
        uint8_t *end = m->piece;
        while (i < count && end < m->piece + RANDOM_PIECE)
            end = random_store(end, m->dtype, (float)(mean + deviation * random_number(key, i++)));
        good = fwrite(m->piece, 1, (size_t)(end - m->piece), out) == (size_t)(end - m->piece);
    }
    return good;
}

// The file takes its name when it is whole.
static bool random_save(random_model *m, const char *folder)
{
    char path[1024], part[1024];
    uint8_t size[8];
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    if ((size_t)snprintf(part, sizeof part, "%s/model.safetensors.tmp", folder) >= sizeof part)
        return random_fail(m, folder, "this path is too long");
    for (int i = 0; i < 8; i++) size[i] = (uint8_t)((uint64_t)strlen(m->header) >> 8 * i);
    const char *why;
    FILE *out = r0i_file_open(part, "wb", &why);
    if (!out) return random_fail(m, part, why);
    bool good = fwrite(size, 1, 8, out) == 8 && fputs(m->header, out) >= 0;
    for (size_t i = 0; good && i < m->wanted->count; i++) good = random_tensor(m, i, out);
    if (fclose(out)) good = false;
    if (good && r0i_file_rename(part, path)) return true;
    random_fail(m, path, strerror(errno));
    remove(part);
    return false;
}

// Writes `folder`, which must hold no weights yet. dtype: f32, bf16 or f16, of all tensors. Same seed and dtype, same
// bytes. On failure false, and `error` (512) says why.
static bool random_model_write(r0_context *r0, const r0_model_config *config, uint64_t seed, const char *dtype,
                               const char *folder, char *error)
{
    static const char *const dtypes[] = {"f32", "bf16", "f16"};
    random_model m = {NULL, NULL, seed, 0, NULL, error, NULL};
    char *text = NULL;
    while (m.dtype < 3 && strcmp(dtype, dtypes[m.dtype])) m.dtype++;
    if (m.dtype == 3) {
        snprintf(error, 512, "dtype \"%s\" is none of f32, bf16, f16", dtype);
        return false;
    }
    r0_status status = r0_model_config_write(r0, folder, config);
    if (!status) status = r0_model_inspect(r0, folder, &text);
    r0_span span = {text, text ? strlen(text) : 0};
    if (!status) status = r0_json_parse(r0, folder, span, &m.found);
    r0_text_free(r0, text);
    bool good = !status || random_fail(&m, "r0", r0_error(r0));
    if (good && r0_json_get(m.found, "tensors")->count) good = random_fail(&m, folder, "it holds weights already");
    m.wanted = r0_json_get(m.found, "missing");
    m.piece = (uint8_t *)malloc(RANDOM_PIECE);
    if (good && !m.piece) good = random_fail(&m, folder, "out of memory");
    good = good && random_header(&m) && random_save(&m, folder);
    free(m.piece);
    free(m.header);
    r0_json_destroy(r0, m.found);
    return good;
}

// -- weights in blocks of 4 to 8 bits, for r0 selftest and the tests --

// `count` random blocks; scales near `most`, or of all sizes that halves have, subnormal ones too (0).
static void random_blocks(uint32_t format, size_t count, uint64_t seed, float most, uint8_t *bytes)
{
    r0i_block block = r0i_block_of(r0i_format_dtype(format));
    r0i_key key = r0i_key_make(seed);
    for (size_t i = 0; i < count * (size_t)block.bytes; i++) bytes[i] = (uint8_t)(r0i_random_uniform(key, i) * 256);
    for (size_t i = 0; i < count; i++)
        for (int half = 0; half < (R0I_HAS_MINIMUM(format) ? 2 : 1); half++) {
            float size = ldexpf((float)r0i_random_normal(r0i_key_make(seed + 1), 2 * i + (size_t)half), -(int)(i % 22));
            if (most > 0) size = most * (.5f + (float)r0i_random_uniform(r0i_key_make(seed + 1), 2 * i + (size_t)half));
            uint8_t *at = bytes + i * (size_t)block.bytes + (format == R0I_FORMAT_Q6_K ? 208 : 2 * half);
            r0i_store_le16(at, r0i_f32_to_f16(size));
        }
}

// Whole slabs of them, `words` words: what an op reads.
static void random_slabs(uint32_t format, size_t words, uint64_t seed, float most, uint32_t *to)
{
    size_t bytes = (size_t)r0i_block_of(r0i_format_dtype(format)).bytes, size = R0I_SLAB_BYTES(format) * R0I_SLAB / 4;
    uint8_t block[R0I_SLAB * 210];
    memset(to, 0, words * sizeof *to);
    for (; words >= size; words -= size, to += size, seed++) {
        random_blocks(format, R0I_SLAB, seed, most, block);
        for (size_t lane = 0; lane < R0I_SLAB; lane++) r0i_slab_put(format, block + lane * bytes, lane, to);
    }
}

#endif
