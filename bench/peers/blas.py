"""What linear algebra this Python has: the BLAS that NumPy loads and the rate of its matrix product, as one JSON line."""

import json
import os
import re

import numpy as np

from report import timed


def loaded_libraries():
    """Names of the BLAS libraries in this process; none where the system does not list them."""
    try:
        with open("/proc/self/maps") as maps:
            files = {os.path.basename(line.split(maxsplit=5)[5].strip()) for line in maps if line.count("/") > 0}
    except OSError:
        return []
    return sorted(file for file in files if re.search(r"blas|mkl|blis|accelerate|atlas", file, re.IGNORECASE))


def rate(dtype, size=512):
    """Billions of operations per second of a square product."""
    a = np.ones((size, size), dtype=dtype)
    return 2 * size**3 / min(timed(lambda: a @ a, 3, 1)) / 1e9


print(
    json.dumps(
        {"numpy": np.__version__, "libraries": loaded_libraries(), "float64": rate(np.float64), "float32": rate(np.float32)}
    )
)
