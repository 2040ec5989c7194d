//! Mistakes are named as a student made them, with a definition and without.

use ndarray::{Array2, ArrayD, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::Var;
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, TargetReport, Verdict};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::Reduction;
use tapegrad_autograd::ops::{cross_entropy, layer_norm, log_softmax, sigmoid, softmax, stack, tanh};

use super::{Arrays, checked, d1, d2, hand, linear, linear_formula, means, rows, sums, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

/// Asserts that the first cause says these words; `None` where no sentence is asked for.
pub(super) fn assert_named(subject: ModuleSubject, words: &str) -> TargetReport {
    let report = checked(subject);
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    let sentence = report.diagnosis.as_ref().map_or("", |d| d.sentence.as_str());
    assert!(sentence.contains(words), "`{words}` is not in `{sentence}`\n{text}");
    report
}

fn linear_forward(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    (d2(&x[0]).dot(&d2(&x[1]).t()) + d1(&x[2])).into_dyn()
}

/// The right gradients of a linear layer, with `g_W` and `g_b` changed.
fn linear_with(
    kept: &Kept,
    g: &ArrayD<f64>,
    w: impl Fn(Array2<f64>, f64) -> Array2<f64>,
    b: impl Fn(&Array2<f64>) -> ArrayD<f64>,
) -> Arrays {
    let g = d2(g);
    let g_w = w(g.t().dot(&d2(&kept[0])), g.nrows() as f64);
    vec![g.dot(&d2(&kept[1])).into_dyn(), g_w.into_dyn(), b(&g)]
}

#[test]
fn a_mean_over_the_batch_for_a_sum() {
    let backward =
        |kept: &mut Kept, g: &ArrayD<f64>| linear_with(kept, g, |w, _| w, |g| g.mean_axis(Axis(0)).unwrap().into_dyn());
    let words = "g_b is the mean over the axes along which the operand is repeated";
    assert_named(
        hand("linear", linear, linear_forward, backward).defined_by(linear_formula),
        words,
    );
    assert_named(hand("linear", linear, linear_forward, backward), words);
}

#[test]
fn a_factor_by_the_batch() {
    let backward =
        |kept: &mut Kept, g: &ArrayD<f64>| linear_with(kept, g, |w, rows| w / rows, |g| g.sum_axis(Axis(0)).into_dyn());
    let words = "g_W is divided by";
    for report in [
        assert_named(
            hand("linear", linear, linear_forward, backward).defined_by(linear_formula),
            words,
        ),
        assert_named(hand("linear", linear, linear_forward, backward), words),
    ] {
        assert!(
            text(&report).contains("a mean where a sum is meant"),
            "{}",
            text(&report)
        );
    }
}

#[test]
fn a_group_summed_as_a_whole() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        linear_with(kept, g, |w, _| w, |g| ArrayD::from_elem(vec![g.ncols()], g.sum()))
    };
    assert_named(
        hand("linear", linear, linear_forward, backward).defined_by(linear_formula),
        "g_b is summed over",
    );
}

#[test]
fn one_degree_of_freedom() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let x = d2(&x[0]);
        let centred = &x - &means(&x);
        let n = x.ncols() as f64;
        sums(&(&centred * &centred)).mapv(|s| s / n).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        let n = x.ncols() as f64;
        vec![((&x - &means(&x)) * &d2(g) * 2.0 / (n - 1.0).max(1.0)).into_dyn()]
    };
    assert_named(hand("variance", rows, forward, backward), "n/(n-1)");
}

fn recurrent(draw: &mut Draw) -> Case {
    let [steps, width] = [2 + draw.size_nonzero(), draw.size_nonzero()];
    Case::of([
        ("f", draw.normal(Shape::new(&[steps, width]))),
        ("u", draw.normal(Shape::new(&[steps, width]))),
        ("c_0", draw.normal(Shape::new(&[width]))),
    ])
}

