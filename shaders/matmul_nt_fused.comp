// matmul_nt_fused: y = x w^T for x (M,K), w (N,K), then by the bits of the epilogue + b, + z, silu(z) *
// C twin: r0i_cpu_matmul_nt_fused. Grid and constants: see matmul.glsl and epilogue.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "weights.glsl"
#include "epilogue.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer W { float w[]; };
layout(binding = 2) readonly buffer WWords { uint w_words[]; };
layout(binding = 3) readonly buffer B { float b[]; };
layout(binding = 4) readonly buffer Z { float z[]; };

float weight(uint at)
{
    return FORMAT == 0 ? w[first(2) + at] : widen(w_words[first(2) + at / 2], at % 2);
}

#define Y_PITCH strided(n)
#define X_AT(row, kk) x[first(1) + ((row) * k + (kk))]
#define W_AT(kk, col) weight((col) * k + (kk))
#define BIAS_AT(col) b[first(3) + (col)]
#define OTHER_AT(at) z[first(4) + (at)]
#define X_ALONG_K 1
#define W_ALONG_K 1
#include "matmul.glsl"
