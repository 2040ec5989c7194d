//! The tests of the assignment on attention.

use ndarray::{ArrayD, Axis, Ix2, Slice, array};
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::module::Module;
use tapegrad_autograd::ops::softmax;
use tapegrad_autograd::{Shape, Tape, Var};

use tapegrad_lessons::assignment::exam::Visibility::{Hidden, Public};
use tapegrad_lessons::assignment::exam::{Test, on, same, scalar};
use tapegrad_lessons::assignment::grade::{Complaint, ModuleSpec, Submission};

/// All tests, in the order of the tasks.
pub const TESTS: &[Test] = &[
    Test {
        name: "mask-of-three",
        task: "causal-mask",
        points: 4,
        visibility: Public,
        claim: "the mask of three places is that of the handout",
        run: |student, _| masks(student, &[3]),
    },
    Test {
        name: "mask-of-any-size",
        task: "causal-mask",
        points: 8,
        visibility: Hidden,
        claim: "a place sees itself and what is before it, whatever the length",
        run: |student, _| masks(student, &[1, 2, 7]),
    },
    Test {
        name: "equal-scores",
        task: "attention-forward",
        points: 4,
        visibility: Public,
        claim: "when all scores are equal, each place gets the mean of what it sees",
        run: equal_scores,
    },
    Test {
        name: "scaled-scores",
        task: "attention-forward",
        points: 6,
        visibility: Public,
        claim: "weights and means are those of the handout's example, in which D is 4",
        run: scaled_scores,
    },
    Test {
        name: "forward-of-random-values",
        task: "attention-forward",
        points: 10,
        visibility: Hidden,
        claim: "weights and means are those of the engine, for any sizes and any mask",
        run: forward,
    },
    Test {
        name: "gradient-of-q",
        task: "attention-backward",
        points: 4,
        visibility: Public,
        claim: "the gradient of q agrees with the witnesses",
        run: |student, seed| student.gradient_of("q", sought("gradients"), seed, 8),
    },
    Test {
        name: "gradient-of-k",
        task: "attention-backward",
        points: 4,
        visibility: Public,
        claim: "the gradient of k agrees with the witnesses",
        run: |student, seed| student.gradient_of("k", sought("gradients"), seed, 8),
    },
    Test {
        name: "gradient-of-v",
        task: "attention-backward",
        points: 4,
        visibility: Public,
        claim: "the gradient of v agrees with the witnesses",
        run: |student, seed| student.gradient_of("v", sought("gradients"), seed, 8),
    },
    Test {
        name: "gradient-of-q-hidden",
        task: "attention-backward",
        points: 3,
        visibility: Hidden,
        claim: "the gradient of q agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("q", sought("gradients"), seed, 16),
    },
    Test {
        name: "gradient-of-k-hidden",
        task: "attention-backward",
        points: 3,
        visibility: Hidden,
        claim: "the gradient of k agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("k", sought("gradients"), seed, 16),
    },
    Test {
        name: "gradient-of-v-hidden",
        task: "attention-backward",
        points: 2,
        visibility: Hidden,
        claim: "the gradient of v agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("v", sought("gradients"), seed, 16),
    },
    Test {
        name: "no-leak",
        task: "attention-backward",
        points: 8,
        visibility: Hidden,
        claim: "with all three parts together, nothing flows from a place to the places before it",
        run: no_leak,
    },
];

fn masks(student: &Submission, sizes: &[usize]) -> Result<(), Complaint> {
    for &t in sizes {
        let given = student.call_for_one("causal_mask", &[scalar(t as f64)])?;
        if given.shape() != [t, t] {
            return Err(format!("the mask of {t} places has the shape {:?}", given.shape()));
        }
        for ((i, j), given) in given
            .into_dimensionality::<Ix2>()
            .map_err(|error| error.to_string())?
            .indexed_iter()
        {
            let right = if j <= i { 0.0 } else { f64::NEG_INFINITY };
            if *given != right {
                return Err(format!(
                    "of {t} places, query {i} has {given} for key {j} and should have {right}"
                ));
            }
        }
    }
    Ok(())
}

/// The definition on a tape: `softmax(q · kᵀ / √D + mask) · v`, with its weights.
fn definition<'t>(q: Var<'t>, k: Var<'t>, v: Var<'t>, mask: Var<'t>) -> (Var<'t>, Var<'t>) {
    let width = q.shape().to_vec()[1] as f64;
    let p = softmax(q.dot(k.t()) / width.sqrt() + mask, -1);
    (p, p.dot(v))
}

fn right_mask(t: usize) -> ArrayD<f64> {
    let entry = |i: ndarray::IxDyn| if i[1] <= i[0] { 0.0 } else { f64::NEG_INFINITY };
    ArrayD::from_shape_fn(vec![t, t], entry)
}

