// matmul_nt_fused on CPU devices: y = x w^T for x (M,K), w (N,K), then by the bits of the epilogue + b, + z, silu(z) *
// C twin: r0i_cpu_matmul_nt_fused. Grid: one workgroup per tile, row by row; see cpu_matmul.glsl and epilogue.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "cpu.glsl"
#include "weights.glsl"
#include "epilogue.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 0) writeonly buffer YVectors { vec4 y_vectors[]; };
TEXEL_INPUT(0, y_before);
TEXEL_INPUT(1, x);
TEXEL_INPUT(2, w);
TEXEL_INPUT(3, b);
TEXEL_INPUT(4, z);

#define X_PITCH k
#define Y_PITCH strided(n)
#define BIAS_AT(col) FETCH(3, b, col)
#define OTHER_AT(at) FETCH(4, z, at)
#define X_ALONG_K 1
#define W_ALONG_K 1
#include "cpu_matmul.glsl"
