"""The protocol of a peer: a greeting, then for each line of input that many repetitions and their seconds.

Everything is one line of JSON. What a library prints goes to standard error, so that it cannot be taken for an answer.
"""
import json
import os
import sys
import time

# The answers keep the standard output; everybody else gets standard error in its place.
_answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def timed(work):
    """A repetition that times the whole of `work`."""

    def repetition():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return repetition


def require(variable, what):
    """The value of an environment variable, or the end with a sentence that says what it should be."""
    value = os.environ.get(variable)
    if not value:
        sys.exit(f"set {variable} to {what}")
    return value


def serve(greeting, repetition):
    """Greets, and answers every line until the input ends.

    `greeting` has `peer`, `version` and `notes`. `repetition()` gives its seconds, or its seconds and a note.
    """
    _say(greeting)
    for line in sys.stdin:
        seconds, note = [], None
        for _ in range(int(line)):
            took = repetition()
            took, note = took if isinstance(took, tuple) else (took, None)
            seconds.append(took)
        _say({"seconds": seconds, "note": note})


def _say(answer):
    _answers.write(json.dumps(answer) + "\n")
    _answers.flush()
