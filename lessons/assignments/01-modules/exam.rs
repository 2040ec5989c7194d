//! The tests of the assignment on modules.

use ndarray::{ArrayD, array};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::module::Module;
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::{Reduction, cross_entropy, linear, sigmoid};

use tapegrad_lessons::assignment::exam::Visibility::{Hidden, Public};
use tapegrad_lessons::assignment::exam::{Test, numbers, on, row, same, scalar};
use tapegrad_lessons::assignment::grade::{Complaint, ModuleSpec, Submission};

/// All tests, in the order of the tasks.
pub const TESTS: &[Test] = &[
    Test {
        name: "linear-by-hand-x",
        task: "linear-backward",
        points: 1,
        visibility: Public,
        claim: "g_x of a linear module is that of the handout's example",
        run: |student, _| linear_by_hand(student, "g_x"),
    },
    Test {
        name: "linear-by-hand-w",
        task: "linear-backward",
        points: 2,
        visibility: Public,
        claim: "g_w of a linear module is that of the handout's example",
        run: |student, _| linear_by_hand(student, "g_w"),
    },
    Test {
        name: "linear-by-hand-b",
        task: "linear-backward",
        points: 1,
        visibility: Public,
        claim: "g_b of a linear module is that of the handout's example",
        run: |student, _| linear_by_hand(student, "g_b"),
    },
    Test {
        name: "linear-gradient-of-x",
        task: "linear-backward",
        points: 2,
        visibility: Public,
        claim: "the gradient of x agrees with the witnesses on batches of all sizes",
        run: |student, seed| student.gradient_of("x", linear_module(), seed, 8),
    },
    Test {
        name: "linear-gradient-of-w",
        task: "linear-backward",
        points: 3,
        visibility: Public,
        claim: "the gradient of w agrees with the witnesses on batches of all sizes",
        run: |student, seed| student.gradient_of("w", linear_module(), seed, 8),
    },
    Test {
        name: "linear-gradient-of-b",
        task: "linear-backward",
        points: 3,
        visibility: Public,
        claim: "the gradient of b agrees with the witnesses on batches of all sizes",
        run: |student, seed| student.gradient_of("b", linear_module(), seed, 8),
    },
    Test {
        name: "linear-gradient-of-x-hidden",
        task: "linear-backward",
        points: 2,
        visibility: Hidden,
        claim: "the gradient of x agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("x", linear_module(), seed, 16),
    },
    Test {
        name: "linear-gradient-of-w-hidden",
        task: "linear-backward",
        points: 3,
        visibility: Hidden,
        claim: "the gradient of w agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("w", linear_module(), seed, 16),
    },
    Test {
        name: "linear-gradient-of-b-hidden",
        task: "linear-backward",
        points: 3,
        visibility: Hidden,
        claim: "the gradient of b agrees with the witnesses on values of your own",
        run: |student, seed| student.gradient_of("b", linear_module(), seed, 16),
    },
    Test {
        name: "sigmoid-by-hand",
        task: "sigmoid-backward",
        points: 4,
        visibility: Public,
        claim: "the gradient of a sigmoid at 0 is a quarter of g_y",
        run: sigmoid_by_hand,
    },
    Test {
        name: "sigmoid-gradients",
        task: "sigmoid-backward",
        points: 6,
        visibility: Public,
        claim: "the gradient agrees with the witnesses on arrays of all shapes",
        run: |student, seed| student.gradients(sigmoid_module(), seed, 8),
    },
    Test {
        name: "sigmoid-far-out",
        task: "sigmoid-backward",
        points: 6,
        visibility: Hidden,
        claim: "far from 0 the gradient is tiny and a number",
        run: sigmoid_far_out,
    },
    Test {
        name: "cross-entropy-by-hand",
        task: "softmax-cross-entropy-backward",
        points: 6,
        visibility: Public,
        claim: "the gradient of the logits is that of the handout's example",
        run: cross_entropy_by_hand,
    },
    Test {
        name: "cross-entropy-gradients",
        task: "softmax-cross-entropy-backward",
        points: 8,
        visibility: Public,
        claim: "the gradient of the logits agrees with the witnesses",
        run: |student, seed| student.gradients(cross_entropy_module(), seed, 8),
    },
    Test {
        name: "cross-entropy-rows",
        task: "softmax-cross-entropy-backward",
        points: 10,
        visibility: Hidden,
        claim: "each row of the gradient sums to 0, also for logits of a thousand",
        run: cross_entropy_rows,
    },
];

/// One of the three gradients, so that a mistake in one does not cost the points of the others.
fn linear_by_hand(student: &Submission, judged: &str) -> Result<(), Complaint> {
    let w = array![[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]].into_dyn();
    let (x, g_y) = (
        array![[1.0, 0.0], [2.0, -1.0]].into_dyn(),
        array![[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]].into_dyn(),
    );
    let params = vec![("w".to_string(), w.clone()), ("b".to_string(), row(&[0.0, 0.0, 0.0]))];
    let mut module = student.module("Linear", params);
    module.forward(&[x.view()]);
    let g_x = module.backward(g_y.view());
    let [g_x] = &g_x[..] else {
        return Err("backward() gives one gradient, that of x".to_string());
    };
    let gradients: Vec<ArrayD<f64>> = module.params().iter().map(|param| param.gradient.to_owned()).collect();
    let right = [
        ("g_x", g_x, array![[7.0, 3.0], [-3.0, -1.5]].into_dyn()),
        (
            "g_w",
            &gradients[0],
            array![[1.0, 0.0], [2.0, -1.0], [0.0, 1.0]].into_dyn(),
        ),
        ("g_b", &gradients[1], row(&[1.0, 1.0, 1.0])),
    ];
    let operands = [("x", &x), ("w", &w), ("g_y", &g_y)];
    for (name, given, right) in right.into_iter().filter(|(name, ..)| *name == judged) {
        same(name, given, &right).map_err(|complaint| on(&operands, &complaint))?;
    }
    Ok(())
}

