"""A chain of 1000 sums of two vectors of four numbers, forward and backward."""
import time

import torch

CHAIN = 1000


def prepare(name, threads, variant):
    torch.set_num_threads(threads)
    x, y, ones = torch.rand(4, requires_grad=True), torch.rand(4, requires_grad=True), torch.ones(4)

    def chain():
        x.grad = y.grad = None
        start = time.perf_counter()
        z = x
        for _ in range(CHAIN):
            z = z + y
        z.backward(ones)
        return time.perf_counter() - start

    return {"peer": "PyTorch eager", "version": torch.__version__, "notes": ""}, chain
