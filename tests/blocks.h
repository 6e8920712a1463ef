// Weights in blocks of 4 to 8 bits, for every test that needs some.
#ifndef TEST_BLOCKS_H
#define TEST_BLOCKS_H

// `count` random blocks; scales near `most`, or of all sizes that halves have, subnormal ones too (0).
static void blocks_random(uint32_t format, size_t count, uint64_t seed, float most, uint8_t *bytes)
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

#endif
