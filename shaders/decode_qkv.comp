// decode_qkv: what a decoding step does between the projections and attention: RMSNorm and RoPE of every head of q and
// of k, which goes to the cache with v, in the cache's format. For each head as rms_norm_forward, rope and kv_write
// compute it.
// C twin: r0i_cpu_decode_qkv. Grid: one team (team.glsl) per row and head of q, k or v. Constants: 0 workgroup size,
// 1 team, 4 the cache's format (halves.glsl).
#version 450
#extension GL_GOOGLE_include_directive : require
#define ARGS uint rows, heads, kv_heads, dim, norm, second, rope, format; float eps, offset; uint apart;
#include "common.glsl"
#include "team.glsl"
#include "halves.glsl"

layout(binding = 0) writeonly buffer Q { float q[]; };
layout(binding = 1) writeonly buffer CacheK { float cache_k[]; };
layout(binding = 1) writeonly buffer KeyWords { uint key_words[]; };
layout(binding = 2) writeonly buffer CacheV { float cache_v[]; };
layout(binding = 2) writeonly buffer ValueWords { uint value_words[]; };
layout(binding = 3) readonly buffer X { float x[]; };
layout(binding = 4) readonly buffer W { float w[]; };
layout(binding = 5) readonly buffer Position { uint position[]; };
layout(binding = 6) readonly buffer Table { float table[]; };
layout(binding = 7) readonly buffer Place { uint place[]; };

bool query, value;
uint from, weights, angle; // where the head, its norm and the row's angles begin
float scale;

float number(uint c)
{
    return norm != 0 && !value ? x[from + c] * scale * (offset + w[weights + c]) : x[from + c];
}

// Element c behind norm and rotation.
float turned(uint c)
{
    uint half_dim = dim / 2, pair = c % half_dim;
    if (value || rope == 0) return number(c);
    float cosine = table[angle + 2 * pair], sine = table[angle + 2 * pair + 1];
    return c < half_dim ? number(c) * cosine - number(c + half_dim) * sine
                        : number(c) * cosine + number(pair) * sine;
}

void main()
{
    uint units = heads + 2 * kv_heads, row = team_index() / units, unit = team_index() % units;
    if (row >= rows) return;
    query = unit < heads, value = unit >= heads + kv_heads;
    uint head = query ? unit : value ? unit - heads - kv_heads : unit - heads;
    from = apart == 0 ? team_index() : query ? row * heads + head
                                             : rows * (heads + (value ? kv_heads : 0)) + row * kv_heads + head;
    from = first(3) + from * dim;
    weights = first(4) + (query ? 0 : second);
    angle = first(6) + position[first(5) + row] * dim;
    if (norm != 0) {
        float squares = 0;
        scale = 1;
        for (uint c = team_lane(); c < dim; c += TEAM) squares += x[from + c] * x[from + c];
        scale = 1 / sqrt(team_sum(squares) / float(dim) + eps);
    }
    if (query) {
        for (uint c = team_lane(); c < dim; c += TEAM) q[first(0) + (row * heads + head) * dim + c] = turned(c);
        return;
    }
    uint to = (place[first(7) + row] * kv_heads + head) * dim;
    for (uint c = 2 * team_lane(); c < dim; c += 2 * TEAM) {
        float low = turned(c), high = turned(c + 1);
        uint word = narrow(low, FORMAT) | narrow(high, FORMAT) << 16;
        if (FORMAT != 0) {
            if (value) value_words[first(2) + (to + c) / 2] = word;
            else key_words[first(1) + (to + c) / 2] = word;
        } else if (value) {
            cache_v[first(2) + to + c] = low;
            cache_v[first(2) + to + c + 1] = high;
        } else {
            cache_k[first(1) + to + c] = low;
            cache_k[first(1) + to + c + 1] = high;
        }
    }
}
