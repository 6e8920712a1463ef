// matmul_nt_fused on matrix units: y = x w^T for x (M,K), w (N,K) of 16 bits, then by the bits of the epilogue
// + low up^T, + b, + z, silu(z) *
// C twin: r0i_cpu_matmul_nt_fused. Grid and constants: see cooperative_matmul.glsl and epilogue.glsl.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_spirv_intrinsics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#pragma use_vulkan_memory_model
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format; uint rank;
#include "common.glsl"
#include "weights.glsl"
#include "epilogue.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer X4 { vec4 x4[]; };
layout(binding = 2) readonly buffer WWords { uint w_words[]; };
layout(binding = 3) readonly buffer B { float b[]; };
layout(binding = 4) readonly buffer Z { float z[]; };

#define Y_PITCH strided(n)
#define X_ROW k
#define BIAS_AT(col) b[first(3) + (col)]
#define OTHER_AT(at) z[first(4) + (at)]
#define W_ALONG_K 1 // neighbors in memory: along k, or along the columns of y
#include "cooperative_matmul.glsl"
