//! Functions in index equations, arrays of zeros and ones, and values with a gradient that stops.

use tapegrad_autograd::language::words;
use tapegrad_autograd::op::Form;

use super::{assert_agrees, logsumexp};

#[test]
fn functions_along_an_index_are_written_with_it() {
    let text = "graph weights {
        dim T, C
        param s[T, C], v[C]
        p[t, c] = softmax(c: s[t, c])
        q[t, c] = log_softmax(s[t, c] * v[c], over c)
        l[t] = logsumexp(c: s[t, c] + v[c])
        m[t] = var(c: s[t, c])
        y[c] = cumsum(c: v[c])
        o = sum(c: softmax(c: v[c]) * v[c])
        J = sum(t, c: t * p[t, c] * v[c] + q[t, c] * c) + sum(t: l[t]^2 + m[t]) + sum(c: y[c]^2) + o
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 2), ("C", 3)], &[("T", 1), ("C", 1)], &[("T", 2), ("C", 2)]];
    assert_agrees(text, &sizes, |v| {
        let (t_max, c_max) = (v.size("T"), v.size("C"));
        let (s, own) = (|t: usize, c: usize| v.at("s", [t, c]), |c: usize| v.at("v", [c]));
        let mut sum = 0.0;
        for t in 1..=t_max {
            let row = |f: &dyn Fn(usize) -> f64| logsumexp((1..=c_max).map(f));
            let (plain, scaled) = (row(&|c| s(t, c)), row(&|c| s(t, c) * own(c)));
            for c in 1..=c_max {
                sum += t as f64 * (s(t, c) - plain).exp() * own(c) + (s(t, c) * own(c) - scaled) * c as f64;
            }
            let mean = (1..=c_max).map(|c| s(t, c)).sum::<f64>() / c_max as f64;
            let var = (1..=c_max).map(|c| (s(t, c) - mean).powi(2)).sum::<f64>() / c_max as f64;
            sum += row(&|c| s(t, c) + own(c)).powi(2) + var;
        }
        let mut y = 0.0;
        for c in 1..=c_max {
            y += own(c);
            sum += y.powi(2);
        }
        let whole = logsumexp((1..=c_max).map(own));
        sum + (1..=c_max).map(|c| (own(c) - whole).exp() * own(c)).sum::<f64>()
    });
}

#[test]
fn a_range_to_clip_to_is_of_constants_or_of_values() {
    let text = "graph ppo {
        dim N
        const eps = 0.2
        input lo: data
        param r[N], A[N]
        c = clip(r, 1 - eps, 1 + eps)
        d[i] = min(r[i] * A[i], clip(r[i], 1 - eps, 1 + eps) * A[i]) + clip(r[i] * i, lo, 2 * A[i])^2
        J = sum(i: c[i] + d[i])
        maximize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("N", 4)], &[("N", 1)], &[("N", 2)]];
    assert_agrees(text, &sizes, |v| {
        let one = |i: usize| {
            let (r, a, lo) = (v.at("r", [i]), v.at("A", [i]), v.at("lo", []));
            let (c, x, hi) = (r.clamp(0.8, 1.2), r * i as f64, 2.0 * a);
            let limited = if x > hi {
                hi
            } else if x < lo {
                lo
            } else {
                x
            };
            c + (r * a).min(c * a) + limited.powi(2)
        };
        (1..=v.size("N")).map(one).sum()
    });
}

/// Each function of one number gives the same in an index equation as over the whole array.
#[test]
fn every_function_of_one_number_stands_in_an_index_equation() {
    for function in words::all().filter(|function| function.word.form == Form::Unary && function.word.name != "neg") {
        let name = function.word.name;
        let text = format!(
            "graph one {{ dim M, N input x[M, N] y[j, i] = {name}(x[i, j]^2 + 0.1) * i z = {name}(x^2 + 0.1) \
             J = sum(i, j: (y[j, i] - i * z[i, j])^2) minimize J }}"
        );
        assert_agrees(&text, &[&[("M", 2), ("N", 3)]], |_| 0.0);
    }
}

#[test]
fn a_layer_norm_is_one_line_for_each_formula() {
    let text = "graph layer_norm {
        dim T, D
        param x[T, D], gamma[D], beta[D]
        y = gamma * (x - mean(x, over D)) / sqrt(var(x, over D) + 0.01) + beta
        J = sum(t, d: t * y[t, d]^2 * d)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 2), ("D", 3)], &[("T", 1), ("D", 1)], &[("T", 2), ("D", 2)]];
    assert_agrees(text, &sizes, |v| {
        let d_max = v.size("D");
        let mut sum = 0.0;
        for t in 1..=v.size("T") {
            let mean = (1..=d_max).map(|d| v.at("x", [t, d])).sum::<f64>() / d_max as f64;
            let var = (1..=d_max).map(|d| (v.at("x", [t, d]) - mean).powi(2)).sum::<f64>() / d_max as f64;
            for d in 1..=d_max {
                let y = v.at("gamma", [d]) * (v.at("x", [t, d]) - mean) / (var + 0.01).sqrt() + v.at("beta", [d]);
                sum += t as f64 * y.powi(2) * d as f64;
            }
        }
        sum
    });
}

#[test]
fn zeros_ones_and_a_stopped_gradient() {
    let text = "graph arrays {
        dim T, D
        param x[T, D], w[D]
        y = ones[T, D] + zeros[D] - x * 0.5
        z = w @ ones[D, 3]
        J = sum(stop(y) * x, over T, D) + sum(z^2)
        minimize J
    }";
    let sizes: [&[(&str, i64)]; 3] = [&[("T", 2), ("D", 3)], &[("T", 1), ("D", 1)], &[("T", 2), ("D", 2)]];
    // The derivative of the first sum takes y as given, so the direct computation has it from outside.
    let given = std::cell::RefCell::new(std::collections::BTreeMap::new());
    assert_agrees(text, &sizes, |v| {
        let (t_max, d_max) = (v.size("T"), v.size("D"));
        let key = (t_max, d_max);
        let x = |t: usize, d: usize| v.at("x", [t, d]);
        let own: Vec<f64> = (1..=t_max)
            .flat_map(|t| (1..=d_max).map(move |d| (t, d)))
            .map(|(t, d)| 1.0 - x(t, d) * 0.5)
            .collect();
        let y = given.borrow_mut().entry(key).or_insert(own).clone();
        let pairs = (1..=t_max).flat_map(|t| (1..=d_max).map(move |d| (t, d)));
        let first: f64 = pairs.zip(&y).map(|((t, d), y)| y * x(t, d)).sum();
        let z: f64 = (1..=d_max).map(|d| v.at("w", [d])).sum();
        first + 3.0 * z.powi(2)
    });
}
