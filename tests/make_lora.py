"""Makes tests/data/lora: adapters that PEFT saved, on the models of tests/data/hf, and what PEFT computes with them.

python tests/make_lora.py        (needs torch, transformers, peft, safetensors; run make_hf.py first)

golden.safetensors is as in tests/data/hf/README.md, but the gradients are those of the adapter's tensors.
"""

import os
import peft
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import make_hf

HERE = os.path.dirname(os.path.abspath(__file__))
ADAPTERS = {
    # all layers, an ordinary factor
    "qwen2": dict(r=4, lora_alpha=6, target_modules="all-linear"),
    # two of the layers, rank-stabilized: alpha / sqrt(r)
    "qwen3": dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj"], use_rslora=True),
    # rank 1, and only the second layer
    "llama": dict(r=1, lora_alpha=2, target_modules=["o_proj", "gate_proj", "down_proj"], layers_to_transform=[1]),
}


def main():
    for index, (name, options) in enumerate(ADAPTERS.items()):
        base = AutoModelForCausalLM.from_pretrained(
            os.path.join(HERE, "data", "hf", name), dtype=torch.float32, attn_implementation="eager"
        )
        model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **options))
        generator = torch.Generator().manual_seed(40 + index)
        with torch.no_grad():
            for key, p in model.named_parameters():
                if "lora_" in key:
                    p.copy_(0.3 * torch.randn(p.shape, generator=generator))
        model.peft_config["default"].base_model_name_or_path = "../../hf/" + name
        golden = make_hf.golden(
            type("Trained", (), dict(
                __call__=lambda self, **kw: model(**kw),
                zero_grad=lambda self: model.zero_grad(),
                named_parameters=lambda self: (
                    (k.replace(".default", ""), p) for k, p in model.named_parameters() if "lora_" in k
                ),
            ))(),
            20 + index,
        )
        folder = os.path.join(HERE, "data", "lora", name)
        model.save_pretrained(folder)
        save_file(golden, os.path.join(folder, "golden.safetensors"), metadata={"peft": peft.__version__})
        readme = os.path.join(folder, "README.md")  # PEFT's model card
        if os.path.exists(readme):
            os.remove(readme)


if __name__ == "__main__":
    main()
