"""One LSTM layer in PyTorch, float32, forward and backward, and a step of Adam; the input is data and has no gradient."""

import argparse

import torch
from torch import nn

from pytorch import finish, uniform_tensor
from report import timed

parser = argparse.ArgumentParser()
parser.add_argument("--sequences", type=int, default=1280)
parser.add_argument("--steps", type=int, default=63)
parser.add_argument("--width", type=int, default=64)
parser.add_argument("--repeats", type=int, default=9)
options = parser.parse_args()

torch.manual_seed(1)
x = uniform_tensor((options.sequences, options.steps, options.width), 1)
lstm = nn.LSTM(options.width, options.width, batch_first=True)
optimizer = torch.optim.Adam(lstm.parameters())
losses = []


def step():
    optimizer.zero_grad()
    loss = lstm(x)[0].square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())


finish(timed(step, options.repeats, 3), {"loss": losses[-1]})
