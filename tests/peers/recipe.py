"""nanoGPT's recipe for a laptop, whole: the command `train.py` from its start to its last checkpoint.

The checkout is in NANOGPT, with data/shakespeare_char prepared.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

from protocol import require


def prepare(name, threads, variant):
    folder = require("NANOGPT", "the folder of a checkout of karpathy/nanoGPT")
    import importlib.metadata

    def run():
        with tempfile.TemporaryDirectory() as out:
            command = [
                sys.executable, "train.py", "config/train_shakespeare_char.py", "--device=cpu", "--compile=False",
                "--eval_iters=20", "--log_interval=100", "--block_size=64", "--batch_size=12", "--n_layer=4",
                "--n_head=4", "--n_embd=128", "--max_iters=2000", "--lr_decay_iters=2000", "--dropout=0.0",
                "--dtype=float32", f"--out_dir={out}",
            ]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ})
            took = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr)
        losses = re.findall(r"step (\d+): train loss ([\d.]+), val loss ([\d.]+)", done.stdout)
        return took, f"held out {losses[-1][2]} nats at step {losses[-1][0]}"

    greeting = {"peer": "nanoGPT train.py, PyTorch eager", "version": importlib.metadata.version("torch"), "notes": ""}
    return greeting, run
