// What every fuzzer of files begins with.
#ifndef FUZZ_H
#define FUZZ_H
#define _GNU_SOURCE
#define R0_IMPLEMENTATION
#include "../r0.h"

// One thread, and no more memory than a small file is worth.
static r0_context *fuzz_context(void)
{
    r0_context_desc desc = R0_ZERO;
    r0_context *r0;
    desc.device = "cpu";
    desc.threads = 1;
    desc.memory_limit = 256u << 20;
    if (r0_context_create(&desc, &r0)) abort();
    return r0;
}

// A copy in a block of its own size, not in a mapped page, so that one byte too far is seen.
R0I_UNUSED static uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, data, size);
    return copy;
}

#endif
