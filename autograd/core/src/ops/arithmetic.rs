//! Arithmetic between single numbers: the ops whose work is less than finding out what the work is.
//!
//! A scalar formula has them by the hundred thousand. Tape and plan know them by this small code and take a short way:
//! no shapes, no slices. What is computed stands in the file of the op ([`Entrywise`]).

use super::elementwise::Entrywise;
use super::{Add, AnyOp, Div, Mul, Neg, Relu, Sub};
use crate::numbers::Real;

/// An op of arithmetic, without attributes and without conditions on its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    Relu,
}

impl Arithmetic {
    /// The same op, if it is one of these.
    #[inline]
    pub fn of(op: &AnyOp) -> Option<Self> {
        Some(match op {
            AnyOp::Add(_) => Self::Add,
            AnyOp::Sub(_) => Self::Sub,
            AnyOp::Mul(_) => Self::Mul,
            AnyOp::Div(_) => Self::Div,
            AnyOp::Neg(_) => Self::Neg,
            AnyOp::Relu(_) => Self::Relu,
            _ => return None,
        })
    }

    /// `z = f(a, b)`; an op with one operand does not look at `b`.
    #[inline]
    pub fn entry<T: Real>(self, a: T, b: T) -> T {
        match self {
            Self::Add => Add::entry(a, b),
            Self::Sub => Sub::entry(a, b),
            Self::Mul => Mul::entry(a, b),
            Self::Div => Div::entry(a, b),
            Self::Neg => Neg::entry(a, b),
            Self::Relu => Relu::entry(a, b),
        }
    }

    /// What the result contributes to the gradients of the operands.
    #[inline]
    pub fn contribution<T: Real>(self, a: T, b: T, z: T, g_z: T) -> [T; 2] {
        match self {
            Self::Add => Add::contribution(a, b, z, g_z),
            Self::Sub => Sub::contribution(a, b, z, g_z),
            Self::Mul => Mul::contribution(a, b, z, g_z),
            Self::Div => Div::contribution(a, b, z, g_z),
            Self::Neg => Neg::contribution(a, b, z, g_z),
            Self::Relu => Relu::contribution(a, b, z, g_z),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayD, array};
    use proptest::prelude::*;

    use crate::{Tape, Var};

    type Formula = for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>;

    const FORMULAS: [Formula; 7] = [
        |a, b| a + b,
        |a, b| a - b,
        |a, b| a * b,
        |a, b| a / b,
        |a, b| -a * b,
        |a, b| crate::ops::relu(a) - b,
        |a, _| a * a,
    ];

    /// Value and gradients as bits; the operands are numbers, or arrays with one entry.
    fn bits(formula: Formula, a: ArrayD<f64>, b: ArrayD<f64>) -> Vec<Option<u64>> {
        let tape = Tape::<f64>::new();
        let [a, b] = [("a", a), ("b", b)].map(|(name, value)| tape.input(name, value));
        let y = formula(a, b);
        let value = tape.value(y).first().map(|value| value.to_bits());
        let gradients = tape.backward(y);
        let of = |x| gradients.get_of(x).and_then(|g| g.first().map(|g| g.to_bits()));
        vec![value, of(a), of(b)]
    }

    proptest! {
        #[test]
        fn the_short_way_of_numbers_gives_the_bits_of_the_long_one(a in any::<f64>(), b in any::<f64>()) {
            for formula in FORMULAS {
                let numbers = bits(formula, ndarray::arr0(a).into_dyn(), ndarray::arr0(b).into_dyn());
                let arrays = bits(formula, array![a].into_dyn(), array![b].into_dyn());
                prop_assert_eq!(numbers, arrays);
            }
        }
    }
}
