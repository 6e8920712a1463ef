"""GRPO with a reward of your own: an adapter learns to answer in few tokens.

    make build/libr0.so && python3 examples/python/own_reward.py
"""
import r0

with r0.Context(device="cpu") as context:
    model = context.load("examples/tiny")
    adapter = model.lora(rank=8)
    trainer = adapter.trainer()
    prompts = [f"[S]{chain}<sep>" for chain in ("7+5-3+8-2", "4+9+1-6+3", "8-3+7+7-5", "6+6-9+4+2")]
    for step in range(8):
        stats = trainer.grpo(prompts, lambda prompt, completion: -len(completion.tokens), n=16, learning_rate=3e-3,
                             max_new_tokens=40)
        print(f"step {step}: {-stats.reward.mean:.1f} tokens, gradient norm {stats.grad_norm:.2f}")
    print(adapter.generate(prompts[0], temperature=0, max_new_tokens=40)[0][0].text)
    trainer.close(), adapter.close(), model.close()
