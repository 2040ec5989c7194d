//! The two-layer network on a tape, in the letters of the lecture.

use ndarray::{Array1, Array2, ArrayD};
use tapegrad_autograd::ops::{log, sigmoid};
use tapegrad_autograd::{Record, Tape, Var};

use super::values::Values;

/// The variables of the network on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Network<'t> {
    pub x: Var<'t>,
    pub alpha: Var<'t>,
    pub a: Var<'t>,
    pub z: Var<'t>,
    pub beta: Var<'t>,
    pub b: Var<'t>,
    pub y: Var<'t>,
    pub j: Var<'t>,
}

/// A variable, by its letter, that is given another value than the one computed for it.
pub type Replaced<'v> = Option<(&'v str, &'v ArrayD<f64>)>;

impl<'t> Network<'t> {
    /// Records the network; each row of the slide's table is a scope with the letter of its result.
    pub fn record(tape: &'t Tape<'_, f64>, values: &Values, replaced: Replaced<'_>) -> Self {
        let on: &'t dyn Record = tape;
        let given = |name: &str, value: ArrayD<f64>| match replaced {
            Some((letter, other)) if letter == name => tape.input(name, other.view()),
            _ => tape.input(name, value),
        };
        let row = |name: &str, formula: &dyn Fn() -> Var<'t>| match replaced {
            Some((letter, other)) if letter == name => tape.input(name, other.view()),
            _ => on.scope(name, formula).named(name),
        };
        let x = given("x", Array1::from(values.x.clone()).into_dyn());
        let alpha = given("alpha", matrix(&values.alpha).into_dyn());
        let beta = given("beta", Array1::from(values.beta.clone()).into_dyn());
        let t = tape.data("t", ndarray::arr0(values.t));

        let a = row("a", &|| alpha.dot(x));
        let z = row("z", &|| sigmoid(a));
        let b = row("b", &|| beta.dot(z));
        let y = row("y", &|| sigmoid(b));
        let j = row("J", &|| {
            let yes = t * log(y).named("log y");
            let no = (1.0 - t).named("1 - t") * log((1.0 - y).named("1 - y")).named("log(1 - y)");
            yes.named("t log y") + no.named("(1 - t) log(1 - y)")
        });
        Self {
            x,
            alpha,
            a,
            z,
            beta,
            b,
            y,
            j,
        }
    }

    /// The variable with this letter.
    ///
    /// **Panics** for a letter that the slide does not have.
    pub fn var(&self, letter: &str) -> Var<'t> {
        match letter {
            "x" => self.x,
            "alpha" => self.alpha,
            "a" => self.a,
            "z" => self.z,
            "beta" => self.beta,
            "b" => self.b,
            "y" => self.y,
            "J" => self.j,
            other => panic!("the two-layer network has no variable {other}"),
        }
    }
}

/// The value of J, on a tape of its own.
pub fn objective(values: &Values, replaced: Replaced<'_>) -> f64 {
    let tape = Tape::<f64>::new();
    let network = Network::record(&tape, values, replaced);
    tape.number(network.j)
}

/// The rows as a matrix.
///
/// **Panics** if they differ in length, which validated values do not.
fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    Array2::from_shape_vec((rows.len(), columns), rows.concat()).expect("validated rows have the same length")
}
