"""A byte-level pair encoding of 1024 tokens: learn it from a text, encode the whole text, decode all its ids.

The text is in TEXT. The library is Hugging Face's `tokenizers` on one thread, with the steps of GPT-2's files; its merges
are those of tapegrad. The variant `tiktoken` encodes and decodes with tiktoken and the same merges; it learns nothing.
"""
import json
import os
from importlib.metadata import version

from protocol import require, timed

SIZE = 1024
GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def learnt(text):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def as_tiktoken(tokenizer):
    import tiktoken

    names = json.loads(tokenizer.to_str())["model"]["vocab"]
    # GPT-2's table: bytes that can be printed are themselves, the others follow from U+0100 on.
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    characters = {chr(byte): byte for byte in printed}
    others = [byte for byte in range(256) if byte not in printed]
    characters |= {chr(256 + at): byte for at, byte in enumerate(others)}
    ranks = {bytes(characters[character] for character in name): rank for name, rank in names.items()}
    return tiktoken.Encoding("peer", pat_str=GPT2, mergeable_ranks=ranks, special_tokens={})


def prepare(name, threads, variant):
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with open(require("TEXT", "the text, such as tiny Shakespeare"), encoding="utf-8", newline="") as file:
        text = file.read()
    tokenizer = learnt(text)
    if variant == "tiktoken":
        own = as_tiktoken(tokenizer)
        ids = own.encode_ordinary(text)
        works = {"tokenizer-encode": lambda: own.encode_ordinary(text), "tokenizer-decode": lambda: own.decode(ids)}
        greeting = {"peer": "tiktoken", "version": version("tiktoken"), "notes": f"{len(ids)} ids"}
    else:
        ids = tokenizer.encode(text).ids
        works = {
            "tokenizer-train": lambda: learnt(text),
            "tokenizer-encode": lambda: tokenizer.encode_batch_fast([text]),
            "tokenizer-decode": lambda: tokenizer.decode(ids),
        }
        greeting = {"peer": "tokenizers", "version": version("tokenizers"), "notes": f"{len(ids)} ids"}
    return greeting, timed(works[name])
