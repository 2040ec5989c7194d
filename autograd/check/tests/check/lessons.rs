//! What the checker is for: gradients that pass the usual check and fail this one, and bounds that keep their word.

use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::Module;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::finite_difference::{Slope, slopes};
use tapegrad_autograd::check::{Case, Kind, ModuleSubject, Options, Subject, Verdict, check};
use tapegrad_autograd::numbers::{Dual, Real};
use tapegrad_autograd::ops::{layer_norm, softmax};

/// A row function with a backward() of someone else: `wrong(x, y, g_y)` for each row.
#[derive(Debug)]
struct Rows {
    forward: fn(&[f64]) -> Vec<f64>,
    backward: fn(&[f64], &[f64], &[f64]) -> Vec<f64>,
    x: ArrayD<f64>,
}

impl Rows {
    fn each(&self, x: &ArrayD<f64>, g: Option<&ArrayD<f64>>) -> ArrayD<f64> {
        let mut out = x.clone();
        for (i, mut row) in out.rows_mut().into_iter().enumerate() {
            let x = row.to_vec();
            let y = (self.forward)(&x);
            let values = match g {
                None => y,
                Some(g) => (self.backward)(&x, &y, &g.rows().into_iter().nth(i).unwrap().to_vec()),
            };
            row.iter_mut().zip(values).for_each(|(entry, value)| *entry = value);
        }
        out
    }
}

impl Module<f64> for Rows {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x[0].to_owned();
        self.each(&self.x, None)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        vec![self.each(&self.x, Some(&g_y.to_owned()))]
    }
}

fn soft(x: &[f64]) -> Vec<f64> {
    let sum: f64 = x.iter().map(|x| x.exp()).sum();
    x.iter().map(|x| x.exp() / sum).collect()
}

const EPSILON: f64 = 1e-5;

fn norm(x: &[f64]) -> Vec<f64> {
    let (mean, sigma) = moments(x);
    x.iter().map(|x| (x - mean) / sigma).collect()
}

fn moments(x: &[f64]) -> (f64, f64) {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / x.len() as f64;
    (mean, (variance + EPSILON).sqrt())
}

type Wrong = (
    &'static str,
    fn(&[f64]) -> Vec<f64>,
    fn(&[f64], &[f64], &[f64]) -> Vec<f64>,
);

fn right_softmax(y: &[f64], g: &[f64]) -> Vec<f64> {
    let mean: f64 = y.iter().zip(g).map(|(y, g)| y * g).sum();
    y.iter().zip(g).map(|(y, g)| y * (g - mean)).collect()
}

/// Five backward passes of a softmax or a layer norm that are wrong, and right for an upstream gradient of ones.
const VACUOUS: [Wrong; 5] = [
    ("softmax, seven times too large", soft, |_, y, g| {
        right_softmax(y, g).iter().map(|g| 7.0 * g).collect()
    }),
    ("softmax, negated", soft, |_, y, g| {
        right_softmax(y, g).iter().map(|g| -g).collect()
    }),
    ("softmax, 0", soft, |x, _, _| vec![0.0; x.len()]),
    ("layer norm without the variance", norm, |x, _, g| {
        let mean = g.iter().sum::<f64>() / g.len() as f64;
        g.iter().map(|g| (g - mean) / moments(x).1).collect()
    }),
    ("layer norm, 0", norm, |x, _, _| vec![0.0; x.len()]),
];

fn subject(wrong: Wrong) -> Arc<dyn Subject> {
    let (name, forward, backward) = wrong;
    let case = |draw: &mut tapegrad_autograd::check::Draw| {
        let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape))])
    };
    let make = move || Rows {
        forward,
        backward,
        x: ArrayD::zeros(vec![0]),
    };
    let definition = name.starts_with("softmax");
    Arc::new(ModuleSubject::new(name, case, make).defined_by(move |x| {
        if definition {
            softmax(x[0], -1)
        } else {
            layer_norm(x[0], None, None, EPSILON)
        }
    }))
}

#[test]
fn five_wrong_gradients_pass_with_an_upstream_of_ones_and_fail_here() {
    for (name, forward, backward) in VACUOUS {
        let x = [0.3, -1.2, 0.8, 2.0];
        let given = backward(&x, &forward(&x), &[1.0; 4]);
        for (j, given) in given.iter().enumerate() {
            let sum_at = |h: f64| {
                let mut moved = x;
                moved[j] += h;
                forward(&moved).iter().sum::<f64>()
            };
            let numeric = (sum_at(1e-6) - sum_at(-1e-6)) / 2e-6;
            assert!(
                (given - numeric).abs() < 1e-6,
                "{name}: {given} and {numeric} by the usual check"
            );
        }
        let report = check(&subject((name, forward, backward)), &Options::default());
        assert_eq!(report.verdict, Verdict::Wrong, "{name}");
        assert!(report.diagnosis.is_some(), "{name}: {:?}", report.findings);
    }
}

