"""Values and slopes of the ops near saturation, cancellation and underflow, with 2400 bits: a row
with the entries 700 and 0 needs a thousand of them to hold the weight of the second beside that of the first.

Writes autograd/core/tests/core/accuracy.txt: op, entries, values, slopes of the sum of the values, separated by `|`.
Needs mpmath: python3 tests/oracle/accuracy.py
"""

from pathlib import Path

from mpmath import mp, mpf, nstr

mp.prec = 2400

POINTS = [0.0, 1e-320, 1e-300, 1e-20, 1e-10, 1e-5, 0.01, 0.3, 1.0, 2.5, 6.0, 9.5, 15.0, 20.0, 30.0, 37.0, 40.0, 100.0, 700.0]
SIGNED = sorted({sign * point for point in POINTS for sign in (-1, 1)})


def sigmoid(a):
    return 1 / (1 + mp.exp(-a))


UNARY = {
    "sigmoid": (sigmoid, SIGNED),
    "tanh": (mp.tanh, SIGNED),
    "softplus": (lambda a: mp.log1p(mp.exp(a)), SIGNED),
    "silu": (lambda a: a * sigmoid(a), SIGNED),
    "gelu": (lambda a: a * mp.erfc(-a / mp.sqrt(2)) / 2, [p for p in SIGNED if abs(p) < 37]),
    "erf": (mp.erf, [p for p in SIGNED if abs(p) < 27]),
    "exp": (mp.exp, SIGNED),
    "log": (mp.log, [p for p in POINTS if p > 0] + [1 + 1e-9, 1 - 1e-9]),
    "log1p": (mp.log1p, [p for p in SIGNED if p > -1] + [-1 + 1e-9]),
    "sqrt": (mp.sqrt, [p for p in POINTS if p > 1e-310]),
    "sin": (mp.sin, [p for p in SIGNED if abs(p) <= 100]),
    "cos": (mp.cos, [p for p in SIGNED if abs(p) <= 100]),
}


def slope(name, a):
    s = sigmoid(a)
    return {
        "sigmoid": lambda: s * sigmoid(-a),
        "tanh": lambda: 1 / mp.cosh(a) ** 2,
        "softplus": lambda: s,
        "silu": lambda: s * (1 + a * sigmoid(-a)),
        "gelu": lambda: mp.erfc(-a / mp.sqrt(2)) / 2 + a * mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi),
        "erf": lambda: 2 / mp.sqrt(mp.pi) * mp.exp(-a * a),
        "exp": lambda: mp.exp(a),
        "log": lambda: 1 / a,
        "log1p": lambda: 1 / (1 + a),
        "sqrt": lambda: 1 / (2 * mp.sqrt(a)),
        "sin": lambda: mp.cos(a),
        "cos": lambda: -mp.sin(a),
    }[name]()


ROWS = [
    [37.42994775023705, 0.0],
    [0.0, -37.42994775023705],
    [0.0, -3.0],
    [5.0, 0.0],
    [1000.0, 990.0],
    [0.0, -20.0, -25.0],
    [1.0, 1.0],
    [30.0, 0.0, -30.0, 28.0],
    [700.0, 0.0, 1.0],
]


def log_total(row):
    return mp.log(sum(mp.exp(a) for a in row))


def lines():
    for name, (function, points) in UNARY.items():
        for point in points:
            a = mpf(point)
            yield name, [a], [function(a)], [slope(name, a)]
    for row in ROWS:
        row = [mpf(a) for a in row]
        total = sum(mp.exp(a) for a in row)
        weights = [mp.exp(a) / total for a in row]
        yield "logsumexp", row, [log_total(row)], weights
        for label in range(len(row)):
            rest = sum(mp.exp(a) for i, a in enumerate(row) if i != label) / total
            slopes = [w if i != label else -rest for i, w in enumerate(weights)]
            value = log_total([a - row[label] for a in row])
            yield f"cross_entropy_{label}", row, [value], slopes
            # The entry of the label in log_softmax alone: the slopes are the others' turned around.
            yield f"log_softmax_{label}", row, [-value], [-s for s in slopes]


def written(numbers):
    return " ".join(nstr(number, 25, strip_zeros=False) for number in numbers)


if __name__ == "__main__":
    to = Path(__file__).parents[2] / "autograd/core/tests/core/accuracy.txt"
    text = "".join(f"{name}|{written(a)}|{written(y)}|{written(g)}\n" for name, a, y, g in lines())
    to.write_text(text)
