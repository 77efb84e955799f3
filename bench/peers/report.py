"""For the Python side of a row: timing of repeats, and the JSON line that the runner reads."""

import json
import os
import platform
import resource
import sys
import time
from importlib.metadata import version

threads = int(os.environ.get("BENCH_THREADS", "1"))


def timed(work, repeats=5, warmup=1, prepare=lambda: None):
    """Seconds of each of `repeats` runs of `work`, after `warmup` runs that are not counted. `prepare` runs before each, untimed."""
    seconds = []
    for run in range(warmup + repeats):
        prepare()
        started = time.perf_counter()
        work()
        if run >= warmup:
            seconds.append(time.perf_counter() - started)
    return seconds


def peak_bytes():
    """Peak resident size of the process so far."""
    # Kibibytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def report(seconds, backend, quality, packages=("numpy",), peak=None):
    """Prints the result as the last line."""
    print(
        json.dumps(
            {
                "seconds": seconds,
                "threads": threads,
                "backend": backend,
                "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
                "peakBytes": peak if peak is not None else peak_bytes(),
                "quality": quality,
            }
        )
    )
