"""Checkpoints made by `transformers` with random weights, and what the library computes with them.

    pip install torch==2.15.0 transformers==5.24.0
    python models/tests/exchange/oracle.py make models/tests/exchange/oracle
    python models/tests/exchange/oracle.py agree ORIGINAL EXPORTED

`make` writes one folder for each model:

- gpt2: one file of f32, as it was downloaded in earlier years: the buffers `attn.bias` and `attn.masked_bias`, `torch_dtype`;
- llama_grouped: two heads of keys for four of queries, a head wider than width / heads, an output layer of its own, two
  files of f16 with an index, the newer spelling;
- llama_one_key: one head of keys, a tied output layer, one file of bf16, the older spelling.

- numpy: parameters as `savez` and `savez_compressed` write them;
- lstm and rnn: the states of PyTorch's own modules; they have no `config.json`.

Beside each checkpoint stand `answers.json` (ids, greedy ids, beam ids, loss) and `answers.safetensors`, all in f64: the
logits, the gradient of the loss, and the weights after three steps of AdamW. The library turns to f32 inside the norms and
the rotary positions of Llama whatever the type of the model; those two are replaced by the same formulas in f64.

`agree` loads two folders and compares their logits in f32, and exits with 1 if they differ.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.models.llama import modeling_llama
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()

PROMPT = [3, 17, 8, 1, 29, 17]
NEW = 10
STEPS = 3
# The logits of the two likeliest ids differ at least by this wherever an id is chosen.
MARGIN = 1e-3
NO_TOKENS = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}

CONFIGS = {
    "gpt2": GPT2Config(
        vocab_size=31, n_positions=20, n_embd=12, n_layer=2, n_head=3, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        **NO_TOKENS,
    ),
    "llama_grouped": LlamaConfig(
        vocab_size=31, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=6, max_position_embeddings=24, rms_norm_eps=1e-6, tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0}, **NO_TOKENS,
    ),
    "llama_one_key": LlamaConfig(
        vocab_size=31, hidden_size=12, intermediate_size=16, num_hidden_layers=2, num_attention_heads=3,
        num_key_value_heads=1, max_position_embeddings=24, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, **NO_TOKENS,
    ),
}
DTYPES = {"gpt2": torch.float32, "llama_grouped": torch.float16, "llama_one_key": torch.bfloat16}


def drawn(name, seed):
    """The model with weights of a size at which no part of it hides."""
    kind = GPT2LMHeadModel if name == "gpt2" else LlamaForCausalLM
    model = kind(CONFIGS[name])
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=draw) * (0.1 if value.ndim == 1 else 0.4)
            is_gain = value.ndim == 1 and key.endswith("weight")
            value.copy_(noise + (1.0 if is_gain else 0.0))
    return model.to(DTYPES[name])


def older(config):
    """The same settings as earlier versions spelt them."""
    config["torch_dtype"] = config.pop("dtype")
    if "rope_parameters" in config:
        config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
        config["rope_scaling"] = None
    return config


def save(name, model, folder):
    model.save_pretrained(folder, max_shard_size="6KB" if name == "llama_grouped" else "5GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    if name == "llama_grouped":
        return
    path = folder / "config.json"
    path.write_text(json.dumps(older(json.loads(path.read_text())), indent=2) + "\n")
    if name == "gpt2":
        arrays = load_file(folder / "model.safetensors")
        for layer in range(model.config.n_layer):
            places = model.config.n_positions
            mask = torch.ones(places, places, dtype=torch.bool).tril().view(1, 1, places, places)
            arrays[f"transformer.h.{layer}.attn.bias"] = mask
            arrays[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)
        save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})


def norm_in_f64(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def rotary_in_f64(self, x, position_ids):
    head = self.config.head_dim
    base = self.config.rope_parameters["rope_theta"]
    speeds = base ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
    angles = position_ids[:, :, None].double() * speeds
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def in_f64(folder):
    modeling_llama.LlamaRMSNorm.forward = norm_in_f64
    modeling_llama.LlamaRotaryEmbedding.forward = rotary_in_f64
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="sdpa").eval()


def is_telling(model, greedy, beams):
    """Whether no choice on the way is close, and greedy and beams give different texts of several tokens."""
    with torch.no_grad():
        best = model(torch.tensor([greedy[:-1]])).logits[0].topk(2).values
    clear = bool((best[:, 0] - best[:, 1]).min() > MARGIN)
    apart = min(a - b for a, b in zip(beams["beam_log_probs"], beams["beam_log_probs"][1:])) > 10 * MARGIN
    return clear and apart and len(set(greedy[len(PROMPT):])) >= 5 and beams["beams"][0] != greedy


def log_prob(model, ids):
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(logs[at - 1, ids[at]].item() for at in range(len(PROMPT), len(ids)))


def generated(model):
    ids = torch.tensor([PROMPT])
    options = {"attention_mask": torch.ones_like(ids), "max_new_tokens": NEW, "do_sample": False}
    greedy = model.generate(ids, **options)[0].tolist()
    beams = model.generate(ids, num_beams=3, num_return_sequences=3, **options).tolist()
    return greedy, {"beams": beams, "beam_log_probs": [log_prob(model, beam) for beam in beams]}


def answers(folder):
    model = in_f64(folder)
    greedy, beams = generated(model)
    if not is_telling(model, greedy, beams):
        return False
    arrays = {"logits": model(torch.tensor([greedy])).logits[0].detach()}
    # Two rows, each label the token after it.
    batch = torch.tensor([greedy[:8], [30, 2, 11, 2, 0, 25, 13, 9]])

    def loss():
        logits = model(batch[:, :-1]).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    first = loss()
    first.backward()
    arrays |= {f"gradient.{key}": value.grad.clone() for key, value in model.named_parameters()}
    matrices = [value for value in model.parameters() if value.ndim >= 2]
    vectors = [value for value in model.parameters() if value.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=1e-2, betas=(0.9, 0.99), eps=1e-8,
    )
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        j = loss()
        j.backward()
        optimizer.step()
        losses.append(j.item())
    arrays |= {f"trained.{key}": value.detach() for key, value in model.named_parameters()}
    save_file({key: value.contiguous() for key, value in arrays.items()}, folder / "answers.safetensors")
    said = {
        "prompt": PROMPT,
        "greedy": greedy,
        **beams,
        "batch": batch.tolist(),
        "losses": losses,
    }
    lines = ",\n".join(f'  "{key}": {json.dumps(value)}' for key, value in said.items())
    (folder / "answers.json").write_text("{\n" + lines + "\n}\n")
    return True


def make(out):
    for name in CONFIGS:
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(1000):
            for file in folder.iterdir():
                file.unlink()
            save(name, drawn(name, seed), folder)
            if answers(folder):
                break
        print(name, seed, sorted((file.name, file.stat().st_size) for file in folder.iterdir()))


class Recurrent(torch.nn.Module):
    """A language model of PyTorch's own modules, with names as people choose them."""

    def __init__(self, kind, layers):
        super().__init__()
        self.emb = torch.nn.Embedding(31, 6)
        self.cells = kind(6, 8, num_layers=layers, batch_first=True)
        self.out = torch.nn.Linear(8, 31)

    def forward(self, ids):
        return self.out(self.cells(self.emb(ids))[0])