/// Holds weights and means against the definition.
fn holds(student: &Submission, x: [ArrayD<f64>; 4]) -> Result<(), Complaint> {
    let tape = Tape::<f64>::new();
    let [q, k, v, mask] = x.each_ref().map(|x| tape.data("x", x.view()));
    let (p, y) = definition(q, k, v, mask);
    let answer = student.call("attend", &x)?;
    let shown = [("q", &x[0]), ("k", &x[1]), ("v", &x[2]), ("mask", &x[3])];
    let unscaled = tape.value(softmax(q.dot(k.t()) + mask, -1));
    for ((name, given), right) in ["p", "y"].iter().zip(&answer).zip([p, y]) {
        let right = tape.value(right);
        same(name, given, &right).map_err(|what| {
            // Where D is 1 the scale changes nothing, and p would have been right.
            let is_unscaled = *name == "p" && same(name, given, &unscaled).is_ok();
            let named = if is_unscaled {
                "\nthese are the weights of scores that were not divided by √D"
            } else {
                ""
            };
            on(&shown, &(what + named))
        })?;
    }
    Ok(())
}

/// `q · kᵀ` is 0 and `2 log 3`, so the scores are 0 and `log 3`, and the second place weighs 1 to 3.
fn scaled_scores(student: &Submission, _: u64) -> Result<(), Complaint> {
    let half = 3.0_f64.ln() / 2.0;
    let k = array![[0.0, 0.0, 0.0, 0.0], [half, half, half, half]].into_dyn();
    holds(
        student,
        [
            ArrayD::ones(vec![2, 4]),
            k,
            array![[0.0], [4.0]].into_dyn(),
            right_mask(2),
        ],
    )
}

fn equal_scores(student: &Submission, _: u64) -> Result<(), Complaint> {
    let q = array![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]].into_dyn();
    let k = array![[1.0, 2.0], [3.0, 4.0], [-1.0, 0.0]].into_dyn();
    holds(student, [q, k, array![[3.0], [1.0], [-1.0]].into_dyn(), right_mask(3)])
}

fn forward(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    for round in 0..12 {
        let [t, d, e] = [(); 3].map(|()| draw.size_nonzero());
        let [q, k] = [(); 2].map(|()| draw.normal(Shape::new(&[t, d])));
        let v = draw.normal(Shape::new(&[t, e]));
        let mask = match round % 3 {
            0 => ArrayD::zeros(vec![t, t]),
            1 => right_mask(t),
            // Any numbers may be added to scores.
            _ => draw.normal(Shape::new(&[t, t])),
        };
        holds(student, [q * 2.0, k, v, mask])?;
    }
    Ok(())
}

fn sought(name: &str) -> ModuleSpec {
    let case = |draw: &mut Draw| {
        let [t, d, e] = [(); 3].map(|()| draw.size_nonzero());
        let [q, k] = [(); 2].map(|()| draw.normal(Shape::new(&[t, d])));
        let v = draw.normal(Shape::new(&[t, e]));
        Case::of([("q", q), ("k", k), ("v", v)])
    };
    ModuleSpec::new(name, case, |x| {
        let t = x[0].shape().to_vec()[0];
        definition(x[0], x[1], x[2], x[0].causal_mask(t, t)).1
    })
}

/// What is changed at a place changes nothing before it; a gradient that comes in there goes out at none after it.
fn no_leak(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 4);
    let (t, d) = (5, 3);
    let mut x = [(); 3].map(|()| draw.normal(Shape::new(&[t, d])));
    let mut module = student.module("Attention", Vec::new());
    let y = module.forward(&x.each_ref().map(|x| x.view()));
    // The first place sees itself alone: whatever its score, its weight is 1, and no gradient reaches q and k.
    let place = 2 + draw.below(t - 2);
    let mut g_y = ArrayD::zeros(y.raw_dim());
    if g_y.shape() != [t, d] {
        return Err(format!("y has the shape {:?} and should have [{t}, {d}]", g_y.shape()));
    }
    g_y.index_axis_mut(Axis(0), place - 1).fill(1.0);
    let g_x = module.backward(g_y.view());
    for (name, g) in ["g_q", "g_k", "g_v"].iter().zip(&g_x) {
        if g.slice_axis(Axis(0), Slice::from(place..)).iter().any(|g| *g != 0.0) {
            return Err(format!(
                "{name} is not 0 at places after {}, where g_y came in",
                place - 1
            ));
        }
        if g.slice_axis(Axis(0), Slice::from(..place)).iter().all(|g| *g == 0.0) {
            return Err(format!(
                "{name} is 0 at all places up to {}, where g_y came in",
                place - 1
            ));
        }
    }
    x.iter_mut()
        .for_each(|x| x.slice_axis_mut(Axis(0), Slice::from(place..)).fill(9.0));
    let changed = module.forward(&x.each_ref().map(|x| x.view()));
    let before = |y: &ArrayD<f64>| y.slice_axis(Axis(0), Slice::from(..place)).to_owned();
    same("y before the change", &before(&changed), &before(&y))
        .map_err(|what| format!("places from {place} on were changed, and an output before them changed too: {what}"))
}