/// `c_t = f_t c_{t-1} + u_t`, all of them.
fn states(x: &[ArrayD<f64>]) -> Vec<ArrayD<f64>> {
    let mut c = vec![x[2].clone()];
    for (f, u) in x[0].outer_iter().zip(x[1].outer_iter()) {
        let next = &f * c.last().unwrap() + &u;
        c.push(next);
    }
    c
}

fn recurrent_forward(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    let c = states(x);
    let views: Vec<_> = c[1..].iter().map(|c| c.view()).collect();
    ndarray::stack(Axis(0), &views).unwrap()
}

/// The formula, with steps taken from the rows by products with unit rows.
fn recurrent_formula<'t>(x: &[Var<'t>]) -> Var<'t> {
    let steps = x[0].shape().size(0);
    let mut c = x[2];
    let mut all = Vec::new();
    for t in 0..steps {
        let row = |x: Var<'t>| x.slice(0, t..t + 1).sum_over(&[0]);
        c = row(x[0]) * c + row(x[1]);
        all.push(c);
    }
    stack(&all, 0)
}

#[test]
fn the_state_of_this_step_for_that_of_the_step_before() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let c = states(kept);
        let (mut g_f, mut g_u) = (&kept[0] * 0.0, &kept[1] * 0.0);
        let mut carried = &kept[2] * 0.0;
        for t in (0..g.shape()[0]).rev() {
            carried += &g.index_axis(Axis(0), t);
            g_u.index_axis_mut(Axis(0), t).assign(&carried);
            // c[t] is the state before step t; this takes the one after it.
            g_f.index_axis_mut(Axis(0), t).assign(&(&carried * &c[t + 1]));
            carried = &carried * &kept[0].index_axis(Axis(0), t);
        }
        vec![g_f, g_u, carried]
    };
    let report = assert_named(
        hand("recurrence", recurrent, recurrent_forward, backward).defined_by(recurrent_formula),
        "has the factor",
    );
    assert_eq!(report.diagnosis.unwrap().operand, "f");
}

#[test]
fn a_gradient_that_goes_back_by_one_step() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let c = states(kept);
        let (mut g_f, mut g_u, mut g_c) = (&kept[0] * 0.0, &kept[1] * 0.0, &kept[2] * 0.0);
        for (t, state) in c.iter().enumerate().take(g.shape()[0]) {
            let mut carried = g.index_axis(Axis(0), t).to_owned();
            if t + 1 < g.shape()[0] {
                carried = carried + &g.index_axis(Axis(0), t + 1) * &kept[0].index_axis(Axis(0), t + 1);
            }
            g_u.index_axis_mut(Axis(0), t).assign(&carried);
            g_f.index_axis_mut(Axis(0), t).assign(&(&carried * state));
            if t == 0 {
                g_c = &carried * &kept[0].index_axis(Axis(0), 0);
            }
        }
        vec![g_f, g_u, g_c]
    };
    assert_named(
        hand("recurrence", recurrent, recurrent_forward, backward),
        "goes back by one step only",
    );
}

#[test]
fn a_missing_inner_derivative() {
    // y = tanh(x + 0.1 x³), whose derivative needs 1 + 0.3 x².
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| (x + 0.1 * x * x * x).tanh())
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![
            g * &kept[0].mapv(|x| {
                let y = (x + 0.1 * x * x * x).tanh();
                (1.0 - y * y) * (1.0 + 0.1)
            }),
        ]
    };
    assert_named(
        hand("cubic", rows, forward, backward).defined_by(|x| tanh(x[0] + x[0].powf(3.0) * 0.1)),
        "lacks its local derivative",
    );
}

#[test]
fn the_sigmoid_for_its_derivative() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| x / (1.0 + (-x).exp()))
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![
            g * &kept[0].mapv(|x: f64| {
                let s = 1.0 / (1.0 + (-x).exp());
                s + x * s
            }),
        ]
    };
    assert_named(
        hand("silu", rows, forward, backward).defined_by(|x| x[0] * sigmoid(x[0])),
        "is taken as y, without the factor 1 - y",
    );
}

