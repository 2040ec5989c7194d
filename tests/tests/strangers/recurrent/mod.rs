//! Recurrent networks, unrolled by hand.

mod one;

use ndarray::{Array1, Array2, s as cut};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use crate::entry::{Entry, wrong};
use crate::hand::{A, Recipe, m, mat, pure, sigmoid, stack, v, vct, zeros};

/// What a student gets wrong in a simple recurrent network.
#[derive(Clone, Copy, PartialEq)]
pub enum Slip {
    None,
    NotCarried,
    NoTanh,
    TanhOfInput,
    StateOfSameStep,
    LastStepOnly,
    BiasLastStep,
    InitialZero,
    InputGradientLast,
    Truncated,
    CarriedUntransposed,
    Clipped,
    InputWeightState,
}

/// `h_t = tanh(x_t wx + h_(t-1) wh + b)`; x `[T, M]`, h0 `[H]`, then wx, wh and b. The result is all states.
pub fn rnn(slip: Slip) -> Recipe {
    pure(
        |x| stack(&states(x)[1..].iter().map(|h| h.to_vec()).collect::<Vec<_>>()),
        move |x, _, g| {
            let h = states(x);
            let (a, wx, wh, g) = (mat(&x[0]), mat(&x[2]), mat(&x[3]), mat(g));
            let mut g_x = Array2::zeros(a.dim());
            let (mut g_wx, mut g_wh) = (Array2::zeros(wx.dim()), Array2::zeros(wh.dim()));
            let mut g_b = Array1::zeros(wh.ncols());
            let mut carried = Array1::<f64>::zeros(wh.ncols());
            for t in (0..a.nrows()).rev() {
                let g_h = &g.row(t) + &carried;
                let inner = &g_h
                    * &match slip {
                        Slip::NoTanh => h[t + 1].mapv(|_| 1.0),
                        Slip::TanhOfInput => (a.row(t).dot(&wx) + h[t].dot(&wh) + vct(&x[4])).mapv(|z| 1.0 - z * z),
                        _ => h[t + 1].mapv(|h| 1.0 - h * h),
                    };
                let inner = if slip == Slip::Clipped {
                    inner.mapv(|g| g.clamp(-0.5, 0.5))
                } else {
                    inner
                };
                let last = t + 1 == a.nrows();
                let before = if slip == Slip::StateOfSameStep {
                    &h[t + 1]
                } else {
                    &h[t]
                };
                if slip != Slip::LastStepOnly || last {
                    g_wh += &outer(before, &inner);
                }
                if slip != Slip::BiasLastStep || last {
                    g_b += &inner;
                }
                g_wx += &outer(&a.row(t).to_owned(), &inner);
                if slip != Slip::InputGradientLast || last {
                    g_x.row_mut(t).assign(&inner.dot(&wx.t()));
                }
                carried = match slip {
                    Slip::NotCarried => Array1::zeros(wh.ncols()),
                    Slip::CarriedUntransposed => inner.dot(&wh),
                    Slip::Truncated if a.nrows() - t == 2 => Array1::zeros(wh.ncols()),
                    _ => inner.dot(&wh.t()),
                };
            }
            let g_h0 = if slip == Slip::InitialZero {
                carried * 0.0
            } else {
                carried
            };
            if slip == Slip::InputWeightState {
                g_wx.fill(0.0);
            }
            vec![
                g_x.into_dyn(),
                g_h0.into_dyn(),
                g_wx.into_dyn(),
                g_wh.into_dyn(),
                g_b.into_dyn(),
            ]
        },
    )
}

fn states(x: &[A]) -> Vec<Array1<f64>> {
    let (a, wx, wh, b) = (mat(&x[0]), mat(&x[2]), mat(&x[3]), vct(&x[4]));
    let mut h = vec![vct(&x[1])];
    for t in 0..a.nrows() {
        let next = (a.row(t).dot(&wx) + h[t].dot(&wh) + &b).mapv(f64::tanh);
        h.push(next);
    }
    h
}

fn outer(a: &Array1<f64>, b: &Array1<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.len(), b.len()), |(i, j)| a[i] * b[j])
}

/// Inputs, first state and parameters.
pub fn rnn_case(draw: &mut Draw) -> Case {
    let (t, k, h) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    let x = draw.normal(Shape::new(&[t, k]));
    Case::of([("x", x), ("h0", draw.normal(Shape::new(&[h])))])
        .with_param("wx", draw.normal(Shape::new(&[k, h])))
        .with_param("wh", draw.normal(Shape::new(&[h, h])))
        .with_param("b", draw.normal(Shape::new(&[h])))
}

