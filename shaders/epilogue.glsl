// What matmul_nt_fused does with a finished sum, by the bits of specialization constant 8 (r0i_epilogue in r0.h):
// + bias, + residual, the product with the SiLU of a gate. Each result is rounded as it would be when stored and read
// again (the sum ends with an fma, the rest is `precise`), so the bits are those of the separate ops.

layout(constant_id = 8) const uint EPILOGUE = 0;
#define FUSED

#define FINISH(T, sum, at, col)                                                                                        \
    precise T finished = sum;                                                                                          \
    if ((EPILOGUE & 1) != 0) finished += BIAS_AT(col);                                                                 \
    if ((EPILOGUE & 2) != 0) finished += OTHER_AT(at);                                                                 \
    if ((EPILOGUE & 4) != 0) {                                                                                         \
        T gate = OTHER_AT(at);                                                                                         \
        finished = gate / (1 + exp(-gate)) * finished;                                                                 \
    }