#[test]
fn one_use_of_a_shared_weight_lost() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        (&x[0] * &x[1]).mapv(f64::tanh) * &x[1]
    };
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape)), ("w", draw.normal(shape))])
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let h = (&kept[0] * &kept[1]).mapv(f64::tanh);
        let g_inner = g * &kept[1] * &(1.0 - &h * &h);
        vec![&g_inner * &kept[1], g * &h]
    };
    let report = assert_named(
        hand("tied", case, forward, backward).defined_by(|x| tanh(x[0] * x[1]) * x[1]),
        "left out",
    );
    assert_eq!(report.diagnosis.unwrap().operand, "w");
}

fn classes(draw: &mut Draw) -> Case {
    let [rows, classes] = [draw.size_nonzero(), 1 + draw.size_nonzero()];
    let ids = draw.ids(Shape::new(&[rows]), classes);
    Case::of([("x", draw.normal(Shape::new(&[rows, classes])))]).with_data("ids", OperandKind::Id, ids)
}

const SMOOTHING: f64 = 0.2;

#[test]
fn label_smoothing_left_out() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let p = probabilities(&d2(&x[0]));
        let own = p
            .rows()
            .into_iter()
            .zip(&x[1])
            .map(|(p, id)| -(1.0 - SMOOTHING) * p[*id as usize].ln() - SMOOTHING * p.mapv(f64::ln).mean().unwrap());
        ndarray::arr0(own.sum::<f64>() / p.nrows() as f64).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let mut p = probabilities(&d2(&kept[0]));
        let rows = p.nrows() as f64;
        for (mut row, id) in p.rows_mut().into_iter().zip(&kept[1]) {
            row *= 1.0 - SMOOTHING;
            row[*id as usize] -= 1.0 - SMOOTHING;
        }
        vec![(p * (g.sum() / rows)).into_dyn(), &kept[1] * 0.0]
    };
    assert_named(
        hand("smoothed", classes, forward, backward).defined_by(|x| {
            let own = cross_entropy(x[0], x[1], None, Reduction::Mean);
            own * (1.0 - SMOOTHING) - log_softmax(x[0], -1).mean() * SMOOTHING
        }),
        "left out",
    );
}

fn probabilities(x: &Array2<f64>) -> Array2<f64> {
    let e = x.mapv(f64::exp);
    &e / &sums(&e)
}

#[test]
fn the_sum_over_the_wrong_axis() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        probabilities(&d2(&x[0])).into_dyn()
    };
    let diagonal = |kept: &mut Kept, g: &ArrayD<f64>| {
        let y = probabilities(&d2(&kept[0]));
        vec![(&y * &(1.0 - &y) * &d2(g)).into_dyn()]
    };
    assert_named(
        hand("softmax", rows, forward, diagonal).defined_by(|x| softmax(x[0], -1)),
        "",
    );
    assert_named(hand("softmax", rows, forward, diagonal), "");
}

#[test]
fn a_temperature_counted_twice() {
    let case = |draw: &mut Draw| {
        let shape = super::shape(draw, 2);
        let t = draw.between(Shape::new(&[]), 0.4, 3.0);
        Case::of([("x", draw.normal(shape))]).with_data("T", OperandKind::Data, t)
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        probabilities(&(d2(&x[0]) / x[1].sum())).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let t = kept[1].sum();
        let (y, g) = (probabilities(&(d2(&kept[0]) / t)), d2(g));
        vec![(&y * &(&g - &sums(&(&g * &y))) / (t * t)).into_dyn(), &kept[1] * 0.0]
    };
    assert_named(hand("softmax", case, forward, backward), "1/c, where c =");
}

