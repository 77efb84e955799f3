"""IPCA by alternating least squares in NumPy, written from Kelly, Pruitt and Su (2019), first-order conditions (6) and (7).

The same tolerance as ours: the movement of the orthonormal Gamma, root mean square per column.
"""

import argparse

import numpy as np

from instrumented_panel import instrumented_panel
from report import report, timed

parser = argparse.ArgumentParser()
parser.add_argument("--dates", type=int, default=240)
parser.add_argument("--assets", type=int, default=1000)
parser.add_argument("--characteristics", type=int, default=36)
parser.add_argument("--factors", type=int, default=5)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--warmup", type=int, default=1)
parser.add_argument("--unit", choices=["fit", "iteration"], default="fit")
options = parser.parse_args()
T, P, K = options.dates, options.characteristics, options.factors
date, _, Z, r = instrumented_panel(T, options.assets, P, K)
bounds = np.searchsorted(date, np.arange(T + 1))


def moments():
    W = np.empty((T, P, P))
    x = np.empty((T, P))
    for t in range(T):
        z = Z[bounds[t] : bounds[t + 1]]
        W[t] = z.T @ z
        x[t] = z.T @ r[bounds[t] : bounds[t + 1]]
    return W, x


def factor_step(W, x, gamma):
    projected = np.matmul(W, gamma)
    systems = np.matmul(gamma.T, projected)
    return np.linalg.solve(systems, (x @ gamma)[:, :, None])[:, :, 0]


def gamma_step(W, x, f):
    # sum_t W_t (x) f_t f_t' as one product of (P P x T) and (T x K K).
    products = (f[:, :, None] * f[:, None, :]).reshape(T, K * K)
    normal = (W.reshape(T, P * P).T @ products).reshape(P, P, K, K).transpose(0, 2, 1, 3).reshape(P * K, P * K)
    return np.linalg.solve(normal, (x.T @ f).reshape(P * K)).reshape(P, K)


def nearest(basis, target):
    """The orthonormal basis of the same span that is nearest to the target."""
    u, _, v = np.linalg.svd(basis, full_matrices=False)
    orthonormal = u @ v
    u, _, v = np.linalg.svd(orthonormal.T @ target)
    return orthonormal @ u @ v


def start(W, x):
    """Leading generalised eigenvectors of sum_t x_t x_t' / N_t against sum_t W_t, as ours."""
    scaled = x / np.sqrt(np.diff(bounds))[:, None]
    values, vectors = np.linalg.eigh(W.sum(axis=0))
    whitening = vectors / np.sqrt(values)
    leading = np.linalg.eigh(whitening.T @ (scaled.T @ scaled) @ whitening)[1][:, ::-1][:, :K]
    u, _, v = np.linalg.svd(whitening @ leading, full_matrices=False)
    return u @ v


def alternate(W, x, iterations, tol):
    gamma = start(W, x)
    for iteration in range(1, iterations + 1):
        image = nearest(gamma_step(W, x, factor_step(W, x, gamma)), gamma)
        movement = np.sqrt(((image - gamma) ** 2).sum() / K)
        gamma = image
        if movement <= tol:
            break
    return gamma, factor_step(W, x, gamma), iteration


def total_r2(gamma, f):
    fitted = np.einsum("ij,ij->i", Z, (f @ gamma.T)[date])
    return 1 - ((r - fitted) ** 2).sum() / (r**2).sum()


if options.unit == "iteration":
    W, x = moments()
    seconds = timed(lambda: alternate(W, x, 20, 0.0), options.repeats, options.warmup)
    gamma, f, _ = alternate(W, x, 20, 0.0)
    report([s / 20 for s in seconds], "NumPy", {"totalR2": total_r2(gamma, f)})
else:
    found = {}

    def fit():
        found["estimate"] = alternate(*moments(), 10000, 1e-6)

    seconds = timed(fit, options.repeats, options.warmup)
    gamma, f, iterations = found["estimate"]
    report(seconds, "NumPy", {"totalR2": total_r2(gamma, f), "iterations": iterations})
