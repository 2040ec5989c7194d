#!/usr/bin/env python3
"""Answers of PyTorch, in double precision, to programs of `docs/graphs`: objectives and gradients at drawn numbers.

    python3 tests/oracle/programs.py        # writes tests/oracle/programs/NAME.json for all programs below
    python3 tests/oracle/programs.py ctc    # for this one

Each program has a twin here, written from its paper's formula and not from its text, where possible by another route:
all paths instead of a recurrence, the density of all measurements at once instead of a filter, a library's loss instead
of a formula. The suite reads the stored files and needs no PyTorch: `stored_answers` in the tests of the language.
"""

import itertools
import json
import math
import pathlib
import random
import sys

import torch
import torch.nn.functional as F
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent / "programs"
TWINS = {}


class Given:
    """Draws the values of a program. Numbers are multiples of 1/256, so that they are short and exact."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.values, self.leaves = {}, {}

    def _draw(self, name, shape, one, dtype):
        numbers = [one() for _ in range(math.prod(shape))]
        tensor = torch.tensor(numbers, dtype=dtype).reshape(shape)
        self.values[name] = tensor.tolist()
        return tensor

    def _number(self):
        return round(self.random.gauss(0, 0.7) * 256) / 256

    def real(self, name, *shape):
        """An input or parameter that has a gradient."""
        tensor = self._draw(name, shape, self._number, torch.float64).requires_grad_()
        self.leaves[name] = tensor
        return tensor

    def data(self, name, *shape):
        return self._draw(name, shape, self._number, torch.float64)

    def bools(self, name, *shape):
        return self._draw(name, shape, lambda: self.random.randrange(2), torch.float64)

    def ids(self, name, end, *shape):
        return self._draw(name, shape, lambda: self.random.randrange(end), torch.int64)

    def fixed(self, name, tensor):
        """A value that the others determine."""
        self.values[name] = tensor.tolist()
        return tensor


def twin(*settings):
    """Registers a function of drawn values and sizes, which returns the objective, under the program's name."""
    return lambda function: TWINS.update({function.__name__: (settings, function)})


def causal(q, k, v, **options):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, **options)


def outer(x, w):
    """[T, D] and [D, H, C] to [H, T, C]."""
    return torch.einsum("td,dhc->htc", x, w)


def turned(pairs, positions=None):
    """[.., T, 2, C]: each pair is a complex number, turned by its position times 10000^(-c/C)."""
    length, count = pairs.shape[-3], pairs.shape[-1]
    angle = torch.outer(torch.arange(length) * 1.0, 10000.0 ** (-torch.arange(count) / count))
    z = torch.complex(pairs[..., 0, :], pairs[..., 1, :]) * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], -1)


@twin(dict(U=2, D=3, V=4, T=6), dict(U=1, D=2, V=3, T=4))
def ctc(g, U, D, V, T):
    labels = [g.random.randrange(1, V) for _ in range(U)]
    spread = [0] + [part for label in labels for part in (label, 0)]
    g.fixed("y", torch.tensor(spread))
    skips = [s >= 2 and spread[s] != 0 and spread[s] != spread[s - 2] for s in range(len(spread))]
    g.fixed("skips", torch.tensor(skips) * 1)
    x, w, b = g.real("X", T, D), g.real("W", D, V), g.real("b", V)
    log_p = torch.log_softmax(x @ w + b, 1)
    return F.ctc_loss(log_p.unsqueeze(1), torch.tensor([labels]), (T,), (U,), blank=0, reduction="sum")


@twin(dict(V=4, K=2, T=5), dict(V=3, K=3, T=4))
def hmm(g, V, K, T):
    words = g.ids("w", V, T)
    start, a, b = g.real("start", K), g.real("A", K, K), g.real("B", K, V)
    start, a, b = start.log_softmax(0), a.log_softmax(1), b.log_softmax(1)
    paths = []
    for path in itertools.product(range(K), repeat=T):
        score = start[path[0]] + sum(a[i, j] for i, j in zip(path, path[1:]))
        paths.append(score + sum(b[i, w] for i, w in zip(path, words)))
    return torch.logsumexp(torch.stack(paths), 0)


@twin(dict(D=2, T=4), dict(D=3, T=2))
def kalman(g, D, T):
    y, f, h = g.real("y", T), g.real("F", D, D), g.real("h", D)
    q, r, m0 = g.real("q", D), g.real("r"), g.real("m0", D)
    # Mean and covariance of all states at once, then the density of all measurements.
    means, variances, m, p = [], [], m0, torch.eye(D)
    for _ in range(T):
        m, p = f @ m, f @ p @ f.T + torch.diag(q.exp())
        means.append(h @ m)
        variances.append(p)
    rows = []
    for s in range(T):
        for t in range(T):
            early, late = min(s, t), max(s, t)
            power = torch.linalg.matrix_power(f, late - early)
            rows.append(h @ power @ variances[early] @ h + (r.exp() if s == t else 0.0))
    covariance = torch.stack(rows).reshape(T, T)
    return MultivariateNormal(torch.stack(means), covariance).log_prob(y)


@twin(dict(N=2, D=3, T=4), dict(N=3, D=2, T=5))
def mamba(g, N, D, T):
    x, gain = g.real("x", T, D), g.real("G", T, D)
    a, w_b, w_c = -g.real("A_log", D, N).exp(), g.real("W_b", D, N), g.real("W_c", D, N)
    delta = F.softplus(x @ g.real("W_delta", D, D) + g.real("b_delta", D), threshold=1e9)
    skip = g.real("skip", D)
    b, c = x @ w_b, x @ w_c
    # y[t] is the sum of what entered at every s up to t and has decayed since.
    passed = torch.cumsum(delta, 0)
    j = (skip * x * gain).sum()
    for t in range(T):
        for s in range(t + 1):
            kept = torch.exp((passed[t] - passed[s]).unsqueeze(1) * a)
            state = kept * (delta[s] * x[s]).unsqueeze(1) * b[s]
            j = j + ((state @ c[t]) * gain[t]).sum()
    return j


def answer_log_probability(x, w, y):
    return -F.cross_entropy((x @ w).flatten(0, -2), y.flatten(), reduction="none").reshape(y.shape)


@twin(dict(B=2, T=3, D=4, V=5), dict(B=3, T=2, D=2, V=3))
def dpo(g, B, T, D, V):
    won, y_w, ref_w = g.real("X_w", B, T, D), g.ids("y_w", V, B, T), g.data("ref_w", B)
    lost, y_l, ref_l = g.real("X_l", B, T, D), g.ids("y_l", V, B, T), g.data("ref_l", B)
    w = g.real("W", D, V)
    ratio_w = answer_log_probability(won, w, y_w).sum(1) - ref_w
    ratio_l = answer_log_probability(lost, w, y_l).sum(1) - ref_l
    return -F.logsigmoid(0.1 * (ratio_w - ratio_l)).mean()


@twin(dict(B=5, S=3, A=4), dict(B=7, S=2, A=3))
def ppo(g, B, S, A):
    s, action = g.real("s", B, S), g.ids("action", A, B)
    old, advantage, target = g.data("old", B), g.data("advantage", B), g.data("target", B)
    policy = Categorical(logits=s @ g.real("W", S, A) + g.real("b", A))
    value = s @ g.real("w_v", S)
    ratio = torch.exp(policy.log_prob(action) - old)
    gain = torch.minimum(ratio * advantage, torch.clamp(ratio, 0.8, 1.2) * advantage)
    return gain.mean() - 0.5 * F.mse_loss(value, target) + 0.01 * policy.entropy().mean()


@twin(dict(T=2, D=3, V=4, G=5), dict(T=3, D=2, V=3, G=4))
def grpo(g, T, D, V, G):
    x, y, old = g.real("X", G, T, D), g.ids("y", V, G, T), g.data("old", G, T)
    ref, reward, w = g.data("ref", G, T), g.data("reward", G), g.real("W", D, V)
    log_p = answer_log_probability(x, w, y)
    advantage = ((reward - reward.mean()) / (reward.std(correction=0) + 1e-4)).unsqueeze(1)
    ratio = (log_p - old).exp()
    gain = torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage)
    r = ref - log_p
    return (gain - 0.04 * (torch.expm1(r) - r)).mean()


@twin(dict(B=2, D=3, H=4), dict(B=5, D=2, H=3))
def reward_model(g, B, D, H):
    both = torch.stack([g.real("preferred", B, D), g.real("other", B, D)])
    reward = torch.tanh(both @ g.real("W", D, H) + g.real("b", H)) @ g.real("u", H)
    # The better one of two by a softmax over their rewards.
    return F.cross_entropy(reward.T, torch.zeros(B, dtype=torch.int64))


@twin(dict(B=2, M=3, H=4, Z=5), dict(B=3, M=5, H=2, Z=2))
def vae(g, B, M, H, Z):
    x, noise = g.data("x", B, M), g.data("noise", B, Z)
    h = torch.tanh(F.linear(x, g.real("W", M, H).T, g.real("b", H)))
    q = Normal(h @ g.real("W_mu", H, Z), torch.exp(h @ g.real("W_s", H, Z)).sqrt())
    decoded = torch.tanh((q.loc + q.scale * noise) @ g.real("V", Z, H))
    logits = decoded @ g.real("V_x", H, M) + g.real("c", M)
    likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return (likelihood - kl_divergence(q, Normal(0.0, 1.0)).sum(1)).mean()


@twin(dict(T=4, C=2, E=3), dict(T=3, C=3, E=2))
def rope_attention(g, T, C, E):
    q, k = turned(g.real("Q", T, 2, C)), turned(g.real("K", T, 2, C))
    o = causal(q.unsqueeze(0), k.unsqueeze(0), g.real("V", T, E).unsqueeze(0))
    return (o * g.real("G", T, E)).sum()


@twin(dict(T=4, H=2, C=3, D=5), dict(T=3, H=4, C=2, D=3))
def alibi(g, T, H, C, D):
    x, gain = g.real("X", T, D), g.real("G", T, H, C)
    q, k, v = (outer(x, g.real(name, D, H, C)) for name in ("W_q", "W_k", "W_v"))
    distance = torch.arange(T).unsqueeze(1) - torch.arange(T)
    slopes = torch.tensor([2.0 ** (-8.0 / H)]) ** torch.arange(1, H + 1)
    bias = -slopes.reshape(H, 1, 1) * distance
    bias = bias.masked_fill(distance < 0, -torch.inf)
    return (F.scaled_dot_product_attention(q, k, v, attn_mask=bias).transpose(0, 1) * gain).sum()


@twin(dict(W=2, T=5, C=3), dict(W=3, T=4, C=2))
def sliding_window(g, W, T, C):
    q, k, v, gain = (g.real(name, T, C) for name in "QKVG")
    rows = []
    for t in range(T):
        seen = slice(max(0, t - W + 1), t + 1)
        rows.append(torch.softmax(k[seen] @ q[t] / math.sqrt(C), 0) @ v[seen])
    return (torch.stack(rows) * gain).sum()


@twin(dict(T=3, H=2, C=3, R=4, P=2, D=5), dict(T=4, H=3, C=2, R=2, P=1, D=3))
def latent_attention(g, T, H, C, R, P, D):
    x, gain = g.real("X", T, D), g.real("G", T, D)
    w_q, w_qr, w_kr = g.real("W_q", D, H, C), g.real("W_qr", D, H, 2, P), g.real("W_kr", D, 2, P)
    w_down, w_uk, w_uv = g.real("W_down", D, R), g.real("W_uk", R, H, C), g.real("W_uv", R, H, C)
    w_o = g.real("W_o", H, C, D)
    latent = x @ w_down
    q_place = turned(torch.einsum("td,dhip->htip", x, w_qr))
    k_place = turned(torch.einsum("td,dip->tip", x, w_kr)).expand(H, T, 2 * P)
    q = torch.cat([outer(x, w_q), q_place], -1)
    k = torch.cat([outer(latent, w_uk), k_place], -1)
    o = causal(q, k, outer(latent, w_uv))
    return (torch.tensordot(o.transpose(0, 1), w_o, 2) * gain).sum()


@twin(dict(B=6, D=3, E=3, F=2), dict(B=5, D=2, E=4, F=3))
def mixture_of_experts(g, B, D, E, **sizes):
    x, target = g.real("X", B, D), g.data("target", B, D)
    w_r, w1, w2 = g.real("W_r", D, E), g.real("W1", E, D, sizes["F"]), g.real("W2", E, sizes["F"], D)
    p = torch.softmax(x @ w_r, 1)
    expert = p.argmax(1)
    rows = [p[n, e] * (torch.relu(x[n] @ w1[e]) @ w2[e]) for n, e in enumerate(expert.tolist())]
    share = torch.bincount(expert, minlength=E) / B
    return F.mse_loss(torch.stack(rows), target) + 0.01 * E * (share @ p.mean(0))


@twin(dict(T=3, D=4, C=2, E=5), dict(T=5, D=2, C=3, E=2))
def kv_cache_step(g, T, D, C, E):
    x, keys, values, gain = g.real("x", D), g.real("K", T, C), g.real("V", T, E), g.real("G", E)
    q, k, v = x @ g.real("W_q", D, C), x @ g.real("W_k", D, C), x @ g.real("W_v", D, E)
    o = F.scaled_dot_product_attention(q[None], torch.vstack([keys, k]), torch.vstack([values, v]))
    return (o[0] * gain).sum()


@twin(dict(B=4, M=2, N=3, D=3), dict(B=3, M=4, N=2, D=5))
def info_nce(g, B, M, N, D):
    p, t = g.real("picture", B, M), g.real("text", B, N)
    p, t = F.normalize(p @ g.real("W_p", M, D)), F.normalize(t @ g.real("W_t", N, D))
    logits = p @ t.T * g.real("scale").exp()
    labels = torch.arange(B)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


@twin(dict(B=3, K=2, D=4, V=5), dict(B=4, K=3, D=2, V=6))
def word2vec(g, B, K, D, V):
    center, context, negative = g.ids("center", V, B), g.ids("context", V, B), g.ids("negative", V, B, K)
    inner, outer_ = g.real("inner", V, D), g.real("outer", V, D)
    words = torch.cat([context[:, None], negative], 1)
    scores = torch.einsum("bd,bkd->bk", inner[center], outer_[words])
    labels = torch.cat([torch.ones(B, 1), torch.zeros(B, K)], 1)
    return -F.binary_cross_entropy_with_logits(scores, labels, reduction="sum") / B


@twin(dict(R=2, B=3, D=4, V=5), dict(R=1, B=4, D=3, V=2))
def lora(g, R, B, D, V):
    x, w, t = g.real("X", B, D), g.data("W", D, V), g.ids("t", V, B)
    merged = w + 16 / R * g.real("A", D, R) @ g.real("C", R, V)
    return F.cross_entropy(x @ merged, t)


@twin(dict(T=3, H=2, C=3, F=4, D=5), dict(T=4, H=3, C=2, F=2, D=3))
def parallel_block(g, T, H, C, D, **sizes):
    x, target = g.real("X", T, D), g.data("target", T, D)
    n = F.rms_norm(x, (D,), g.real("gamma", D), 1e-5)
    q = outer(n, g.real("W_q", D, H, C))
    k, v = (n @ g.real(name, D, C) for name in ("W_k", "W_v"))
    o = causal(q, k.expand(H, T, C), v.expand(H, T, C))
    attention = torch.tensordot(o.transpose(0, 1), g.real("W_o", H, C, D), 2)
    gate, up = (n @ g.real(name, D, sizes["F"]) for name in ("W_gate", "W_up"))
    return F.mse_loss(x + attention + (F.silu(gate) * up) @ g.real("W_down", sizes["F"], D), target)


@twin(dict(L=3, T=2, E=3, H=2, V=4), dict(L=2, T=4, E=2, H=3, V=5))
def seq2seq(g, L, T, E, H, V):
    source, before, target = g.ids("source", V, L), g.ids("before", V, T), g.ids("target", V, T)
    emb, w_a, u_a, v_a = g.real("emb", V, E), g.real("W_a", H, H), g.real("U_a", H, H), g.real("v_a", H)
    c, w_y = g.real("C", H, H), g.real("W_y", V, H)
    weights = {}
    for layer in ("encoder", "decoder"):
        for gate in "zrn":
            weights[layer, gate] = (g.real(f"{layer}.W_{gate}", H, E), g.real(f"{layer}.U_{gate}", H, H))

    def cell(layer, x, h):
        part = lambda gate, state: weights[layer, gate][0] @ x + weights[layer, gate][1] @ state
        z, r = torch.sigmoid(part("z", h)), torch.sigmoid(part("r", h))
        return torch.lerp(h, torch.tanh(part("n", r * h)), z)

    h, states = torch.zeros(H), []
    for word in source:
        h = cell("encoder", emb[word], h)
        states.append(h)
    memory = torch.stack(states)
    s, logits = torch.tanh(c @ memory[-1]), []
    for word in before:
        weight = torch.softmax(torch.tanh(s @ w_a.T + memory @ u_a.T) @ v_a, 0)
        s = cell("decoder", emb[word], s + memory.T @ weight)
        logits.append(w_y @ s)
    return F.cross_entropy(torch.stack(logits), target)


@twin(dict(B=2, D=3, L=2), dict(B=3, D=2, L=3))
def highway(g, B, D, L):
    h, target = g.real("X", B, D), g.data("target", B, D)
    for layer in range(1, L + 1):
        w, b, w_t, b_t = (g.real(f"block[{layer}].{n}", *s) for n, s in
                          (("W", (D, D)), ("b", (D,)), ("W_t", (D, D)), ("b_t", (D,))))
        h = torch.lerp(h, torch.tanh(h @ w + b), torch.sigmoid(h @ w_t + b_t))
    return F.mse_loss(h, target)


@twin(dict(B=3, D=2, F=4, L=2, K=3), dict(B=4, D=3, F=2, L=1, K=2))
def resnet(g, B, D, L, K, **sizes):
    h, t = g.real("X", B, D), g.ids("t", K, B)
    for layer in range(1, L + 1):
        own = lambda name, *shape: g.real(f"block[{layer}].{name}", *shape)
        norm = lambda x, name, n: F.batch_norm(x, None, None, own(f"{name}.gamma", n), own(f"{name}.beta", n), True)
        inner = torch.tanh(norm(h, "norm1", D)) @ own("W1", D, sizes["F"])
        h = h + torch.tanh(norm(inner, "norm2", sizes["F"])) @ own("W2", sizes["F"], D)
    return F.cross_entropy(h @ g.real("W", D, K), t)


@twin(dict(D=2, B=5), dict(D=3, B=4))
def batch_norm(g, D, B):
    x, gain = g.real("x", B, D), g.real("G", B, D)
    y = F.batch_norm(x, None, None, g.real("gamma", D), g.real("beta", D), training=True, eps=1e-3)
    return (y * gain).sum()


@twin(dict(K=2, D=3, N=4), dict(K=3, D=2, N=5))
def gaussian_mixture(g, K, D, N):
    x, weight = g.real("X", N, D), Categorical(logits=g.real("weight", K))
    parts = Independent(Normal(g.real("mu", K, D), g.real("log_sigma", K, D).exp()), 1)
    return MixtureSameFamily(weight, parts).log_prob(x).sum()


@twin(dict(C=2, E=3, T=4), dict(C=3, E=2, T=5))
def linear_attention(g, C, E, T):
    q, k, v, gain = g.real("Q", T, C), g.real("K", T, C), g.real("V", T, E), g.real("G", T, E)
    scores = torch.tril((F.elu(q) + 1) @ (F.elu(k) + 1).T)
    return (scores / scores.sum(1, keepdim=True) @ v * gain).sum()


@twin(dict(T=3, L=4, F=5, D=4), dict(T=4, L=2, F=3, D=3))
def decoder_block(g, T, L, D, **sizes):
    x, memory, gain = g.real("X", T, D), g.real("memory", L, D), g.real("G", T, D)

    def attended(name, queries, keys, **options):
        q, k, v = (x @ g.real(f"{name}.{w}", D, D) for w, x in (("W_q", queries), ("W_k", keys), ("W_v", keys)))
        return F.scaled_dot_product_attention(q[None], k[None], v[None], **options)[0]

    def norm(name, x):
        return F.layer_norm(x, (D,), g.real(f"{name}.gamma", D), g.real(f"{name}.beta", D))

    r = norm("ln1", x + attended("own", x, x, is_causal=True))
    u = norm("ln2", r + attended("cross", r, memory))
    hidden = torch.relu(F.linear(u, g.real("W1", D, sizes["F"]).T, g.real("b1", sizes["F"])))
    y = norm("ln3", u + F.linear(hidden, g.real("W2", sizes["F"], D).T, g.real("b2", D)))
    return (y * gain).sum()


@twin(dict(B=3, D=2, H=4, E=5), dict(B=4, D=3, H=2, E=3))
def diffusion(g, B, D, H, E):
    x, noise, kept = g.data("x", B, D), g.data("noise", B, D), torch.sigmoid(g.data("kept", B))[:, None]
    time = F.embedding(g.ids("step", E, B), g.real("emb", E, H))
    mixed = kept.sqrt() * x + (1 - kept).sqrt() * noise
    guess = F.silu(mixed @ g.real("W1", D, H) + time) @ g.real("W2", H, D) + g.real("b", D)
    return F.mse_loss(guess, noise)


@twin(dict(B=5, M=3, D=2), dict(B=4, M=2, D=3))
def triplet(g, B, M, D):
    a, p, n = (g.real(name, B, M) for name in ("anchor", "positive", "negative"))
    w = g.real("embed.W", M, D)
    a, p, n = (F.normalize(x @ w) for x in (a, p, n))
    # Between vectors of length 1 the squared distance is 2 - 2 cos.
    distance = lambda x, y: 2 - 2 * (x * y).sum(1)
    return torch.clamp(distance(a, p) - distance(a, n) + 0.2, min=0).mean()


@twin(dict(B=2, M=3, K=4), dict(B=4, M=2, K=3))
def distillation(g, B, M, K):
    x, teacher, t = g.real("X", B, M), g.data("teacher", B, K), g.ids("t", K, B)
    a = F.linear(x, g.real("W", M, K).T, g.real("b", K))
    soft = 4 * F.cross_entropy(a / 2, torch.softmax(teacher / 2, 1))
    return 0.7 * soft + 0.3 * F.cross_entropy(a, t)


@twin(dict(T=4, S=2, A=3), dict(T=3, S=3, A=2))
def actor_critic(g, T, S, A):
    s, action = g.real("s", T, S), g.ids("action", A, T)
    reward, v = g.data("reward", T), g.data("v", T + 1)
    policy = Categorical(logits=s @ g.real("W", S, A))
    guess = s @ g.real("w_v", S) + g.real("b_v")
    surprise = [reward[t] + 0.9 * v[t + 1] - v[t] for t in range(T)]
    advantage = torch.stack([sum((0.9 * 0.8) ** n * d for n, d in enumerate(surprise[t:])) for t in range(T)])
    return (advantage * policy.log_prob(action)).mean() - F.mse_loss(guess, advantage + v[:T]) / 2


@twin(dict(B=2, C=2, H=3), dict(B=3, C=1, H=2))
def real_nvp(g, B, C, H):
    a, b = g.real("a", B, C), g.real("b", B, C)
    weights = {layer: [g.real(f"{layer}.{n}", *s) for n, s in (("W", (C, H)), ("W_s", (H, C)), ("W_m", (H, C)))]
               for layer in ("first", "second")}

    def coupling(layer, x):
        w, w_s, w_m = weights[layer]
        h = torch.tanh(x @ w)
        return torch.tanh(h @ w_s), h @ w_m

    def flow(both):
        a, b = both.split(C)
        s, m = coupling("first", a)
        y = b * s.exp() + m
        s, m = coupling("second", y)
        return torch.cat([a * s.exp() + m, y])

    # The determinant by the whole Jacobian, not by the formula for couplings.
    losses = []
    for n in range(B):
        both = torch.cat([a[n], b[n]])
        jacobian = torch.autograd.functional.jacobian(flow, both, create_graph=True)
        losses.append(-Normal(0.0, 1.0).log_prob(flow(both)).sum() - torch.slogdet(jacobian).logabsdet)
    return torch.stack(losses).mean()


@twin(dict(D=2, V=4), dict(D=3, V=3))
def glove(g, D, V):
    log_count = g.data("log_count", V, V)
    w, c, b_w, b_c = g.real("w", V, D), g.real("c", V, D), g.real("b_w", V), g.real("b_c", V)
    weight = torch.clamp((log_count.exp() / math.exp(0.2)) ** 0.75, max=1)
    return (weight * (w @ c.T + b_w[:, None] + b_c - log_count) ** 2).sum()


@twin(dict(B=2, N=3, E=2, H=4, V=5), dict(B=4, N=2, E=3, H=2, V=3))
def neural_ngram(g, B, N, E, H, V):
    context, following, table = g.ids("context", V, B, N), g.ids("next", V, B), g.real("C", V, E)
    x = table[context].flatten(1)
    hidden = torch.tanh(x @ g.real("A", N, E, H).reshape(N * E, H) + g.real("d", H))
    y = hidden @ g.real("U", H, V) + x @ g.real("W", N, E, V).reshape(N * E, V) + g.real("b", V)
    return F.cross_entropy(y, following)


@twin(dict(C=2, E=3, T=4), dict(C=3, E=2, T=3))
def delta_rule(g, C, E, T):
    q, k, v, b = g.real("Q", T, C), F.normalize(g.real("K", T, C)), g.real("V", T, E), g.real("b", T)
    gain, beta = g.real("G", T, E), torch.sigmoid(b)
    state, j = torch.zeros(E, C), 0.0
    for t in range(T):
        state = state @ (torch.eye(C) - beta[t] * torch.outer(k[t], k[t])) + beta[t] * torch.outer(v[t], k[t])
        j = j + gain[t] @ state @ q[t]
    return j


@twin(dict(N=4, M=2, H=3, K=3), dict(N=5, M=3, H=2, K=2))
def graph_convolution(g, N, M, H, K):
    edge, x, t = g.bools("edge", N, N), g.real("X", N, M), g.ids("t", K, N)
    a = edge.clone()
    a.fill_diagonal_(1)
    scale = torch.diag(a.sum(1) ** -0.5)
    a = scale @ a @ scale
    return F.cross_entropy(a @ torch.tanh(a @ x @ g.real("W1", M, H)) @ g.real("W2", H, K), t)


@twin(dict(T=4, C=2, E=3), dict(T=5, C=3, E=2))
def retention(g, T, C, E):
    q, k, v, gain = g.real("Q", T, C), g.real("K", T, C), g.real("V", T, E), g.real("G", T, E)
    state, j = torch.zeros(C, E), 0.0
    for t in range(T):
        state = 0.9 * state + torch.outer(k[t], v[t])
        j = j + q[t] @ state @ gain[t]
    return j


def paths_of(scores, arcs, start, T):
    """The scores of all tag sequences and the sequences themselves."""
    paths = list(itertools.product(range(start.shape[0]), repeat=T))
    total = lambda path: start[path[0]] + sum(scores[t, k] for t, k in enumerate(path)) + sum(
        arcs[i, j] for i, j in zip(path, path[1:]))
    return paths, torch.stack([total(path) for path in paths])


def chain(g, D, K, T):
    x, y = g.real("X", T, D), g.ids("y", K, T)
    paths, scores = paths_of(x @ g.real("W", D, K), g.real("A", K, K), g.real("start", K), T)
    return scores, scores[paths.index(tuple(y.tolist()))]


@twin(dict(D=2, K=3, T=4), dict(D=3, K=2, T=5))
def crf(g, **sizes):
    scores, right = chain(g, **sizes)
    return -(right - torch.logsumexp(scores, 0))


@twin(dict(D=2, K=3, T=4), dict(D=3, K=2, T=5))
def viterbi(g, **sizes):
    scores, right = chain(g, **sizes)
    return scores.max() - right


@twin(dict(D=2, T=3, L=4), dict(D=1, T=4, L=2))
def soft_dtw(g, D, T, L):
    x, y = g.real("x", T, D), g.real("y", L, D)
    cost = torch.cdist(x[None], y[None], compute_mode="donot_use_mm_for_euclid_dist")[0] ** 2

    def alignments(i, j):
        """The costs of all ways from the first pair to this one."""
        if i < 0 or j < 0:
            return []
        before = [0.0] if i == j == 0 else alignments(i - 1, j - 1) + alignments(i - 1, j) + alignments(i, j - 1)
        return [total + cost[i, j] for total in before]

    return -0.5 * torch.logsumexp(-torch.stack(alignments(T - 1, L - 1)) / 0.5, 0)


@twin(dict(A=2, V=5, E=3, F=4, K=3, T=6), dict(A=3, V=4, E=2, F=2, K=2, T=5))
def text_cnn(g, A, V, E, K, T, **sizes):
    words, t, emb = g.ids("w", V, T), g.ids("t", K), g.real("emb", V, E)
    filters = g.real("W", A, E, sizes["F"]).permute(2, 1, 0)
    c = torch.tanh(F.conv1d(F.embedding(words, emb).T[None], filters, g.real("b", sizes["F"])))
    m = F.max_pool1d(c, c.shape[2])[0, :, 0]
    return F.cross_entropy(m @ g.real("U", sizes["F"], K), t)


