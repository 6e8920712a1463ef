// What matmul_nt_fused does with a sum, by the bits of specialization constant 8 (r0i_epilogue in r0.h): 8 it goes on
// with the products of low (M,rank) and up (N,rank); then + bias, + residual, the product with the SiLU of a gate. Each
// result is rounded as it would be when stored and read again (the sum ends with an fma, the rest is `precise`), so the
// bits are those of the separate ops.

layout(constant_id = 8) const uint EPILOGUE = 0;
#define FUSED

layout(binding = 5) readonly buffer Low { float low[]; };
layout(binding = 6) readonly buffer Up { float up[]; };

float low_rank(uint row, uint col, float sum)
{
    row = min(row, m - 1), col = min(col, n - 1);
    if ((EPILOGUE & 8) != 0)
        for (uint r = 0; r < rank; r++) sum = fma(low[first(5) + row * rank + r], up[first(6) + col * rank + r], sum);
    return sum;
}

#define FINISH(T, sum, at, col)                                                                                        \
    precise T finished = sum;                                                                                          \
    if ((EPILOGUE & 1) != 0) finished += BIAS_AT(col);                                                                 \
    if ((EPILOGUE & 2) != 0) finished += OTHER_AT(at);                                                                 \
    if ((EPILOGUE & 4) != 0) {                                                                                         \
        T gate = OTHER_AT(at);                                                                                         \
        finished = gate / (1 + exp(-gate)) * finished;                                                                 \
    }
