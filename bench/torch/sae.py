"""The supervised autoencoder in PyTorch: our own reference for packages/sae.

    python sae.py fixtures DIRECTORY     float64 fixtures: forward, gradients, a path of 20 Adam steps, evaluation
    python sae.py bench [threads] [dates]   float32: seconds of an epoch and of a prediction (wall clock and processor), peak memory

Tested with torch 1.13 (CPU). The package's tests read the fixtures and need no torch.
"""
import json
import os
import resource
import sys
import time

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


NAMES = {
    "input_norm": "inputNorm",
    "encoder.linear": "encoder",
    "encoder.norm": "encoder.norm",
    "aux_hidden.linear": "aux.hidden",
    "aux_hidden.norm": "aux.hidden.norm",
    "aux_output": "aux.output",
    "main_norm": "main.norm",
    "main_output": "main.output",
}


def our_name(name):
    """The package's name of an array of the state dictionary."""
    module, array = name.rsplit(".", 1)
    array = {"running_mean": "runningMean", "running_var": "runningVariance"}.get(array, array)
    if module.startswith("main_hidden."):
        _, number, part = module.split(".")
        module = f"main.hidden.{number}" + (".norm" if part == "norm" else "")
    return f"{NAMES.get(module, module)}.{array}"


def arrays_of(named):
    return {our_name(k): v.detach().flatten().tolist() for k, v in named if not k.endswith("num_batches_tracked")}


def numbers(tensor):
    return [None if v != v else v for v in tensor.detach().flatten().tolist()]


def fixture(kind):
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(7)
    rows, inputs, outputs = 24, 5, 2 if kind == "multi-label" else 1
    offsets = [0, 9, 16, 24]
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    x = draw(rows, inputs)
    if kind == "regression":
        y = draw(rows, 1)
    elif kind == "multi-label":
        y = (draw(rows, 2) > 0).double()
        y[3, 1] = y[10, 0] = float("nan")
    else:
        y = draw(rows, 1)
        for a, b in zip(offsets[:-1], offsets[1:]):
            rank = y[a:b, 0].argsort().argsort().double()
            y[a:b, 0] = (rank - rank.mean()) / rank.std(unbiased=False)
    torch.manual_seed(11)
    net = SupervisedAutoencoder(
        inputs, outputs, code=3, aux=4, main=(6, 5), noise=0.0, decoder_dropout=0.0, aux_dropout=0.0,
        main_input_dropout=0.0, main_dropout=(0.0, 0.0), output_bias=kind != "rank-ic",
    )
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 1:
                parameter += 0.1 * draw(*parameter.shape)
    initial = arrays_of(net.state_dict().items())
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    record = {
        "kind": kind, "rows": rows, "inputs": inputs, "outputs": outputs, "offsets": offsets,
        "x": numbers(x), "y": numbers(y), "initial": initial, "losses": [],
    }
    for step in range(1, 21):
        net.train()
        net.set_momentum(step)
        optimizer.zero_grad()
        if step == 1:
            copy = SupervisedAutoencoder(
                inputs, outputs, code=3, aux=4, main=(6, 5), noise=0.0, decoder_dropout=0.0, aux_dropout=0.0,
                main_input_dropout=0.0, main_dropout=(0.0, 0.0), output_bias=kind != "rank-ic",
            )
            copy.load_state_dict(net.state_dict())
            copy.train()
            decoded, auxiliary, main = copy(x)
            record |= {"decoded": numbers(decoded), "auxiliary": numbers(auxiliary), "main": numbers(main)}
        loss = total_loss(kind, net, x, y, offsets)
        loss.backward()
        if step == 1:
            record["gradients"] = arrays_of((k, p.grad) for k, p in net.named_parameters())
        record["losses"].append(loss.item())
        optimizer.step()
    record["final"] = arrays_of(net.state_dict().items())
    net.eval()
    record["evaluated"] = numbers(net(x)[2])
    return record


def bench(threads, dates):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    assets, inputs, batch = 1000, 94, 4096
    rows = dates * assets
    x, y = torch.randn(rows, inputs), torch.randn(rows, 1)
    net = SupervisedAutoencoder(inputs)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times, processor = [], []
    for epoch in range(int(os.environ.get("EPOCHS", "3"))):
        net.train()
        order = torch.randperm(rows)
        start, begun = time.perf_counter(), time.process_time()
        for from_ in range(0, rows, batch):
            part = order[from_ : from_ + batch]
            optimizer.zero_grad()
            total_loss("regression", net, x[part], y[part]).backward()
            optimizer.step()
        times.append(time.perf_counter() - start)
        processor.append(time.process_time() - begun)
    net.eval()
    start, begun = time.perf_counter(), time.process_time()
    with torch.no_grad():
        for from_ in range(0, rows, batch):
            net(x[from_ : from_ + batch])
    predict, predict_processor = time.perf_counter() - start, time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({
        "torch": torch.__version__, "threads": threads, "epochSeconds": min(times), "allEpochs": times,
        "epochProcessorSeconds": min(processor), "predictProcessorSeconds": predict_processor,
        "predictSeconds": predict, "peakMegabytes": peak / 1024, "beforeTrainingMegabytes": base / 1024,
    }))


if __name__ == "__main__":
    if sys.argv[1] == "fixtures":
        for kind in ("regression", "multi-label", "rank-ic"):
            with open(os.path.join(sys.argv[2], f"{kind}.json"), "w") as file:
                json.dump(fixture(kind), file)
                file.write("\n")
    else:
        bench(*(int(value) for value in sys.argv[2:4] + ["2", "120"][len(sys.argv[2:4]) :]))
