//! Recurrences that begin at 1, run along two positions, or decide by a position.

use super::{Kept, assert_agrees, assert_agrees_with, logsumexp};

#[test]
fn a_recurrence_may_begin_at_its_first_position() {
    let text = "graph smoothing {
        dim T
        param x[T], beta
        a[1] = x[1]
        for t = 2..T { a[t] = beta * a[t-1] + (1 - beta) * x[t] }
        J = sum(t: t * a[t]^2) + a[T] + a[1]
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 4)], &[("T", 1)], &[("T", 2)]];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let (mut a, mut sum) = (v.at("x", [1]), v.at("x", [1]));
        for t in 1..=v.size("T") {
            if t > 1 {
                a = v.at("beta", []) * a + (1.0 - v.at("beta", [])) * v.at("x", [t]);
            }
            sum += t as f64 * a.powi(2);
        }
        sum + a
    });
}

#[test]
fn a_recurrence_may_run_down_from_a_last_position_that_is_part_of_it() {
    let text = "graph backward {
        dim T
        param x[T]
        b[T] = x[T]
        for t = T-1..1 down { b[t] = tanh(b[t+1] + x[t]) }
        J = sum(t: t * b[t]^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 4)], &[("T", 1)], &[("T", 2)]];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let t_max = v.size("T");
        let mut b = v.at("x", [t_max]);
        let mut sum = t_max as f64 * b.powi(2);
        for t in (1..t_max).rev() {
            b = (b + v.at("x", [t])).tanh();
            sum += t as f64 * b.powi(2);
        }
        sum
    });
}

#[test]
fn two_positions_run_with_borders_and_a_corner() {
    let text = "graph alignment {
        dim M, N
        param x[M], y[N], gap
        r[0, 0] = 0 * gap
        for i = 1..M { r[i, 0] = i * gap }
        for j = 1..N { r[0, j] = r[0, j-1] + gap }
        for i = 1..M {
            for j = 1..N {
                r[i, j] = -log(exp(-r[i-1, j] - gap) + exp(-r[i, j-1] - gap) + exp(-r[i-1, j-1] - (x[i] - y[j])^2))
            }
        }
        J = r[M, N] + sum(i, j: r[i, j]) / M
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("M", 3), ("N", 2)], &[("M", 1), ("N", 1)], &[("M", 2), ("N", 2)]];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let (m, n, gap) = (v.size("M"), v.size("N"), v.at("gap", []));
        let mut r = vec![vec![0.0; n + 1]; m + 1];
        let mut sum = 0.0;
        for i in 0..=m {
            for j in 0..=n {
                if i == 0 || j == 0 {
                    r[i][j] = (i + j) as f64 * gap;
                    continue;
                }
                let d = (v.at("x", [i]) - v.at("y", [j])).powi(2);
                r[i][j] = -logsumexp([-r[i - 1][j] - gap, -r[i][j - 1] - gap, -r[i - 1][j - 1] - d]);
                sum += r[i][j];
            }
        }
        r[m][n] + sum / m as f64
    });
}

#[test]
fn borders_may_stand_inside_the_loop() {
    let text = "graph paths {
        dim M, N
        param c[M, N], start
        for j = 1..N { p[0, j] = start }
        for i = 1..M {
            p[i, 0] = start * i
            for j = 1..N { p[i, j] = c[i, j] + max(p[i-1, j], p[i, j-1]) }
        }
        J = p[M, N]^2
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("M", 3), ("N", 2)], &[("M", 1), ("N", 1)], &[("M", 2), ("N", 2)]];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let (m, n, start) = (v.size("M"), v.size("N"), v.at("start", []));
        let mut p = vec![vec![start; n + 1]; m + 1];
        for i in 1..=m {
            p[i][0] = start * i as f64;
            for j in 1..=n {
                p[i][j] = v.at("c", [i, j]) + p[i - 1][j].max(p[i][j - 1]);
            }
        }
        p[m][n].powi(2)
    });
}

