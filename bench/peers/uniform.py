"""The same numbers as bench/uniform.mjs, so that both sides of a row work on the same data."""

import numpy as np


def uniform(n, seed):
    """n numbers on (-1, 1): a linear congruential generator, seeded. Each pass doubles what is there."""
    states = np.empty(max(n, 1), dtype=np.uint32)
    states[0] = (1664525 * ((seed * 2654435761) % 2**32) + 1013904223) % 2**32
    # A jump over m states is again linear: x -> a^m x + c (1 + a + ... + a^(m-1)).
    factor, shift, m = 1664525, 1013904223, 1
    while m < n:
        count = min(m, n - m)
        states[m : m + count] = np.uint32(factor) * states[:count] + np.uint32(shift)
        factor, shift, m = factor * factor % 2**32, (factor * shift + shift) % 2**32, 2 * m
    return states[:n] / 2.0**31 - 1
