"""Makes tests/data/grpo.jsonl: policy losses and their gradients from PyTorch autograd, in double precision.

    python3 tests/make_grpo_goldens.py [--easyr1 PATH/verl/trainer/core_algos.py] [--trl]

The reference below follows the papers, with torch.max, torch.min and clamp, so that autograd decides every slope.
--easyr1 and --trl check it, before anything is written, against the functions of those trainers themselves.
"""
import argparse, json, math, os, sys, types
import torch

RECIPES = ["grpo", "grpo_released", "grpo_sequence", "dr_grpo", "dapo", "bnpo", "gspo", "cispo", "sapo"]
TRL_NAME = {"grpo_sequence": "grpo", "dr_grpo": "dr_grpo", "dapo": "dapo", "bnpo": "bnpo", "gspo": "grpo"}


def advantages(rewards, n, scaled):
    groups = rewards.view(-1, n)
    centered = groups - groups.mean(1, keepdim=True)
    if scaled:
        centered = centered / (groups.std(1, keepdim=True) + 1e-6)
    same = (groups.max(1).values == groups.min(1).values)[:, None]
    return torch.where(same, torch.zeros_like(centered), centered).reshape(-1)


def surrogate(ratio, a, c):
    return torch.max(-a * ratio, -a * ratio.clamp(1 - c["clip_low"], 1 + c["clip_high"]))


def dual(loss, a, c):
    return torch.where(a < 0, torch.min(loss, -a * c["dual_clip"]), loss)


def kl3(logp, ref):
    d = ref - logp
    return (d.exp() - d - 1).clamp(-10, 10)


def reference(recipe, logp, old, ref, a, mask, c, mini_tokens, mini_sequences, micro_batches):
    """(B, T) padded tensors; a (B); mask (B, T). Returns the loss of this micro-batch."""
    a = a[:, None]
    log_ratio = logp - old
    if recipe == "gspo":
        log_ratio = (log_ratio * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True).clamp(min=1)
    per_token = surrogate(log_ratio.exp(), a, c)
    if recipe == "cispo":
        per_token = -a * log_ratio.exp().clamp(1 - c["clip_low"], 1 + c["clip_high"]).detach() * logp
    if recipe == "sapo":
        tau = torch.where(a < 0, c["tau_negative"], c["tau_positive"])
        per_token = -a * 4 / tau * torch.sigmoid(tau * (log_ratio.exp() - 1))
    if recipe in ("grpo", "grpo_released"):
        per_token = dual(per_token, a, c)
    per_token = per_token.expand_as(logp)
    if ref is not None:
        per_token = per_token + c["kl_coef"] * kl3(logp, ref)
    total = (per_token * mask).sum()
    if recipe in ("grpo", "dapo", "cispo"):
        return total / max(1, mini_tokens)
    if recipe in ("grpo_released", "bnpo"):
        return total / mask.sum().clamp(min=1) / micro_batches
    if recipe == "dr_grpo":
        return total / (mini_sequences * c["max_length"])
    return ((per_token * mask).sum(1) / mask.sum(1).clamp(min=1)).sum() / mini_sequences


def pack(flat, lengths):
    out, at = torch.zeros(len(lengths), max(lengths), dtype=torch.float64), 0
    for b, n in enumerate(lengths):
        out[b, :n] = flat[at:at + n]
        at += n
    return out


def unpack(padded, lengths):
    return torch.cat([padded[b, :n] for b, n in enumerate(lengths)])


def check_easyr1(core, recipe, logp, old, ref, a, mask, c):
    """EasyR1's own loss: mean over the micro-batch's tokens, or over each response's first."""
    loss, _ = core.compute_policy_loss(old, logp, a[:, None].expand_as(logp), mask, c["clip_low"], c["clip_high"],
                                       c["dual_clip"], c.get("tau_positive"), c.get("tau_negative"),
                                       recipe if recipe in ("cispo", "sapo") else "default",
                                       "seq" if recipe == "sapo" else "token")
    if ref is not None:  # its compute_kl casts to float; this is the same line in double
        kl = core.compute_kl(logp, ref, "low_var_kl")
        mean = (kl * mask).sum(1) / (mask.sum(1) + 1e-8)
        loss = loss + c["kl_coef"] * (mean.mean() if recipe == "sapo" else (kl * mask).sum() / mask.sum())
    return loss


