"""A training step of the portfolio models in PyTorch, float32, written from the equations in docs/models/portfolio-networks.md
and docs/models/linear-portfolio.md; the linear scores start from the pooled ridge regression, scaled to deviation 1.

The variable selection is written the usual way, with an embedding of every feature of every cell; --selection=product has it as one
product of width 2 F, which is what our side does.
"""

import argparse
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from pytorch import finish
from report import timed
from uniform import uniform

parser = argparse.ArgumentParser()
parser.add_argument("--model", choices=["linear", "lstm", "deep"], default="lstm")
parser.add_argument("--selection", choices=["embedding", "product"], default="embedding")
parser.add_argument("--windows", type=int, default=64)
parser.add_argument("--steps", type=int, default=63)
parser.add_argument("--assets", type=int, default=20)
parser.add_argument("--features", type=int, default=10)
parser.add_argument("--repeats", type=int, default=8)
parser.add_argument("--warmup", type=int, default=2)
options = parser.parse_args()
B, T, N, P = options.windows, options.steps, options.assets, options.features
WIDTH, HIDDEN, EMBEDDING, HEADS, DROPOUT = 64, 64, 8, 2, 0.1

torch.manual_seed(1)


class Front(nn.Module):
    """Static context, FiLM, variable selection and an LSTM: (B, T, N, P) to (B N, T, d)."""

    def __init__(self, first_state):
        super().__init__()
        self.asset = nn.Embedding(N, EMBEDDING)
        self.film = nn.Linear(EMBEDDING, 2 * P)
        self.hidden = nn.Linear(P + EMBEDDING, HIDDEN)
        self.gates = nn.Linear(HIDDEN, P)
        self.weight = nn.Parameter(torch.randn(P, WIDTH) / math.sqrt(P))
        self.bias = nn.Parameter(torch.zeros(P, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.h0 = nn.Linear(EMBEDDING, WIDTH)
        self.c0 = nn.Linear(EMBEDDING, WIDTH)
        self.lstm = nn.LSTM(WIDTH, WIDTH, batch_first=True)
        self.first_state = first_state

    def forward(self, x):
        context = self.asset.weight
        gain, offset = self.film(context).chunk(2, dim=-1)
        u = x * (1 + gain) + offset
        hidden = F.dropout(torch.relu(self.hidden(torch.cat([u, context.expand(B, T, N, -1)], -1))), DROPOUT)
        gates = torch.softmax(self.gates(hidden), -1)
        if options.selection == "embedding":
            embedded = u.unsqueeze(-1) * self.weight + self.bias
            selected = (gates.unsqueeze(-1) * embedded).sum(-2)
        else:
            selected = torch.cat([gates * u, gates], -1) @ torch.cat([self.weight, self.bias])
        sequence = self.norm(selected).transpose(1, 2).reshape(B * N, T, WIDTH)
        state = [self.first_state(layer(context)).repeat(B, 1).unsqueeze(0) for layer in (self.h0, self.c0)]
        return self.lstm(sequence, tuple(state))[0]


class LSTMNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = Front(lambda state: state)
        self.norm = nn.LayerNorm(WIDTH)
        self.output = nn.Linear(WIDTH, 1)

    def forward(self, x, mask):
        h = F.dropout(self.norm(self.front(x)), DROPOUT)
        return self.output(h).reshape(B, N, T).transpose(1, 2)


class Adapter(nn.Module):
    """layerNorm(x + dropout(W2 (W1 x * silu(V x))))."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.value = nn.Linear(WIDTH, 2 * WIDTH, bias=False)
        self.output = nn.Linear(2 * WIDTH, WIDTH, bias=False)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, x):
        inner = F.dropout(self.value(x) * F.silu(self.gate(x)), DROPOUT)
        return self.norm(x + F.dropout(self.output(inner), DROPOUT))


class AttentionBlock(nn.Module):
    def __init__(self, gated):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.gate = nn.Parameter(torch.tensor(0.01)) if gated else 1.0
        self.norm = nn.LayerNorm(WIDTH)
        self.adapter = Adapter()

    def forward(self, x, memory, **masks):
        seen, _ = self.attention(x, memory, memory, need_weights=False, **masks)
        return self.adapter(self.norm(x + self.gate * F.dropout(seen, DROPOUT)))


class DeepNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = Front(torch.tanh)
        self.adapter = Adapter()
        self.temporal = AttentionBlock(False)
        self.cross = AttentionBlock(True)
        self.output = nn.Linear(WIDTH, 1)
        self.causal = torch.triu(torch.ones(T, T, dtype=torch.bool), 1)

    def forward(self, x, mask):
        h = self.adapter(self.front(x))
        blocked = (mask == 0).transpose(1, 2).reshape(B * N, T)
        h = self.temporal(h, h, attn_mask=self.causal, key_padding_mask=blocked)
        h = h.reshape(B, N, T, WIDTH).transpose(1, 2)
        lagged = F.pad(h, (0, 0, 0, 0, 1, 0))[:, :-1]
        flat = lambda a: a.reshape(B * T, N, WIDTH)
        h = self.cross(flat(h), flat(lagged), key_padding_mask=(mask == 0).reshape(B * T, N))
        return self.output(h).reshape(B, T, N)


class LinearScores(nn.Module):
    def __init__(self):
        super().__init__()
        x, y = features.reshape(-1, P).double(), returns.reshape(-1).double()
        centred = x - x.mean(0)
        b = torch.linalg.solve(centred.T @ centred + 1e-4 * torch.eye(P), centred.T @ (y - y.mean()))
        scale = (centred @ b).std(unbiased=False)
        self.output = nn.Linear(P, 1)
        self.output.weight.data = (b / scale).float()[None]
        self.output.bias.data = ((y.mean() - x.mean(0) @ b) / scale).float()[None]

    def forward(self, x, mask):
        return self.output(x)[..., 0]


def objective(scores, mask, returns, costs):
    """Pooled Sharpe ratio plus a tenth of the soft minimum over windows, after costs."""
    count = mask.sum(-1, keepdim=True).clamp(min=1)
    holdings = torch.tanh(scores) * mask / count
    before = torch.cat([torch.zeros_like(holdings[:, :1]), holdings[:, :-1]], 1)
    net = (holdings * returns).sum(-1) - (0.5 * costs * (holdings - before).abs()).sum(-1)
    sharpe = lambda x, *axis: math.sqrt(252) * x.mean(*axis) / (x.var(*axis, unbiased=False) + 1e-12).sqrt()
    windows = sharpe(net, 1)
    soft = -0.2 * (torch.logsumexp(-windows / 0.2, 0) - math.log(B))
    return sharpe(net) + 0.1 * soft


tensor = lambda n, seed: torch.from_numpy(uniform(n, seed).astype(np.float32))
features = tensor(B * T * N * P, 1).reshape(B, T, N, P)
# Our side standardises features.
features = (features - features.mean((0, 1, 2))) / features.std((0, 1, 2), unbiased=False)
returns = 0.01 * tensor(B * T * N, 2).reshape(B, T, N)
mask = torch.ones(B, T, N)
costs = torch.full((N,), 2e-4)
network = {"linear": LinearScores, "lstm": LSTMNetwork, "deep": DeepNetwork}[options.model]()
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
history = []


def step():
    optimizer.zero_grad()
    loss = -objective(network(features, mask), mask, returns, costs)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    history.append(-loss.item())


seconds = timed(step, options.repeats, options.warmup)
finish(
    seconds,
    {
        "parameters": sum(p.numel() for p in network.parameters()),
        "firstObjective": history[0],
        "lastObjective": history[-1],
    },
)
