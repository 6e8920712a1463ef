"""Tokens per second of whole models, generated and trained: r0 on the CPU beside PyTorch and transformers, turn by turn
in one run, on folders of the same random weights.

    make build/r0 build/bench_models && python bench/models.py [tiny 15m 0.6b] > table      (needs torch, transformers)

Both use two threads and float32. Rounds alternate between the two, and the fastest of each counts: on a shared machine
the minimum is the number that repeats. Generating: temperature 1, the whole vocabulary, prompts of 16 tokens, KV cache,
no early end. Training: forward, cross-entropy on every token, backward, AdamW (torch: foreach), sequences of equal
length, so that PyTorch needs no padding. transformers runs with its default attention (sdpa).
"""
import json, os, subprocess, sys, time

os.environ.pop("OPENBLAS_CORETYPE", None)
import torch, transformers
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)
FOLDERS = "build/bench-models"
# name: (shape or config, [(rows, new tokens, rounds)], (rows, length, rounds))
MODELS = {
    "tiny": (None, [(1, 128, 7), (16, 128, 7), (64, 128, 7)], (32, 128, 9)),
    "15m": ("15m", [(1, 64, 5), (16, 64, 5), (64, 64, 5)], (8, 128, 7)),
    "0.6b": ("qwen3-0.6b", [(1, 8, 3), (16, 8, 2), (64, 8, 2)], (1, 128, 2)),
}


def folder_of(name, shape):
    out = f"{FOLDERS}/{name}"
    if os.path.exists(out + "/model.safetensors"):
        return out
    source = ["--shape", shape]
    if not shape:  # the tiny model's shape, without its end token
        config = json.load(open("examples/tiny/config.json"))
        config["eos_token_id"] = None
        os.makedirs(FOLDERS + "/tiny-config", exist_ok=True)
        json.dump(config, open(FOLDERS + "/tiny-config/config.json", "w"))
        source = ["--config", FOLDERS + "/tiny-config"]
    subprocess.run(["build/r0", "--device", "cpu", "init", *source, "--out", out], check=True, stdout=sys.stderr)
    return out


class R0:
    """A process that measures once per line."""
    def __init__(self, folder, *what):
        self.process = subprocess.Popen(["build/bench_models", folder, "cpu", *map(str, what)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["per_second"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class TorchGenerate:
    def __init__(self, model, rows, new):
        self.model, self.new = model, new
        self.ids = torch.randint(0, model.config.vocab_size - 1, (rows, 16))

    def round(self):
        start = time.perf_counter()
        with torch.no_grad():
            out = self.model.generate(self.ids, attention_mask=torch.ones_like(self.ids), do_sample=True, top_k=0,
                                      top_p=1.0, temperature=1.0, max_new_tokens=self.new, min_new_tokens=self.new,
                                      pad_token_id=0)
        made = (out.shape[1] - 16) * out.shape[0]
        return made / (time.perf_counter() - start)

    def close(self):
        pass


class TorchTrain:
    def __init__(self, model, rows, length):
        self.model = model
        self.ids = torch.randint(0, model.config.vocab_size - 1, (rows, length))
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, foreach=True)

    def round(self):
        start = time.perf_counter()
        z = self.model(input_ids=self.ids, use_cache=False).logits
        loss = torch.nn.functional.cross_entropy(z[:, :-1].reshape(-1, z.shape[-1]), self.ids[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return self.ids.numel() / (time.perf_counter() - start)

    def close(self):
        self.optimizer = None


def compare(name, what, ours, theirs, rounds, apart=False):
    """`ours` and `theirs` make a side each. `apart`: one after the other, where memory does not hold both."""
    best = [0.0, 0.0]
    sides = [] if apart else [ours(), theirs()]
    for k, make in enumerate((ours, theirs) if apart else ()):
        side = make()
        best[k] = max([side.round() for _ in range(rounds + 1)][1:])
        side.close()
    for i in range(rounds + 1 if sides else 0):  # the first round warms up
        for k, side in enumerate(sides):
            speed = side.round()
            best[k] = max(best[k], speed) if i else 0.0
    for side in sides:
        side.close()
    print(f"| {name} | {what} | {best[0]:,.4g} | {best[1]:,.4g} | {best[0] / best[1]:.2f} |", flush=True)


def main():
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads\n")
    print("| model | | r0 cpu, tokens/s | transformers, tokens/s | r0 / transformers |\n|---|---|---|---|---|")
    for name in sys.argv[1:] or MODELS:
        shape, generating, (rows, length, rounds) = MODELS[name]
        folder = folder_of(name, shape)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        model.generation_config.eos_token_id = None
        for batch, new, times in generating:
            model.eval()
            compare(name, f"generate, batch {batch}", lambda: R0(folder, "generate", batch, 16, new),
                    lambda: TorchGenerate(model, batch, new), times)
        model.train()
        compare(name, f"train, {rows} x {length}", lambda: R0(folder, "train", rows, length),
                lambda: TorchTrain(model, rows, length), rounds, apart=name == "0.6b")


if __name__ == "__main__":
    main()
