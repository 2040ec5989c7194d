"""500 tokens, greedily, one sequence: 4 layers, 4 heads, width 128, keys and values kept.

The default is the leanest eager loop we know: functional calls and a cache that is allocated once. Variants:
`huggingface` for GPT2LMHeadModel.generate, `nanogpt` for nanoGPT's own generate, which keeps nothing.
"""
import contextlib
import sys

import torch
import torch.nn.functional as F

from protocol import require, timed

LAYERS, HEADS, WIDTH, VOCABULARY, TOKENS, BLOCK = 4, 4, 128, 65, 500, 512


def lean():
    each = WIDTH // HEADS
    draw = lambda *sizes: 0.1 * torch.randn(*sizes)
    layer = lambda: dict(norm_1=torch.ones(WIDTH), qkv=draw(3 * WIDTH, WIDTH), out=draw(WIDTH, WIDTH),
                         norm_2=torch.ones(WIDTH), fc_1=draw(4 * WIDTH, WIDTH), fc_2=draw(WIDTH, 4 * WIDTH))
    layers = [layer() for _ in range(LAYERS)]
    tokens, positions, norm = draw(VOCABULARY, WIDTH), draw(BLOCK, WIDTH), torch.ones(WIDTH)

    @torch.inference_mode()
    def write():
        keys = torch.empty(LAYERS, 1, HEADS, TOKENS, each)
        values = torch.empty(LAYERS, 1, HEADS, TOKENS, each)
        token = 1
        for t in range(TOKENS):
            x = (tokens[token] + positions[t]).view(1, WIDTH)
            for i, w in enumerate(layers):
                q, k, v = F.linear(F.layer_norm(x, (WIDTH,), w["norm_1"]), w["qkv"]).view(3, 1, HEADS, 1, each)
                keys[i][:, :, t : t + 1] = k
                values[i][:, :, t : t + 1] = v
                y = F.scaled_dot_product_attention(q, keys[i][:, :, : t + 1], values[i][:, :, : t + 1])
                x = x + F.linear(y.reshape(1, WIDTH), w["out"])
                x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (WIDTH,), w["norm_2"]), w["fc_1"])), w["fc_2"])
            token = int(F.linear(F.layer_norm(x, (WIDTH,), norm), tokens).argmax())

    return "PyTorch, own functional loop with cache", torch.__version__, write


def huggingface():
    import transformers

    config = transformers.GPT2Config(
        vocab_size=VOCABULARY, n_positions=BLOCK, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=None, pad_token_id=0)
    model = transformers.GPT2LMHeadModel(config).eval()
    start = torch.ones((1, 1), dtype=torch.long)

    @torch.inference_mode()
    def write():
        model.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=TOKENS, do_sample=False,
                       use_cache=True)

    return "Hugging Face GPT2LMHeadModel.generate", transformers.__version__, write


def nanogpt():
    sys.path.insert(0, require("NANOGPT", "the folder of a checkout of karpathy/nanoGPT"))
    from model import GPT, GPTConfig

    with contextlib.redirect_stdout(sys.stderr):
        model = GPT(GPTConfig(block_size=BLOCK, vocab_size=VOCABULARY, n_layer=LAYERS, n_head=HEADS, n_embd=WIDTH,
                              dropout=0.0, bias=False)).eval()
    start = torch.ones((1, 1), dtype=torch.long)
    return "nanoGPT generate, no cache, sampled", torch.__version__, lambda: model.generate(start, TOKENS)


def prepare(name, threads, variant):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    peer, version, write = {"": lean, "huggingface": huggingface, "nanogpt": nanogpt}[variant]()
    return {"peer": peer, "version": version, "notes": f"{torch.get_num_threads()} threads"}, timed(write)
