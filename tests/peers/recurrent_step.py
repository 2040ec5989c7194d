"""One optimiser step of a language model of nn.RNN or nn.LSTM: forward, backward, Adam.

There is no clipping and no weight decay, so PyTorch does a little less here than tapegrad does. Variant: `compile`.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from protocol import timed

VOCABULARY, EMBEDDING, HIDDEN, TIME, ROWS = 65, 128, 256, 64, 32


class LanguageModel(nn.Module):
    def __init__(self, kind, layers):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.recurrent = kind(EMBEDDING, HIDDEN, layers, batch_first=True)
        self.head = nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, x, y):
        h, _ = self.recurrent(self.embedding(x))
        return F.cross_entropy(self.head(h).view(-1, VOCABULARY), y.view(-1))


def prepare(name, threads, variant):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    cell, sizes = name.split("-")
    kind, layers = {"rnn": nn.RNN, "lstm": nn.LSTM}[cell], int(sizes.split("x")[0])
    model = LanguageModel(kind, layers)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    run = torch.compile(model) if variant == "compile" else model
    batches = [torch.randint(1, VOCABULARY, (2, ROWS, TIME)) for _ in range(16)]
    turn = 0

    def step():
        nonlocal turn
        x, y = batches[turn % len(batches)]
        turn += 1
        run(x, y).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    greeting = {
        "peer": f"PyTorch {variant or 'eager'}, nn.{kind.__name__}",
        "version": torch.__version__,
        "notes": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}; no clipping",
    }
    return greeting, timed(step)
