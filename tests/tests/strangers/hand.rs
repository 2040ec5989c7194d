//! A student's module: forward() and backward() written by hand, and what it remembers between the two.

use std::fmt;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, Axis, Ix1, Ix2, IxDyn};
use tapegrad_autograd::Module;
use tapegrad_autograd::check::Case;
use tapegrad_autograd::module::ModuleParam;

/// An array of any rank.
pub type A = ArrayD<f64>;

/// What a module remembers from forward() for backward().
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The operands of the last forward(), parameters last.
    pub x: Vec<A>,
    /// Its result.
    pub y: A,
    /// Whatever else the student keeps.
    pub kept: Vec<A>,
    /// The parameters as they were when the module was made.
    pub made: Vec<A>,
    /// How many times backward() ran.
    pub calls: usize,
}

type Forward = Arc<dyn Fn(&mut Memory, &[A]) -> A + Send + Sync>;
type Backward = Arc<dyn Fn(&mut Memory, &A) -> Vec<A> + Send + Sync>;

/// The two functions of a module; backward() gives a gradient for each operand, parameters last.
#[derive(Clone)]
pub struct Recipe {
    forward: Forward,
    backward: Backward,
}

/// A module that follows a recipe and owns the parameters of a case.
pub struct Hand {
    recipe: Recipe,
    memory: Memory,
    names: Vec<String>,
    values: Vec<A>,
    gradients: Vec<A>,
}