#[test]
fn the_forward_algorithm_sums_over_states_in_the_logarithm() {
    let text = "graph hmm {
        dim T, K, V
        input w[T]: id[V]
        param start[K], A[K, K], E[K, V]
        a[1, k] = start[k] + E[k, w[1]]
        for t = 2..T { a[t, j] = E[j, w[t]] + logsumexp(i: a[t-1, i] + A[i, j]) }
        best[1, k] = start[k] + E[k, w[1]]
        for t = 2..T { best[t, j] = E[j, w[t]] + max(i: best[t-1, i] + A[i, j]) }
        J = logsumexp(k: a[T, k]) + max(k: best[T, k])
        maximize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("T", 3), ("K", 2), ("V", 4)],
        &[("T", 1), ("K", 1), ("V", 1)],
        &[("T", 2), ("K", 2), ("V", 2)],
    ];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let k_max = v.size("K");
        let emitted = |k: usize, t: usize| v.at("E", [k, v.id("w", t) + 1]);
        let begin: Vec<f64> = (1..=k_max).map(|k| v.at("start", [k]) + emitted(k, 1)).collect();
        let (mut a, mut best) = (begin.clone(), begin);
        let highest = |numbers: Vec<f64>| numbers.into_iter().fold(f64::NEG_INFINITY, f64::max);
        for t in 2..=v.size("T") {
            let from = |row: &[f64], j: usize| {
                (1..=k_max)
                    .map(|i| row[i - 1] + v.at("A", [i, j]))
                    .collect::<Vec<f64>>()
            };
            a = (1..=k_max).map(|j| emitted(j, t) + logsumexp(from(&a, j))).collect();
            best = (1..=k_max).map(|j| emitted(j, t) + highest(from(&best, j))).collect();
        }
        logsumexp(a) + highest(best)
    });
}

#[test]
fn connectionist_temporal_classification_reads_the_label_before_if_there_is_one() {
    let text = "graph ctc {
        dim T, U, V
        input l[U]: id[V]
        param p[T, V]
        a[1, u] = if u == 1 then exp(p[1, l[u]]) else 0
        for t = 2..T {
            a[t, u] = exp(p[t, l[u]]) * (a[t-1, u] + (if u > 1 then a[t-1, u - 1] else 0))
        }
        J = sum(u: u * a[T, u])
        maximize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [
        &[("T", 4), ("U", 3), ("V", 2)],
        &[("T", 1), ("U", 1), ("V", 1)],
        &[("T", 2), ("U", 2), ("V", 2)],
    ];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let u_max = v.size("U");
        let p = |t: usize, u: usize| v.at("p", [t, v.id("l", u) + 1]).exp();
        let mut a: Vec<f64> = (1..=u_max).map(|u| if u == 1 { p(1, 1) } else { 0.0 }).collect();
        for t in 2..=v.size("T") {
            let before = |u: usize| if u > 1 { a[u - 2] } else { 0.0 };
            a = (1..=u_max).map(|u| p(t, u) * (a[u - 1] + before(u))).collect();
        }
        (1..=u_max).map(|u| u as f64 * a[u - 1]).sum()
    });
}

#[test]
fn the_way_not_taken_is_neither_computed_nor_refused() {
    let text = "graph choices {
        dim T, N
        param x[T], h0, z[N]
        for t = 1..T { h[t] = tanh(x[t] + (if t > 1 then h[t-1] + x[t-1] else h0)) }
        for t = 1..T { d[t] = if t == T then 0 else x[t+1] - x[t] }
        for t = 1..T { e[t] = if t >= 2 and t < T then x[t-1] * x[t+1] else x[t] }
        J = h[T] + sum(t: d[t]^2 + t * e[t]) + (if N > 1 then z[2] else z[1])^2
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 4), ("N", 3)], &[("T", 1), ("N", 1)], &[("T", 2), ("N", 2)]];
    assert_agrees_with(text, &sizes, Kept::Perhaps, |v| {
        let (t_max, x) = (v.size("T"), |t: usize| v.at("x", [t]));
        let (mut h, mut sum) = (0.0, 0.0);
        for t in 1..=t_max {
            h = f64::tanh(x(t) + if t > 1 { h + x(t - 1) } else { v.at("h0", []) });
            sum += if t == t_max { 0.0 } else { (x(t + 1) - x(t)).powi(2) };
            sum += t as f64 * if t >= 2 && t < t_max { x(t - 1) * x(t + 1) } else { x(t) };
        }
        h + sum + v.at("z", [if v.size("N") > 1 { 2 } else { 1 }]).powi(2)
    });
}

#[test]
fn a_requirement_makes_a_position_exist() {
    let text = "graph second {
        dim N
        require N >= 2
        param x[N]
        J = (x[2] - x[1])^2 + x[N - 1] * x[N]
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("N", 2)], &[("N", 3)], &[("N", 5)]];
    assert_agrees(text, &sizes, |v| {
        let (n, x) = (v.size("N"), |i: usize| v.at("x", [i]));
        (x(2) - x(1)).powi(2) + x(n - 1) * x(n)
    });
}
