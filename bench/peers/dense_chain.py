"""A training step of the chain 94-32-16-8-5 in PyTorch, float32: ReLU, squared error, Adam, all rows at once."""

import argparse

import torch
from torch import nn

from pytorch import finish, uniform_tensor
from report import timed

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=int, default=180_000)
parser.add_argument("--repeats", type=int, default=15)
options = parser.parse_args()
WIDTHS = [94, 32, 16, 8, 5]

torch.manual_seed(1)
x = uniform_tensor((options.rows, WIDTHS[0]), 1)
y = x[:, :5] * x[:, 7:12]
layers = [nn.Linear(a, b) for a, b in zip(WIDTHS[:-1], WIDTHS[1:])]
chain = nn.Sequential(*(module for layer in layers for module in (layer, nn.ReLU())))[:-1]
optimizer = torch.optim.Adam(chain.parameters())
losses = []


def step():
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(chain(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


finish(timed(step, options.repeats, 5), {"loss": losses[-1]})
