"""Another framework doing the work of `tapegrad bench`, in turns with it.

    tapegrad bench NAME.. --against "python3 tests/peers/peer.py [--variant VARIANT]"

starts this script once for each NAME, as `peer.py [--variant VARIANT] NAME --threads N`. It prepares the work, greets,
and then runs as many repetitions as each line of its input says; `protocol.py` has the few lines of that.
"""
import argparse
import importlib
import sys

# The module that knows each workload: its `prepare(name, threads, variant)` gives a greeting and a repetition.
MODULES = {
    "gpt-char": "gpt_step",
    "gpt-baby": "gpt_step",
    "char-cpu": "recipe",
    "lstm-1x256": "recurrent_step",
    "lstm-2x256": "recurrent_step",
    "rnn-1x256": "recurrent_step",
    "rnn-2x256": "recurrent_step",
    "generate": "generate",
    "scalar-chain": "scalar_chain",
    "scalar-chain-plan": "scalar_chain",
    "small-op": "small_op",
    "ngram-train": "ngram",
    "tokenizer-train": "tokenizer",
    "tokenizer-encode": "tokenizer",
    "tokenizer-decode": "tokenizer",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=MODULES)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--variant", default="", help="another way to do the work; each module names its own")
    arguments = parser.parse_args()
    from protocol import serve

    module = importlib.import_module(MODULES[arguments.name])
    serve(*module.prepare(arguments.name, arguments.threads, arguments.variant))


if __name__ == "__main__":
    sys.exit(main())
