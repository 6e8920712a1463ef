// attention_backward_kv on CPU devices: dv_j = sum_t p_tj dy_t, dk_j = scale sum_t ds_tj q_t over the rows that see
// key j and the heads that share it, TURN of them at a time: here a lane has keys and the queries are handed round.
// C twin: r0i_cpu_attention_backward_kv. Grid: one workgroup per SPAN keys and key/value head; see cpu_attention.glsl.
// Constants: 0 workgroup size, equal to LANES, 1 HEADS = 1, 2 head size, 5 LANES, 6 TURN (at most LANES), 7 EACH.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Dk { vec4 dk[]; };
layout(binding = 1) writeonly buffer Dv { vec4 dv[]; };
TEXEL_INPUT(2, dy);
TEXEL_INPUT(3, lse);
TEXEL_INPUT(4, delta);
TEXEL_INPUT(5, q);
TEXEL_INPUT(6, k);
TEXEL_INPUT(7, v);
TEXEL_INPUT(8, end);

void main()
{
    uint lane = gl_SubgroupInvocationID, g = group_index() % kv_heads, share = heads / kv_heads;
    uint row0 = group_index() / kv_heads * SPAN, last = min(row0 + SPAN, rows) - 1;
    vec4 key[EACH * QUADS], value[EACH * QUADS], key_sum[EACH * QUADS], value_sum[EACH * QUADS];
    uint row[EACH], ends[EACH], at[EACH];
    UNROLL for (uint e = 0; e < EACH; e++) {
        row[e] = min(row0 + lane + LANES * e, last);
        ends[e] = fetch_word(end, 8, row[e]);
        at[e] = row[e] * kv_heads + g;
        UNROLL for (uint c = 0; c < QUADS; c++) {
            key[e * QUADS + c] = FETCH(6, k, at[e] * D + 4 * c) * scale;
            value[e * QUADS + c] = FETCH(7, v, at[e] * D + 4 * c);
            key_sum[e * QUADS + c] = value_sum[e * QUADS + c] = vec4(0);
        }
    }
    // Turn u is row u / share and head u % share of the group.
    uint stop = fetch_word(end, 8, last) * share;
    for (uint u0 = row0 * share; u0 < stop; u0 += TURN) {
        vec4 queries[FETCHES], grads[FETCHES];
        UNROLL for (uint i = 0; i < FETCHES; i++) {
            uint p = i * LANES + lane, u = min(u0 + p / QUADS, stop - 1);
            uint place = (u / share * heads + g * share + u % share) * QUADS + p % QUADS;
            queries[i] = FETCH_TEXEL(5, q, texels[5] + place);
            grads[i] = FETCH_TEXEL(2, dy, texels[2] + place);
        }
        uint mine = min(u0 + lane, stop - 1), place = mine / share * heads + g * share + mine % share;
        float lses = fetch_one(lse, 3, place), deltas = fetch_one(delta, 4, place);
        UNROLL for (uint e = 0; e < EACH; e++) {
            float p[TURN], ds[TURN];
            UNROLL for (uint j = 0; j < TURN; j++) {
                vec4 score = vec4(0), dp = vec4(0);
                UNROLL for (uint c = 0; c < QUADS; c++) {
                    score = fma(key[e * QUADS + c], SHARED(queries, j, c), score);
                    dp = fma(value[e * QUADS + c], SHARED(grads, j, c), dp);
                }
                uint t = (u0 + j) / share;
                bool visible = row[e] <= t && t < ends[e];
                p[j] = visible ? exp(sum_of(score) - subgroupShuffle(lses, j)) : 0;
                ds[j] = visible ? p[j] * (sum_of(dp) - subgroupShuffle(deltas, j)) * scale : 0;
            }
            UNROLL for (uint c = 0; c < QUADS; c++) {
                vec4 to_key = key_sum[e * QUADS + c], to_value = value_sum[e * QUADS + c];
                UNROLL for (uint j = 0; j < TURN; j++) {
                    to_key = fma(vec4(ds[j]), SHARED(queries, j, c), to_key);
                    to_value = fma(vec4(p[j]), SHARED(grads, j, c), to_value);
                }
                key_sum[e * QUADS + c] = to_key;
                value_sum[e * QUADS + c] = to_value;
            }
        }
    }
    UNROLL for (uint e = 0; e < EACH; e++) {
        if (row0 + lane + LANES * e > last) continue;
        UNROLL for (uint c = 0; c < QUADS; c++) {
            dk[(first(0) + at[e] * D) / 4 + c] = key_sum[e * QUADS + c];
            dv[(first(1) + at[e] * D) / 4 + c] = value_sum[e * QUADS + c];
        }
    }
}
