// matmul_tn on CPU devices: y = x^T w for x (K,M), w (K,N); accumulate: y += instead of y =
// C twin: r0i_cpu_matmul_tn. Grid: one workgroup per tile, row by row; see cpu_matmul.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "cpu.glsl"
#include "weights.glsl"

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 0) writeonly buffer YVectors { vec4 y_vectors[]; };
TEXEL_INPUT(0, y_before);
TEXEL_INPUT(1, x);
TEXEL_INPUT(2, w);

#define X_PITCH strided(m)
#define Y_PITCH n
#define X_ALONG_K 0
#define W_ALONG_K 0
#include "cpu_matmul.glsl"
