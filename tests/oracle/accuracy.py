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
    "log_sigmoid": (lambda a: -mp.log1p(mp.exp(-a)), SIGNED),
    "power_2": (lambda a: a**2, [p for p in SIGNED if p == 0 or 1e-150 < abs(p)]),
    "power_-3": (lambda a: a**-3, [p for p in SIGNED if 1e-99 < abs(p)]),
    "power_0.5": (mp.sqrt, [p for p in POINTS if p > 1e-310]),
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
        "log_sigmoid": lambda: sigmoid(-a),
        "power_2": lambda: 2 * a,
        "power_-3": lambda: -3 * a**-4,
        "power_0.5": lambda: 1 / (2 * mp.sqrt(a)),
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


# Entries that cancel, and entries that are far apart.
PAIRS = [
    (1.0, 1e-20),
    (1.0, -0.9999999999),
    (1e-300, 3.0),
    (0.1, 0.3),
    (700.0, 1e-5),
    (2.5, 30.0),
    (1e-5, 6.0),
    (0.99999999, 1e8),
]
BINARY = {
    "add": (lambda a, b: (a + b, 1, 1)),
    "sub": (lambda a, b: (a - b, 1, -1)),
    "mul": (lambda a, b: (a * b, b, a)),
    "div": (lambda a, b: (a / b, 1 / b, -a / b**2)),
    "pow": (lambda a, b: (a**b, b * a ** (b - 1), a**b * mp.log(a))),
}


def log_total(row):
    return mp.log(sum(mp.exp(a) for a in row))


EPSILON = mpf(1e-5)


def normal(row, label, mean):
    """One entry of a row divided by its size, and its slopes; with a mean, that is subtracted first."""
    count = len(row)
    centred = row if mean is None else [a - mean for a in row]
    size = mp.sqrt(sum(a**2 for a in centred) / count + EPSILON)
    y = [a / size for a in centred]
    share = mpf(0) if mean is None else mpf(1) / count
    return [y[label]], [((i == label) - share - y[label] * y[i] / count) / size for i in range(count)]


def lines():
    for name, (function, points) in UNARY.items():
        for point in points:
            a = mpf(point)
            yield name, [a], [function(a)], [slope(name, a)]
    for name, both in BINARY.items():
        for pair in PAIRS:
            a, b = map(mpf, pair)
            value, by_a, by_b = both(a, b)
            yield name, [a, b], [value], [by_a, by_b]
    for row in ROWS + [[1.0, 1e-17, -1.0], [0.1, 0.2, 0.3, -0.6]]:
        row = [mpf(a) for a in row]
        ones = [mpf(1)] * len(row)
        yield "sum", row, [sum(row)], ones
        yield "mean", row, [sum(row) / len(row)], [1 / mpf(len(row))] * len(row)
        yield "cumsum", row, [sum(row[: i + 1]) for i in range(len(row))], [mpf(len(row) - i) for i in range(len(row))]
        rest = [mp.fprod(row[:i] + row[i + 1 :]) for i in range(len(row))]
        yield "prod", row, [mp.fprod(row)], rest
    for row in ROWS:
        row = [mpf(a) for a in row]
        total = sum(mp.exp(a) for a in row)
        weights = [mp.exp(a) / total for a in row]
        yield "logsumexp", row, [log_total(row)], weights
        for label in range(len(row)):
            rest = sum(mp.exp(a) for i, a in enumerate(row) if i != label) / total
            own = weights[label]
            yield f"softmax_{label}", row, [own], [own * rest if i == label else -own * w for i, w in enumerate(weights)]
            slopes = [w if i != label else -rest for i, w in enumerate(weights)]
            value = log_total([a - row[label] for a in row])
            yield f"cross_entropy_{label}", row, [value], slopes
            # The entry of the label in log_softmax alone: the slopes are the others' turned around.
            yield f"log_softmax_{label}", row, [-value], [-s for s in slopes]
    for target in (0, 1):
        for point in SIGNED:
            b = mpf(point)
            sign = 1 - 2 * target
            yield f"sigmoid_cross_entropy_{target}", [b], [mp.log1p(mp.exp(sign * b))], [sign * sigmoid(sign * b)]
    for row in ROWS:
        row = [mpf(a) for a in row]
        for label in range(len(row)):
            yield f"layer_norm_{label}", row, *normal(row, label, sum(row) / len(row))
            yield f"rms_norm_{label}", row, *normal(row, label, None)


def written(numbers):
    return " ".join(nstr(number, 25, strip_zeros=False) for number in numbers)


if __name__ == "__main__":
    to = Path(__file__).parents[2] / "autograd/core/tests/core/accuracy.txt"
    text = "".join(f"{name}|{written(a)}|{written(y)}|{written(g)}\n" for name, a, y, g in lines())
    to.write_text(text)
