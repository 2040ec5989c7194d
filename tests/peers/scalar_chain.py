"""The chain x <- relu(x w + b) of 99 999 scalar ops, recorded, evaluated and gone back over.

The default is PyTorch with tensors without axes; the variant `micrograd` is micrograd. Freeing the graph is not timed.
"""
import sys
import time

TURNS = 33333


def repetition(make, relu):
    def chain():
        x, w, b = make(0.5), make(0.999), make(0.001)
        start = time.perf_counter()
        for _ in range(TURNS):
            x = relu(x * w + b)
        x.backward()
        return time.perf_counter() - start

    return chain


def prepare(name, threads, variant):
    sys.setrecursionlimit(10_000_000)
    if variant == "micrograd":
        from importlib.metadata import version

        from micrograd.engine import Value

        greeting = {"peer": "micrograd", "version": version("micrograd"), "notes": ""}
        return greeting, repetition(Value, lambda value: value.relu())
    import torch

    torch.set_num_threads(threads)
    greeting = {"peer": "PyTorch eager", "version": torch.__version__, "notes": ""}
    return greeting, repetition(lambda value: torch.tensor(value, requires_grad=True), torch.relu)
