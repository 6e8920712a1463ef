// matmul_nt on matrix units: y = x w^T for x (M,K), w (N,K) of 16 bits; accumulate: y += instead of y =
// C twin: r0i_cpu_matmul_nt. Grid and constants: see cooperative_matmul.glsl, which holds the kernel; here is only
// where x and w lie.
#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_spirv_intrinsics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#pragma use_vulkan_memory_model
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "weights.glsl"

layout(binding = 0) buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 1) readonly buffer X4 { vec4 x4[]; };
layout(binding = 2) readonly buffer WWords { uint w_words[]; };

#define Y_PITCH strided(n)
#define X_ROW k
#define W_ALONG_K 1 // neighbors in memory: along k, or along the columns of y
#include "cooperative_matmul.glsl"
