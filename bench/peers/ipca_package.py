"""The published package `ipca` on the same panel: a whole fit, or with --unit=draw its bootstrap of Gamma_alpha = 0."""

import argparse
import contextlib
import io

import numpy as np
from ipca import InstrumentedPCA

from instrumented_panel import instrumented_panel
from report import report, threads, timed

parser = argparse.ArgumentParser()
parser.add_argument("--dates", type=int, default=240)
parser.add_argument("--assets", type=int, default=1000)
parser.add_argument("--characteristics", type=int, default=36)
parser.add_argument("--factors", type=int, default=5)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--draws", type=int, default=8)
parser.add_argument("--unit", choices=["fit", "draw"], default="fit")
options = parser.parse_args()
K = options.factors
date, asset, Z, r = instrumented_panel(options.dates, options.assets, options.characteristics, K)
indices = np.column_stack([asset, date])
packages = ("ipca", "numpy", "numba", "scikit-learn")


def quietly(work):
    with contextlib.redirect_stdout(io.StringIO()):
        return work()


def new_model(intercept=False):
    # Its tolerance is on the largest change of an entry of Gamma or of a factor return.
    return InstrumentedPCA(n_factors=K, intercept=intercept, iter_tol=1e-6)


def fit(intercept=False):
    return quietly(lambda: new_model(intercept).fit(X=Z, y=r, indices=indices, data_type="portfolio"))


if options.unit == "fit":
    seconds = timed(fit, options.repeats, 1)
    model = fit()
    fitted = np.einsum("ij,ij->i", Z, (model.Factors.T @ model.Gamma.T)[date])
    report(seconds, "ipca", {"totalR2": 1 - ((r - fitted) ** 2).sum() / (r**2).sum()}, packages)
else:
    model = fit(intercept=True)
    statistic = float(model.Gamma[:, -1] @ model.Gamma[:, -1])
    seconds = timed(
        lambda: quietly(lambda: model.BS_Walpha(ndraws=options.draws, n_jobs=threads)), options.repeats, 1
    )
    report([s / options.draws for s in seconds], "ipca", {"statistic": statistic}, packages)
