#!/usr/bin/env python3
"""Answers of PyTorch, in double precision, for programs of docs/graphs: values and gradients at random numbers.

    python3 tests/oracle/programs.py            # writes tests/oracle/programs/NAME.json for all programs below
    python3 tests/oracle/programs.py wgan_gp    # for this one

Each function is the program's formula, written from its source (a paper, a lecture), not from the program. It gets the
inputs and parameters by name and returns the objective, or a pair of the objective and a dictionary of outputs.
The suite reads the stored files and needs no PyTorch: `stored_answers` in the tests of the language.
"""

import json
import math
import pathlib
import sys
import zlib

import torch

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent / "programs"
PROGRAMS = {}


def program(sizes, **shapes):
    """Registers a formula: `sizes` are the settings to run it at, `shapes` the axes of each value by the names of the
    sizes (an axis may be a Python expression such as "T + 1"). A shape that begins with "data" has no gradient; one
    that begins with "ids V" has whole numbers below V. A name such as "cell.W" is written "cell__W" here."""

    def register(formula):
        PROGRAMS[formula.__name__] = (sizes, {name.replace("__", "."): shape for name, shape in shapes.items()}, formula)
        return formula

    return register


def draw(shape, dims, random):
    """A value and whether it has a gradient."""
    axes = list(shape)
    kind = axes.pop(0) if axes and axes[0].split()[0] in ("data", "ids") else "real"
    numbers = [int(eval(str(axis), {}, dims)) for axis in axes]
    if kind.startswith("ids"):
        return torch.randint(0, int(eval(kind[4:], {}, dims)), numbers, generator=random), False
    value = torch.rand(numbers, generator=random) * 2 - 1
    return value.round(decimals=6), kind == "real"


def answer(name, dims, seed):
    _, shapes, formula = PROGRAMS[name]
    random = torch.Generator().manual_seed(seed)
    values, real = {}, []
    for own, shape in shapes.items():
        value, has_gradient = draw(shape, dims, random)
        values[own] = value.requires_grad_() if has_gradient else value
        real += [own] if has_gradient else []
    found = formula(**{own.replace(".", "__"): value for own, value in values.items()}, **{"dims": dims})
    objective, outputs = found if isinstance(found, tuple) else (found, {})
    gradients = torch.autograd.grad(objective, [values[own] for own in real], retain_graph=True)
    return {
        "dims": dims,
        "values": {own: value.tolist() for own, value in values.items()},
        "objective": objective.item(),
        "outputs": {own: value.tolist() for own, value in outputs.items()},
        "gradients": {own: gradient.tolist() for own, gradient in zip(real, gradients)},
    }


@program([{"N": 4, "D": 3, "H": 5}, {"N": 1, "D": 2, "H": 2}],
         real=("N", "D"), fake=("N", "D"), u=("data", "N"),
         critic__W=("H", "D"), critic__b=("H",), critic__v=("H",))
def wgan_gp(real, fake, u, critic__W, critic__b, critic__v, dims):
    critic = lambda x: torch.tanh(torch.nn.functional.linear(x, critic__W, critic__b)) @ critic__v
    between = u[:, None] * real + (1 - u[:, None]) * fake
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
    return critic(fake).mean() - critic(real).mean() + 10 * penalty


@program([{"N": 5, "H": 4}, {"N": 1, "H": 3}], x=("N",), t=("N",), a=("H",), c=("H",), b=("H",), v=("H",))
def pinn(x, t, a, c, b, v, dims):
    network = torch.tanh(torch.outer(x, a) + torch.outer(t, c) + b) @ v
    u = torch.sin(math.pi * x) + t * x * (1 - x) * network
    u_x, u_t = torch.autograd.grad(u.sum(), [x, t], create_graph=True)
    (u_xx,) = torch.autograd.grad(u_x.sum(), x, create_graph=True)
    return ((u_t - 0.1 * u_xx) ** 2).mean()


@program([{"N": 4, "Q": 3, "M": 2, "H": 5}, {"N": 1, "Q": 2, "M": 2, "H": 2}],
         X=("data", "N", "M"), t=("data", "N"), X_new=("data", "Q", "M"), t_new=("data", "Q"), W=("H", "M"), v=("H",))
def maml(X, t, X_new, t_new, W, v, dims):
    loss = lambda X, t, W, v: ((torch.tanh(X @ W.T) @ v - t) ** 2).mean()
    step = torch.autograd.grad(loss(X, t, W, v), [W, v], create_graph=True)
    return loss(X_new, t_new, W - 0.1 * step[0], v - 0.1 * step[1])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or PROGRAMS:
        # A seed of its own, so that a new program changes no other file.
        seed = zlib.crc32(name.encode())
        cases = [answer(name, dims, seed + i) for i, dims in enumerate(PROGRAMS[name][0])]
        (FOLDER / f"{name}.json").write_text(json.dumps({"program": name, "cases": cases}) + "\n")
        print(name, [case["objective"] for case in cases])
