"""One optimiser step of nanoGPT's own model: forward, backward, clipping to 1.0, AdamW.

The model is `model.py` of a checkout of karpathy/nanoGPT, whose folder is in NANOGPT. Variants: `compile` for
torch.compile, `fused` for torch's fused AdamW instead of nanoGPT's choice on a CPU.
"""
import contextlib
import sys

import torch

from protocol import require, timed

SIZES = {
    "gpt-char": dict(n_layer=4, n_head=4, n_embd=128, block_size=64, rows=12),
    "gpt-baby": dict(n_layer=6, n_head=6, n_embd=384, block_size=256, rows=16),
}
VOCABULARY = 65


def prepare(name, threads, variant):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    sys.path.insert(0, require("NANOGPT", "the folder of a checkout of karpathy/nanoGPT"))
    from model import GPT, GPTConfig

    sizes = dict(SIZES[name])
    rows, time = sizes.pop("rows"), sizes["block_size"]
    with contextlib.redirect_stdout(sys.stderr):
        model = GPT(GPTConfig(vocab_size=VOCABULARY, dropout=0.0, bias=False, **sizes))
        optimiser = model.configure_optimizers(0.1, 1e-3, (0.9, 0.99), "cpu")
    if variant == "fused":
        known = ("params", "weight_decay")
        groups = [{key: group[key] for key in known} for group in optimiser.param_groups]
        optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
    run = torch.compile(model) if variant == "compile" else model
    batches = [torch.randint(1, VOCABULARY, (2, rows, time)) for _ in range(16)]
    turn = 0

    def step():
        nonlocal turn
        x, y = batches[turn % len(batches)]
        turn += 1
        _, loss = run(x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        loss.item()

    greeting = {
        "peer": f"PyTorch {variant or 'eager'}, nanoGPT's model.py",
        "version": torch.__version__,
        "notes": f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}",
    }
    return greeting, timed(step)
