// matmul_nt: y = x w^T for x (M,K), w (N,K): the forward pass; accumulate: y += instead of y =
// C twin: r0i_cpu_matmul_nt. Grid and constants: see matmul.glsl, which holds the kernel; here is only where x and
// w lie.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "weights.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer W { float w[]; };
layout(binding = 2) readonly buffer WWords { uint w_words[]; };

float weight(uint at)
{
    return FORMAT == 0 ? w[first(2) + at] : widen(w_words[first(2) + at / 2], at % 2);
}

#define Y_PITCH strided(n)
#define X_AT(row, kk) x[first(1) + ((row) * k + (kk))]
#define W_AT(kk, col) weight((col) * k + (kk))
#define X_ALONG_K 1 // neighbours in memory: along k, or along the rows of y
#define W_ALONG_K 1 // along k, or along the columns of y
#include "matmul.glsl"
