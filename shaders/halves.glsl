// Numbers of 16 bits in pairs, the first in the low half of a word, by specialization constant 4: 0 floats, 1 bf16,
// 2 f16. What rounds is integer arithmetic, the same bits on every device: to nearest, ties to even; beyond the largest
// half, to that (r0i_round_half).

layout(constant_id = 4) const uint FORMAT = 0;

vec2 widen(uint word, uint format)
{
    return format == 2 ? unpackHalf2x16(word) : uintBitsToFloat(uvec2(word << 16, word & 0xffff0000u));
}

uint narrow(float value, uint format)
{
    uint bits = floatBitsToUint(value), sign = bits >> 16 & 0x8000u, size = bits & 0x7fffffffu;
    bool number = size <= 0x7f800000u;
    if (format != 2) return number ? bits + 0x7fffu + (bits >> 16 & 1u) >> 16 : bits >> 16 | 0x40u;
    size = min(size, 0x477fe000u);
    uint small = uint(roundEven(uintBitsToFloat(size) * 16777216.0)); // below 2^-14: multiples of 2^-24
    uint large = size + 0xfffu + (size >> 13 & 1u) - 0x38000000u >> 13;
    return sign | (!number ? 0x7e00u : size < 0x38800000u ? small : large);
}
