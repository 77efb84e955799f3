"""The planted nonlinear signal under the training of the Python reference (ml4t-models), beside least squares and the oracle.

    python sae_reference.py [--seeds=1,2,3,4,5]

Our own program, from the description of that system: its defaults are one full batch a step, 50 steps of Adam at 1e-4, raw returns
beside raw characteristics in the loss, the state after the last step. The panel follows the equation in docs/models/sae.md: 150 dates
for training, 60 for testing after 30 that are left out, N = 200, P = 10, drawn anew here; so it is the comparison within a seed that counts.
"""

import argparse
import time

import numpy as np
import torch
from torch import nn

from report import threads
from supervised_autoencoder import SupervisedAutoencoder

parser = argparse.ArgumentParser()
parser.add_argument("--seeds", default="1,2,3,4,5")
options = parser.parse_args()
N, P, T, TRAIN, TEST = 200, 10, 240, 150, 180
RHO, NOISE, MARKET = 0.155, 0.1, 0.03


def panel(seed):
    random = np.random.default_rng(seed)
    c = random.uniform(-1, 1, (T, N, P))
    g = np.sqrt(0.9) * c[..., 0] + np.sqrt(3.6) * c[..., 1] * c[..., 2] + np.sqrt(3.6) * (np.abs(c[..., 3]) - 0.5)
    shocks = random.standard_normal((T, N))
    market = MARKET * random.standard_normal((T, 1))
    return c, g, market + NOISE * (RHO / np.sqrt(1 - RHO**2) * g + shocks)


def rank_ic(signal, returns):
    def ranks(a):
        r = a.argsort(axis=1).argsort(axis=1).astype(float)
        return (r - r.mean(axis=1, keepdims=True)) / r.std(axis=1, keepdims=True)

    return (ranks(signal) * ranks(returns)).mean()


def least_squares(c, r):
    x = np.concatenate([np.ones((T, N, 1)), c], axis=2)
    beta = np.linalg.lstsq(x[:TRAIN].reshape(-1, P + 1), r[:TRAIN].ravel(), rcond=None)[0]
    return x[TEST:] @ beta


def reference(c, r, seed):
    torch.manual_seed(seed)
    net = SupervisedAutoencoder(P)
    # The reference's first norms have gain and offset.
    net.input_norm = nn.BatchNorm1d(P, eps=1e-3, momentum=0.01)
    net.main_norm = nn.BatchNorm1d(P + 96, eps=1e-3, momentum=0.01)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.momentum = 0.01
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)
    x = torch.from_numpy(c[:TRAIN].reshape(-1, P).astype(np.float32))
    y = torch.from_numpy(r[:TRAIN].reshape(-1, 1).astype(np.float32))
    loss = nn.functional.mse_loss
    net.train()
    for _ in range(50):
        optimizer.zero_grad()
        decoded, auxiliary, main = net(x)
        (loss(decoded, x) + loss(main, y) + loss(auxiliary, y)).backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        out = net.predict(torch.from_numpy(c[TEST:].reshape(-1, P).astype(np.float32)))
    return out.numpy().reshape(T - TEST, N)


torch.set_num_threads(threads)
print("seed  oracle  least squares  reference  seconds", flush=True)
for seed in map(int, options.seeds.split(",")):
    started = time.perf_counter()
    c, g, r = panel(seed)
    signals = [g[TEST:], least_squares(c, r), reference(c, r, seed)]
    ics = "  ".join(f"{rank_ic(signal, r[TEST:]):.4f}" for signal in signals)
    print(seed, ics, f"{time.perf_counter() - started:.0f}", sep="  ", flush=True)
