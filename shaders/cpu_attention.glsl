// What the attention kernels for CPU devices share (cpu.glsl): a head is QUADS vectors of four floats, in
// registers, since
// D, its size, is specialization constant 2. One invocation is one (row, head); keys go by fours, so that what a loop
// carries is stored once for four of them.

#include "cpu.glsl"

layout(constant_id = 2) const uint D = 64;
const uint QUADS = D / 4;

float sum_of(vec4 values)
{
    return (values.x + values.y) + (values.z + values.w);
}

float largest_of(vec4 values)
{
    return max(max(values.x, values.y), max(values.z, values.w));
}
