"""Modified Kneser-Ney of order 3 on the words of a text: estimate it, and score the held-out tenth.

The text is in TEXT, KenLM's programs (lmplz, build_binary, query) in KENLM. Lines are cut by the same rules as in
lessons/bench/src/work/ngram_train.rs. A repetition is lmplz, which reads the words and writes an ARPA file, and query,
which scores; turning the one into the form that the other reads fastest (build_binary) is not timed. The variant
`nltk` is nltk's MLE model of the same order, which smooths nothing and scores nothing: its smoothed ones take hours.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter

from protocol import require


def words():
    """The lines of the training part and of the held-out part, rare words replaced."""
    with open(require("TEXT", "the text, such as tiny Shakespeare"), encoding="utf-8") as file:
        lines = [re.findall(r"[a-z']+|[^\sa-z']", line) for line in file.read().lower().split("\n")]
    lines = [line for line in lines if line]
    total = sum(map(len, lines))
    training, heldout, before = [], [], 0
    for line in lines:
        (training if before < 0.9 * total else heldout).append(line)
        before += len(line)
    counts = Counter(word for line in training for word in line)
    known = lambda lines: [[word if counts[word] >= 2 else "@oov@" for word in line] for line in lines]
    return known(training), known(heldout)


def prepare(name, threads, variant):
    training, heldout = words()
    return nltk(training) if variant == "nltk" else kenlm(training, heldout)


def nltk(training):
    from importlib.metadata import version

    from nltk.lm import MLE
    from nltk.lm.vocabulary import Vocabulary
    from nltk.util import everygrams

    pad = lambda line: ["<s>"] * 2 + line + ["</s>"]

    def repetition():
        start = time.perf_counter()
        grams = [list(everygrams(pad(line), max_len=3)) for line in training]
        model = MLE(3)
        model.fit(grams, Vocabulary((word for line in training for word in pad(line)), unk_cutoff=1))
        return time.perf_counter() - start

    return {"peer": "NLTK MLE, counting only", "version": version("nltk"), "notes": ""}, repetition


def kenlm(training, heldout):
    programs = require("KENLM", "the folder of KenLM's lmplz, build_binary and query")
    folder = tempfile.TemporaryDirectory()
    place = lambda name: os.path.join(folder.name, name)
    for name, lines in (("train.txt", training), ("test.txt", heldout)):
        with open(place(name), "w", encoding="utf-8") as file:
            file.writelines(" ".join(line) + "\n" for line in lines)

    def run(program, *arguments, source=None):
        start = time.perf_counter()
        with open(place(source) if source else os.devnull, "rb") as stdin:
            done = subprocess.run([os.path.join(programs, program), *arguments], stdin=stdin, capture_output=True)
        took = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr.decode())
        return took, done.stdout.decode() + done.stderr.decode()

    def repetition():
        options = ["-o", "3", "-S", "512M", "-T", place("temporary"), "--discount_fallback", "--arpa", place("arpa")]
        estimating, _ = run("lmplz", *options, source="train.txt")
        run("build_binary", place("arpa"), place("binary"))
        scoring, said = run("query", "-v", "summary", place("binary"), source="test.txt")
        perplexity = float(re.search(r"Perplexity including OOVs:\s*(\S+)", said).group(1))
        note = f"perplexity {perplexity:.2f} (estimate {1e3 * estimating:.0f} ms, score {1e3 * scoring:.0f} ms)"
        # The folder lives as long as the repetition.
        return (estimating + scoring if folder else 0), note

    return {"peer": "KenLM lmplz and query", "version": "", "notes": ""}, repetition
