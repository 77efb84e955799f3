"""The adversarial SDF of Chen, Pelger and Zhu in PyTorch, float32, trained as the Python reference trains it: every step gathers the
rows under the mask and repeats the recurrent states over assets; the moment network's steps evaluate the frozen SDF network
again, and the conditional steps the frozen moment network.

    M_t = 1 - sum_i w_ti r_ti,    loss = mean_i mean_k (T_i / max T) (sum_t M_t r_ti g_tik / T_i)^2

--phase=unconditional|moment|conditional gives seconds per epoch (one step) of that phase; --phase=schedule those of a whole fit with
256 / 64 / 1024 epochs over --share; --phase=beta those of an epoch of the beta network: least squares of r F / sd(F), F = 1 - M given.
"""

import argparse
import time

import torch
from torch import nn

from pytorch import finish
from uniform import uniform

parser = argparse.ArgumentParser()
parser.add_argument("--phase", choices=["unconditional", "moment", "conditional", "schedule", "beta"], default="unconditional")
parser.add_argument("--epochs", type=int, default=9)
parser.add_argument("--share", type=int, default=16)
options = parser.parse_args()

T, N, P, Q = 120, 1000, 46, 20
STATES, MOMENT_STATES, HIDDEN, INSTRUMENTS, DROPOUT, RATE = 4, 32, 64, 8, 0.05, 1e-3
torch.manual_seed(42)


def tensor(seed, *shape):
    size = 1
    for n in shape:
        size *= n
    return torch.from_numpy(uniform(size, seed).astype("float32")).reshape(*shape)


characteristics = tensor(1, T, N, P)
returns = 0.1 * tensor(2, T, N)
context = tensor(3, T, Q)
context = (context - context.mean(0)) / context.std(0, unbiased=False)
mask = torch.isfinite(characteristics).all(-1) & torch.isfinite(returns)
dates = mask.sum(0)
asset_weights = dates / dates.max()


class ExposureNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(Q, STATES, batch_first=True)
        self.layers = nn.Sequential(
            nn.Linear(P + STATES, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, 1),
        )  # fmt: skip

    def forward(self):
        states = self.lstm(context[None])[0][0]
        tiled = states[:, None, :].expand(T, N, STATES)
        inputs = torch.cat([characteristics[mask], tiled[mask]], -1)
        weights = torch.zeros(T, N)
        weights[mask] = self.layers(inputs)[:, 0]
        return weights


class MomentNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(Q, MOMENT_STATES, batch_first=True)
        self.output = nn.Linear(P + MOMENT_STATES, INSTRUMENTS)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self):
        states = self.lstm(context[None])[0][0]
        tiled = states[:, None, :].expand(T, N, MOMENT_STATES)
        return self.dropout(torch.tanh(self.output(torch.cat([characteristics, tiled], -1))))


def discount(weights):
    return 1 - (weights * returns).sum(1)


def pricing_loss(m, instruments):
    """instruments (T, N, K), or None for g = 1."""
    priced = m[:, None] * returns * mask
    moments = priced.sum(0)[:, None] if instruments is None else (priced[:, :, None] * instruments).sum(0)
    return (asset_weights[:, None] * (moments / dates[:, None]) ** 2).mean()


sdf, moment = ExposureNetwork(), MomentNetwork()
sdf_optimizer = torch.optim.Adam(sdf.parameters(), lr=RATE)
moment_optimizer = torch.optim.Adam(moment.parameters(), lr=RATE)


def step(optimizer, loss, sign=1):
    optimizer.zero_grad()
    (sign * loss).backward()
    optimizer.step()
    return loss.item()


def unconditional_epoch():
    sdf.train()
    return step(sdf_optimizer, pricing_loss(discount(sdf()), None))


def moment_epoch():
    sdf.eval()
    moment.train()
    with torch.no_grad():
        m = discount(sdf())
    return step(moment_optimizer, pricing_loss(m, moment()), -1)


def conditional_epoch():
    moment.eval()
    sdf.train()
    with torch.no_grad():
        instruments = moment()
    return step(sdf_optimizer, pricing_loss(discount(sdf()), instruments))


beta_factor = -0.1 * tensor(4, T)
beta_target = (returns * beta_factor[:, None] / beta_factor.std(unbiased=False))[mask]


def beta_epoch():
    """The network of the SDF's weights, trained anew on another loss."""
    sdf.train()
    return step(sdf_optimizer, ((sdf()[mask] - beta_target) ** 2).mean())


def run(epoch, count):
    seconds, loss = [], None
    for _ in range(count):
        started = time.perf_counter()
        loss = epoch()
        seconds.append(time.perf_counter() - started)
    return seconds, loss


epochs = {
    "unconditional": unconditional_epoch,
    "moment": moment_epoch,
    "conditional": conditional_epoch,
    "beta": beta_epoch,
}
if options.phase == "schedule":
    started = time.perf_counter()
    for phase, count in (("unconditional", 256), ("moment", 64), ("conditional", 1024)):
        _, loss = run(epochs[phase], count // options.share)
    seconds = [time.perf_counter() - started]
else:
    if options.phase in ("moment", "conditional"):
        unconditional_epoch()
    if options.phase == "conditional":
        moment_epoch()
    seconds, loss = run(epochs[options.phase], options.epochs)
    seconds = seconds[1:]
finish(seconds, {"loss": loss})
