"""The closest weights under gross, net and cap, rows of scores (R x N).

--gross=at-most: bisection on the multipliers, 60 steps, all rows at once.
--gross=exact: every split of the sorted scores into long and short, each side projected on its capped simplex by bisection (100 steps).
"""

import argparse

import numpy as np

from report import report, timed
from uniform import uniform

parser = argparse.ArgumentParser()
parser.add_argument("--gross", choices=["at-most", "exact"], default="at-most")
parser.add_argument("--rows", type=int, default=1000)
parser.add_argument("--assets", type=int, default=1000)
parser.add_argument("--repeats", type=int, default=3)
options = parser.parse_args()
R, N = options.rows, options.assets
GROSS, NET, CAP = 1.0, 0.2, 0.01

scores = 0.01 * uniform(R * N, 1).reshape(R, N)


def threshold(values, low, high, total, steps):
    """lambda with sum clip(values - lambda, low, high) = total along the last axis."""
    below = values.min(-1, keepdims=True) - high
    above = values.max(-1, keepdims=True) - low
    for _ in range(steps):
        middle = (below + above) / 2
        too_much = np.clip(values - middle, low, high).sum(-1, keepdims=True) > total
        below = np.where(too_much, middle, below)
        above = np.where(too_much, above, middle)
    return (below + above) / 2


def at_most():
    free = np.clip(scores - threshold(scores, -CAP, CAP, NET, 60), -CAP, CAP)
    long = np.clip(scores - threshold(scores, 0, CAP, (GROSS + NET) / 2, 60), 0, CAP)
    short = np.clip(scores - threshold(scores, -CAP, 0, (NET - GROSS) / 2, 60), -CAP, 0)
    within = np.abs(free).sum(-1, keepdims=True) <= GROSS
    return np.where(within, free, long + short)


def side(values, total):
    """Closest point of {0 <= w <= CAP, sum w = total}."""
    below, above = values.min() - CAP, values.max()
    for _ in range(100):
        middle = (below + above) / 2
        if np.minimum(np.maximum(values - middle, 0), CAP).sum() > total:
            below = middle
        else:
            above = middle
    return np.minimum(np.maximum(values - above, 0), CAP)


def exact():
    out = np.empty_like(scores)
    for r, row in enumerate(scores):
        order = np.argsort(-row)
        u = row[order]
        best = np.inf
        for k in range(1, N):
            if k * CAP < (GROSS + NET) / 2 or (N - k) * CAP < (GROSS - NET) / 2:
                continue
            w = np.concatenate([side(u[:k], (GROSS + NET) / 2), -side(-u[k:], (GROSS - NET) / 2)])
            distance = ((u - w) ** 2).sum()
            if distance < best:
                best = distance
                out[r, order] = w
    return out


project = at_most if options.gross == "at-most" else exact
result = []
seconds = timed(lambda: result.append(project()[0]), options.repeats, 0 if options.gross == "exact" else 1)
first = result[-1]
report(
    [s * 1000 / R for s in seconds],
    "NumPy",
    {"distanceOfFirstRow": float(np.sqrt(((first - scores[0]) ** 2).sum())), "net": float(first.sum())},
)