def trl_loss(trainer_class, recipe, logp, old, ref, a, mask, c, mini_tokens):
    """TRL's own _compute_loss, run on a stand-in trainer that hands it our log-probabilities."""
    from unittest.mock import MagicMock
    me = MagicMock()
    me.beta = c["kl_coef"] if ref is not None else 0.0
    me.loss_type = TRL_NAME[recipe]
    me.importance_sampling_level = "sequence" if recipe == "gspo" else "token"
    me.epsilon_low, me.epsilon_high = c["clip_low"], c["clip_high"]
    me.max_completion_length = c["max_length"]
    me.top_entropy_quantile, me.off_policy_mask_threshold, me.use_vllm = 1.0, None, False
    me.aux_loss_enabled = me._entropy_bonus_enabled = False
    me.model.training, me.current_gradient_accumulation_steps = True, 1
    me.args.delta, me.args.use_bias_correction_kl, me.args.steps_per_generation = None, False, 1
    me.accelerator.num_processes = 1
    me.accelerator.gather = me.accelerator.gather_for_metrics = lambda x: x
    me.accelerator.reduce = lambda x, reduction: x
    me._get_per_token_logps_and_entropies = lambda *x, **y: (logp, torch.zeros_like(logp), None)
    ids = torch.zeros_like(logp, dtype=torch.long)
    inputs = dict(prompt_ids=ids[:, :1], prompt_mask=ids[:, :1], completion_ids=ids, completion_mask=mask, advantages=a,
                  old_per_token_logps=old, num_items_in_batch=torch.tensor(float(mini_tokens)))
    if ref is not None:
        inputs["ref_per_token_logps"] = ref
    return trainer_class._compute_loss(me, None, inputs)


def single(values):
    return torch.tensor(values, dtype=torch.float32).double()  # what C will read as float