def make_recurrent(out):
    for name, kind, layers in (("lstm", torch.nn.LSTM, 2), ("rnn", torch.nn.RNN, 1)):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(5)
        model = Recurrent(kind, layers)
        # Multiples of 2^-12, so that the sum of the two biases is exact in f32.
        for value in model.parameters():
            value.data = (value.data * 4096).round() / 4096
        save_file(model.state_dict(), folder / "model.safetensors")
        model.double()
        ids = torch.tensor([PROMPT])
        logits = model(ids)
        torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:]).backward()
        arrays = {"logits": logits[0].detach()}
        arrays |= {f"gradient.{key}": value.grad.clone() for key, value in model.named_parameters()}
        save_file(arrays, folder / "answers.safetensors")
        (folder / "answers.json").write_text(json.dumps({"prompt": PROMPT}) + "\n")
        print(name, sorted((file.name, file.stat().st_size) for file in folder.iterdir()))


def make_npz(out):
    """The parameters of an RNN of 6 ids, width 2 and hidden state 3, counted through in the order of their declaration."""
    shapes = {
        "embedding": (6, 2), "rnn1.w_xh": (3, 2), "rnn1.w_hh": (3, 3), "rnn1.b_h": (3,), "head.w": (6, 3), "head.b": (6,),
    }  # fmt: skip
    arrays, start = {}, 0
    for at, (name, shape) in enumerate(shapes.items()):
        count = int(np.prod(shape))
        array = (np.arange(start, start + count) / 8 - 3).reshape(shape)
        start += count
        # In turn: 32 bits, 64 bits, 16 bits; every other matrix by columns.
        array = array.astype(["<f4", "<f8", "<f2"][at % 3])
        arrays[name] = np.asfortranarray(array) if at % 2 else array
    folder = out / "numpy"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "stored.npz", **arrays)
    np.savez_compressed(folder / "deflated.npz", **arrays)


def agree(original, exported):
    ids = torch.tensor([PROMPT])
    both = []
    for folder in (original, exported):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        both.append(model(ids).logits.detach())
    apart = (both[0] - both[1]).abs().max().item()
    print(f"{original} and {exported}: logits are {apart:.1e} apart")
    if not apart <= 1e-5:
        sys.exit(1)


if sys.argv[1] == "make":
    make(Path(sys.argv[2]))
    make_recurrent(Path(sys.argv[2]))
    make_npz(Path(sys.argv[2]))
else:
    agree(Path(sys.argv[2]), Path(sys.argv[3]))
