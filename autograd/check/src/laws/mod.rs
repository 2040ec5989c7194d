//! The laws of ops: what every line of the registry must meet, on random shapes and values, in `f64`.
//!
//! Each law takes a [`Sample`] and says what is wrong, with the entry and both numbers. The upstream gradient is random
//! and never all ones: for a softmax or a layer norm the gradient of the plain sum is 0, and a wrong backward() passes.

pub mod metamorphic;
pub mod oracle;

mod contracts;
mod gradients;
mod op_run;
mod threads;

use crate::{Draw, Sample};
use tapegrad_core::ops::{AnyOp, NAMES};
use tapegrad_core::shape::Shape;

pub use threads::same_on_any_number_of_threads;

/// One law: what it is called and how a sample is tried on it.
pub struct Law {
    /// The name in messages.
    pub name: &'static str,
    /// Gives a sentence with the entry and the numbers if the law is broken.
    pub holds: fn(&Sample<AnyOp>, &mut Draw) -> Result<(), String>,
}

/// All laws, in the order in which a mistake is easiest to understand.
pub const LAWS: &[Law] = &[
    Law {
        name: "the values are finite",
        holds: gradients::finite,
    },
    Law {
        name: "dual numbers give the same gradient",
        holds: gradients::dual_numbers,
    },
    Law {
        name: "finite differences give the same gradient",
        holds: gradients::finite_differences,
    },
    Law {
        name: "the composite twin is the same function",
        holds: gradients::composite,
    },
    Law {
        name: "backward reads only what it keeps",
        holds: contracts::keeps,
    },
    Law {
        name: "forward and backward overwrite, they never add",
        holds: contracts::overwrites,
    },
    Law {
        name: "a gradient does not depend on which others are wanted",
        holds: contracts::wanted,
    },
    Law {
        name: "contributions of two uses add up",
        holds: contracts::fan_out,
    },
    Law {
        name: "the same variable as two operands gets both contributions",
        holds: contracts::same_twice,
    },
    Law {
        name: "writing over an operand gives the same bits",
        holds: contracts::rewrites,
    },
    Law {
        name: "a gradient that is passed on is the result's",
        holds: contracts::passes,
    },
    Law {
        name: "a plan gives the same bits as a tape",
        holds: contracts::drivers,
    },
];

/// Tries every law on one sample of the op called `name`.
///
/// **Errors** with the law, the op, its operands' shapes, and what differs.
///
/// **Panics** if there is no such op.
pub fn check(name: &str, seed: u64, size_max: usize) -> Result<(), String> {
    let mut draw = Draw::new(seed, size_max);
    let sample = AnyOp::sample(name, &mut draw).unwrap_or_else(|| panic!("no op is called `{name}`: {NAMES:?}"));
    for law in LAWS {
        (law.holds)(&sample, &mut draw).map_err(|why| {
            let shapes: Vec<Shape> = op_run::shapes(&sample.operands);
            format!(
                "{:?} on {shapes:?} (seed {seed}, sizes up to {size_max}): {}: {why}",
                sample.op, law.name
            )
        })?;
    }
    Ok(())
}
