"""Float64 fixtures of packages/sae: forward, gradients, a path of 20 Adam steps, evaluation.

    python sae_fixtures.py DIRECTORY

The package's tests read the fixtures and need no torch.
"""

import json
import os
import sys

import torch

from supervised_autoencoder import SupervisedAutoencoder, total_loss

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


for kind in ("regression", "multi-label", "rank-ic"):
    with open(os.path.join(sys.argv[1], f"{kind}.json"), "w") as file:
        json.dump(fixture(kind), file)
        file.write("\n")
