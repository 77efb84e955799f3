"""An epoch of the supervised autoencoder, or with --measure=predict the prediction of every row, in PyTorch float32.

The panel is the one of bench/neural/sae-epoch.mjs, held in float64 as a caller holds it; as there, characteristics are standardised
by their moments over the panel when a batch is gathered. With --panel=float32 it is held in float32 only.
"""

import argparse
import os
import time

# Threads that wait without spinning: a spinning one starves the other when anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from report import report, threads, timed
from supervised_autoencoder import SupervisedAutoencoder, total_loss
from uniform import uniform

parser = argparse.ArgumentParser()
parser.add_argument("--measure", choices=["epoch", "predict"], default="epoch")
parser.add_argument("--dates", type=int, default=120)
parser.add_argument("--assets", type=int, default=1000)
parser.add_argument("--characteristics", type=int, default=94)
parser.add_argument("--batch", type=int, default=4096)
parser.add_argument("--epochs", type=int, default=1)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--panel", choices=["float64", "float32"], default="float64")
options = parser.parse_args()
rows, P, batch = options.dates * options.assets, options.characteristics, options.batch

torch.set_num_threads(threads)
torch.manual_seed(1)
x = uniform(rows * P, 1).reshape(rows, P)
y = (0.02 * (x[:, 0] + 2 * x[:, 1] * x[:, 2]) + 0.1 * uniform(rows, 2))[:, None]
mean, scale = x.mean(axis=0), x.std(axis=0)
if options.panel == "float32":
    x, y, mean, scale = (a.astype(np.float32) for a in (x, y, mean, scale))
y_mean, y_scale = y.mean(), y.std()
net = SupervisedAutoencoder(P)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
steps = 0


def tensor(array):
    return torch.from_numpy(array.astype(np.float32))


def inputs(part):
    return tensor((x[part] - mean) / scale)


def epoch():
    """The mean training loss of an epoch over batches whose sizes differ by one row at most, as ours are."""
    global steps
    net.train()
    total = 0.0
    for part in np.array_split(np.random.default_rng(steps).permutation(rows), -(-rows // batch)):
        steps += 1
        net.set_momentum(steps)
        optimizer.zero_grad()
        loss = total_loss("regression", net, inputs(part), tensor((y[part] - y_mean) / y_scale))
        loss.backward()
        optimizer.step()
        total += loss.item() * len(part)
    return total / rows


def predict():
    net.eval()
    out = np.empty(rows)
    with torch.no_grad():
        for start in range(0, rows, batch):
            part = slice(start, min(start + batch, rows))
            out[part] = y_mean + y_scale * net.predict(inputs(part)).numpy()[:, 0]
    return out


if options.measure == "epoch":
    losses = []
    processor = []

    def measured():
        begun = time.process_time()
        losses.append(epoch())
        processor.append(time.process_time() - begun)

    seconds = timed(measured, options.epochs, warmup=0)
    quality = {"loss": losses[-1], "processorSeconds": min(processor)}
else:
    seconds = timed(predict, options.repeats)
    quality = {"rows": rows}
report(seconds, "PyTorch CPU, float32", quality, packages=("torch", "numpy"))
