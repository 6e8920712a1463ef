// matmul_nn: y = x w for x (M,K), w (K,N): dx = dy w; accumulate: y += instead of y =
// C twin: r0i_cpu_matmul_nn. Grid, constants, kernel: see matmul.glsl; here is the place of x and w.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint m; uint n; uint k; uint accumulate; uint stride; uint format;
#include "common.glsl"
#include "weights.glsl"

#define Y_PITCH n
#define X_INDEX(row, kk) ((row) * strided(k) + (kk))
#define W_ROW(kk, col) kk // of the weight, which has W_COLS columns
#define W_COL(kk, col) col
#define W_COLS n
#define X_STEP 1 // a step of k
#define W_STEP n
#define X_ALONG_K 1 // neighbors in memory: along k, or along the rows of y
#define W_ALONG_K 0 // along k, or along the columns of y
#include "matmul.glsl"