/// Functions with a scale `s`, in any number type.
macro_rules! functions {
    ($($name:ident: $x:ident, $s:ident => $body:expr;)+) => {
        const FUNCTIONS: &[(&str, fn(f64, f64) -> f64, fn(Dual, Dual) -> Dual)] = &[$( {
            fn $name<T: Real>($x: T, $s: T) -> T { $body }
            (stringify!($name), $name::<f64>, $name::<Dual>)
        } ),+];
    };
}

functions! {
    exponential: x, s => (x / s).exp();
    logarithm: x, s => (x / s).abs().ln();
    hyperbolic: x, s => (x / s).tanh() * s;
    cube: x, _s => x * x * x;
    reciprocal: x, _s => T::ONE / x;
    root: x, _s => x.abs().sqrt();
    wave: x, s => (x / s * T::from_f64(3.0)).sin();
    logistic: x, s => T::ONE / (T::ONE + (-x / s).exp());
    polynomial: x, s => { let u = x / s; u * u * u * u - u * u + u };
    bell: x, s => (-(x / s) * (x / s)).exp();
}

#[test]
fn the_bound_covers_the_true_error_in_999_of_1000_cases_over_twelve_decades() {
    const CASES: usize = 20_000;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (mut covered, mut without) = (0, 0);
    let mut bounds = Vec::new();
    for case in 0..CASES {
        let (_, f, dual) = FUNCTIONS[case % FUNCTIONS.len()];
        let s = 10.0_f64.powf(rng.random_range(-6.0..6.0));
        let x = s * rng.random_range(-3.0..3.0);
        let truth = dual(Dual::new(x, 1.0), Dual::new(s, 0.0)).tangent;
        match slopes(x, |x| Some(vec![f(x, s)]))[0] {
            Slope::Smooth { value, bound } => {
                // The truth itself is rounded in its last digits.
                covered += usize::from((value - truth).abs() <= bound + 8.0 * f64::EPSILON * truth.abs());
                bounds.push(bound / truth.abs());
            }
            _ => without += 1,
        }
    }
    bounds.sort_by(f64::total_cmp);
    eprintln!(
        "covered {covered} of {CASES}, {without} without a slope, median relative bound {:.1e}",
        bounds[bounds.len() / 2]
    );
    assert!(covered + without >= CASES * 999 / 1000);
    assert!(without <= CASES / 1000);
}

/// A module that misbehaves in one way.
#[derive(Debug)]
struct Bad(&'static str);

impl Module<f64> for Bad {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        assert!(self.0 != "panics in forward", "no");
        x[0].to_owned()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        match self.0 {
            "panics" => panic!("index out of range"),
            "gives a wrong shape" => vec![ArrayD::zeros(vec![g_y.len(), 2])],
            "gives no gradient" => Vec::new(),
            "gives NaN" => vec![g_y.mapv(|_| f64::NAN)],
            "never returns" => loop {
                std::thread::sleep(std::time::Duration::from_millis(5));
            },
            _ => vec![g_y.to_owned()],
        }
    }
}

#[test]
fn a_module_that_misbehaves_gets_a_verdict_and_a_sentence() {
    let sentence = |name: &'static str| {
        let case = |draw: &mut tapegrad_autograd::check::Draw| Case::of([("x", draw.normal(Shape::new(&[2])))]);
        let subject: Arc<dyn Subject> = Arc::new(ModuleSubject::new(name, case, move || Bad(name)));
        assert_eq!(subject.kind(), Kind::Module);
        let limit = std::time::Duration::from_millis(300);
        let report = check(
            &subject,
            &Options {
                limit,
                ..Options::default()
            },
        );
        assert_eq!(
            report.verdict,
            if name == "is right" {
                Verdict::Pass
            } else {
                Verdict::Wrong
            },
            "{name}"
        );
        report
            .findings
            .first()
            .map_or(String::new(), |finding| finding.sentence.clone())
    };
    assert_eq!(sentence("is right"), "");
    assert_eq!(sentence("panics"), "backward() panicked: index out of range");
    assert_eq!(sentence("panics in forward"), "forward() panicked: no");
    assert_eq!(
        sentence("gives a wrong shape"),
        "g_x has the shape [2, 2], and x has [2]"
    );
    assert_eq!(
        sentence("gives no gradient"),
        "backward() panicked: it gives 0 gradients for 1 operand of forward(): each operand needs one, also ids and masks"
    );
    assert_eq!(sentence("gives NaN"), "g_x[0] is NaN, although the function is finite");
    assert_eq!(
        sentence("never returns"),
        "backward() did not return within 0.3 seconds: look for a loop that never ends"
    );
}
