//! Random programs for differential tests: loops in both directions with any start, shared weights, nested loops, rows
//! of layers, sizes that are sums of others, planted ties, index equations, and names that a derivative might choose.
//!
//! Every program is right by construction and has an objective. [`generated`] gives the text and a setting of its sizes;
//! the values come from [`values`].

mod author;
mod expressions;
mod indexed;
mod lines;
mod loops;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;

use author::Author;
pub use values::values;

/// A generated program.
pub struct Generated {
    /// The text, with its modules.
    pub text: String,
    /// A number for each size that does not follow from others.
    pub sizes: BTreeMap<String, i64>,
    /// The sizes that its loops run to.
    pub loop_sizes: BTreeSet<String>,
    /// True if a loop has to be unrolled in the derivative, as the page on the language says.
    pub must_unroll: bool,
    /// True if it has no kinks.
    pub smooth: bool,
    /// True if its values should be drawn from few numbers, so that many are equal.
    pub tied: bool,
}

impl Generated {
    /// The sizes that unroll its loops.
    pub fn unrolling(&self) -> BTreeMap<String, i64> {
        let own = |(name, size): (&String, &i64)| self.loop_sizes.contains(name).then(|| (name.clone(), *size));
        self.sizes.iter().filter_map(own).collect()
    }
}

/// The program of this number.
pub fn generated(seed: u64) -> Generated {
    let mut author = Author::new(seed);
    author.declare();
    // Loops in loops and rows of layers are in a part of the programs: they have to be unrolled.
    let is_deep = author.chance(0.35);
    let wanted = 2 + author.below(6);
    for _ in 0..wanted {
        // What was drawn may fit no value; then there is one line less.
        let _ = match author.below(10) {
            0..3 => author.recurrence(),
            3 => author.several(),
            4 if is_deep => author.nested(),
            5 if is_deep => author.row_of_layers(),
            4..7 => author.indexed(),
            _ => author.line(),
        };
    }
    author.objective();
    let tied = author.rng.random_bool(0.5);
    author.finish(tied)
}
