"""Makes tests/data/gguf: what PyPI's gguf says of blocks, and small GGUF models.

python tests/make_gguf.py        (needs numpy, gguf, safetensors)

blocks.safetensors: blocks of random bytes of every type (NAME.bytes) and the floats that they stand for (NAME.floats);
floats (values) and their blocks as gguf rounds them (Q8_0.rounded, Q4_0.rounded).
"""

import os
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.numpy import save_file

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "gguf")
# where a block has its halves: scales of ordinary size there, so that no value is NaN
BLOCKS = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q4_K": [0, 2], "Q5_K": [0, 2],
          "Q6_K": [208]}


def blocks():
    random = np.random.default_rng(14)
    out = {}
    for name, halves in BLOCKS.items():
        weights, size = GGML_QUANT_SIZES[Type[name]]
        count = max(2, 512 // weights)
        raw = random.integers(0, 256, (count, size), dtype=np.uint8)
        for at in halves:
            half = (random.standard_normal(count) * 2.0 ** random.integers(-20, 4, count)).astype(np.float16)
            half[0] = np.float16(6e-8)  # subnormal
            raw[:, at : at + 2] = half.view(np.uint8).reshape(count, 2)
        out[name + ".bytes"] = raw
        out[name + ".floats"] = dequantize(raw, Type[name])
    values = (random.standard_normal((24, 32)) * 2.0 ** random.integers(-12, 6, (24, 1))).astype(np.float32)
    values[0] = 0
    values[1, 3:9] = [1.5, -1.5, 1.5, -1.5, 0.25, -0.25]  # equal magnitudes: the first one counts
    values[2] = np.arange(-16, 16) * 0.5  # halves between two steps
    out["values"] = values
    out["Q8_0.rounded"] = quantize(values, Type.Q8_0)
    out["Q4_0.rounded"] = quantize(values, Type.Q4_0)
    save_file(out, os.path.join(DATA, "blocks.safetensors"))


if __name__ == "__main__":
    os.makedirs(DATA, exist_ok=True)
    blocks()