fn linear_module() -> ModuleSpec {
    let case = |draw: &mut Draw| {
        let [b, m, d] = [(); 3].map(|()| draw.size_nonzero());
        Case::of([("x", draw.normal(Shape::new(&[b, m])))])
            .with_param("w", draw.normal(Shape::new(&[d, m])))
            .with_param("b", draw.normal(Shape::new(&[d])))
    };
    ModuleSpec::new("Linear", case, |x| linear(x[0], x[1], Some(x[2])))
}

fn sigmoid_by_hand(student: &Submission, _: u64) -> Result<(), Complaint> {
    let (x, g_y) = (row(&[0.0, 0.0, 0.0]), row(&[4.0, -2.0, 0.0]));
    same("g_x", &sigmoid_gradient(student, &x, &g_y)?, &row(&[1.0, -0.5, 0.0]))
        .map_err(|complaint| on(&[("x", &x), ("g_y", &g_y)], &complaint))
}

/// At 40 the slope is `exp(-40)`, at -40 too, and at ±800 it is 0.
fn sigmoid_far_out(student: &Submission, _: u64) -> Result<(), Complaint> {
    let (x, g_y) = (row(&[-800.0, -40.0, 800.0]), row(&[1.0, 1.0, 1.0]));
    let right = row(&[0.0, (-40.0_f64).exp(), 0.0]);
    same("g_x", &sigmoid_gradient(student, &x, &g_y)?, &right)
        .map_err(|complaint| on(&[("x", &x), ("g_y", &g_y)], &complaint))
}

fn sigmoid_gradient(student: &Submission, x: &ArrayD<f64>, g_y: &ArrayD<f64>) -> Result<ArrayD<f64>, Complaint> {
    let mut module = student.module("Sigmoid", Vec::new());
    module.forward(&[x.view()]);
    let mut g_x = module.backward(g_y.view());
    g_x.pop().ok_or("backward() gives one gradient, that of x".to_string())
}

fn sigmoid_module() -> ModuleSpec {
    let case = |draw: &mut Draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.normal(shape))])
    };
    ModuleSpec::new("Sigmoid", case, |x| sigmoid(x[0]))
}

fn cross_entropy_by_hand(student: &Submission, _: u64) -> Result<(), Complaint> {
    let logits = array![[0.0, 0.0], [0.0, 3.0_f64.ln()]].into_dyn();
    let g_x = logits_gradient(student, &logits, &[0, 0])?;
    let right = array![[-0.25, 0.25], [-0.375, 0.375]].into_dyn();
    same("g_x", &g_x, &right).map_err(|complaint| on(&[("x", &logits), ("t", &numbers(&[0, 0]))], &complaint))
}

fn cross_entropy_module() -> ModuleSpec {
    let case = |draw: &mut Draw| {
        let (rows, classes) = (draw.size_nonzero(), 1 + draw.size_nonzero());
        let targets = draw.ids(Shape::new(&[rows]), classes);
        let logits = draw.normal(Shape::new(&[rows, classes]));
        Case::of([("x", logits)]).with_data("t", OperandKind::Id, targets)
    };
    ModuleSpec::new("SoftmaxCrossEntropy", case, |x| {
        cross_entropy(x[0], x[1], None, Reduction::Mean)
    })
}

fn cross_entropy_rows(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    for scale in [1.0, 10.0, 1000.0] {
        let (rows, classes) = (draw.size_nonzero(), 2 + draw.size_nonzero());
        let logits = draw.normal(Shape::new(&[rows, classes])) * scale;
        let t: Vec<usize> = (0..rows).map(|_| draw.below(classes)).collect();
        let g_x = logits_gradient(student, &logits, &t)?;
        let shown = [("x", &logits), ("t", &numbers(&t)), ("g_x", &g_x)];
        if g_x.shape() != logits.shape() {
            return Err(on(&shown, "g_x does not have the shape of x"));
        }
        for (i, row) in g_x.rows().into_iter().enumerate() {
            // Of moderate logits no class is certain, so the right one is always to be raised.
            let raised = row[t[i]] < 0.0 || (scale > 1.0 && row[t[i]] == 0.0);
            let bounded = row.iter().all(|g| g.abs() <= 1.0 / rows as f64);
            let is_right = raised && bounded && row.sum().abs() < 1e-12;
            if !is_right {
                let complaint = "a row of g_x must sum to 0, be negative at t only, and stay within 1/B";
                return Err(on(&shown, &format!("{complaint}: row {i} does not")));
            }
        }
    }
    Ok(())
}

fn logits_gradient(student: &Submission, logits: &ArrayD<f64>, t: &[usize]) -> Result<ArrayD<f64>, Complaint> {
    let mut module = student.module("SoftmaxCrossEntropy", Vec::new());
    module.forward(&[logits.view(), numbers(t).view()]);
    let g_x = module.backward(scalar(1.0).view());
    g_x.into_iter()
        .next()
        .ok_or("backward() gives the gradients of x and t".to_string())
}
