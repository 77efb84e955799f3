"""The supervised autoencoder in PyTorch: our own reference for packages/sae, written from docs/models/sae.md (torch 1.13, CPU)."""

import torch
from torch import nn


class Block(nn.Module):
    """dropout(swish(BN(W x))): no bias in front of a batch norm."""

    def __init__(self, inputs, outputs, dropout, epsilon):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs, eps=epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return self.dropout(nn.functional.silu(self.norm(self.linear(x))))


class SupervisedAutoencoder(nn.Module):
    def __init__(
        self,
        inputs,
        outputs=1,
        code=96,
        aux=96,
        main=(896, 448, 448, 256),
        noise=0.035,
        decoder_dropout=0.038,
        aux_dropout=0.424,
        main_input_dropout=0.104,
        main_dropout=(0.492, 0.32, 0.272, 0.438),
        epsilon=1e-3,
        output_bias=True,
    ):
        super().__init__()
        self.noise = noise
        self.input_norm = nn.BatchNorm1d(inputs, eps=epsilon, affine=False)
        self.encoder = Block(inputs, code, 0.0, epsilon)
        self.decoder_dropout = nn.Dropout(decoder_dropout)
        self.decoder = nn.Linear(code, inputs)
        self.aux_hidden = Block(inputs, aux, aux_dropout, epsilon)
        self.aux_output = nn.Linear(aux, outputs, bias=output_bias)
        self.main_norm = nn.BatchNorm1d(inputs + code, eps=epsilon, affine=False)
        self.main_dropout = nn.Dropout(main_input_dropout)
        widths = [inputs + code, *main]
        self.main_hidden = nn.Sequential(
            *(Block(widths[i], widths[i + 1], main_dropout[i], epsilon) for i in range(len(main)))
        )
        self.main_output = nn.Linear(widths[-1], outputs, bias=output_bias)

    def predict(self, x):
        """The prediction alone, without decoder and auxiliary head."""
        features = self.input_norm(x)
        joined = self.main_dropout(self.main_norm(torch.cat([features, self.encoder(features)], 1)))
        return self.main_output(self.main_hidden(joined))

    def forward(self, x):
        features = self.input_norm(x)
        noisy = features + self.noise * torch.randn_like(features) if self.training and self.noise > 0 else features
        code = self.encoder(noisy)
        decoded = self.decoder(self.decoder_dropout(code))
        auxiliary = self.aux_output(self.aux_hidden(decoded))
        joined = self.main_dropout(self.main_norm(torch.cat([features, code], 1)))
        return decoded, auxiliary, self.main_output(self.main_hidden(joined))

    def set_momentum(self, step, floor=0.01):
        """Plain averages of the running moments at first, then an exponential average."""
        for module in self.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.momentum = max(floor, 1 / step)


def head_loss(kind, output, target, offsets=None):
    if kind == "regression":
        return nn.functional.mse_loss(output, target)
    if kind == "multi-label":
        known = ~torch.isnan(target)
        return nn.functional.binary_cross_entropy_with_logits(output[known], target[known])
    correlations = []
    for a, b in zip(offsets[:-1], offsets[1:]):
        p = output[a:b] - output[a:b].mean(0)
        correlations.append((p * target[a:b]).mean(0) / torch.sqrt((p * p).mean(0) + 1e-6))
    return 1 - torch.stack(correlations).mean()


def total_loss(kind, net, x, y, offsets=None):
    decoded, auxiliary, main = net(x)
    main_loss = head_loss(kind, main, y, offsets)
    return main_loss + head_loss(kind, auxiliary, y, offsets) + nn.functional.mse_loss(decoded, x)
