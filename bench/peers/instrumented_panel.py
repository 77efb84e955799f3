"""The panel of bench/latent-factors/instrumented-panel.mjs."""

import numpy as np

from uniform import uniform


def instrumented_panel(dates, assets, characteristics, factors):
    """Returns (date, asset, Z, r) of the rows, in date order."""
    P, K = characteristics, factors
    present = uniform(dates * assets, 1).reshape(dates, assets) >= -0.8
    date, asset = np.nonzero(present)
    gamma = uniform(P * K, 2).reshape(P, K)
    f = 0.02 + uniform(dates * K, 3).reshape(dates, K) * (0.2 / (1 + np.arange(K)))
    Z = uniform(len(date) * P, 4).reshape(-1, P)
    r = 0.6 * uniform(len(date), 5)
    bounds = np.searchsorted(date, np.arange(dates + 1))
    slopes = f @ gamma.T
    for t in range(dates):
        rows = slice(bounds[t], bounds[t + 1])
        r[rows] += Z[rows] @ slopes[t]
    return date, asset, Z, r
