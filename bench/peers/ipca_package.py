"""A whole fit of the published package `ipca` on the same panel."""

import argparse
import contextlib
import io

import numpy as np
from ipca import InstrumentedPCA

from instrumented_panel import instrumented_panel
from report import report, timed

parser = argparse.ArgumentParser()
parser.add_argument("--dates", type=int, default=240)
parser.add_argument("--assets", type=int, default=1000)
parser.add_argument("--characteristics", type=int, default=36)
parser.add_argument("--factors", type=int, default=5)
parser.add_argument("--repeats", type=int, default=3)
options = parser.parse_args()
K = options.factors
date, asset, Z, r = instrumented_panel(options.dates, options.assets, options.characteristics, K)
indices = np.column_stack([asset, date])


def fit():
    # Its tolerance is on the largest change of an entry of Gamma or of a factor return.
    model = InstrumentedPCA(n_factors=K, iter_tol=1e-6)
    with contextlib.redirect_stdout(io.StringIO()):
        return model.fit(X=Z, y=r, indices=indices, data_type="portfolio")


seconds = timed(fit, options.repeats, 1)
model = fit()
fitted = np.einsum("ij,ij->i", Z, (model.Factors.T @ model.Gamma.T)[date])
total_r2 = 1 - ((r - fitted) ** 2).sum() / (r**2).sum()
report(seconds, "ipca", {"totalR2": total_r2}, ("ipca", "numpy", "numba", "scikit-learn"))
