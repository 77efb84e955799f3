"""An epoch of a conditional autoencoder (Gu, Kelly and Xiu 2021) in PyTorch, float32: mini-batches of rows from any date.

beta = W_2 relu(batchnorm(W_1 z + b_1)) + b_2, f_t = F x_t with x_t the managed portfolios of the date, loss = mean (r - beta'f)^2 +
l1 sum |W|, Adam with a falling learning rate. Returns and portfolios have unit root mean square, as in the package.
"""

import argparse

import torch
from torch import nn

from pytorch import finish, uniform_tensor
from report import timed

parser = argparse.ArgumentParser()
parser.add_argument("--dates", type=int, default=360)
parser.add_argument("--assets", type=int, default=300)
parser.add_argument("--characteristics", type=int, default=94)
parser.add_argument("--epochs", type=int, default=12)
options = parser.parse_args()
T, N, P = options.dates, options.assets, options.characteristics
K, HIDDEN, BATCH, L1, RATE, DECAY, SIGNALS = 5, 32, 10_000, 0.005, 0.01, 0.97, 3

torch.manual_seed(1)
characteristics = uniform_tensor((T * N, P), 1)
noise = uniform_tensor((T * N,), 2)
premia = uniform_tensor((T, SIGNALS), 3)
# Returns load on the first three characteristics, one nonlinearly.
signal = torch.stack([characteristics[:, 0], characteristics[:, 1] ** 2, characteristics[:, 2]], 1)
dates = torch.arange(T).repeat_interleave(N)
returns = 0.1 * (signal * premia[dates]).sum(1) + 0.1 * noise
del signal, noise

portfolios = torch.empty(T, P + 1)
for t in range(T):
    z = torch.cat([torch.ones(N, 1), characteristics[t * N : (t + 1) * N]], 1).double()
    portfolios[t] = torch.linalg.lstsq(z, returns[t * N : (t + 1) * N, None].double()).solution[:, 0].float()
returns /= returns.square().mean().sqrt()
portfolios /= portfolios.square().mean(0).sqrt()

beta = nn.Sequential(nn.Linear(P, HIDDEN), nn.BatchNorm1d(HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, K))
factors = nn.Linear(P + 1, K, bias=False)
weights = [beta[0].weight, beta[3].weight, factors.weight]
optimizer = torch.optim.AdamW([*beta.parameters(), *factors.parameters()], lr=RATE, weight_decay=0)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, DECAY)
losses = []


def epoch():
    total = 0.0
    # Batches of an epoch differ in length by one row at most, as in the package.
    for rows in torch.randperm(T * N).tensor_split(-(-T * N // BATCH)):
        optimizer.zero_grad()
        fitted = (beta(characteristics[rows]) * factors(portfolios)[dates[rows]]).sum(1)
        loss = nn.functional.mse_loss(fitted, returns[rows]) + L1 * sum(w.abs().sum() for w in weights)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    schedule.step()
    losses.append(total / (T * N))


finish(timed(epoch, options.epochs, 2), {"loss": losses[-1]})
