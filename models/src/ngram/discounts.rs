//! The discounts of Kneser-Ney smoothing, estimated from how many n-grams were seen once, twice, ...
//!
//! **Source**: S. F. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling", Technical
//! report TR-10-98, Harvard University, 1998: equation (19) for the single discount, (26) for the three.

/// What is taken off the count of each n-gram of one order and given to shorter contexts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discounts {
    /// The discounts of the counts 1, 2, and 3 or more.
    pub amounts: [f64; 3],
    /// Says that the formula was undefined on this text, and fixed amounts stand in.
    pub fallback: bool,
}

impl Discounts {
    /// Estimates three discounts from the numbers of n-grams with count 1, 2, 3, 4.
    ///
    /// **Formula**: `Y = n1 / (n1 + 2 n2)`, `D1 = 1 - 2 Y n2/n1`, `D2 = 2 - 3 Y n3/n2`, `D3 = 3 - 4 Y n4/n3`.
    ///
    /// The formula divides by zero where a count does not occur, and gives nonsense on very small or very regular
    /// texts. A discount outside (0, c] would make a probability negative or leave unseen words without any. Then the
    /// order takes 0.5, 1 and 1.5, KenLM's `--discount_fallback`; the probabilities remain a distribution.
    pub(super) fn modified(n: [u64; 4]) -> Discounts {
        let [n1, n2, n3, n4] = n.map(|n| n as f64);
        let y = n1 / (n1 + 2.0 * n2);
        let amounts = [
            1.0 - 2.0 * y * n2 / n1,
            2.0 - 3.0 * y * n3 / n2,
            3.0 - 4.0 * y * n4 / n3,
        ];
        Discounts::or_fallback(amounts, [0.5, 1.0, 1.5])
    }

    /// Estimates one discount for all counts.
    ///
    /// **Formula**: `D = n1 / (n1 + 2 n2)`; where nothing was seen once or twice, 0.75.
    pub(super) fn single(n: [u64; 4]) -> Discounts {
        let [n1, n2] = [n[0] as f64, n[1] as f64];
        Discounts::or_fallback([n1 / (n1 + 2.0 * n2); 3], [0.75; 3])
    }

    /// Gives the discount of a count; a count of 0 has none.
    pub fn of(&self, count: u64) -> f64 {
        match count {
            0 => 0.0,
            1..=3 => self.amounts[count as usize - 1],
            _ => self.amounts[2],
        }
    }

    fn or_fallback(amounts: [f64; 3], fallback: [f64; 3]) -> Discounts {
        // A comparison with NaN is false, so an undefined discount is caught here as well.
        let sound = amounts
            .iter()
            .zip([1.0, 2.0, 3.0])
            .all(|(&amount, count)| amount > 0.0 && amount <= count);
        if sound {
            Discounts {
                amounts,
                fallback: false,
            }
        } else {
            Discounts {
                amounts: fallback,
                fallback: true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discounts_follow_the_formula() {
        // Y = 8 / (8 + 2 * 4) = 1/2.
        let modified = Discounts::modified([8, 4, 2, 1]);
        assert_eq!(
            modified,
            Discounts {
                amounts: [0.5, 1.25, 2.0],
                fallback: false
            }
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 99].map(|count| modified.of(count)),
            [0.0, 0.5, 1.25, 2.0, 2.0, 2.0]
        );
        assert_eq!(
            Discounts::single([8, 4, 2, 1]),
            Discounts {
                amounts: [0.5; 3],
                fallback: false
            }
        );
    }

    #[test]
    fn undefined_discounts_fall_back_and_say_so() {
        for n in [[0, 0, 0, 0], [8, 0, 2, 1], [8, 4, 0, 1], [1, 2, 9, 0], [8, 4, 1, 9]] {
            assert_eq!(
                Discounts::modified(n),
                Discounts {
                    amounts: [0.5, 1.0, 1.5],
                    fallback: true
                },
                "{n:?}"
            );
        }
        assert!(Discounts::single([0, 7, 0, 0]).fallback);
        assert_eq!(Discounts::single([5, 0, 0, 0]).amounts, [1.0; 3]);
    }
}
