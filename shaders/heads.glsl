// Rows of heads, D numbers each, as the attention kernels read them: QUADS vectors of four, the last one filled up with
// zeros. Constants: 0 workgroup size (128), 1 SHARE, query heads that share a key/value head, 2 D, 3 VECTORS: heads are
// whole vectors and begin at such.

layout(constant_id = 1) const uint SHARE = 1;
layout(constant_id = 2) const uint D = 64;
layout(constant_id = 3) const uint VECTORS = 0;
const uint SIZE = 128, QUADS = (D + 3) / 4;
#define ROLLED [[dont_unroll]] // loops that would take more registers unrolled

// Vector c of a row of operand k.
#define FETCH(k, name, row, c)                                                                                         \
    (VECTORS == 0 ? vec4(FETCH_ONE(k, name, row, 4 * (c)), FETCH_ONE(k, name, row, 4 * (c) + 1),                       \
                         FETCH_ONE(k, name, row, 4 * (c) + 2), FETCH_ONE(k, name, row, 4 * (c) + 3))                   \
     : QUADS % 4 == 0 || (c) < QUADS ? name[first(k) / 4 + (row) * QUADS + (c)] : vec4(0))
#define FETCH_ONE(k, name, row, d) ((d) < D ? name##_floats[first(k) + (row) * D + (d)] : 0)

// An operand as vectors and as floats.
#define OPERAND(k, access, Block, name)                                                                                \
    layout(binding = k) access buffer Block { vec4 name[]; };                                                          \
    layout(binding = k) access buffer Block##Floats { float name##_floats[]; }
