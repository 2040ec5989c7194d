//! How much memory something may take: one budget, from which everything is taken before it is built.
//!
//! Programs of the graph language and the training of a model are refused by it in the same words.

use std::cell::Cell;
use std::fmt;

/// The memory a command may take for its work, in bytes, unless someone says otherwise: 4 GB.
pub const MEMORY: u64 = 4_000_000_000;

/// What is left of the memory that may be taken.
#[derive(Clone, Debug)]
pub struct Budget {
    limit: u64,
    left: Cell<u64>,
}

/// Something would take more memory than is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch {
    /// How many bytes it would take, with all that was taken before.
    pub bytes: u128,
    /// How many bytes may be taken in all.
    pub limit: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(MEMORY)
    }
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(limit: u64) -> Self {
        let left = Cell::new(limit);
        Self { limit, left }
    }

    /// Takes so many times so many bytes.
    ///
    /// **Errors** if that is more than is left; then nothing is taken.
    pub fn take(&self, count: u64, bytes: u64) -> Result<(), TooMuch> {
        self.test(count, bytes)?;
        self.left.set(self.left.get() - count * bytes);
        Ok(())
    }

    /// Whether so many times so many bytes are left; takes nothing.
    pub fn test(&self, count: u64, bytes: u64) -> Result<(), TooMuch> {
        let bytes = u128::from(count) * u128::from(bytes);
        if bytes <= u128::from(self.left.get()) {
            return Ok(());
        }
        let taken = u128::from(self.limit - self.left.get());
        let limit = self.limit;
        Err(TooMuch {
            bytes: taken + bytes,
            limit,
        })
    }
}

impl TooMuch {
    /// What may be done about it.
    pub const HELP: &'static str = "choose smaller sizes, or allow more with `--memory`, as in `--memory 8GB`";
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, limit } = self;
        write!(f, "this takes {bytes} bytes of memory or more, and {limit} are allowed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gives_what_it_has_and_says_what_is_missing() {
        let budget = Budget::new(100);
        assert_eq!(budget.take(3, 20), Ok(()));
        let missing = TooMuch { bytes: 110, limit: 100 };
        assert_eq!(budget.take(5, 10), Err(missing));
        assert_eq!(budget.take(4, 10), Ok(()));
        assert_eq!(budget.test(1, 1).map_err(|error| error.bytes), Err(101));
        let huge = budget
            .test(u64::MAX, u64::MAX)
            .map_err(|error| error.bytes > u128::from(u64::MAX));
        assert_eq!(huge, Err(true));
    }
}
