"""Makes tests/data/repetition.jsonl: BLEU from NLTK, clusters from scikit-learn, on random questions.

    python3 tests/make_repetition_goldens.py [--seed N] [--bleu N] [--clusters N] [--size N] [--out FILE]

Another seed, more cases and larger sizes make a stress test: run `build/r0 repetition --summary FILE` on it.
"""
import argparse, json, os, random
import numpy as np
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from sklearn.cluster import AgglomerativeClustering

SPACES = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_SPACES = "\u200b\u180e\ufeff\u2060"  # look like white space, are not
WORDS = "find the smallest positive integer such that sum of its digits is divisible by and number x y n let be a prime".split()


def bleu(hyp, ref):
    return float(sentence_bleu([ref.split()], hyp.split(), smoothing_function=SmoothingFunction().method1))


def sentence(r, vocabulary, longest):
    return [r.choice(vocabulary) for _ in range(r.randint(0, longest))]


def edit(r, words, vocabulary, edits):
    words = list(words)
    for _ in range(edits):
        kind, at = r.randint(0, 2), r.randint(0, max(0, len(words) - 1))
        if kind == 0 and words:
            words[at] = r.choice(vocabulary)
        elif kind == 1 and words:
            del words[at]
        else:
            words.insert(at, r.choice(vocabulary))
    return words


def join(r, words, odd):
    if not odd:
        return " ".join(words)
    text = r.choice(["", " ", "\u3000"])
    for w in words:
        text += w + (r.choice(NOT_SPACES) if r.random() < .1 else r.choice(SPACES))
    return text


def questions(r, size):
    """Families of edited copies, exact repeats, empty texts: many distances near and across the threshold."""
    vocabulary = WORDS[:r.choice([3, 8, len(WORDS)])] + [str(i) for i in range(r.choice([0, 3, 30]))]
    seeds = [sentence(r, vocabulary, r.choice([6, 15, 40])) for _ in range(max(1, size // r.choice([2, 4, 8])))]
    out = []
    for _ in range(size):
        if out and r.random() < .15:
            out.append(r.choice(out))
        else:
            out.append(" ".join(edit(r, r.choice(seeds), vocabulary, r.randint(0, 6))))
    return out


def cluster(texts):
    n = len(texts)
    distance = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1, n):
            distance[i, j] = distance[j, i] = 1 - bleu(texts[i], texts[j])
    made = AgglomerativeClustering(n_clusters=None, distance_threshold=.5, metric="precomputed", linkage="average")
    return made.fit_predict(distance).tolist()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--bleu", type=int, default=80)
    p.add_argument("--clusters", type=int, default=24)
    p.add_argument("--size", type=int, default=24)
    p.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "repetition.jsonl"))
    o = p.parse_args()
    r = random.Random(o.seed)
    with open(o.out, "w") as f:
        write = lambda value: f.write(json.dumps(value, separators=(",", ":")) + "\n")
        for i in range(o.bleu):
            vocabulary = WORDS[:r.choice([2, 5, len(WORDS)])]
            ref = sentence(r, vocabulary, r.choice([3, 8, 20]))
            hyp = edit(r, ref, vocabulary, r.randint(0, 5)) if i % 3 else sentence(r, vocabulary, 8)
            hyp, ref = join(r, hyp, i % 2), join(r, ref, i % 2)
            write(dict(hyp=hyp, ref=ref, bleu=bleu(hyp, ref)))
        for _ in range(o.clusters):
            texts = questions(r, r.randint(2, o.size))
            write(dict(questions=texts, labels=cluster(texts)))
    print(o.out, os.path.getsize(o.out), "bytes")


main()
