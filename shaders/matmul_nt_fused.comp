// matmul_nt_fused: y = x w^T for x (M,K), w (N,K), then by the bits of the epilogue + low up^T, + b, + z, silu(z) *
// C twin: r0i_cpu_matmul_nt_fused. Grid and constants: see matmul.glsl, which holds the kernel, and epilogue.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format; uint rank;
#include "common.glsl"
#include "weights.glsl"
#include "epilogue.glsl"

layout(binding = 3) readonly buffer B { float b[]; };
layout(binding = 4) readonly buffer Z { float z[]; };

#define BIAS_AT(col) b[first(3) + (col)]
#define OTHER_AT(at) z[first(4) + (at)]
#define Y_PITCH strided(n)
#define X_INDEX(row, kk) ((row) * k + (kk))
#define W_ROW(kk, col) col // of the weight, which has W_COLS columns
#define W_COL(kk, col) kk
#define W_COLS k
#define X_STEP 1
#define W_STEP 1
#define X_ALONG_K 1
#define W_ALONG_K 1
#include "matmul.glsl"
