// Growing arrays and string maps for the program, the tests and the bench: stb_ds.h (https://github.com/nothings/stb).
// It is found as a package or beside r0.h. Where it is not, HAVE_STB_DS stays undefined: the commands that need it say
// so, and their tests are skipped. r0.h knows nothing of it. One file of a program includes this.
#ifndef ARRAYS_H
#define ARRAYS_H

#include <stdio.h>
#include <stdlib.h>

// A program may end where memory does; a library may not. So nobody who grows an array asks.
static inline void *arrays_grow(void *pointer, size_t size)
{
    void *grown = realloc(pointer, size);
    if (grown) return grown;
    fprintf(stderr, "out of memory: %llu bytes\n", (unsigned long long)size);
    exit(1);
}

#define STBDS_REALLOC(context, pointer, size) ((void)(context), arrays_grow(pointer, size))
#define STBDS_FREE(context, pointer) ((void)(context), free(pointer))
#define STB_DS_IMPLEMENTATION
#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wextra"
#endif
#if __has_include(<stb/stb_ds.h>)
#include <stb/stb_ds.h>
#define HAVE_STB_DS 1
#elif __has_include(<stb_ds.h>)
#include <stb_ds.h>
#define HAVE_STB_DS 1
#elif __has_include("../stb_ds.h")
#include "../stb_ds.h"
#define HAVE_STB_DS 1
#endif
#if defined(__GNUC__) || defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif
