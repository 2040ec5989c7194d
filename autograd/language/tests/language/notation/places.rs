//! Places that run with indices, and ids at several axes.

use super::{Values, assert_agrees};

#[test]
fn a_convolution_is_written_as_it_is_in_the_lecture() {
    let text = "graph convolution {
        dim T, K, S = T - K + 1
        param x[T], w[K], b
        y[s:S] = b + sum(k: w[k] * x[s + k - 1])
        J = sum(tanh(y)^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 5), ("K", 3)], &[("T", 1), ("K", 1)], &[("T", 4), ("K", 4)]];
    assert_agrees(text, &sizes, |v| {
        let y = |s: usize| {
            let products = (1..=v.size("K")).map(|k| v.at("w", [k]) * v.at("x", [s + k - 1]));
            v.at("b", []) + products.sum::<f64>()
        };
        (1..=v.size("S")).map(|s| y(s).tanh().powi(2)).sum()
    });
}

#[test]
fn a_convolution_of_pictures_runs_along_two_axes() {
    let text = "graph convolution {
        dim C, O, H, W, A, B, I = H - A + 1, L = W - B + 1
        param X[C, H, W], F[O, C, A, B]
        Y[o, i:I, j:L] = sum(c, a, b: F[o, c, a, b] * X[c, i + a - 1, j + b - 1])
        J = sum(o, i, j: tanh(Y[o, i, j])^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("C", 2), ("O", 3), ("H", 4), ("W", 3), ("A", 2), ("B", 3)],
        &[("C", 1), ("O", 1), ("H", 1), ("W", 1), ("A", 1), ("B", 1)],
        &[("C", 2), ("O", 2), ("H", 2), ("W", 2), ("A", 2), ("B", 2)],
    ];
    assert_agrees(text, &sizes, |v| {
        let mut sum = 0.0;
        for (o, i, j) in all3(v.size("O"), v.size("I"), v.size("L")) {
            let mut y = 0.0;
            for (c, a, b) in all3(v.size("C"), v.size("A"), v.size("B")) {
                y += v.at("F", [o, c, a, b]) * v.at("X", [c, i + a - 1, j + b - 1]);
            }
            sum += y.tanh().powi(2);
        }
        sum
    });
}

fn all3(m: usize, n: usize, k: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (1..=m).flat_map(move |a| (1..=n).flat_map(move |b| (1..=k).map(move |c| (a, b, c))))
}

#[test]
fn a_stride_is_a_number_or_a_size() {
    let pooling = "graph pooling {
        dim S, T = 2 * S
        param x[T]
        y[s:S] = max(x[2 * s - 1], x[2 * s]) + mean(k = 1..2: x[2 * s - 2 + k])^2
        J = sum(s: y[s]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("S", 3)], &[("S", 1)], &[("S", 2)]];
    assert_agrees(pooling, &sizes, |v| {
        let y = |s: usize| {
            let (a, b) = (v.at("x", [2 * s - 1]), v.at("x", [2 * s]));
            a.max(b) + ((a + b) / 2.0).powi(2)
        };
        (1..=v.size("S")).map(|s| y(s).powi(2)).sum()
    });
    let strided = "graph strided {
        dim st, R, K, T = st * R + K, S = R + 1
        param x[T], w[K]
        y[s:S] = sum(k: w[k] * x[st * (s - 1) + k])
        J = sum(s: y[s]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("st", 2), ("R", 3), ("K", 2)],
        &[("st", 1), ("R", 1), ("K", 1)],
        &[("st", 3), ("R", 3), ("K", 3)],
    ];
    assert_agrees(strided, &sizes, |v| {
        let y = |s: usize| {
            let place = |k: usize| v.size("st") * (s - 1) + k;
            (1..=v.size("K"))
                .map(|k| v.at("w", [k]) * v.at("x", [place(k)]))
                .sum::<f64>()
        };
        (1..=v.size("S")).map(|s| y(s).powi(2)).sum()
    });
}

#[test]
fn neighbours_of_a_sequence_are_multiplied() {
    let text = "graph energy {
        dim N, L
        require N >= L
        param x[N]
        E = sum(i: x[i]^2) - sum(i = 1..N-1: x[i] * x[i + 1]) + sum(i = 2..N: i * x[i - 1])
        r[l:L] = sum(t = 1..N - L + 1: x[t] * x[t + l - 1])
        J = E^2 + sum(l: l * r[l])
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("N", 5), ("L", 3)], &[("N", 1), ("L", 1)], &[("N", 4), ("L", 4)]];
    assert_agrees(text, &sizes, |v| {
        let (n, x) = (v.size("N"), |i: usize| v.at("x", [i]));
        let e = (1..=n).map(|i| x(i).powi(2)).sum::<f64>() - (1..n).map(|i| x(i) * x(i + 1)).sum::<f64>()
            + (2..=n).map(|i| i as f64 * x(i - 1)).sum::<f64>();
        let r = |l: usize| (1..=n - v.size("L") + 1).map(|t| x(t) * x(t + l - 1)).sum::<f64>();
        e.powi(2) + (1..=v.size("L")).map(|l| l as f64 * r(l)).sum::<f64>()
    });
}

#[test]
fn an_index_may_stand_at_two_axes() {
    let text = "graph diagonals {
        dim N
        param A[N, N], B[N, N, N]
        trace = sum(i: A[i, i])
        d[i] = A[i, i] * A[i, N + 1 - i]
        above = sum(i = 1..N-1: A[i, i + 1])
        e[i, j] = B[j, i, j]
        J = trace^2 + sum(i: i * d[i]) + above + sum(i, j: i * e[i, j]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("N", 3)], &[("N", 1)], &[("N", 2)]];
    assert_agrees(text, &sizes, |v| {
        let n = v.size("N");
        let a = |i: usize, j: usize| v.at("A", [i, j]);
        let trace: f64 = (1..=n).map(|i| a(i, i)).sum();
        let d = (1..=n).map(|i| i as f64 * a(i, i) * a(i, n + 1 - i)).sum::<f64>();
        let above = (1..n).map(|i| a(i, i + 1)).sum::<f64>();
        let mut e = 0.0;
        for (i, j) in (1..=n).flat_map(|i| (1..=n).map(move |j| (i, j))) {
            e += i as f64 * v.at("B", [j, i, j]).powi(2);
        }
        trace.powi(2) + d + above + e
    });
}

#[test]
fn a_place_outside_is_read_nowhere_if_a_condition_says_so() {
    let text = "graph causal_convolution {
        dim T, K
        param x[T], w[K]
        y[t] = x[t] + sum(k: if t - k >= 0 then w[k] * x[t - k + 1] else 0)
        z[t:T] = (if t > 1 then x[t - 1] else 0) + (if t < T then 2 * x[t + 1] else x[1])
        J = sum(t: y[t]^2 + t * z[t])
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 4), ("K", 3)], &[("T", 1), ("K", 1)], &[("T", 3), ("K", 5)]];
    assert_agrees(text, &sizes, |v| {
        let (t_max, x) = (v.size("T"), |t: usize| v.at("x", [t]));
        let y = |t: usize| {
            x(t) + (1..=v.size("K").min(t))
                .map(|k| v.at("w", [k]) * x(t - k + 1))
                .sum::<f64>()
        };
        let z = |t: usize| {
            let before = if t > 1 { x(t - 1) } else { 0.0 };
            before + if t < t_max { 2.0 * x(t + 1) } else { x(1) }
        };
        (1..=t_max).map(|t| y(t).powi(2) + t as f64 * z(t)).sum()
    });
}

#[test]
fn ids_name_entries_of_two_axes() {
    let text = "graph crf {
        dim T, V
        input y[T]: id[V]
        param A[V, V], E[T, V]
        P[s, t] = A[y[s], y[t]]
        score = sum(t: E[t, y[t]]) + sum(t = 2..T: A[y[t - 1], y[t]])
        J = score^2 + sum(s, t: s * P[s, t])
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 4), ("V", 3)], &[("T", 1), ("V", 1)], &[("T", 3), ("V", 3)]];
    assert_agrees(text, &sizes, |v| {
        let (t_max, a) = (v.size("T"), |s: usize, t: usize| {
            v.at("A", [v.id("y", s) + 1, v.id("y", t) + 1])
        });
        let emitted: f64 = (1..=t_max).map(|t| v.at("E", [t, v.id("y", t) + 1])).sum();
        let score = emitted + (2..=t_max).map(|t| a(t - 1, t)).sum::<f64>();
        let pairs = (1..=t_max).flat_map(|s| (1..=t_max).map(move |t| (s, t)));
        score.powi(2) + pairs.map(|(s, t)| s as f64 * a(s, t)).sum::<f64>()
    });
}

#[test]
fn ids_of_pairs_are_computed_from_ids() {
    let text = "graph bigrams {
        dim T, V, D, S = T - 1
        input w[T]: id[V]
        param E[V + 1, D], F[V * V], G[V, V, D]
        u[t:S] = w[t] * V + w[t + 1]
        x = E[w + 1]
        g[t:S, d] = G[w[t], w[t + 1], d]
        J = sum(t: F[u[t]]^2) + sum(t, d: t * x[t, d]) + sum(t, d: d * g[t, d]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("T", 4), ("V", 3), ("D", 2)],
        &[("T", 2), ("V", 1), ("D", 1)],
        &[("T", 2), ("V", 2), ("D", 2)],
    ];
    assert_agrees(text, &sizes, |v: &Values| {
        let (w, d_max) = (|t: usize| v.id("w", t), v.size("D"));
        let mut sum = 0.0;
        for t in 1..=v.size("S") {
            sum += v.at("F", [w(t) * v.size("V") + w(t + 1) + 1]).powi(2);
            for d in 1..=d_max {
                sum += d as f64 * v.at("G", [w(t) + 1, w(t + 1) + 1, d]).powi(2);
            }
        }
        for (t, d) in (1..=v.size("T")).flat_map(|t| (1..=d_max).map(move |d| (t, d))) {
            sum += t as f64 * v.at("E", [w(t) + 2, d]);
        }
        sum
    });
}

#[test]
fn a_part_of_an_axis_is_a_range() {
    let text = "graph ranges {
        dim T, C, R, D = C + R
        param x[T], z[D, T], c[C]
        steps = x[2..T] - x[1..T-1]
        J = sum(steps^2) + sum(z[1..C, 1] * c) + sum(tanh(z[C + 1..D]), over R, T) * sum(z[C + R, 1..T])
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("T", 4), ("C", 2), ("R", 3)],
        &[("T", 1), ("C", 1), ("R", 1)],
        &[("T", 2), ("C", 2), ("R", 2)],
    ];
    assert_agrees(text, &sizes, |v| {
        let (t_max, c_max) = (v.size("T"), v.size("C"));
        let steps: f64 = (2..=t_max).map(|t| (v.at("x", [t]) - v.at("x", [t - 1])).powi(2)).sum();
        let first: f64 = (1..=c_max).map(|c| v.at("z", [c, 1]) * v.at("c", [c])).sum();
        let mut rest = 0.0;
        for (d, t) in (c_max + 1..=v.size("D")).flat_map(|d| (1..=t_max).map(move |t| (d, t))) {
            rest += v.at("z", [d, t]).tanh();
        }
        let last: f64 = (1..=t_max).map(|t| v.at("z", [v.size("D"), t])).sum();
        steps + first + rest * last
    });
}

#[test]
fn axes_get_names_inside_an_expression() {
    let text = "graph attention {
        dim T, D, dk
        param X[T, D], Wq[D, dk], Wk[D, dk]
        A = softmax((X @ Wq as [q:T, dk]) @ (X @ Wk as [k:T, dk]).T, over k)
        J = sum(q, k: q * A[q, k]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("T", 3), ("D", 2), ("dk", 2)],
        &[("T", 1), ("D", 1), ("dk", 1)],
        &[("T", 2), ("D", 2), ("dk", 2)],
    ];
    assert_agrees(text, &sizes, |v| {
        let (t, d, dk) = (v.size("T"), v.size("D"), v.size("dk"));
        let product = |w: &str, t: usize, k: usize| (1..=d).map(|i| v.at("X", [t, i]) * v.at(w, [i, k])).sum::<f64>();
        let score = |q: usize, k: usize| (1..=dk).map(|j| product("Wq", q, j) * product("Wk", k, j)).sum::<f64>();
        let row = |q: usize| (1..=t).map(|k| score(q, k).exp()).sum::<f64>();
        let pairs = (1..=t).flat_map(|q| (1..=t).map(move |k| (q, k)));
        pairs
            .map(|(q, k)| q as f64 * (score(q, k).exp() / row(q)).powi(2))
            .sum()
    });
}
