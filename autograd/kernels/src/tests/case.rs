//! One call of one kernel, in any number type: the laws are written over these.

use crate::Kernels;
use crate::{
    AttentionGradients, AttentionSizes, Gemm, LayerNormGradients, LinearGradients, LinearSizes, LstmGradients,
    LstmSizes, LstmUpstream, RmsNormGradients, RnnGradients, RnnSizes, norm_backward_scratch_len,
};

use super::functions;
use super::operands::{STEP, attention, cross_entropy, layer_norm, lstm, rms_norm, rnn};
use super::shifted::Shifted;

/// A function of one number and, where there is one, its gradient.
#[derive(Clone, Copy, Debug)]
pub enum Function {
    Exp,
    Tanh,
    Sigmoid,
    GeluTanh,
    Silu,
}

/// A kernel with its sizes.
#[derive(Clone, Copy, Debug)]
pub enum Case {
    Gemm(Gemm),
    /// Two pairs of matrices, multiplied in all four combinations.
    GemmBatch(Gemm),
    Each(Function, usize),
    Softmax(usize, usize),
    LogSoftmax(usize, usize),
    LayerNorm(usize, usize, Factors),
    RmsNorm(usize, usize, Factors),
    CrossEntropy(usize, usize),
    Attention(AttentionSizes, Mask),
    Rnn(RnnSizes),
    Lstm(LstmSizes),
    Linear(LinearSizes, Bias),
    Sum(usize),
    Dot(usize),
    Adamw(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factors {
    None,
    Gamma,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    None,
    Some,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    None,
    Some,
}

/// What a forward pass gives.
pub struct Forward<T> {
    pub y: Shifted<T>,
    pub notes: Shifted<T>,
}

impl Case {
    /// The lengths of the inputs that it has gradients by, then of the others.
    pub fn lengths(&self) -> (Vec<usize>, Vec<usize>) {
        match *self {
            Self::Gemm(at) => (vec![], vec![at.m * at.k, at.k * at.n, at.m * at.n]),
            Self::GemmBatch(at) => (vec![], vec![2 * at.m * at.k, 2 * at.k * at.n, 4 * at.m * at.n]),
            Self::Each(Function::GeluTanh | Function::Silu, n) => (vec![n], vec![]),
            Self::Each(_, n) | Self::Sum(n) => (vec![], vec![n]),
            Self::Softmax(rows, cols) | Self::LogSoftmax(rows, cols) => (vec![rows * cols], vec![]),
            Self::LayerNorm(rows, cols, Factors::None) | Self::RmsNorm(rows, cols, Factors::None) => {
                (vec![rows * cols], vec![])
            }
            Self::LayerNorm(rows, cols, Factors::Gamma) | Self::RmsNorm(rows, cols, _) => {
                (vec![rows * cols, cols], vec![])
            }
            Self::LayerNorm(rows, cols, Factors::All) => (vec![rows * cols, cols, cols], vec![]),
            Self::CrossEntropy(rows, cols) => (vec![rows * cols], vec![rows]),
            Self::Attention(at, mask) => {
                let (q, k) = (at.queries * at.heads, at.keys * at.kv_heads);
                let others = if mask == Mask::Some {
                    vec![at.batch * at.keys]
                } else {
                    vec![]
                };
                (
                    vec![
                        at.batch * q * at.head_dim,
                        at.batch * k * at.head_dim,
                        at.batch * k * at.head_dim,
                    ],
                    others,
                )
            }
            Self::Rnn(at) => {
                let (b, d) = (at.batch, at.hidden);
                (vec![b * at.time * at.inputs, b * d, d * at.inputs, d * d, d], vec![])
            }
            Self::Lstm(at) => {
                let (b, d) = (at.batch, at.hidden);
                (
                    vec![
                        b * at.time * at.inputs,
                        b * d,
                        b * d,
                        4 * d * at.inputs,
                        4 * d * d,
                        4 * d,
                    ],
                    vec![],
                )
            }
            Self::Linear(at, bias) => {
                let mut lengths = vec![at.rows * at.inputs, at.outputs * at.inputs];
                lengths.extend((bias == Bias::Some).then_some(at.outputs));
                (lengths, vec![])
            }
            Self::Dot(n) => (vec![], vec![n, n]),
            Self::Adamw(n) => (vec![], vec![n, n, n, n]),
        }
    }

    /// Runs the kernel.
    pub fn forward<T: Kernels>(&self, x: &[Shifted<T>]) -> Forward<T> {
        match *self {
            Self::Gemm(at) => {
                let mut y = if at.adds {
                    x[2].clone()
                } else {
                    Shifted::room(at.m * at.n)
                };
                T::gemm(at, &x[0], &x[1], &mut y);
                Forward {
                    y,
                    notes: Shifted::room(0),
                }
            }
            Self::GemmBatch(at) => {
                let (a, b) = (at.m * at.k, at.k * at.n);
                let mut y = if at.adds {
                    x[2].clone()
                } else {
                    Shifted::room(4 * at.m * at.n)
                };
                T::gemm_batch(at, &[(0, 0), (a, 0), (0, b), (a, b)], &x[0], &x[1], &mut y);
                Forward {
                    y,
                    notes: Shifted::room(0),
                }
            }
            Self::Each(function, n) => written(n, 0, |y, _| match function {
                Function::Exp => T::map::<functions::Exp>(&x[0], y),
                Function::Tanh => T::map::<functions::Tanh>(&x[0], y),
                Function::Sigmoid => T::map::<functions::Sigmoid>(&x[0], y),
                Function::GeluTanh => T::map::<functions::GeluTanh>(&x[0], y),
                Function::Silu => T::map::<functions::Silu>(&x[0], y),
            }),
            Self::Softmax(rows, cols) => written(rows * cols, 0, |y, _| T::softmax_rows(cols, &x[0], y)),
            Self::LogSoftmax(rows, cols) => written(rows * cols, 0, |y, _| T::log_softmax_rows(cols, &x[0], y)),
            Self::LayerNorm(rows, cols, _) => written(rows * cols, 2 * rows, |y, notes| {
                T::layer_norm_rows(layer_norm(cols, x), &x[0], y, notes);
            }),
            Self::RmsNorm(rows, cols, _) => written(rows * cols, rows, |y, notes| {
                T::rms_norm_rows(rms_norm(cols, x), &x[0], y, notes);
            }),
            Self::CrossEntropy(rows, cols) => written(rows, rows, |y, notes| {
                T::cross_entropy_rows(cross_entropy(cols), &x[0], &x[1], y, notes);
            }),
            Self::Attention(at, _) => written(x[0].len(), at.notes_len(), |y, notes| {
                T::attention(at, attention(x), y, notes, &mut Shifted::room(at.scratch_len()));
            }),
            Self::Rnn(at) => written(at.batch * at.time * at.hidden, 0, |y, _| {
                T::rnn(at, rnn(x), y, &mut Shifted::room(at.scratch_len()));
            }),
            Self::Lstm(at) => {
                let n = at.batch * at.time * at.hidden;
                written(2 * n, at.notes_len(), |y, notes| {
                    let (h, cells) = y.split_at_mut(n);
                    T::lstm(at, lstm(x), h, notes, &mut Shifted::room(at.scratch_len()));
                    cells.copy_from_slice(&notes[4 * n..]);
                })
            }
            Self::Linear(at, _) => written(at.rows * at.outputs, 0, |y, _| {
                T::linear(at, &x[0], &x[1], x.get(2).map(|b| &**b), y);
            }),
            Self::Sum(_) => written(1, 0, |y, _| y[0] = T::sum_slice(&x[0])),
            Self::Dot(_) => written(2, 0, |y, _| {
                y.copy_from_slice(&[T::dot_slice(&x[0], &x[1]), T::square_sum_slice(&x[0])]);
            }),
            Self::Adamw(n) => {
                let [mut w, mut m, mut v] = [0, 2, 3].map(|i: usize| x[i].clone());
                T::adamw(STEP, &mut w, &x[1], &mut m, &mut v);
                written(3 * n, 0, |y, _| {
                    for (y, part) in y.chunks_exact_mut(n.max(1)).zip([w, m, v]) {
                        y.copy_from_slice(&part);
                    }
                })
            }
        }
    }

    /// The gradients by the inputs that have one.
    pub fn backward<T: Kernels>(&self, x: &[Shifted<T>], at_y: &Forward<T>, g_y: &[T]) -> Vec<Shifted<T>> {
        let mut g: Vec<_> = self.lengths().0.into_iter().map(Shifted::room).collect();
        let (y, notes) = (&at_y.y, &at_y.notes);
        let mut slots = g.iter_mut().map(|g| &mut **g);
        let mut next = || slots.next();
        match *self {
            Self::Each(Function::GeluTanh, _) => T::map_backward::<functions::GeluTanhSlope>(&x[0], g_y, &mut g[0]),
            Self::Each(Function::Silu, _) => T::map_backward::<functions::SiluSlope>(&x[0], g_y, &mut g[0]),
            Self::Softmax(_, cols) => T::softmax_rows_backward(cols, y, g_y, &mut g[0]),
            Self::LogSoftmax(_, cols) => T::log_softmax_rows_backward(cols, y, g_y, &mut g[0]),
            Self::LayerNorm(rows, cols, _) => {
                let gradients = LayerNormGradients {
                    g_x: next(),
                    g_gamma: next(),
                    g_beta: next(),
                };
                let mut scratch = Shifted::room(norm_backward_scratch_len(rows, cols));
                T::layer_norm_rows_backward(layer_norm(cols, x), &x[0], notes, g_y, gradients, &mut scratch);
            }
            Self::RmsNorm(rows, cols, _) => {
                let gradients = RmsNormGradients {
                    g_x: next(),
                    g_gamma: next(),
                };
                let mut scratch = Shifted::room(norm_backward_scratch_len(rows, cols));
                T::rms_norm_rows_backward(rms_norm(cols, x), &x[0], notes, g_y, gradients, &mut scratch);
            }
            Self::CrossEntropy(_, cols) => {
                T::cross_entropy_rows_backward(cross_entropy(cols), &x[0], &x[1], notes, g_y, &mut g[0]);
            }
            Self::Attention(at, _) => {
                let gradients = AttentionGradients {
                    g_q: next(),
                    g_k: next(),
                    g_v: next(),
                };
                let mut scratch = Shifted::room(at.backward_scratch_len());
                T::attention_backward(at, attention(x), notes, g_y, gradients, &mut scratch);
            }
            Self::Rnn(at) => {
                let gradients = RnnGradients {
                    g_x: next(),
                    g_h_0: next(),
                    g_w_xh: next(),
                    g_w_hh: next(),
                    g_b: next(),
                };
                let mut scratch = Shifted::room(at.backward_scratch_len());
                T::rnn_backward(at, rnn(x), y, g_y, gradients, &mut scratch);
            }
            Self::Lstm(at) => {
                let gradients = LstmGradients {
                    g_x: next(),
                    g_h_0: next(),
                    g_c_0: next(),
                    g_w_xh: next(),
                    g_w_hh: next(),
                    g_b: next(),
                };
                let mut scratch = Shifted::room(at.backward_scratch_len());
                let (g_h, g_c) = g_y.split_at(g_y.len() / 2);
                let upstream = LstmUpstream { g_h, g_c: Some(g_c) };
                T::lstm_backward(at, lstm(x), (&y[..g_h.len()], notes), upstream, gradients, &mut scratch);
            }
            Self::Linear(at, _) => {
                let gradients = LinearGradients {
                    g_x: next(),
                    g_w: next(),
                    g_b: next(),
                };
                T::linear_backward(at, &x[0], &x[1], g_y, gradients);
            }
            _ => {}
        }
        g
    }
}

fn written<T: Kernels>(y: usize, notes: usize, run: impl FnOnce(&mut [T], &mut [T])) -> Forward<T> {
    let mut result = Forward {
        y: Shifted::room(y),
        notes: Shifted::room(notes),
    };
    run(&mut result.y, &mut result.notes);
    result
}
