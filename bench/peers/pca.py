"""PCA of returns (T x N), K factors: loadings from the smaller eigenproblem of the demeaned panel, uncentred factor returns.

With --model=rp-pca the eigenproblem is that of `X'X / T + gamma mean mean'` (gamma = 10), of Lettau and Pelger (2020).
"""

import argparse

import numpy as np

from uniform import uniform
from report import report, timed

parser = argparse.ArgumentParser()
parser.add_argument("--model", choices=["pca", "rp-pca"], default="pca")
parser.add_argument("--dates", type=int, default=600)
parser.add_argument("--assets", type=int, default=500)
parser.add_argument("--factors", type=int, default=6)
parser.add_argument("--repeats", type=int, default=15)
options = parser.parse_args()
T, N, K = options.dates, options.assets, options.factors

loadings = uniform(N * K, 1).reshape(N, K)
factors = 0.01 + uniform(T * K, 2).reshape(T, K) * (0.1 / (1 + np.arange(K)))
returns = 0.1 * uniform(T * N, 3).reshape(T, N) + factors @ loadings.T


def leading_eigenvectors(a):
    """Leading K eigenvectors of A'A, by the smaller of the two Gram matrices, and all eigenvalues."""
    if a.shape[1] <= a.shape[0]:
        values, vectors = np.linalg.eigh(a.T @ a)
        return vectors[:, ::-1][:, :K], values[::-1]
    values, vectors = np.linalg.eigh(a @ a.T)
    leading = a.T @ vectors[:, ::-1][:, :K]
    return leading / np.linalg.norm(leading, axis=0), values[::-1]


def fit_pca():
    means = returns.mean(axis=0)
    vectors, _ = leading_eigenvectors(returns - means)
    vectors = vectors * np.sign((returns @ vectors).mean(axis=0))
    fitted = returns @ vectors
    return 1 - ((returns - fitted @ vectors.T) ** 2).sum() / (returns**2).sum()


def fit_rp_pca():
    means = returns.mean(axis=0)
    augmented = np.vstack([(returns - means) / np.sqrt(T), np.sqrt(1 + 10.0) * means])
    vectors, _ = leading_eigenvectors(augmented)
    vectors = vectors * np.sign((returns @ vectors).mean(axis=0))
    fitted = returns @ vectors
    # Betas and alphas are those of time-series regressions on a constant and the factors.
    design = np.column_stack([np.ones(T), fitted])
    coefficients = np.linalg.solve(design.T @ design, design.T @ returns)
    ((returns - design @ coefficients) ** 2).mean(axis=0)
    return 1 - ((returns - fitted @ vectors.T) ** 2).sum() / (returns**2).sum()


fit = fit_pca if options.model == "pca" else fit_rp_pca
total_r2 = fit()
report(timed(fit, options.repeats, 3), "NumPy", {"totalR2": total_r2})
