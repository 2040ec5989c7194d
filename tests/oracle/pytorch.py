#!/usr/bin/env python3
"""Cases of every op, computed by PyTorch in double precision: one JSON object a line, for `tapegrad check --oracle`.

    python3 tests/oracle/pytorch.py > cases.jsonl
    tapegrad check --oracle cases.jsonl

At least five cases an op: usual values, broadcasting, an empty axis, ties, masks, large magnitudes. What an op does at a
tie is a convention, and PyTorch's differs from ours in places; such a case says so in its id and is left out here:
`torch.max` over an axis and `sort` give the gradient of a tie to one entry, `amax`, `maximum` and ours share it.
Needs PyTorch; the suite itself reads a stored sample of the output and does not.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
INF = float("inf")
count = {}


def number(x):
    if isinstance(x, bool) or isinstance(x, int):
        return x
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return x


def tensor(t):
    dtype = {torch.float64: "f64", torch.int64: "i64", torch.bool: "bool"}[t.dtype]
    return {"shape": list(t.shape), "dtype": dtype, "data": [number(x) for x in t.detach().reshape(-1).tolist()]}


def case(what, op, inputs, formula, attrs=None):
    """One case: `formula` of the inputs, and its gradients for a random upstream gradient of multiples of 1/64."""
    leaves = {k: v.clone().requires_grad_(v.dtype == torch.float64) for k, v in inputs.items()}
    y = formula(*leaves.values())
    if not isinstance(y, torch.Tensor) or y.dtype != torch.float64:
        y = torch.as_tensor(y, dtype=torch.float64)
    g_y = torch.randint(1, 129, y.shape).double() / 64 * torch.where(torch.rand(y.shape) < 0.5, -1.0, 1.0)
    real = [v for v in leaves.values() if v.requires_grad]
    grads = {}
    if real and y.requires_grad:
        # Where PyTorch has no value (a log of 0 inside) a gradient may be nan; infinite values get no upstream gradient.
        g_y = torch.where(torch.isfinite(y), g_y, torch.zeros_like(g_y))
        found = torch.autograd.grad(y, real, g_y, allow_unused=True)
        names = [k for k, v in leaves.items() if v.requires_grad]
        grads = {k: tensor(g if g is not None else torch.zeros_like(leaves[k])) for k, g in zip(names, found)}
    count[op] = count.get(op, 0) + 1
    print(json.dumps({
        "id": f"{op}-{count[op]} {what}", "op": op, "attrs": attrs or {},
        "inputs": {k: tensor(v) for k, v in leaves.items()}, "outputs": {"y": tensor(y)},
        "grad_outputs": {"y": tensor(g_y)}, "grads": grads,
    }))


def randn(*shape):
    return torch.randn(shape)


def positive(*shape):
    return torch.rand(shape) * 2 + 0.2


def away(*shape):
    return torch.where(torch.rand(shape) < 0.5, -1.0, 1.0) * positive(*shape)


PAIRS = [("equal shapes", (3, 2), (3, 2)), ("a number and an array", (), (2, 3)), ("missing axis", (2, 3), (3,)),
         ("axes of 1 on both sides", (2, 1, 3), (1, 4, 1)), ("empty axis", (0, 3), (1, 3)), ("one entry", (1,), (1, 1))]

BINARY = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow,
          "maximum": torch.maximum, "minimum": torch.minimum}
for name, f in BINARY.items():
    for what, a, b in PAIRS:
        case(what, name, {"a": positive(*a), "b": away(*b)}, f)
    case("large", name, {"a": positive(4) * (10.0 if name == "pow" else 1e8), "b": away(4) * (3.0 if name == "pow" else 1e8)}, f)
    case("tiny", name, {"a": positive(4) * 1e-8, "b": away(4)}, f)
for name in ("maximum", "minimum"):
    case("ties share", name, {"a": torch.tensor([1.0, 2.0, 2.0]), "b": torch.tensor([2.0, 2.0, 1.0])}, BINARY[name])

UNARY = {"neg": torch.neg, "exp": torch.exp, "abs": torch.abs, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
         "relu": torch.relu, "silu": F.silu, "erf": torch.erf, "sin": torch.sin, "cos": torch.cos, "floor": torch.floor,
         "round": torch.round, "sign": torch.sign, "softplus": lambda a: F.softplus(a, threshold=1e9)}
for name, f in UNARY.items():
    for what, x in [("rank 2", randn(3, 2)), ("a number", randn()), ("empty", randn(2, 0)), ("rank 3", randn(2, 1, 3)),
                    ("large", away(5) * (200.0 if name == "exp" else 1e4)), ("tiny", away(5) * 1e-9),
                    ("saturated", torch.tensor([-40.0, -30.0, 30.0, 40.0]))]:
        case(what, name, {"a": x}, f)
    case("zeros", name, {"a": torch.tensor([0.0, -0.0, 1.0])}, f)
for name, f in {"log": torch.log, "sqrt": torch.sqrt}.items():
    for what, x in [("rank 2", positive(3, 2)), ("a number", positive()), ("empty", positive(0)), ("large", positive(4) * 1e12),
                    ("tiny", positive(4) * 1e-12), ("rank 3", positive(2, 2, 2))]:
        case(what, name, {"a": x}, f)
for what, x in [("rank 2", positive(3, 2)), ("a number", positive()), ("empty", positive(0)), ("tiny", away(4) * 1e-17),
                ("near -1", torch.tensor([-0.999999, -0.5])), ("large", positive(4) * 1e12)]:
    case(what, "log1p", {"a": x}, torch.log1p)
for form, approximate in (("exact", "none"), ("tanh", "tanh")):
    for what, x in [("rank 2", randn(3, 2)), ("a number", randn()), ("empty", randn(0, 2)), ("large", away(4) * 30),
                    ("tiny", away(4) * 1e-9), ("tails", torch.tensor([-6.0, -4.0, 4.0, 6.0]))]:
        case(what, "gelu", {"a": x}, lambda a: F.gelu(a, approximate=approximate), {"form": form})
for n in (0.0, 1.0, 2.0, 3.0, 0.5, -1.0, -2.0):
    case(f"n = {n}", "power", {"a": positive(2, 3)}, lambda a: a ** n, {"n": n})
case("negative base", "power", {"a": -positive(3)}, lambda a: a ** 3.0, {"n": 3.0})
case("empty", "power", {"a": positive(0)}, lambda a: a ** 2.0, {"n": 2.0})
for what, x, lo, hi in [("inside and outside", away(3, 2), -1.0, 1.0), ("a number", randn(), -2.0, 2.0), ("empty", randn(0), -1.0, 1.0),
                        ("one side", away(5), 0.0, INF), ("large", away(5) * 1e6, -1e6, 1e6)]:
    case(what, "clip", {"a": x}, lambda a: torch.clamp(a, lo, hi), {"lo": number(lo), "hi": number(hi)})

for what, m, a, b in [("equal shapes", (3, 2), (3, 2), (3, 2)), ("mask broadcast", (2,), (3, 2), (3, 2)), ("numbers", (3,), (), ()),
                      ("all broadcast", (2, 1, 1), (3, 1), (2,)), ("empty", (0, 2), (1, 2), (2,))]:
    case(what, "where", {"mask": torch.rand(m) < 0.5, "a": randn(*a), "b": randn(*b)}, torch.where)
case("infinite in the branch not taken", "where",
     {"mask": torch.tensor([True, False]), "a": torch.tensor([1.0, INF]), "b": torch.tensor([-INF, 2.0])}, torch.where)


def reduced(f):
    def over(a, axes):
        dims = tuple(range(a.dim())) if axes is None else tuple(axes)
        return f(a, dims) if dims else a * 1.0
    return over


def prod(a, dims):
    for d in sorted(dims, reverse=True):
        a = a.prod(d)
    return a


REDUCTIONS = {"sum": reduced(lambda a, d: a.sum(d)), "mean": reduced(lambda a, d: a.mean(d)),
              "max": reduced(lambda a, d: a.amax(d)), "min": reduced(lambda a, d: a.amin(d)), "prod": reduced(prod),
              "logsumexp": reduced(lambda a, d: torch.logsumexp(a, d))}
for name, f in REDUCTIONS.items():
    for what, x, axes in [("last axis", randn(3, 4), [1]), ("first axis", randn(3, 4), [0]), ("two axes", randn(2, 3, 4), [0, 2]),
                          ("all", randn(2, 3), None), ("axis of 1", randn(3, 1), [1]), ("large", away(3, 2) * (50.0 if name == "prod" else 1e6), [1]),
                          ("other axis empty", randn(0, 3), [1])]:
        case(what, name, {"a": x}, lambda a: f(a, axes), {"over": axes})
for name in ("max", "min"):
    case("ties share", name, {"a": torch.tensor([[2.0, 2.0, 1.0], [1.0, 1.0, 1.0]])}, lambda a: REDUCTIONS[name](a, [1]), {"over": [1]})
for name in ("sum", "prod"):
    case("empty", name, {"a": randn(2, 0)}, lambda a: REDUCTIONS[name](a, [1]), {"over": [1]})
case("one zero", "prod", {"a": torch.tensor([[2.0, 0.0, 3.0]])}, lambda a: REDUCTIONS["prod"](a, [1]), {"over": [1]})
case("two zeros", "prod", {"a": torch.tensor([[2.0, 0.0, 0.0]])}, lambda a: REDUCTIONS["prod"](a, [1]), {"over": [1]})
case("huge", "logsumexp", {"a": torch.tensor([[1e4, 1e4 - 1.0], [-1e4, -1e4 - 1.0]])}, lambda a: torch.logsumexp(a, 1), {"over": [1]})
case("masked", "logsumexp", {"a": torch.tensor([[0.5, -INF, 1.0]])}, lambda a: torch.logsumexp(a, 1), {"over": [1]})

for name, f in {"softmax": torch.softmax, "log_softmax": torch.log_softmax}.items():
    for what, x, axis in [("last axis", randn(3, 4), 1), ("first axis", randn(3, 4), 0), ("middle axis", randn(2, 3, 2), 1),
                          ("one entry", randn(3, 1), 1), ("empty", randn(0, 3), 1), ("large", away(2, 3) * 1e4, 1),
                          ("equal", torch.ones(2, 3), 1)]:
        case(what, name, {"a": x}, lambda a: f(a, axis), {"axis": axis})
case("masked", "softmax", {"a": torch.tensor([[0.5, -INF, 1.0]])}, lambda a: torch.softmax(a, 1), {"axis": 1})

for what, a, b in [("matrices", (3, 4), (4, 2)), ("vector and matrix", (4,), (4, 2)), ("matrix and vector", (3, 4), (4,)),
                   ("vectors", (4,), (4,)), ("stacks", (2, 3, 4), (2, 4, 2)), ("broadcast stack", (3, 4), (2, 4, 2)),
                   ("stacks of 1", (2, 1, 3, 4), (5, 4, 2)), ("nothing to sum", (2, 0), (0, 3)), ("no rows", (0, 2), (2, 3))]:
    case(what, "matmul", {"a": randn(*a), "b": randn(*b)}, torch.matmul)
case("large", "matmul", {"a": randn(3, 3) * 1e8, "b": randn(3, 3) * 1e-8}, torch.matmul)

for what, x, order in [("transposed", randn(2, 3), [1, 0]), ("as it is", randn(2, 3), [0, 1]), ("three axes", randn(2, 3, 4), [2, 0, 1]),
                       ("empty", randn(0, 3), [1, 0]), ("four axes", randn(2, 1, 3, 2), [3, 1, 0, 2])]:
    case(what, "permute", {"x": x}, lambda x: x.permute(order), {"order": order})
for what, x, to in [("flat", randn(2, 3), [6]), ("split", randn(6), [2, 3]), ("a number", randn(1, 1), []), ("empty", randn(0, 3), [3, 0]),
                    ("three axes", randn(4, 3), [2, 2, 3])]:
    case(what, "reshape", {"x": x}, lambda x: x.reshape(to), {"to": to})
for what, x, to in [("a number", randn(), [3]), ("new axis", randn(3), [2, 3]), ("axis of 1", randn(2, 1), [2, 3]),
                    ("empty", randn(1, 3), [0, 3]), ("both", randn(2, 1, 1), [4, 2, 3, 2])]:
    case(what, "broadcast", {"x": x}, lambda x: x.broadcast_to(to), {"to": to})
for what, x, axis, start, end in [("middle", randn(5), 0, 1, 4), ("nothing", randn(3), 0, 2, 2), ("all", randn(2, 3), 1, 0, 3),
                                  ("last column", randn(2, 3), 1, 2, 3), ("empty", randn(0, 3), 1, 1, 2)]:
    case(what, "slice", {"x": x}, lambda x: x.narrow(axis, start, end - start), {"axis": axis, "start": start, "end": end})
for what, parts, axis in [("two", [(2, 3), (1, 3)], 0), ("last axis", [(2, 3), (2, 1)], 1), ("three", [(1,), (2,), (3,)], 0),
                          ("one", [(2, 2)], 0), ("with an empty one", [(2, 0), (2, 3)], 1)]:
    case(what, "concat", {f"a.{i}": randn(*s) for i, s in enumerate(parts)}, lambda *a: torch.cat(a, axis), {"axis": axis})
for what, shape, many, axis in [("numbers", (), 3, 0), ("rows", (3,), 2, 0), ("columns", (3,), 2, 1), ("one", (2, 2), 1, 1), ("empty", (0, 2), 2, 2)]:
    case(what, "stack", {f"a.{i}": randn(*shape) for i in range(many)}, lambda *a: torch.stack(a, axis), {"axis": axis})

for what, table, ids in [("one row twice", (4, 3), torch.tensor([1, 1, 0])), ("a batch", (5, 2), torch.tensor([[0, 4], [3, 3]])),
                         ("one id", (3, 2), torch.tensor(2)), ("no ids", (3, 2), torch.zeros(0, dtype=torch.int64)),
                         ("wide", (2, 7), torch.tensor([1, 0, 1, 1]))]:
    case(what, "embedding", {"table": randn(*table), "ids": ids}, lambda t, i: F.embedding(i, t))
for what, x, ids in [("rows", (3, 4), torch.tensor([0, 3, 1])), ("batch", (2, 2, 3), torch.tensor([[0, 1], [2, 2]])),
                     ("one row", (4,), torch.tensor(2)), ("empty", (0, 3), torch.zeros(0, dtype=torch.int64)),
                     ("one class", (3, 1), torch.tensor([0, 0, 0]))]:
    case(what, "pick", {"x": randn(*x), "ids": ids}, lambda x, i: x.gather(-1, i.unsqueeze(-1)).squeeze(-1))
for what, x, axis in [("one axis", randn(4), 0), ("last", randn(2, 3), 1), ("first", randn(3, 2), 0), ("empty", randn(2, 0), 1),
                      ("middle", randn(2, 3, 2), 1), ("large", randn(4) * 1e8, 0)]:
    case(what, "cumsum", {"x": x}, lambda x: torch.cumsum(x, axis), {"axis": axis})
for queries, keys in [(1, 1), (3, 3), (1, 4), (2, 5), (4, 4)]:
    mask = torch.full((queries, keys), -INF).triu(keys - queries + 1)
    case(f"{queries} x {keys}", "causal_mask", {}, lambda: mask, {"queries": queries, "keys": keys})
for what, ids in [("none", torch.tensor([1, 2])), ("some", torch.tensor([0, 1, 0])), ("all", torch.tensor([0, 0])),
                  ("batch", torch.tensor([[0, 1], [2, 0]])), ("empty", torch.zeros(0, dtype=torch.int64))]:
    case(what, "counted", {"ids": ids}, lambda i: (i != 0).double(), {"ignore": 0})

for what, x, o, bias in [("rows", (3, 4), 2, True), ("without bias", (3, 4), 2, False), ("a batch", (2, 3, 4), 5, True),
                         ("no rows", (0, 3), 2, True), ("one of each", (1, 1), 1, True), ("wide", (2, 17), 33, True)]:
    inputs = {"x": randn(*x), "W": randn(o, x[-1])} | ({"b": randn(o)} if bias else {})
    case(what, "linear", inputs, F.linear)

for what, x, given, epsilon in [("plain", (3, 4), 0, 1e-5), ("gamma", (3, 4), 1, 1e-5), ("gamma and beta", (2, 3, 5), 2, 1e-5),
                                ("one channel", (3, 1), 2, 1e-5), ("large epsilon", (2, 4), 2, 0.5), ("no rows", (0, 4), 2, 1e-5)]:
    scale = [randn(x[-1]) for _ in range(given)]
    inputs = {"x": randn(*x)} | dict(zip(("gamma", "beta"), scale))
    case(what, "layer_norm", inputs, lambda x, *gb: F.layer_norm(x, x.shape[-1:], *gb, **({"bias": None} if len(gb) < 2 else {}), eps=epsilon)
         if gb else F.layer_norm(x, x.shape[-1:], eps=epsilon), {"epsilon": epsilon})
    if given < 2:
        case(what, "rms_norm", inputs, lambda x, *g: F.rms_norm(x, x.shape[-1:], *g, eps=epsilon), {"epsilon": epsilon})
for what, x in [("large", randn(2, 5) * 1e6), ("far from 0", randn(2, 5) + 1e3), ("equal entries", torch.ones(2, 3))]:
    case(what, "layer_norm", {"x": x}, lambda x: F.layer_norm(x, x.shape[-1:], eps=1e-5), {"epsilon": 1e-5})
    case(what, "rms_norm", {"x": x}, lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-5), {"epsilon": 1e-5})
case("one channel", "rms_norm", {"x": away(3, 1)}, lambda x: F.rms_norm(x, x.shape[-1:], eps=1e-5), {"epsilon": 1e-5})

for reduction in ("sum", "mean", "none"):
    for what, x, ids, ignore in [("rows", randn(3, 4), torch.tensor([0, 3, 1]), None), ("ignored", randn(3, 4), torch.tensor([0, 2, 0]), 0),
                                 ("a batch", randn(2, 3, 4), torch.tensor([[0, 1, 2], [3, 0, 0]]), 3), ("large", randn(2, 3) * 1e4, torch.tensor([1, 2]), None),
                                 ("one row", randn(5), torch.tensor(4), None), ("one class", randn(2, 1), torch.tensor([0, 0]), None)]:
        def loss(x, i):
            flat = F.cross_entropy(x.reshape(-1, x.shape[-1]), i.reshape(-1), reduction=reduction,
                                   ignore_index=-100 if ignore is None else ignore)
            return flat.reshape(i.shape) if reduction == "none" else flat
        case(what, "cross_entropy", {"logits": x, "ids": ids}, loss, {"ignore": ignore, "reduction": reduction})
for what, b, t in [("rank 2", randn(3, 2), torch.rand(3, 2)), ("hard targets", randn(4), torch.tensor([0.0, 1.0, 1.0, 0.0])),
                   ("large", away(4) * 1e4, torch.rand(4)), ("a number", randn(), torch.rand(())), ("empty", randn(0), torch.rand(0))]:
    case(what, "sigmoid_cross_entropy", {"b": b, "t": t},
         lambda b, t: F.softplus(b, threshold=1e9) - t * b if what != "large" else b.clamp(min=0) + torch.log1p(torch.exp(-b.abs())) - t * b)


def attention(heads, kv_heads, causal):
    def f(q, k, v, mask=None):
        b, tq, tk = q.shape[0], q.shape[1], k.shape[1]
        split = lambda x, h: x.reshape(b, x.shape[1], h, -1).transpose(1, 2)
        q, k, v = split(q, heads), split(k, kv_heads), split(v, kv_heads)
        seen = torch.ones(tq, tk, dtype=torch.bool).tril(tk - tq) if causal else torch.ones(tq, tk, dtype=torch.bool)
        seen = seen.expand(b, 1, tq, tk)
        if mask is not None:
            seen = seen & mask.reshape(b, 1, 1, tk)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, enable_gqa=True)
        return y.transpose(1, 2).reshape(b, tq, -1)
    return f


for what, b, tq, tk, h, kv, d, causal, masked in [
        ("one head", 2, 3, 3, 1, 1, 4, False, False), ("causal", 2, 4, 4, 2, 2, 3, True, False), ("fewer keys' heads", 1, 3, 3, 4, 2, 2, True, False),
        ("behind a cache", 1, 2, 5, 2, 1, 3, True, False), ("padding", 2, 3, 4, 2, 2, 2, False, True), ("one token", 1, 1, 1, 1, 1, 1, True, False)]:
    inputs = {"q": randn(b, tq, h * d), "k": randn(b, tk, kv * d), "v": randn(b, tk, kv * d)}
    if masked:
        inputs["mask"] = torch.tensor([[True, True, False, False], [True, True, True, False]])
    case(what, "attention", inputs, attention(h, kv, causal), {"heads": h, "kv_heads": kv, "causal": causal})
case("large scores", "attention", {"q": randn(1, 3, 2) * 100, "k": randn(1, 3, 2) * 100, "v": randn(1, 3, 2)}, attention(1, 1, True),
     {"heads": 1, "kv_heads": 1, "causal": True})


def rotary(heads, base, start):
    def f(x):
        b, t, c = x.shape
        d = c // heads
        angle = (torch.arange(t) + start).double()[:, None] * base ** (-2.0 * torch.arange(d // 2).double() / d)
        pairs = torch.view_as_complex(x.reshape(b, t, heads, d // 2, 2).contiguous())
        turned = pairs * torch.polar(torch.ones_like(angle), angle)[:, None, :]
        return torch.view_as_real(turned).reshape(b, t, c)
    return f


for what, b, t, h, d, base, start in [("one head", 2, 3, 1, 4, 10000.0, 0), ("two heads", 1, 4, 2, 2, 100.0, 0), ("behind a cache", 1, 2, 1, 4, 100.0, 7),
                                      ("one pair", 1, 1, 1, 2, 10.0, 3), ("far", 1, 2, 1, 4, 10000.0, 4000)]:
    case(what, "rotary", {"x": randn(b, t, h * d)}, rotary(h, base, start), {"heads": h, "base": base, "start": start})

for what, x, keep in [("rank 2", randn(3, 4), 0.5), ("all kept", randn(3), 0.9), ("a number", randn(), 0.5), ("empty", randn(0, 2), 0.5), ("large", randn(4) * 1e8, 0.1)]:
    mask = torch.rand(x.shape) < keep
    case(what, "dropout", {"x": x, "mask": mask}, lambda x, m: x * m / keep, {"keep": keep})


def rnn(x, h, w_xh, w_hh, b):
    net = [w_xh, w_hh, b, torch.zeros_like(b)]
    return torch._VF.rnn_tanh(x, h[None], net, True, 1, 0.0, False, False, True)[0]


def lstm(x, h, c, w_xh, w_hh, b):
    net = [w_xh, w_hh, b, torch.zeros_like(b)]
    return torch._VF.lstm(x, (h[None], c[None]), net, True, 1, 0.0, False, False, True)[0]


def lstm_cell(x, state, w_xh, w_hh, b):
    return torch.stack(torch._VF.lstm_cell(x, (state[0], state[1]), w_xh, w_hh, b, torch.zeros_like(b)))


for what, b, t, m, d, scale in [("small", 2, 3, 2, 3, 1.0), ("one step", 1, 1, 2, 2, 1.0), ("one of each", 1, 1, 1, 1, 1.0), ("long", 1, 12, 2, 3, 0.5),
                                ("large", 2, 3, 3, 2, 8.0)]:
    case(what, "rnn", {"x": randn(b, t, m), "h_0": randn(b, d), "W_xh": randn(d, m) * scale, "W_hh": randn(d, d) * scale, "b": randn(d)}, rnn)
    gates = {"W_xh": randn(4 * d, m) * scale, "W_hh": randn(4 * d, d) * scale, "b": randn(4 * d)}
    case(what, "lstm", {"x": randn(b, t, m), "h_0": randn(b, d), "c_0": randn(b, d)} | gates, lstm)
    case(what, "lstm_cell", {"x": randn(b, m), "state": randn(2, b, d)} | gates, lstm_cell)

for what, x, axis in [("rows", (2, 3), 1), ("columns", (2, 3), 0), ("one entry", (1,), 0), ("empty", (0, 2), 1), ("middle", (2, 3, 2), 1)]:
    case(what, "flip", {"x": randn(*x)}, lambda x: torch.flip(x, (axis,)), {"axis": axis})
for what, x, k in [("one", (4,), 1), ("two of five", (3, 5), 2), ("all", (2, 3), 3), ("none", (2, 3), 0), ("rank 3", (2, 2, 4), 2)]:
    case(what, "top_k", {"x": randn(*x)}, lambda x: torch.topk(x, k)[0], {"k": k})
for what, x in [("rank 2", randn(2, 3)), ("a number", randn()), ("empty", randn(0)), ("large", randn(2) * 1e8), ("rank 1", randn(4))]:
    case(what, "detach", {"x": x}, lambda x: x.detach(), {})


def spread(*shape):
    """Square matrices of which each row has one entry that is larger than the others together, not on the diagonal."""
    n = shape[-1]
    return torch.roll(torch.eye(n), 1, 0) * 1.5 + (torch.rand(*shape) - 0.5) / max(n, 1)


def covariance(*shape):
    x = randn(*shape)
    return x @ x.transpose(-1, -2) + shape[-1] * torch.eye(shape[-1])


MATRICES = [("one row", (1, 1)), ("two rows", (2, 2)), ("five rows", (5, 5)), ("a stack", (3, 4, 4)), ("two axes of a stack", (2, 2, 3, 3)), ("empty", (2, 0, 0))]
for what, shape in MATRICES:
    case(what, "inverse", {"a": spread(*shape)}, torch.linalg.inv)
    case(what, "logdet", {"a": spread(*shape)}, lambda a: torch.linalg.slogdet(a)[1])
    case(what, "cholesky", {"a": covariance(*shape)}, torch.linalg.cholesky)
    case(f"{what}, one right side", "solve", {"a": spread(*shape), "b": randn(*shape[:-1])}, lambda a, b: torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1))
    case(f"{what}, three right sides", "solve", {"a": spread(*shape), "b": randn(*shape[:-1], 3)}, torch.linalg.solve)
    case(what, "tril", {"x": randn(*shape)}, torch.tril, {"below": 0})
for what, scale in [("large", 1e8), ("tiny", 1e-8)]:
    case(what, "inverse", {"a": spread(3, 3) * scale}, torch.linalg.inv)
    case(what, "logdet", {"a": spread(3, 3) * scale}, lambda a: torch.linalg.slogdet(a)[1])
    case(what, "cholesky", {"a": covariance(3, 3) * scale}, torch.linalg.cholesky)
    case(what, "solve", {"a": spread(3, 3) * scale, "b": randn(3)}, torch.linalg.solve)
case("nearly singular", "inverse", {"a": torch.tensor([[1.0, 2.0], [2.0, 4.001]])}, torch.linalg.inv)
case("a kernel with little noise", "cholesky", {"a": torch.exp(-(torch.arange(5.0)[:, None] - torch.arange(5.0)) ** 2 / 8) + 1e-4 * torch.eye(5)}, torch.linalg.cholesky)
for what, shape, below in [("strictly below", (3, 3), 1), ("more rows", (4, 2), 0), ("more columns", (2, 4), 1), ("beyond", (2, 2), 3)]:
    case(what, "tril", {"x": randn(*shape)}, lambda x: torch.tril(x, -below), {"below": below})


def general_attention(heads, kv_heads, causal, scale=None, window=None, cap=None, zero=False):
    def f(q, k, v, mask=None, bias=None, sink=None):
        b, tq, tk = q.shape[0], q.shape[1], k.shape[1]
        split = lambda x, h: x.reshape(b, x.shape[1], h, -1).transpose(1, 2)
        q, k, v = split(q, heads), split(k, kv_heads), split(v, kv_heads)
        k, v = [x.repeat_interleave(heads // kv_heads, 1) for x in (k, v)]
        s = q @ k.transpose(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
        if cap is not None:
            s = cap * torch.tanh(s / cap)
        if bias is not None:
            s = s + bias
        before = torch.arange(tq)[:, None] + tk - tq - torch.arange(tk)
        seen = torch.ones(tq, tk, dtype=torch.bool)
        if causal:
            seen = seen & (before >= 0)
        if window is not None:
            seen = seen & (before.abs() < window)
        if mask is not None and mask.dim() > 0:
            seen = seen & (mask[:, None, None, :] if mask.dim() == 2 else mask[:, None])
        s = s.masked_fill(~seen, -INF)
        if sink is not None:
            s = torch.cat([s, sink.reshape(1, heads, 1, 1).expand(b, heads, tq, 1)], -1)
        if zero:
            blind = (s == -INF).all(-1, keepdim=True)
            p = torch.softmax(s.masked_fill(blind, 0.0), -1).masked_fill(blind, 0.0)
        else:
            p = torch.softmax(s, -1)
        return (p[..., :tk] @ v).transpose(1, 2).reshape(b, tq, -1)
    return f


YES = torch.tensor(True)
for what, (b, tq, tk, h, kv, d, e), causal, options, beside in [
        ("a scale", (2, 3, 3, 2, 2, 3, 3), False, {"scale": 0.25}, {}), ("a cap", (1, 3, 4, 2, 1, 2, 2), True, {"cap": 0.5}, {}),
        ("values of another width", (2, 3, 3, 2, 1, 2, 5), True, {}, {}), ("a window", (1, 5, 5, 1, 1, 2, 2), True, {"window": 2}, {}),
        ("a window on both sides", (1, 5, 5, 2, 2, 2, 2), False, {"window": 2}, {}), ("a window behind a cache", (1, 2, 6, 1, 1, 2, 2), True, {"window": 3}, {}),
        ("a bias of heads", (2, 3, 3, 2, 2, 2, 2), True, {}, {"mask": YES, "bias": randn(2, 3, 3)}),
        ("a bias of all", (2, 2, 3, 2, 1, 2, 2), False, {}, {"mask": YES, "bias": randn(2, 2, 2, 3)}),
        ("a bias of keys", (2, 2, 3, 2, 1, 2, 2), False, {}, {"mask": YES, "bias": randn(3)}),
        ("a mask of pairs", (1, 2, 3, 1, 1, 2, 2), False, {}, {"mask": torch.tensor([[[True, False, True], [False, False, True]]])}),
        ("sinks", (2, 3, 3, 2, 1, 2, 2), True, {}, {"mask": YES, "bias": torch.zeros(()), "sink": randn(2)}),
        ("padding on the left", (2, 3, 3, 2, 2, 2, 2), True, {"zero": True}, {"mask": torch.tensor([[False, False, True], [True, True, True]])}),
        ("all that there is", (2, 3, 4, 4, 2, 2, 3), True, {"scale": 0.7, "window": 2, "cap": 2.0},
         {"mask": torch.rand(2, 3, 4) < 0.6, "bias": randn(4, 3, 4), "sink": randn(4)})]:
    inputs = {"q": randn(b, tq, h * d), "k": randn(b, tk, kv * d), "v": randn(b, tk, kv * e)} | beside
    attrs = {"heads": h, "kv_heads": kv, "causal": causal} | {("blind_zero" if k == "zero" else k): v for k, v in options.items()}
    case(what, "attention", inputs, general_attention(h, kv, causal, **options), attrs)


def rotary_of_halves(heads, base, start):
    def f(x):
        b, t, c = x.shape
        d = c // heads
        angle = (torch.arange(t) + start).double()[:, None] * base ** (-2.0 * torch.arange(d // 2).double() / d)
        angle = torch.cat([angle, angle], -1)[:, None, :]
        x = x.reshape(b, t, heads, d)
        turned = torch.cat([-x[..., d // 2:], x[..., :d // 2]], -1)
        return (x * torch.cos(angle) + turned * torch.sin(angle)).reshape(b, t, c)
    return f


for what, b, t, h, d, base, start in [("halves", 2, 3, 1, 4, 10000.0, 0), ("halves of two heads", 1, 4, 2, 6, 100.0, 5)]:
    case(what, "rotary", {"x": randn(b, t, h * d)}, rotary_of_halves(h, base, start), {"heads": h, "base": base, "start": start, "halves": True})


def lstm_with_cells(x, h, c, w_xh, w_hh, b):
    outputs, cells = [], []
    for t in range(x.shape[1]):
        h, c = torch._VF.lstm_cell(x[:, t], (h, c), w_xh, w_hh, b, torch.zeros_like(b))
        outputs.append(h)
        cells.append(c)
    return torch.stack([torch.stack(outputs, 1), torch.stack(cells, 1)])


for what, b, t, m, d in [("with cells", 2, 3, 2, 3), ("one step with cells", 1, 1, 2, 2), ("long with cells", 1, 12, 2, 3)]:
    case(what, "lstm", {"x": randn(b, t, m), "h_0": randn(b, d), "c_0": randn(b, d), "W_xh": randn(4 * d, m), "W_hh": randn(4 * d, d), "b": randn(4 * d)},
         lstm_with_cells, {"cells": True})

for what, x in [("rank 2", randn(3, 2)), ("a number", randn()), ("empty", randn(2, 0)), ("large", away(5) * 1e4), ("tiny", away(5) * 1e-9),
                ("saturated", torch.tensor([-40.0, -30.0, 30.0, 40.0]))]:
    case(what, "log_sigmoid", {"a": x}, F.logsigmoid)
def places(to, start, steps):
    """Attributes of unfold and fold: `steps` has one row for each axis of the whole array."""
    return {"to": list(to), "start": list(start), "steps": [step for row in steps for step in row]}


def inside(size, *at):
    return sum(at).clamp(0, size - 1)


three, two = torch.arange(3), torch.arange(2)
case("windows", "unfold", {"x": randn(4)}, lambda x: x.unfold(0, 2, 1), places((3, 2), (0,), [(1, 1)]))
case("diagonal", "unfold", {"x": randn(3, 3)}, lambda x: torch.diagonal(x), places((3,), (0, 0), [(1,), (1,)]))
case("every second, backwards", "unfold", {"x": randn(5)}, lambda x: x.flip(0)[::2], places((3,), (4,), [(-2,)]))
case("windows of two axes", "unfold", {"x": randn(3, 4)}, lambda x: x.unfold(0, 2, 1).unfold(1, 3, 1), places((2, 2, 2, 3), (0, 0), [(1, 0, 1, 0), (0, 1, 0, 1)]))
case("beyond the ends", "unfold", {"x": randn(2)}, lambda x: x[inside(2, torch.arange(5) - 2)], places((5,), (-2,), [(1,)]))
case("windows", "fold", {"x": randn(3, 2)}, lambda x: torch.zeros(4).index_put((three[:, None] + two,), x, accumulate=True), places((4,), (0,), [(1, 1)]))
case("diagonal", "fold", {"x": randn(3)}, torch.diag, places((3, 3), (0, 0), [(1,), (1,)]))
case("strides", "fold", {"x": randn(2, 2)}, lambda x: x.reshape(4), places((4,), (0,), [(2, 1)]))
case("all to one", "fold", {"x": randn(2, 3)}, lambda x: x.sum().reshape(1), places((1,), (0,), [(1, -1)]))
case("pictures", "fold", {"x": randn(2, 2, 2, 2)}, lambda x: torch.nn.functional.fold(x.permute(2, 3, 0, 1).reshape(1, 4, 4), (3, 3), (2, 2))[0, 0], places((3, 3), (0, 0), [(1, 0, 1, 0), (0, 1, 0, 1)]))

few = {op: n for op, n in count.items() if n < 5}
print(f"{sum(count.values())} cases of {len(count)} ops" + (f"; fewer than five: {few}" if few else ""), file=sys.stderr)
