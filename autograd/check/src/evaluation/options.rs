//! How a check is made: the seeds, sizes and numbers of its cases.

use std::time::Duration;

/// How a subject is checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all random numbers.
    pub seed: u64,
    /// How many cases are tried.
    pub cases: usize,
    /// How long one call into the subject may take.
    pub limit: Duration,
    /// The sizes of axes; empty for all of 1, 2, 3, 5 and 7.
    pub sizes: Vec<usize>,
    /// The numbers that the subject computes with.
    pub numbers: Numbers,
}

/// The numbers that a subject computes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Double precision.
    Double,
    /// Single precision, with the tolerance that rounding in `f32` allows.
    Single,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            cases: 12,
            limit: Duration::from_secs(5),
            sizes: Vec::new(),
            numbers: Numbers::Double,
        }
    }
}

/// The sizes that cases take in turn; 0 comes up by chance with all of them.
pub const SIZES: [&[usize]; 4] = [&[1, 2, 3], &[2, 3], &[1, 2, 3, 5, 7], &[3, 2, 5]];

/// Sizes besides those: more than 7 entries, and one row against many.
pub(crate) const LARGER: [&[usize]; 3] = [&[1, 9], &[11], &[8, 3]];

/// The seed of one case.
pub fn seed_of(seed: u64, number: u64) -> u64 {
    seed.wrapping_mul(1_000_003).wrapping_add(number)
}

/// The sizes that the axes of one case are drawn from.
pub(crate) fn sizes_of(options: &Options, number: usize) -> Vec<usize> {
    if options.sizes.is_empty() {
        SIZES[number % SIZES.len()].to_vec()
    } else {
        options.sizes.clone()
    }
}