def make_case(g, recipe, index, core, trainer):
    kl = index % 3 != 2
    groups, n = int(torch.randint(1, 4, (1,), generator=g)), int(torch.randint(2, 5, (1,), generator=g))
    B = groups * n
    lengths = torch.randint(1, 9, (B,), generator=g).tolist()
    if index % 4 == 0:
        lengths[0] = 1
    N = sum(lengths)
    c = dict(clip_low=.2, clip_high=.3, dual_clip=3.0, kl_coef=.01, max_length=12.0)
    if recipe == "gspo":
        c["clip_low"], c["clip_high"] = .03, .04
    if recipe == "sapo":
        c["tau_positive"], c["tau_negative"] = 1.0, 1.05
    spread = .05 if recipe == "gspo" else [.0, .4, 1.5][index % 3 if index else 1]
    rewards = single((torch.randint(0, 4, (B,), generator=g).double() * .3).tolist())
    if index % 2:
        rewards[:n] = rewards[0].item()  # a group without variance
    logp = single((-3 * torch.rand(N, generator=g).double()).tolist())
    old = single((logp + spread * torch.randn(N, generator=g).double()).tolist())
    ref = single((logp + [1., 2.5][index % 2] * torch.randn(N, generator=g).double()).tolist()) if kl else None
    keep = torch.ones(N, dtype=torch.float64)
    if index % 3 == 1:
        keep = (torch.rand(N, generator=g) < .7).double()
    cut = torch.zeros(B, dtype=torch.long)
    if index % 5 == 3:
        cut[int(torch.randint(0, B, (1,), generator=g))] = 1
    mask = pack(keep, lengths) * (1 - cut)[:, None].double()
    a = advantages(rewards, n, recipe != "dr_grpo").float().double()
    tokens, x = mask.sum().item(), pack(logp, lengths).requires_grad_()
    ref_padded = pack(ref, lengths) if kl else None
    loss = reference(recipe, x, pack(old, lengths), ref_padded, a, mask, c, tokens, B, 1)
    grad, = torch.autograd.grad(loss, x, allow_unused=True)
    def agree(theirs, where, tolerance):
        slope, = torch.autograd.grad(theirs, x)
        good = abs(theirs.item() - loss.item()) < tolerance and (slope - grad).abs().max().item() < tolerance
        assert good, (recipe, index, where, theirs.item(), loss.item())
    if core and recipe in ("grpo", "grpo_released", "cispo", "sapo") and tokens:
        agree(check_easyr1(core, recipe, x, pack(old, lengths), ref_padded, a, mask, c), "EasyR1", 1e-6)
        scores = torch.zeros(B, 1).double()
        scores[:, 0] = rewards
        theirs, _ = core.compute_grpo_outcome_advantage(scores, torch.ones(B, 1), [i // n for i in range(B)])
        assert (theirs[:, 0] - a).abs().max() < 1e-6 or (rewards.view(-1, n).std(1) == 0).any()
    clamped = kl and bool((ref - logp).exp().sub(ref - logp).sub(1).max() > 10)
    if trainer and recipe in TRL_NAME and not clamped and tokens:  # TRL does not clamp the KL
        agree(trl_loss(trainer, recipe, x, pack(old, lengths), ref_padded, a, mask, c, tokens), "TRL", 1e-10)
    begin = [0]
    for length in lengths:
        begin.append(begin[-1] + length)
    shorten = lambda t: [float("%.9g" % v) for v in t.tolist()]
    case = dict(recipe=recipe, n=n, begin=begin, rewards=shorten(rewards), logp=shorten(logp), old=shorten(old),
                ref=shorten(ref) if kl else None, mask=[int(v) for v in keep], truncated=cut.tolist(), config=c,
                advantages=shorten(a), loss=loss.item(), dlogp=shorten(unpack(grad, lengths)), tokens=tokens)
    if recipe not in ("gspo", "cispo", "sapo"):
        r, A = (logp - old).exp(), torch.cat([a[b].expand(m) for b, m in enumerate(lengths)])
        m = unpack(mask, lengths)
        case["clip_low"] = int((((r < 1 - c["clip_low"]) & (A < 0)) * m).sum())
        case["clip_high"] = int((((r > 1 + c["clip_high"]) & (A > 0)) * m).sum())
    return case


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--easyr1")
    p.add_argument("--trl", action="store_true")
    p.add_argument("--cases", type=int, default=9)
    o = p.parse_args()
    core = trainer = None
    if o.easyr1:  # only the mathematics of that file: its package is not needed
        core, source = types.ModuleType("core_algos"), open(o.easyr1).read()
        source = source.replace("from ..utils import torch_functional as VF", "")
        mean = lambda v, m, dim=None, eps=1e-8: (v * m).sum(dim) / (m.sum(dim) + eps)
        core.__dict__["VF"] = types.SimpleNamespace(masked_mean=mean)
        sys.modules["core_algos"] = core
        exec(compile(source, o.easyr1, "exec"), core.__dict__)
    if o.trl:
        from trl import GRPOTrainer as trainer
    g = torch.Generator().manual_seed(20260301)
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "grpo.jsonl")
    cases = [make_case(g, r, i, core, trainer) for r in RECIPES for i in range(o.cases)]
    with open(here, "w") as f:
        for case in cases:
            f.write(json.dumps(case, separators=(",", ":")) + "\n")
    print(len(cases), "cases,", os.path.getsize(here), "bytes; checked against", [n for n, v in (("EasyR1", core), ("TRL", trainer)) if v])


main()
