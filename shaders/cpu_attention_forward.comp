// attention_forward on CPU devices: y_t = sum_j p_tj v_j, p = softmax_j(scale q_t . k_j); lse = its log sum exp
// Online softmax, as in attention_forward.comp, TURN keys at a time; see cpu_attention.glsl.
// C twin: r0i_cpu_attention_forward. Grid: one workgroup per SPAN rows and HEADS query heads. Constants: 0 workgroup
// size, equal to LANES, 1 HEADS, 2 head size, 5 LANES, 6 TURN, 7 EACH.
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows; uint heads; uint kv_heads; uint dim; float scale;
#include "common.glsl"
#include "cpu_attention.glsl"

layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 1) writeonly buffer Lse { float lse[]; };
TEXEL_INPUT(2, q);
TEXEL_INPUT(3, k);
TEXEL_INPUT(4, v);
TEXEL_INPUT(5, begin);

uint begin_of(uint row)
{
    return fetch_word(begin, 5, row);
}

// One past the last row up to `last` that is of the same sequence as `row`.
uint end_of(uint row, uint last)
{
    uint from = begin_of(row), end = last + 1;
    if (begin_of(last) != from)
        for (end = row + 1; begin_of(end) == from;) end++;
    return end;
}

#define VISIBLE(e, j) (begins[e] == from && j0 + (j) <= row[e])

void main()
{
    uint lane = gl_SubgroupInvocationID, across = heads / HEADS, head = group_index() % across * HEADS;
    uint row0 = group_index() / across * SPAN, last = min(row0 + SPAN, rows) - 1, g = head / (heads / kv_heads);
    vec4 query[EACH * QUADS], sum[EACH * QUADS];
    float top[EACH], total[EACH];
    uint row[EACH], begins[EACH], at[EACH], piece[FETCHES];
    UNROLL for (uint e = 0; e < EACH; e++) {
        row[e] = min(row0 + lane + LANES * (e / HEADS), last);
        begins[e] = begin_of(row[e]);
        at[e] = row[e] * heads + head + e % HEADS;
        top[e] = -1.0 / 0.0;
        total[e] = 0;
        UNROLL for (uint c = 0; c < QUADS; c++) query[e * QUADS + c] = FETCH(2, q, at[e] * D + 4 * c) * scale;
        UNROLL for (uint c = 0; c < QUADS; c++) sum[e * QUADS + c] = vec4(0);
    }
    UNROLL for (uint i = 0; i < FETCHES; i++) piece[i] = piece_of(i * LANES + lane, g, kv_heads);
    for (uint r = row0; r <= last;) { // one sequence after another; mostly it is one
        uint from = begin_of(r), end = end_of(r, last);
        for (uint j0 = from; j0 < end; j0 += TURN) {
            vec4 keys[FETCHES], values[FETCHES];
            UNROLL for (uint i = 0; i < FETCHES; i++) {
                uint place = min(piece[i] + j0 * kv_heads * QUADS, last_piece(i * LANES + lane, g, kv_heads, end - 1));
                keys[i] = FETCH_TEXEL(3, k, texels[3] + place);
                values[i] = FETCH_TEXEL(4, v, texels[4] + place);
            }
            UNROLL for (uint e = 0; e < EACH; e++) {
                float score[TURN], higher = top[e];
                UNROLL for (uint j = 0; j < TURN; j++) {
                    vec4 dots = vec4(0);
                    UNROLL for (uint c = 0; c < QUADS; c++)
                        dots = fma(query[e * QUADS + c], SHARED(keys, j, c), dots);
                    score[j] = VISIBLE(e, j) ? sum_of(dots) : -1.0 / 0.0;
                    higher = max(higher, score[j]);
                }
                float keep = higher == top[e] ? 1 : exp(top[e] - higher), mass = 0;
                UNROLL for (uint j = 0; j < TURN; j++) {
                    score[j] = VISIBLE(e, j) ? exp(score[j] - higher) : 0;
                    mass += score[j];
                }
                UNROLL for (uint c = 0; c < QUADS; c++) {
                    vec4 running = sum[e * QUADS + c] * keep;
                    UNROLL for (uint j = 0; j < TURN; j++)
                        running = fma(vec4(score[j]), SHARED(values, j, c), running);
                    sum[e * QUADS + c] = running;
                }
                total[e] = total[e] * keep + mass;
                top[e] = higher;
            }
        }
        r = end;
    }
    UNROLL for (uint e = 0; e < EACH; e++) {
        if (row0 + lane + LANES * (e / HEADS) > last) continue;
        UNROLL for (uint c = 0; c < QUADS; c++) y[(first(0) + at[e] * D) / 4 + c] = sum[e * QUADS + c] / total[e];
        lse[first(1) + at[e]] = top[e] + log(total[e]);
    }
}