/// What a student gets wrong in a cell with gates.
#[derive(Clone, Copy, PartialEq)]
pub enum Gate {
    None,
    ForgetWithoutSigmoid,
    CellNotAdded,
    CellOutputIgnored,
    BiasesOfForget,
    TanhOfCell,
    InputForgetSwapped,
    OutputGateConstant,
    CandidateAsSigmoid,
    ForgetTakesNewCell,
    OnlyInput,
}

/// One step of an LSTM: x `[4, H]` are the sums that go into the gates i, f, g, o before their bias; then the old cell
/// `[H]`; the parameter is the bias `[4, H]`. The result is the new hidden state above the new cell, `[2, H]`.
pub fn lstm_step(slip: Gate) -> Recipe {
    pure(
        |x| {
            let (i, f, g, o, c) = gates(x);
            let cell = &f * &vct(&x[1]) + &i * &g;
            let _ = c;
            stack(&[(&o * &cell.mapv(f64::tanh)).to_vec(), cell.to_vec()])
        },
        move |x, _, g_y| {
            let (i, f, g, o, old) = gates(x);
            let cell = &f * &old + &i * &g;
            let t = cell.mapv(f64::tanh);
            let (g_h, g_c) = (mat(g_y).row(0).to_owned(), mat(g_y).row(1).to_owned());
            let slope = if slip == Gate::TanhOfCell {
                cell.mapv(|c| 1.0 - c * c)
            } else {
                t.mapv(|t| 1.0 - t * t)
            };
            let through = &g_h * &o * &slope;
            let g_cell = match slip {
                Gate::CellNotAdded => g_c,
                Gate::CellOutputIgnored => through,
                _ => through + g_c,
            };
            let one_minus = |a: &Array1<f64>| a.mapv(|a| a * (1.0 - a));
            let g_i = &g_cell * &g * &one_minus(&i);
            let forget = if slip == Gate::ForgetWithoutSigmoid {
                f.mapv(|_| 1.0)
            } else {
                one_minus(&f)
            };
            let taken = if slip == Gate::ForgetTakesNewCell { &cell } else { &old };
            let g_f = &g_cell * taken * &forget;
            let g_g = &g_cell
                * &i
                * &if slip == Gate::CandidateAsSigmoid {
                    one_minus(&g)
                } else {
                    g.mapv(|g| 1.0 - g * g)
                };
            let g_o = &g_h * &t * &one_minus(&o) * if slip == Gate::OutputGateConstant { 0.0 } else { 1.0 };
            let (g_i, g_f) = if slip == Gate::InputForgetSwapped {
                (g_f, g_i)
            } else {
                (g_i, g_f)
            };
            let all = stack(&[g_i.to_vec(), g_f.to_vec(), g_g.to_vec(), g_o.to_vec()]);
            let bias = match slip {
                Gate::BiasesOfForget => stack(&[g_f.to_vec(), g_f.to_vec(), g_g.to_vec(), g_f.to_vec()]),
                _ => all.clone(),
            };
            let all = if slip == Gate::OnlyInput {
                all * &m(&[[1.0], [0.0], [0.0], [0.0]])
            } else {
                all
            };
            vec![all, (&g_cell * &f).into_dyn(), bias]
        },
    )
}

type Gates = (Array1<f64>, Array1<f64>, Array1<f64>, Array1<f64>, Array1<f64>);

fn gates(x: &[A]) -> Gates {
    let z = mat(&(&x[0] + &x[2]));
    let row = |i: usize| z.row(i).to_owned();
    (
        row(0).mapv(sigmoid),
        row(1).mapv(sigmoid),
        row(2).mapv(f64::tanh),
        row(3).mapv(sigmoid),
        vct(&x[1]),
    )
}

/// Sums, the old cell and biases.
pub fn lstm_case(draw: &mut Draw) -> Case {
    let h = draw.size_nonzero();
    let z = draw.normal(Shape::new(&[4, h]));
    Case::of([("z", z), ("c", draw.normal(Shape::new(&[h])))]).with_param("b", draw.normal(Shape::new(&[4, h])))
}

/// What a student gets wrong in a GRU.
#[derive(Clone, Copy, PartialEq)]
pub enum Gru {
    None,
    ResetForgotten,
    ResetOfFirst,
    UpdateSign,
    DirectForgotten,
    ResetAfterProduct,
}

