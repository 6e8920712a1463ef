"""Tokens per second of whole models, generated and trained: r0 on the CPU and on Vulkan beside PyTorch and transformers
and, where it is given, llama.cpp, turn by turn in one run, on folders of the same random weights.

    make build/r0 build/bench_models [build/peer_llama LLAMA=/path/to/llama.cpp]
    python bench/models.py [--llama /path/to/llama.cpp] [--seconds 30] [tiny 15m 0.6b] > table    (torch, transformers)

Everyone uses two threads and float32 (llama.cpp: its default of 16 bits for keys and values). Rounds go from one to the
next, and the fastest of each counts: on a shared machine the minimum is the number that repeats. A row of the table
takes about --seconds: who has had its share of them drops out, and a first round, which otherwise only warms up, counts
where it took the share alone. Generating: temperature 1, the whole vocabulary, prompts of 16 tokens, KV cache, no early
end. Training: forward, cross-entropy on every token, backward, AdamW (torch: foreach), sequences of equal length, so
that PyTorch needs no padding. transformers runs with its default attention (sdpa). What is not there is left out, and
said to be.
"""
import argparse, json, os, subprocess, sys, time

os.environ.pop("OPENBLAS_CORETYPE", None)
import torch, transformers
from transformers import AutoModelForCausalLM

torch.set_num_threads(2)
FOLDERS = "build/bench-models"
# name: (shape or config, [(rows, new tokens)], (rows, length))
MODELS = {
    "tiny": (None, [(1, 128), (16, 128), (64, 128)], (32, 128)),
    "15m": ("15m", [(1, 64), (16, 64), (64, 64)], (8, 128)),
    "0.6b": ("qwen3-0.6b", [(1, 8), (16, 8), (64, 8)], (1, 128)),
}
ROUNDS = 9  # at most


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


# llama.cpp's file of the folder.
def gguf_of(folder, llama):
    out = folder + ".gguf"
    if not os.path.exists(out):
        subprocess.run([sys.executable, "bench/peers/llama_convert.py", llama, folder, out + ".part"], check=True,
                       stdout=sys.stderr)
        os.replace(out + ".part", out)
    return out


class Program:
    """A process that measures once per line."""
    def __init__(self, *command):
        self.process = subprocess.Popen([str(part) for part in command], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

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


def measure(sides, seconds):
    """Tokens per second of every open side, name: speed. Each has its share of the seconds."""
    best, spent, share = {}, dict.fromkeys(sides, 0.0), seconds / len(sides)
    for turn in range(ROUNDS + 1):
        for name, side in sides.items():
            if spent[name] >= share:
                continue
            start = time.perf_counter()
            speed = side.round()
            spent[name] += time.perf_counter() - start
            if turn or spent[name] >= share:  # the first round warms up
                best[name] = max(best.get(name, 0.0), speed)
    return best


def compare(model, what, makers, seconds, apart=False):
    """A row of the table. `makers`: name: what opens that side. `apart`: one after the other, where memory does not
    hold all at once."""
    best = {}
    for group in ([name] for name in makers) if apart else [list(makers)]:
        sides = {name: makers[name]() for name in group}
        best |= measure(sides, seconds * len(group) / len(makers))
        for side in sides.values():
            side.close()
    cells = [f"{best[name]:,.{0 if best[name] >= 100 else 1}f}" if name in best else "" for name in COLUMNS]
    ratios = [f"{best['r0 cpu'] / best[name]:.2f}" if name in best else "" for name in COLUMNS[2:]]
    print(f"| {model} | {what} | {' | '.join(cells + ratios)} |", flush=True)


COLUMNS = ["r0 cpu", "r0 vulkan", "transformers", "llama.cpp"]


# Who can generate here, or train, and how each is opened.
def makers_of(model, folder, options, what, rows, length):
    def r0(device):
        tail = [rows, 16, length] if what == "generate" else [rows, length]
        return lambda: Program("build/bench_models", folder, device, what, *tail)
    torch_side = TorchGenerate if what == "generate" else TorchTrain
    makers = {"r0 cpu": r0("cpu"), "transformers": lambda: torch_side(model, rows, length)}
    if options.vulkan:
        makers["r0 vulkan"] = r0("vulkan")
    if options.llama and what == "generate":
        makers["llama.cpp"] = lambda: Program("build/peer_llama", gguf_of(folder, options.llama), 2, what, rows, 16,
                                              length)
    return makers


def header(options):
    devices = subprocess.run(["build/r0", "devices"], capture_output=True, text=True).stdout.splitlines()
    options.vulkan = any("vulkan:" in line and ", CPU," not in line for line in devices)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads, "
          f"load {os.getloadavg()[0]:.1f}")
    print("\n".join(line.strip() for line in devices if "vulkan:" in line) if options.vulkan else "no GPU: left out")
    if not options.llama:
        print("no --llama: llama.cpp is left out")
    elif not os.path.exists("build/peer_llama"):
        sys.exit("build/peer_llama is not there: make build/peer_llama LLAMA=" + options.llama)
    ratios = "".join(f" cpu / {name} |" for name in COLUMNS[2:])
    print(f"\n| model | tokens/s | {' | '.join(COLUMNS)} |{ratios}\n|{'---|' * (4 + len(COLUMNS))}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", default=[])
    parser.add_argument("--llama", help="llama.cpp's folder; it must have been built")
    parser.add_argument("--seconds", type=float, default=30, help="for a row of the table")
    options = parser.parse_args()
    header(options)
    for name in options.models or MODELS:
        shape, generating, (rows, length) = MODELS[name]
        folder = folder_of(name, shape)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        model.generation_config.eos_token_id = None
        for batch, new in generating:
            model.eval()
            compare(name, f"generate, batch {batch}", makers_of(model, folder, options, "generate", batch, new),
                    options.seconds)
        model.train()
        compare(name, f"train, {rows} x {length}", makers_of(model, folder, options, "train", rows, length),
                options.seconds, apart=name == "0.6b")
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
