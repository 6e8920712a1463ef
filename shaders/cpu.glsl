// For devices that are CPUs (Mesa's lavapipe, SwiftShader). There a load from a storage buffer is a loop over the
// lanes with
// a branch each, while a texel fetch is a gather without branches: so kernels read their operands as texels, four
// floats at
// a time where rows are whole vectors, fetch all they need before they compute, unroll, share nothing (a barrier
// splits the
// program), and store once at the end.
//
// Operand k is bound twice, as storage at k and as texels at TEXELS + k. Bit k of VECTORS, specialization constant
// 3, says
// that its texels are four floats; otherwise they are one.

layout(constant_id = 3) const uint VECTORS = 0;

#define TEXELS 9
#define TEXEL_INPUT(operand, name) layout(binding = TEXELS + operand) uniform samplerBuffer name

// The four elements from `at` on of operand k; what lies behind the buffer reads as 0. In a loop, where they begin is
// better found once (TEXEL) and the loop's steps of so many elements added to it (TEXEL_STEP, FETCH_TEXEL).
#define FETCH(k, name, at) fetch_texel(name, k, texel(k, at))
#define FETCH_TEXEL(k, name, at) fetch_texel(name, k, at)
#define TEXEL(k, at) texel(k, at)
#define TEXEL_STEP(k, elements) ((VECTORS >> k & 1) != 0 ? (elements) / 4 : (elements))
uint texel(uint operand, uint at)
{
    return texels[operand] + TEXEL_STEP(operand, at);
}

vec4 fetch_texel(samplerBuffer texels_of, uint operand, uint at)
{
    int i = int(at);
    if ((VECTORS >> operand & 1) != 0) return texelFetch(texels_of, i);
    return vec4(texelFetch(texels_of, i).x, texelFetch(texels_of, i + 1).x, texelFetch(texels_of, i + 2).x,
                texelFetch(texels_of, i + 3).x);
}

// The element `at` of an operand whose texels are single floats.
float fetch_one(samplerBuffer texels_of, uint operand, uint at)
{
    return texelFetch(texels_of, int(texels[operand] + at)).x;
}

// The same of an operand of integers: a fetch moves bits.
uint fetch_word(samplerBuffer texels_of, uint operand, uint at)
{
    return floatBitsToUint(fetch_one(texels_of, operand, at));
}

// Stores the four elements from `at` on, but none from `end` on, into output k, bound as vectors and as floats.
#define STORE(k, vectors, floats, at, end, value)                                                                      \
    if (at + 4 <= end) vectors[(first(k) + at) / 4] = value;                                                           \
    else UNROLL for (uint rest = 0; rest < 3; rest++)                                                                  \
        if (at + rest < end) floats[first(k) + at + rest] = value[rest]
