# %% [markdown]
# # R0 in one sitting
# A notebook in plain Python: editors show its cells, `python3 examples/python/tour.py` runs them all in some seconds.
# It needs the shared library, `make build/libr0.so`, and nothing else.

# %%
import tempfile
import r0

context = r0.Context(device="cpu")
model = context.load("examples/tiny")

# %% A question, answered greedily, then five answers to it drawn at temperature 1, and their majority.
question = "[S]8+5-4<sep>"
print(model.generate(question, temperature=0)[0][0].text)
answers = [one.text.split("\\boxed{")[-1].rstrip("}") for one in model.generate(question, n=5, seed=2)[0]]
winner, vote = context.vote(answers)
print(answers, "->", winner, f"with {vote.votes} of {vote.total}; is it 9? {context.equal('9', winner)}")

# %% The same, as it is drawn: a session keeps what it has read, so that the next turn does not begin anew.
with r0.Session(model) as session:
    for turn in (question, "[S]3*4-7<sep>"):
        session.say(turn).generate(tell=lambda piece: print(piece, end="|", flush=True), temperature=0)
        print()

# %% What the model says after the last token: the logits of its vocabulary.
row = model.logits(question)[-1]
for token in sorted(range(len(row)), key=row.__getitem__)[:-4:-1]:
    print(f"{model.decode([token])!r} {row[token]:.2f}")

# %% GRPO with a reward of one's own: an adapter learns to answer in few tokens.
adapter = model.lora(rank=8)
prompts = [f"[S]{chain}<sep>" for chain in ("7+5-3+8-2", "4+9+1-6+3", "8-3+7+7-5", "6+6-9+4+2")]
with r0.Trainer(adapter) as trainer:
    for step in range(8):
        stats = trainer.grpo(prompts, lambda prompt, completion: -len(completion.tokens), n=16, learning_rate=3e-3,
                             max_new_tokens=40)
        print(f"step {step}: {-stats.reward.mean:.1f} tokens, gradient norm {stats.grad_norm:.2f}")
adapter.close()

# %% R-Zero itself, one short iteration, with a judge in Python and a look at every iteration.
with tempfile.TemporaryDirectory() as folder:
    context.evolve("examples/tiny", f"{folder}/run", sets={"transfer": "examples/tiny/transfer.jsonl"}, iterations=1,
                   challenger__steps=1, solver__steps=1, questions=32, evaluation_samples=1, max_dead=0,
                   equal=lambda a, b: a.strip() == b.strip(),
                   on_iteration=lambda r: print(f"iteration {r.iteration}: {r.scores[0].pass1:.3f} right"))

# %%
model.close()
context.close()