#[test]
fn rows_that_should_not_count() {
    let case = |draw: &mut Draw| {
        let [rows, columns] = [1 + draw.size_nonzero(), draw.size_nonzero()];
        let mut mask = draw.mask(Shape::new(&[rows]));
        mask.iter_mut().take(1).for_each(|m| *m = 1.0);
        Case::of([("x", draw.normal(Shape::new(&[rows, columns])))]).with_data("mask", OperandKind::Mask, mask)
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let counted = x[1].sum();
        let rows = d2(&x[0]).mapv(|x| x * x).sum_axis(Axis(1));
        ndarray::arr0(rows.iter().zip(&x[1]).map(|(x, m)| x * m).sum::<f64>() / counted).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let rows = kept[1].len() as f64;
        let mask = d1(&kept[1]).insert_axis(Axis(1));
        vec![
            (d2(&kept[0]) * mask * (2.0 * g.sum() / rows)).into_dyn(),
            &kept[1] * 0.0,
        ]
    };
    assert_named(
        hand("masked mean", case, forward, backward),
        "the share of entries of mask that are not 0",
    );
}

#[test]
fn no_line_of_the_formula_is_given_away_without_need() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(f64::sin) * 2.0];
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| x.sin() * x.sin())
    };
    let report = checked(hand("square of the sine", rows, forward, backward).defined_by(|x| {
        let s = tapegrad_autograd::ops::sin(x[0]);
        s * s
    }));
    let shown = tapegrad_autograd::check::render::without_solution(&report);
    assert!(!shown.contains("cos"), "{shown}");
    assert!(shown.contains("WRONG"), "{shown}");
}

#[test]
fn a_layer_norm_without_its_variance() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let x = d2(&x[0]);
        let centred = &x - &means(&x);
        (&centred / &(means(&(&centred * &centred)) + 0.01).mapv(f64::sqrt)).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, g) = (d2(&kept[0]), d2(g));
        let centred = &x - &means(&x);
        let sigma = (means(&(&centred * &centred)) + 0.01).mapv(f64::sqrt);
        vec![((&g - &means(&g)) / &sigma).into_dyn()]
    };
    assert_named(
        hand("layer norm", rows, forward, backward).defined_by(|x| layer_norm(x[0], None, None, 0.01)),
        "left out",
    );
}

#[test]
fn the_link_of_a_chain_in_which_the_fault_sits() {
    use tapegrad_autograd::OpModule;
    use tapegrad_autograd::check::ChainSubject;
    use tapegrad_autograd::ops;
    let subject = ChainSubject::new("two layers", |draw: &mut Draw| {
        let [rows, inputs, hidden] = [(); 3].map(|()| draw.size_nonzero());
        Case::of([("x", draw.normal(Shape::new(&[rows, inputs])))])
            .with_param("W", draw.normal(Shape::new(&[hidden, inputs])))
            .with_param("b", draw.normal(Shape::new(&[hidden])))
    })
    .then("linear", |case: &Case| {
        let value = |i: usize| case.operands[i].value.clone();
        OpModule::<f64>::new(ops::Linear)
            .with_param("W", value(1))
            .with_param("b", value(2))
    })
    .then("tanh", |_: &Case| super::Hand {
        state: Kept::new(),
        forward: |kept, x| {
            keep(kept, x);
            x[0].mapv(f64::tanh)
        },
        backward: |kept, g| vec![g * &kept[0].mapv(|x| 1.0 - x.tanh())],
        params: Vec::new(),
    })
    .then("softmax", |_: &Case| OpModule::<f64>::new(ops::Softmax { axis: 1 }));
    let subject: std::sync::Arc<dyn tapegrad_autograd::check::Subject> = std::sync::Arc::new(subject);
    let report = tapegrad_autograd::check::check(&subject, &tapegrad_autograd::check::Options::default());
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(text.contains("The fault sits in tanh, link 2 of 3"), "{text}");
    assert!(
        !text.contains("sits in linear") && !text.contains("sits in softmax"),
        "{text}"
    );
}
