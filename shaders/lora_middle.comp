// lora_middle: y (count,N,r) = scale x A^T for x (N,K) and up to three A (r,K), those of adapters that read the same x.
// 64 invocations share a sum: each adds every 64th product, in ascending order of k, and a tree of one order joins
// them, so its bits do not depend on the rows beside it.
// C twin: r0i_cpu_lora_middle. Grid: one workgroup per ROWS rows and 4 ranks of an adapter; where shared memory is
// refused, one invocation per sum. Constants: 0 workgroup size, 1 team, 6 ROWS (8 at most).
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows, rank, cols, count; float scale;
#include "common.glsl"

layout(constant_id = 1) const uint TEAM = 1;
layout(constant_id = 6) const uint ROWS = 1;
const uint LANES = TEAM == 1 ? 1 : 64, RANKS = TEAM == 1 ? 1 : 4;
const uint AHEAD = 4; // numbers read before they are used

layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer X { float x[]; };
layout(binding = 2) readonly buffer A0 { float a0[]; };
layout(binding = 3) readonly buffer A1 { float a1[]; };
layout(binding = 4) readonly buffer A2 { float a2[]; };

shared float parts[8 * 256];

float weight(uint adapter, uint at)
{
    return adapter == 0 ? a0[first(2) + at] : adapter == 1 ? a1[first(3) + at] : a2[first(4) + at];
}

void main()
{
    uint index = TEAM == 1 ? invocation() : group_index(), local = gl_LocalInvocationID.x, lane = local % LANES;
    uint down = (rows + ROWS - 1) / ROWS, across = (rank + RANKS - 1) / RANKS, adapter = index / (across * down);
    uint row0 = index / across % down * ROWS, r = index % across * RANKS + (TEAM == 1 ? 0 : local / LANES);
    if (adapter >= count) return;
    float sum[ROWS];
    UNROLL for (uint i = 0; i < ROWS; i++) sum[i] = 0;
    for (uint k = lane; k < cols; k += AHEAD * LANES) {
        float a[AHEAD];
        UNROLL for (uint s = 0; s < AHEAD; s++) {
            uint at = min(k + s * LANES, cols - 1);
            a[s] = k + s * LANES < cols ? weight(adapter, min(r, rank - 1) * cols + at) : 0;
        }
        UNROLL for (uint i = 0; i < ROWS; i++)
            UNROLL for (uint s = 0; s < AHEAD; s++)
                sum[i] = fma(x[first(1) + min(row0 + i, rows - 1) * cols + min(k + s * LANES, cols - 1)], a[s], sum[i]);
    }
    if (TEAM != 1) {
        UNROLL for (uint i = 0; i < ROWS; i++) parts[i * 256 + local] = sum[i];
        barrier();
        for (uint width = LANES / 2; width > 0; width /= 2) {
            if (lane < width)
                UNROLL for (uint i = 0; i < ROWS; i++) parts[i * 256 + local] += parts[i * 256 + local + width];
            barrier();
        }
        UNROLL for (uint i = 0; i < ROWS; i++) sum[i] = parts[i * 256 + local];
    }
    if (lane != 0 || r >= rank) return;
    UNROLL for (uint i = 0; i < ROWS; i++)
        if (row0 + i < rows) y[first(0) + (adapter * rows + row0 + i) * rank + r] = scale * sum[i];
}
