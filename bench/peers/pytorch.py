"""For peers in PyTorch: threads, data, and what the numbers were made with."""

import re

import torch

from report import peak_bytes, report, threads, timed
from uniform import uniform

torch.set_num_threads(threads)


def uniform_tensor(shape, seed, block=1 << 20):
    """Float32 numbers of `uniform`, block by block, so that making the data is not the peak of the memory."""
    values = torch.empty(shape)
    flat = values.numpy().reshape(-1)
    for number, start in enumerate(range(0, flat.size, block)):
        part = flat[start : start + block]
        part[:] = uniform(part.size, seed + 7919 * number)
    return values


def backend():
    """PyTorch, its BLAS, and the rate of that BLAS: a distribution's PyTorch may be linked against an unoptimised one."""
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    a, b = torch.ones(1000, 1000), torch.ones(1000, 1000)
    rate = 2.0 / min(timed(lambda: a @ b, 9, 3))
    return f"PyTorch {torch.__version__}, BLAS {blas.group(1) if blas else 'unknown'}: {rate:.0f} GFlop/s at 1000^3"


def finish(seconds, quality):
    """Prints the result. The peak is taken before the rate of the BLAS is measured."""
    peak = peak_bytes()
    report(seconds, backend(), quality, packages=("torch",), peak=peak)