impl Hand {
    /// The module for the parameters of this case.
    pub fn new(recipe: &Recipe, case: &Case) -> Self {
        let params = &case.operands[case.given..];
        let values: Vec<A> = params.iter().map(|param| param.value.clone()).collect();
        let memory = Memory {
            made: values.clone(),
            ..Memory::default()
        };
        Self {
            recipe: recipe.clone(),
            memory,
            names: params.iter().map(|param| param.name.clone()).collect(),
            gradients: values.iter().map(zeros).collect(),
            values,
        }
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hand")
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl Module<f64> for Hand {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> A {
        let given = x.iter().map(ArrayViewD::to_owned);
        let x: Vec<A> = given.chain(self.values.iter().cloned()).collect();
        (self.recipe.forward)(&mut self.memory, &x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<A> {
        let mut g = (self.recipe.backward)(&mut self.memory, &g_y.to_owned());
        self.memory.calls += 1;
        let own = g.split_off(g.len().saturating_sub(self.values.len()));
        self.gradients = own;
        g
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        let of = self.names.iter().zip(&mut self.values).zip(&self.gradients);
        of.map(|((name, value), gradient)| ModuleParam {
            name,
            value: value.view_mut(),
            gradient: gradient.view(),
        })
        .collect()
    }
}

/// A recipe that sees all of its memory.
pub fn remembering(
    forward: impl Fn(&mut Memory, &[A]) -> A + Send + Sync + 'static,
    backward: impl Fn(&mut Memory, &A) -> Vec<A> + Send + Sync + 'static,
) -> Recipe {
    Recipe {
        forward: Arc::new(forward),
        backward: Arc::new(backward),
    }
}

/// A recipe that keeps the operands and the result of the last forward(); backward() sees x, y and `g_y`.
pub fn pure(
    forward: impl Fn(&[A]) -> A + Send + Sync + 'static,
    backward: impl Fn(&[A], &A, &A) -> Vec<A> + Send + Sync + 'static,
) -> Recipe {
    remembering(
        move |memory, x| {
            memory.x = x.to_vec();
            memory.y = forward(x);
            memory.y.clone()
        },
        move |memory, g| backward(&memory.x, &memory.y, g),
    )
}

/// A function of each entry; its backward() sees the entry of x, of y and of `g_y`.
pub fn each(
    forward: impl Fn(f64) -> f64 + Send + Sync + 'static,
    backward: impl Fn(f64, f64, f64) -> f64 + Send + Sync + 'static,
) -> Recipe {
    pure(
        move |x| x[0].mapv(&forward),
        move |x, y, g| {
            let mut out = zeros(y);
            for (((out, &x), &y), &g) in out.iter_mut().zip(&x[0]).zip(y).zip(g) {
                *out = backward(x, y, g);
            }
            vec![out]
        },
    )
}

/// A function of two entries at the same place; backward() sees a, b and g and gives both gradients.
pub fn each2(
    forward: impl Fn(f64, f64) -> f64 + Send + Sync + 'static,
    backward: impl Fn(f64, f64, f64) -> (f64, f64) + Send + Sync + 'static,
) -> Recipe {
    pure(
        move |x| zip(&x[0], &x[1], &forward),
        move |x, _, g| {
            let (mut g_a, mut g_b) = (zeros(g), zeros(g));
            let out = g_a.iter_mut().zip(&mut g_b);
            for ((((g_a, g_b), &a), &b), &g) in out.zip(&x[0]).zip(&x[1]).zip(g) {
                (*g_a, *g_b) = backward(a, b, g);
            }
            vec![g_a, g_b]
        },
    )
}

/// A function of each row of a matrix; backward() sees the row of x, of y and of `g_y`.
pub fn rows(
    forward: impl Fn(&[f64]) -> Vec<f64> + Send + Sync + 'static,
    backward: impl Fn(&[f64], &[f64], &[f64]) -> Vec<f64> + Send + Sync + 'static,
) -> Recipe {
    pure(
        move |x| {
            let of: Vec<Vec<f64>> = mat(&x[0])
                .rows()
                .into_iter()
                .map(|row| forward(&row.to_vec()))
                .collect();
            stack(&of)
        },
        move |x, y, g| {
            let (x, y, g) = (mat(&x[0]), mat(y), mat(g));
            let of: Vec<Vec<f64>> = (0..x.nrows())
                .map(|i| backward(&x.row(i).to_vec(), &y.row(i).to_vec(), &g.row(i).to_vec()))
                .collect();
            vec![stack(&of)]
        },
    )
}

/// Zeros of the same shape.
pub fn zeros(a: &A) -> A {
    A::zeros(a.raw_dim())
}

/// Entry by entry, of two arrays of one shape.
pub fn zip(a: &A, b: &A, f: impl Fn(f64, f64) -> f64) -> A {
    let mut out = a.clone();
    out.zip_mut_with(b, |a, &b| *a = f(*a, b));
    out
}

/// The array as a matrix.
pub fn mat(a: &A) -> Array2<f64> {
    a.clone().into_dimensionality::<Ix2>().expect("a matrix is needed")
}

/// The array as a vector.
pub fn vct(a: &A) -> Array1<f64> {
    a.clone().into_dimensionality::<Ix1>().expect("a vector is needed")
}

/// A matrix of these rows.
pub fn stack(of: &[Vec<f64>]) -> A {
    let width = of.first().map_or(0, Vec::len);
    A::from_shape_vec(IxDyn(&[of.len(), width]), of.concat()).expect("rows have one length")
}

/// A scalar.
pub fn s(value: f64) -> A {
    A::from_elem(IxDyn(&[]), value)
}

/// A vector of these entries.
pub fn v(values: &[f64]) -> A {
    Array1::from(values.to_vec()).into_dyn()
}

/// A matrix of these rows.
pub fn m<const N: usize>(values: &[[f64; N]]) -> A {
    stack(&values.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
}

/// The sum over the rows: one entry for each column.
pub fn down(a: &Array2<f64>) -> Array1<f64> {
    a.sum_axis(Axis(0))
}

/// The softmax of each row, shifted by its largest entry.
pub fn softmax(x: &Array2<f64>) -> Array2<f64> {
    let mut y = x.clone();
    for mut row in y.rows_mut() {
        let top = row.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        row.mapv_inplace(|x| (x - top).exp());
        let sum = row.sum();
        row /= sum;
    }
    y
}

/// The logistic function.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The forward() of one recipe with the backward() of another, which runs its own forward() on the same operands.
pub fn both(forward: Recipe, backward: Recipe) -> Recipe {
    remembering(
        move |memory, x| {
            let y = (forward.forward)(memory, x);
            (backward.forward)(memory, x);
            y
        },
        move |memory, g| (backward.backward)(memory, g),
    )
}

/// The error function: a series near 0, a continued fraction in the tails.
pub fn erf(x: f64) -> f64 {
    let root_of_pi = std::f64::consts::PI.sqrt();
    if x.abs() < 2.5 {
        let mut term = x;
        let mut sum = x;
        for n in 1..60 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return 2.0 / root_of_pi * sum;
    }
    let fraction = (1..80)
        .rev()
        .fold(0.0, |below, n| 0.5 * f64::from(n) / (x.abs() + below));
    x.signum() * (1.0 - (-x * x).exp() / root_of_pi / (x.abs() + fraction))
}
