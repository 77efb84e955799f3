"""The operations of bench/linalg/operation.mjs in NumPy, on the same data."""

import sys

import numpy as np

from report import report, timed
from uniform import uniform


def random(rows, columns, seed):
    return uniform(rows * columns, seed).reshape(rows, columns)


def positive(n):
    root = random(n + 100, n, 1)
    return root.T @ root


def product():
    a, b = random(1000, 1000, 1), random(1000, 1000, 2)
    return lambda: a @ b


def gram():
    a = random(3000, 94, 1)
    return lambda: a.T @ a


def eigen():
    a = positive(500)
    return lambda: np.linalg.eigh(a)[1]


def leading_eigenvectors():
    a = random(600, 500, 1)
    # NumPy has no partial decomposition.
    return lambda: np.linalg.eigh(a.T @ a)[1][:, -6:]


def cholesky():
    a = positive(564)
    return lambda: np.linalg.cholesky(a)


def svd():
    a = random(3000, 94, 1)
    return lambda: np.linalg.svd(a, full_matrices=False)[0]


def least_squares():
    a, b = random(3000, 94, 1), random(3000, 1, 2)
    return lambda: np.linalg.lstsq(a, b, rcond=None)[0]


operation = sys.argv[1].replace("-", "_")
repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 11
work = {f.__name__: f for f in (product, gram, eigen, leading_eigenvectors, cholesky, svd, least_squares)}[operation]()
result = work()
report(timed(work, repeats, 3), "NumPy", {"absoluteSum": float(np.abs(result).sum())})
