// Weights in blocks, in slabs of 16 rows: R0I_SLAB in r0.h; C twin: r0i_slab_at. FORMAT is 3 .. 10: Q4_0, Q4_1, Q5_0,
// Q5_1, Q8_0, Q4_K, Q5_K, Q6_K. W_WORD(at), defined by who includes this, is a word of the operand.

const bool BLOCKS = FORMAT >= 3, MINIMUM = FORMAT == 4 || FORMAT == 6 || FORMAT == 8 || FORMAT == 9;
const uint BLOCK = FORMAT >= 8 ? 256 : 32, RUN = FORMAT == 10 ? 16 : 32, LOW_BITS = FORMAT == 7 ? 8 : 4;
const uint HIGH_BITS = FORMAT == 10 ? 2 : FORMAT == 5 || FORMAT == 6 || FORMAT == 9 ? 1 : 0;
// In words of a slab:
const uint SCALES_END = (MINIMUM ? 16 : 8) + (BLOCK > 32 ? 64 : 0), LOW_END = SCALES_END + BLOCK * LOW_BITS / 2;
const uint SLAB_END = LOW_END + BLOCK * HIGH_BITS / 2;

// Small scales are subnormal halves, which unpackHalf2x16 may flush to zero.
float half_of(uint bits)
{
    float tiny = float(bits & 0x3ff) * 5.9604644775390625e-8; // 2^-24
    return (bits & 0x7c00) != 0 ? unpackHalf2x16(bits & 0xffff).x : (bits & 0x8000) != 0 ? -tiny : tiny;
}

// Columns col .. col + 3 of a row of a weight with `cols` columns; col is a multiple of 4. A weight is scale q + rest,
// rounded once, as the product is exact.
vec4 block_quad(uint row, uint col, uint cols)
{
    uint slab = first(2) + (row / 16 * (cols / BLOCK) + col / BLOCK) * SLAB_END, lane = row % 16, at = col % BLOCK;
    uint head = W_WORD(slab + (MINIMUM ? lane : lane / 2)), more = 0;
    float scale = half_of(MINIMUM ? head : head >> lane % 2 * 16), rest = MINIMUM ? half_of(head >> 16) : 0;
    if (BLOCK > 32) {
        const uint EACH = MINIMUM ? 2 : 4; // runs in a word
        uint s = W_WORD(slab + SCALES_END - 64 + at / RUN / EACH * 16 + lane) >> at / RUN % EACH * (32 / EACH);
        scale *= MINIMUM ? float(s & 255) : float(int(s << 24) >> 24);
        rest *= -float(s >> 8 & 255);
    }
    if (!MINIMUM) rest = scale * -float(1 << (LOW_BITS + HIGH_BITS - 1));
    uint word = W_WORD(slab + SCALES_END + at * LOW_BITS / 32 * 16 + lane) >> at * LOW_BITS % 32;
    if (HIGH_BITS != 0) more = W_WORD(slab + LOW_END + at * HIGH_BITS / 32 * 16 + lane) >> at * HIGH_BITS % 32;
    vec4 q;
    UNROLL for (uint i = 0; i < 4; i++)
        q[i] = float((word >> i * LOW_BITS & (1 << LOW_BITS) - 1) |
                     (more >> i * HIGH_BITS & (1 << HIGH_BITS) - 1) << LOW_BITS);
    return fma(vec4(scale), q, vec4(rest));
}
