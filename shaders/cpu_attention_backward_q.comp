// attention_backward_q on CPU devices: dq_t = scale sum_j ds_tj k_j, ds = p (dy_t . v_j - delta_t), delta = dy . y
// p = exp(scale q.k - lse) is made again, TURN keys at a time; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_backward_q. Grid: one workgroup per SPAN rows and HEADS query heads. Constants: 0
// workgroup size, equal to LANES, 1 HEADS, 2 head size, 5 LANES, 6 TURN, 7 EACH.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Dq { vec4 dq[]; };
layout(binding = 1) writeonly buffer Delta { float delta[]; };
TEXEL_INPUT(2, dy);
TEXEL_INPUT(3, y);
TEXEL_INPUT(4, lse);
TEXEL_INPUT(5, q);
TEXEL_INPUT(6, k);
TEXEL_INPUT(7, v);
TEXEL_INPUT(8, begin);

void main()
{
    uint lane = gl_SubgroupInvocationID, across = heads / HEADS, head = group_index() % across * HEADS;
    uint row0 = group_index() / across * SPAN, last = min(row0 + SPAN, rows) - 1, g = head / (heads / kv_heads);
    vec4 query[EACH * QUADS], grad[EACH * QUADS], sum[EACH * QUADS];
    float row_lse[EACH], row_delta[EACH];
    uint row[EACH], begins[EACH], at[EACH], piece[FETCHES];
    UNROLL for (uint e = 0; e < EACH; e++) {
        row[e] = min(row0 + lane + LANES * (e / HEADS), last);
        begins[e] = fetch_word(begin, 8, row[e]);
        at[e] = row[e] * heads + head + e % HEADS;
        row_lse[e] = fetch_one(lse, 4, at[e]);
        vec4 dots = vec4(0);
        UNROLL for (uint c = 0; c < QUADS; c++) {
            query[e * QUADS + c] = FETCH(5, q, at[e] * D + 4 * c) * scale;
            grad[e * QUADS + c] = FETCH(2, dy, at[e] * D + 4 * c);
            dots = fma(grad[e * QUADS + c], FETCH(3, y, at[e] * D + 4 * c), dots);
            sum[e * QUADS + c] = vec4(0);
        }
        row_delta[e] = sum_of(dots);
    }
    UNROLL for (uint i = 0; i < FETCHES; i++) piece[i] = piece_of(i * LANES + lane, g, kv_heads);
    for (uint j0 = fetch_word(begin, 8, row0); j0 <= last; j0 += TURN) {
        vec4 keys[FETCHES], values[FETCHES];
        UNROLL for (uint i = 0; i < FETCHES; i++) {
            uint place = min(piece[i] + j0 * kv_heads * QUADS, last_piece(i * LANES + lane, g, kv_heads, last));
            keys[i] = FETCH_TEXEL(6, k, texels[6] + place);
            values[i] = FETCH_TEXEL(7, v, texels[7] + place);
        }
        UNROLL for (uint e = 0; e < EACH; e++) {
            float ds[TURN];
            UNROLL for (uint j = 0; j < TURN; j++) {
                vec4 score = vec4(0), dp = vec4(0);
                UNROLL for (uint c = 0; c < QUADS; c++) {
                    score = fma(query[e * QUADS + c], SHARED(keys, j, c), score);
                    dp = fma(grad[e * QUADS + c], SHARED(values, j, c), dp);
                }
                bool visible = begins[e] <= j0 + j && j0 + j <= row[e];
                ds[j] = visible ? exp(sum_of(score) - row_lse[e]) * (sum_of(dp) - row_delta[e]) * scale : 0;
            }
            UNROLL for (uint c = 0; c < QUADS; c++) {
                vec4 running = sum[e * QUADS + c];
                UNROLL for (uint j = 0; j < TURN; j++) running = fma(vec4(ds[j]), SHARED(keys, j, c), running);
                sum[e * QUADS + c] = running;
            }
        }
    }
    UNROLL for (uint e = 0; e < EACH; e++) {
        if (row0 + lane + LANES * (e / HEADS) > last) continue;
        UNROLL for (uint c = 0; c < QUADS; c++) dq[(first(0) + at[e] * D) / 4 + c] = sum[e * QUADS + c];
        delta[first(1) + at[e]] = row_delta[e];
    }
}
