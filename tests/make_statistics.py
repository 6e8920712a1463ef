"""Makes tests/data/statistics.json: what numpy, scipy and plain enumeration say about the statistics of r0.h.

python tests/make_statistics.py        (needs numpy, scipy)
"""

import itertools
import json
import os
import numpy as np
from scipy import stats

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "statistics.json")
RESAMPLES, SEED = 10000, 2508


def majority_at_k():
    """Every subset of the samples, one by one."""
    rows = []
    for counts, right, n, k in [
        ([3, 2], 0, 5, 3),
        ([2, 3], 0, 5, 3),
        ([1, 1, 1], 2, 6, 4),
        ([4, 3, 2, 1], 1, 12, 5),
        ([4, 3, 2, 1], 3, 12, 6),
        ([2, 2, 2, 2], 0, 9, 4),
        ([5, 4], 1, 9, 9),
        ([4, 4, 1], 1, 9, 9),
        ([0, 3], 0, 4, 2),
        ([1], 0, 10, 2),
        ([6, 5, 3, 1, 1], 1, 16, 7),
    ]:
        votes = [a for a, m in enumerate(counts) for _ in range(m)] + [None] * (n - sum(counts))
        total, wins = 0, 0.0
        for subset in itertools.combinations(votes, k):
            total += 1
            tally = [subset.count(a) for a in range(len(counts))]
            if tally[right] == max(tally) and tally[right] > 0:
                wins += 1 / tally.count(max(tally))
        rows.append([counts, right, n, k, wins / total])
    return rows


def mcnemar():
    return [
        [b, c, stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0]
        for b, c in [
            (0, 0),
            (1, 0),
            (5, 0),
            (5, 5),
            (3, 9),
            (20, 41),
            (100, 137),
            (900, 1000),
            (3000, 2800),
            (0, 2000),
        ]
    ]


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011), vectorized: four counter words and two key words, arrays of uint64."""
    c = [np.asarray(x, dtype=np.uint64) for x in counter]
    a, b = [np.asarray(x, dtype=np.uint64) for x in key]
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ a, p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ b, p0 & low]
        a, b = (a + np.uint64(0x9E3779B9)) & low, (b + np.uint64(0xBB67AE85)) & low
    return c


def derive(key, what):
    out = philox([what, np.zeros_like(what), np.ones_like(what), np.zeros_like(what)], key)
    return out[0], out[1]


def draws(key, count, bound):
    """(RESAMPLES, count) indices below `bound`."""
    out = np.zeros((RESAMPLES, count), dtype=np.int64)
    zero = np.zeros(RESAMPLES, dtype=np.uint64)
    for block in range((count + 3) // 4):
        words = philox([zero + np.uint64(block), zero, zero, zero], key)
        for w in range(4):
            if block * 4 + w < count:
                out[:, block * 4 + w] = (words[w] * np.uint64(bound)) >> np.uint64(32)
    return out


def bootstrap(scores):
    scores = np.asarray(scores, dtype=np.float64)
    r = np.arange(RESAMPLES, dtype=np.uint64)
    key = derive((np.full(RESAMPLES, SEED, dtype=np.uint64), np.zeros(RESAMPLES, dtype=np.uint64)), r)
    means = scores[draws(key, len(scores), len(scores))].mean(1)
    return [float(scores.mean()), *map(float, np.percentile(means, [2.5, 97.5]))]


def seeds_mean(scores):
    """Two-way random effects without repetition; Satterthwaite's degrees of freedom for MS_s + MS_q - MS_e."""
    x = np.asarray(scores, dtype=np.float64)
    S, Q = x.shape
    m, row, column = x.mean(), x.mean(1), x.mean(0)
    s = Q * ((row - m) ** 2).sum() / (S - 1)
    q = S * ((column - m) ** 2).sum() / (Q - 1)
    e = ((x - row[:, None] - column + m) ** 2).sum() / ((S - 1) * (Q - 1))
    square = max(s + q - e, min(s, q))
    df = max(S - 1, square**2 / (s**2 / (S - 1) + q**2 / (Q - 1) + e**2 / ((S - 1) * (Q - 1))))
    half = stats.t.ppf(0.975, df) * np.sqrt(square / (S * Q))
    return [float(m), float(m - half), float(m + half)]


def main():
    random = np.random.default_rng(1)
    one = (random.random(37) < 0.4).astype(float).tolist()
    two = random.normal(0.1, 0.5, 50).round(6).tolist()
    grid = (random.normal(0, 0.3, (5, 1)) + random.normal(0, 0.5, (1, 23)) + random.normal(0, 0.2, (5, 23))).round(
        6
    )
    reference = stats.bootstrap(
        (np.array(two),), np.mean, n_resamples=100000, method="percentile", rng=np.random.default_rng(2)
    )
    out = {
        "majority_at_k": majority_at_k(),
        "mcnemar": mcnemar(),
        "bootstrap": [
            {"seeds": 1, "scores": one, "interval": bootstrap(one)},
            {"seeds": 1, "scores": two, "interval": bootstrap(two)},
            {"seeds": 5, "scores": grid.reshape(-1).tolist(), "interval": seeds_mean(grid)},
        ],
        # another generator, ten times the resamples: agrees within the noise of resampling
        "scipy": {
            "scores": two,
            "interval": [float(reference.confidence_interval.low), float(reference.confidence_interval.high)],
        },
    }
    with open(PATH, "w") as file:
        file.write("{\n" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in out.items()) + "\n}\n")


if __name__ == "__main__":
    main()