/// One step of a GRU on a state h `[H]` with gates z and r from x `[2, H]` and a matrix `[H, H]` for the candidate.
pub fn gru_step(slip: Gru) -> Recipe {
    pure(
        |x| {
            let (z, r, h, u) = gru_parts(x);
            let candidate = (&r * &h).dot(&u).mapv(f64::tanh);
            (&z * &h + z.mapv(|z| 1.0 - z) * candidate).into_dyn()
        },
        move |x, _, g| {
            let (z, r, h, u) = gru_parts(x);
            let gated = if slip == Gru::ResetOfFirst { &h * r[0] } else { &r * &h };
            let candidate = (&r * &h).dot(&u).mapv(f64::tanh);
            let g = vct(g);
            let inner = &g * &z.mapv(|z| 1.0 - z) * &candidate.mapv(|c| 1.0 - c * c);
            let g_u = outer(&gated, &inner);
            let g_gated = inner.dot(&u.t());
            let difference = if slip == Gru::UpdateSign {
                &h + &candidate
            } else {
                &h - &candidate
            };
            let g_z = &g * &difference * &z.mapv(|z| z * (1.0 - z));
            let g_r = &g_gated * &h * &r.mapv(|r| r * (1.0 - r));
            let g_r = if slip == Gru::ResetForgotten { g_r * 0.0 } else { g_r };
            let through = match slip {
                Gru::ResetAfterProduct => g_gated,
                Gru::ResetOfFirst => g_gated * r[0],
                _ => &g_gated * &r,
            };
            let direct = if slip == Gru::DirectForgotten { z * 0.0 } else { z };
            vec![
                stack(&[g_z.to_vec(), g_r.to_vec()]),
                (&g * &direct + through).into_dyn(),
                g_u.into_dyn(),
            ]
        },
    )
}

fn gru_parts(x: &[A]) -> (Array1<f64>, Array1<f64>, Array1<f64>, Array2<f64>) {
    let z = mat(&x[0]).mapv(sigmoid);
    (z.row(0).to_owned(), z.row(1).to_owned(), vct(&x[1]), mat(&x[2]))
}

/// Sums, the state and the candidate's matrix.
pub fn gru_case(draw: &mut Draw) -> Case {
    let h = draw.size_nonzero();
    let z = draw.normal(Shape::new(&[2, h]));
    Case::of([("z", z), ("h", draw.normal(Shape::new(&[h])))]).with_param("u", draw.normal(Shape::new(&[h, h])))
}

/// The sum over steps of x where the mask says so; backward() looks at the mask of the step `beside`.
fn padded_sum(beside: usize, masked: bool) -> Recipe {
    pure(
        |x| {
            (mat(&x[0]) * &vct(&x[1]).insert_axis(ndarray::Axis(1)))
                .sum_axis(ndarray::Axis(0))
                .into_dyn()
        },
        move |x, _, g| {
            let (t, k) = mat(&x[0]).dim();
            let at = |i: usize| if masked { x[1][(i + beside) % t] } else { 1.0 };
            vec![
                Array2::from_shape_fn((t, k), |(i, j)| at(i) * g[j]).into_dyn(),
                zeros(&x[1]),
            ]
        },
    )
}

fn padded_case(draw: &mut Draw) -> Case {
    let (t, k) = (draw.size_nonzero(), draw.size_nonzero());
    let x = draw.normal(Shape::new(&[t, k]));
    Case::of([("x", x)]).with_data("mask", OperandKind::Mask, draw.mask(Shape::new(&[t])))
}

/// A leaky sum `y_t = 0.5 y_(t-1) + x_t`, where the gradient runs `forwards` or loses the factor.
fn leaky(forwards: bool, factor: f64) -> Recipe {
    pure(
        |x| {
            let mut state = 0.0;
            v(&vct(&x[0])
                .iter()
                .map(|x| {
                    state = 0.5 * state + x;
                    state
                })
                .collect::<Vec<_>>())
        },
        move |_, _, g| {
            let mut g = vct(g);
            if !forwards {
                g.invert_axis(ndarray::Axis(0));
            }
            let mut state = 0.0;
            let mut out: Array1<f64> = g
                .iter()
                .map(|g| {
                    state = factor * state + g;
                    state
                })
                .collect();
            if !forwards {
                out = out.slice(cut![..;-1]).to_owned();
            }
            vec![out.into_dyn()]
        },
    )
}

/// The same network as a formula.
fn rnn_formula<'t>(x: &[tapegrad_autograd::Var<'t>]) -> tapegrad_autograd::Var<'t> {
    let steps = x[0].shape().to_vec()[0];
    let mut h = x[1];
    let mut all = Vec::new();
    for t in 0..steps {
        h = tapegrad_autograd::ops::tanh(x[0].at(0, t).matmul(x[2]) + h.matmul(x[3]) + x[4]);
        all.push(h);
    }
    tapegrad_autograd::ops::stack(&all, 0)
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries()].concat()
}