@twin(dict(A=2, C=3, F=2, P=2), dict(A=3, C=1, F=3, P=1))
def convolution(g, A, C, P, **sizes):
    n, f = 2 * P + A - 1, sizes["F"]
    x, target = g.real("x", C, n, n), g.data("target", f, P, P)
    z = torch.tanh(F.conv2d(x[None], g.real("W", f, C, A, A), g.real("b", f)))
    return F.mse_loss(F.avg_pool2d(z, 2)[0], target)


@twin(dict(D=2, N=3), dict(D=1, N=5))
def gaussian_process(g, D, N):
    x, y = g.real("X", N, D), g.real("y", N)
    length, size, noise = (g.real(f"log_{name}").exp() for name in ("length", "size", "noise"))
    difference = x[:, None] - x
    k = size**2 * torch.exp(-(difference / length).square().sum(2) / 2) + noise**2 * torch.eye(N)
    return MultivariateNormal(torch.zeros(N), k).log_prob(y)


@twin(dict(N=4, D=3, H=5), dict(N=1, D=2, H=2))
def wgan_gp(g, N, D, H):
    real, fake, u = g.real("real", N, D), g.real("fake", N, D), torch.sigmoid(g.data("u", N)[:, None])
    g.fixed("u", u[:, 0])
    w, b, v = g.real("critic.W", H, D), g.real("critic.b", H), g.real("critic.v", H)
    critic = lambda x: torch.tanh(F.linear(x, w, b)) @ v
    between = torch.lerp(fake, real, u)
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = ((slope.norm(dim=1) - 1) ** 2).mean()
    return critic(fake).mean() - critic(real).mean() + 10 * penalty


@twin(dict(N=5, H=4), dict(N=1, H=3))
def pinn(g, N, H):
    x, t = g.real("x", N), g.real("t", N)
    hidden = torch.outer(x, g.real("a", H)) + torch.outer(t, g.real("c", H)) + g.real("b", H)
    u = torch.sin(math.pi * x) + t * x * (1 - x) * (torch.tanh(hidden) @ g.real("v", H))
    u_x, u_t = torch.autograd.grad(u.sum(), [x, t], create_graph=True)
    (u_xx,) = torch.autograd.grad(u_x.sum(), x, create_graph=True)
    return ((u_t - 0.1 * u_xx) ** 2).mean()


@twin(dict(N=4, Q=3, M=2, H=5), dict(N=1, Q=2, M=2, H=2))
def maml(g, N, Q, M, H):
    x, t, x_new, t_new = g.data("X", N, M), g.data("t", N), g.data("X_new", Q, M), g.data("t_new", Q)
    weights = [g.real("W", H, M), g.real("v", H)]
    loss = lambda x, t, w, v: F.mse_loss(torch.tanh(x @ w.T) @ v, t)
    step = torch.autograd.grad(loss(x, t, *weights), weights, create_graph=True)
    return loss(x_new, t_new, *(w - 0.1 * slope for w, slope in zip(weights, step)))


@twin(dict(T=4, E=3, H=2, O=2), dict(T=1, E=1, H=3, O=1))
def elman_rnn(g, T, E, H, O):
    x, y = g.real("x", T, E), g.data("y", T, O)
    W, U, b, V, c = g.real("W", H, E), g.real("U", H, H), g.real("b", H), g.real("V", O, H), g.real("c", O)
    cell = torch.nn.RNN(E, H).double()
    weights = dict(weight_ih_l0=W, weight_hh_l0=U, bias_ih_l0=b, bias_hh_l0=torch.zeros(H, dtype=torch.float64))
    states, _ = torch.func.functional_call(cell, weights, (x[:, None],))
    return ((states[:, 0] @ V.T + c - y) ** 2).sum(dim=1).mean()


def answer(name, number):
    """The case of a program at one setting of sizes; its seed is its own, so that a new program changes no other."""
    settings, function = TWINS[name]
    given = Given(f"{name} {number}")
    j = function(given, **settings[number])
    gradients = torch.autograd.grad(j, list(given.leaves.values()))
    return {
        "dims": settings[number], "values": given.values, "objective": j.item(),
        "gradients": {leaf: gradient.tolist() for leaf, gradient in zip(given.leaves, gradients)},
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or TWINS:
        cases = [answer(name, number) for number in range(len(TWINS[name][0]))]
        (FOLDER / f"{name}.json").write_text(json.dumps({"program": name, "cases": cases}) + "\n")
