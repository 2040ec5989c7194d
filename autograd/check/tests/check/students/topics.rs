//! The ten modules: on what they are tried, and what they are meant to compute.

use ndarray::ArrayD;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::{self, Reduction, cross_entropy, embedding, layer_norm, rnn, softmax, tanh, where_};
use tapegrad_autograd::{Shape, Var};

use super::Arrays;
use super::entries::*;
use super::rows::*;
use super::sequences::*;

/// A module with its mistakes.
pub struct Topic {
    pub name: &'static str,
    pub mistakes: usize,
    pub case: fn(&mut Draw) -> Case,
    pub forward: fn(&Arrays) -> ArrayD<f64>,
    pub backward: fn(&Arrays, &ArrayD<f64>, usize) -> Arrays,
    pub definition: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

fn normal(draw: &mut Draw, sizes: &[usize]) -> ArrayD<f64> {
    draw.normal(Shape::new(sizes))
}

fn attention_of<'t>(x: &[Var<'t>]) -> Var<'t> {
    let s = x[0].matmul(x[1].t()) / (x[0].shape().last() as f64).sqrt();
    softmax(s, -1).matmul(x[2])
}

fn gates_of<'t>(x: &[Var<'t>]) -> Var<'t> {
    let c = ops::sigmoid(x[1]) * x[4] + ops::sigmoid(x[0]) * tanh(x[2]);
    ops::sigmoid(x[3]) * tanh(c)
}

pub const TOPICS: [Topic; 10] = [
    Topic {
        name: "linear",
        mistakes: 8,
        case: |d| {
            let [n, i, o] = [(); 3].map(|()| d.size_nonzero());
            Case::of([
                ("x", normal(d, &[n, i])),
                ("W", normal(d, &[o, i])),
                ("b", normal(d, &[o])),
            ])
        },
        forward: linear_forward,
        backward: linear_backward,
        definition: |x| x[0].matmul(x[1].t()) + x[2],
    },
    Topic {
        name: "softmax",
        mistakes: 8,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            Case::of([("S", normal(d, &[n, m]))])
        },
        forward: softmax_forward,
        backward: softmax_backward,
        definition: |x| softmax(x[0], -1),
    },
    Topic {
        name: "cross-entropy",
        mistakes: 8,
        case: |d| {
            let [n, k] = [(); 2].map(|()| d.size_nonzero());
            let ids = d.ids(Shape::new(&[n]), k);
            Case::of([("logits", normal(d, &[n, k]))]).with_data("ids", OperandKind::Id, ids)
        },
        forward: entropy_forward,
        backward: entropy_backward,
        definition: |x| cross_entropy(x[0], x[1], None, Reduction::Mean),
    },
    Topic {
        name: "layer norm",
        mistakes: 8,
        case: |d| {
            let [n, c] = [(); 2].map(|()| d.size_nonzero());
            Case::of([
                ("x", normal(d, &[n, c])),
                ("gamma", normal(d, &[c])),
                ("beta", normal(d, &[c])),
            ])
        },
        forward: norm_forward,
        backward: norm_backward,
        definition: |x| layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON),
    },
    Topic {
        name: "attention",
        mistakes: 8,
        case: |d| {
            let [q, k, w, v] = [(); 4].map(|()| d.size_nonzero());
            Case::of([
                ("q", normal(d, &[q, w])),
                ("k", normal(d, &[k, w])),
                ("v", normal(d, &[k, v])),
            ])
        },
        forward: attention_forward,
        backward: attention_backward,
        definition: attention_of,
    },
    Topic {
        name: "embedding",
        mistakes: 6,
        case: |d| {
            let [rows, width, n] = [(); 3].map(|()| d.size_nonzero());
            let ids = d.ids(Shape::new(&[n + 1]), rows);
            Case::of([("table", normal(d, &[rows, width]))]).with_data("ids", OperandKind::Id, ids)
        },
        forward: embedding_forward,
        backward: embedding_backward,
        definition: |x| embedding(x[0], x[1]),
    },
    Topic {
        name: "rnn",
        mistakes: 8,
        case: |d| {
            let [n, t, m, h] = [(); 4].map(|()| d.size_nonzero().min(3));
            let shapes = [vec![n, t, m], vec![n, h], vec![h, m], vec![h, h], vec![h]];
            let [x, h_0, w, u, b] = shapes.map(|shape| normal(d, &shape));
            Case::of([("x", x), ("h_0", h_0), ("W", w), ("U", u), ("b", b)])
        },
        forward: rnn_forward,
        backward: rnn_backward,
        definition: |x| rnn(x[0], x[1], x[2], x[3], x[4]),
    },
    Topic {
        name: "lstm gates",
        mistakes: 8,
        case: |d| {
            let [n, h] = [(); 2].map(|()| d.size_nonzero());
            let [i, f, g, o, c] = [(); 5].map(|()| normal(d, &[n, h]));
            Case::of([("a_i", i), ("a_f", f), ("a_g", g), ("a_o", o), ("c", c)])
        },
        forward: gates_forward,
        backward: gates_backward,
        definition: gates_of,
    },
    Topic {
        name: "broadcasting",
        mistakes: 8,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            Case::of([
                ("a", normal(d, &[n, m])),
                ("b", normal(d, &[m])),
                ("c", normal(d, &[n, 1])),
            ])
        },
        forward: mixed_forward,
        backward: mixed_backward,
        definition: |x| x[0] * x[1] + x[2],
    },
    Topic {
        name: "mask",
        mistakes: 4,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            let mask = d.mask(Shape::new(&[n, m]));
            Case::of([("x", normal(d, &[n, m]))]).with_data("mask", OperandKind::Mask, mask)
        },
        forward: masked_forward,
        backward: masked_backward,
        definition: |x| where_(x[1], tanh(x[0]), x[0].constant(0.0)),
    },
];
