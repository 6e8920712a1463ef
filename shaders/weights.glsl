// Weights as they lie in memory, by specialization constant 4: 0 floats, 1 bf16, 2 f16, from 3 on blocks (blocks.glsl).
// 16-bit numbers come in pairs, the first in the low half of a word, and are widened as they are read: no 16-bit type
// or storage is asked of the device.

#ifdef FLOATS
const uint FORMAT = 0;
#else
layout(constant_id = 4) const uint FORMAT = 0;
#endif

// The number in the low (odd 0) or high half of a word.
float widen(uint word, uint odd)
{
    if (FORMAT == 2) return unpackHalf2x16(word)[odd];
    return uintBitsToFloat(odd != 0 ? word & 0xffff0000u : word << 16);
}
