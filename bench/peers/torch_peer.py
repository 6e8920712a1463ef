"""PyTorch on the CPU, for the benchmark programs to compare with: ops, and a whole model's training and decoding.

    python torch_peer.py THREADS          then one request per line on stdin: see bench/bench.h

The model is Qwen3's (QK-norm, GQA, SwiGLU, tied embeddings) in PyTorch's fast ways: fused attention, fused AdamW, one
batched pass for prompts, a preallocated KV cache, logits of the trained rows only.
"""
import sys
import time

import torch
import torch.nn.functional as F

REQUESTS = {}


def request(fn):
    REQUESTS[fn.__name__] = fn
    return fn


class Model(torch.nn.Module):
    def __init__(self, V, C, FF, L, H, G, D):
        super().__init__()
        self.shape = (C, L, H, G, D)
        self.embedding = torch.nn.Embedding(V, C)
        torch.nn.init.normal_(self.embedding.weight, std=0.02)
        self.layers = torch.nn.ModuleList()
        for _ in range(L):
            layer = torch.nn.Module()
            layer.qkv = torch.nn.Linear(C, (H + 2 * G) * D, bias=False)
            layer.o = torch.nn.Linear(H * D, C, bias=False)
            layer.gate_up = torch.nn.Linear(C, 2 * FF, bias=False)
            layer.down = torch.nn.Linear(FF, C, bias=False)
            for name, size in (("n1", C), ("n2", C), ("nq", D), ("nk", D)):
                setattr(layer, name, torch.nn.RMSNorm(size, eps=1e-6))
            self.layers.append(layer)
        self.norm = torch.nn.RMSNorm(C, eps=1e-6)
        angle = torch.arange(4096)[:, None] * 10000.0 ** (-torch.arange(0, D, 2) / D)
        self.register_buffer("cos", torch.cat([angle.cos()] * 2, 1))
        self.register_buffer("sin", torch.cat([angle.sin()] * 2, 1))

    def rope(self, x, at, length):
        half = x.shape[-1] // 2
        turned = torch.cat([-x[..., half:], x[..., :half]], -1)
        return x * self.cos[at:at + length] + turned * self.sin[at:at + length]

    def forward(self, ids, cache=None, at=0):
        """Hidden states (B, T, C). With a cache of (k, v) per layer, keys before `at` come from it."""
        C, L, H, G, D = self.shape
        B, T = ids.shape
        x = self.embedding(ids)
        for i, w in enumerate(self.layers):
            q, k, v = w.qkv(w.n1(x)).split([H * D, G * D, G * D], -1)
            q = self.rope(w.nq(q.view(B, T, H, D)).transpose(1, 2), at, T)
            k = self.rope(w.nk(k.view(B, T, G, D)).transpose(1, 2), at, T)
            v = v.view(B, T, G, D).transpose(1, 2)
            if cache is not None:
                cache[i][0][:, :, at:at + T] = k
                cache[i][1][:, :, at:at + T] = v
                k, v = cache[i][0][:, :, :at + T], cache[i][1][:, :, :at + T]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1, enable_gqa=H != G)
            x = x + w.o(y.transpose(1, 2).reshape(B, T, H * D))
            gate, up = w.gate_up(w.n2(x)).chunk(2, -1)
            x = x + w.down(F.silu(gate) * up)
        return self.norm(x)


@request
def train(S, T, P, *shape):
    torch.manual_seed(1)
    model = Model(*shape)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    ids = torch.randint(shape[0], (S, T))

    def step():
        hidden = model(ids[:, :-1])[:, P - 1:]
        logits = F.linear(hidden, model.embedding.weight)
        loss = F.cross_entropy(logits.reshape(-1, shape[0]), ids[:, P:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


@request
def decode(S, T, P, *shape):
    V, C, FF, L, H, G, D = shape
    model = Model(*shape).eval()
    ids = torch.randint(V, (S, P))

    @torch.inference_mode()
    def run():
        cache = [(torch.empty(S, G, P + T, D), torch.empty(S, G, P + T, D)) for _ in range(L)]
        new, at = ids, 0
        for _ in range(T):
            hidden = model(new, cache, at)[:, -1]
            at += new.shape[1]
            logp = F.log_softmax(F.linear(hidden, model.embedding.weight), -1)
            new = torch.multinomial(logp.exp(), 1)
            logp.gather(1, new)

    return run


@request
def matmul(layout, form, m, n, k):
    kind = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[form]
    x = torch.randn((k, m) if layout == "tn" else (m, k)).to(kind)
    w = torch.randn((n, k) if layout == "nt" else (k, n)).to(kind)
    x = x.T if layout == "tn" else x
    w = w.T if layout == "nt" else w
    return lambda: torch.matmul(x, w)


def attention_inputs(S, T, H, G, D):
    return [torch.randn(S, heads, T, D, requires_grad=True) for heads in (H, G, G)]


@request
def attention(S, T, H, G, D):
    q, k, v = attention_inputs(S, T, H, G, D)

    @torch.inference_mode()
    def run():
        F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=H != G)

    return run


@request
def attention_backward(S, T, H, G, D):
    q, k, v = attention_inputs(S, T, H, G, D)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=H != G)
    dy = torch.randn_like(y)
    return lambda: torch.autograd.grad(y, (q, k, v), dy, retain_graph=True)


@request
def softmax(rows, cols):
    x = torch.randn(rows, cols)
    return lambda: torch.softmax(x, -1)


@request
def rms_norm(rows, cols):
    x, w = torch.randn(rows, cols), torch.randn(cols)
    return lambda: F.rms_norm(x, (cols,), w, 1e-6)


def seconds(run, clock, stretch=0.02):
    """Of one run: the best of three stretches."""
    best = 1e9
    for _ in range(3):
        start, runs = clock(), 0
        while not runs or clock() - start < stretch:
            run()
            runs += 1
        spent = clock() - start
        best = min(best, spent / runs)
        if spent > 0.5:  # slow enough to be exact
            break
    return best


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter  # as bench_now
    print(f"PyTorch {torch.__version__}, {threads} thread{'s' if threads > 1 else ''}", flush=True)
    last, run = None, None
    for line in sys.stdin:
        try:
            if line != last:
                last, (name, *arguments) = None, line.split()
                run = REQUESTS[name](*[int(a) if a.isdigit() else a for a in arguments])
                run()
                last = line
            print(f"{seconds(run, clock):.9g}", flush=True)
        except Exception as error:  # a peer must answer every request
            print(f"none: {type(error).__name__} {error}".replace("\n", " ")[:120], flush=True)


main()
