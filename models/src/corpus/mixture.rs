//! Mixtures of texts: how much of each goes into training, and how often a text is seen whole.
//!
//! A large text of low quality and a small one of high quality are not read in proportion to their sizes. Each source has
//! a weight, the share of the tokens that come from it; a source of size `n` tokens and share `w` is then seen
//! `epochs = T w / n` times in a training of T tokens.
//!
//! **Source**: Brown et al. 2020, table 2.2, as the lectures print it (LECTURES row D13).

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Sources with their weights.
///
/// ```
/// use tapegrad_models::corpus::Mixture;
/// let mixture = Mixture::new(&[3.0, 1.0])?;
/// assert_eq!(mixture.shares(), [0.75, 0.25]);
/// assert_eq!(mixture.epochs(1000.0, &[1500.0, 50.0]), [0.5, 5.0]);
/// let drawn = mixture.draws(1).take(1000).filter(|&source| source == 0).count();
/// assert!((700..800).contains(&drawn));
/// # Ok::<(), tapegrad_models::corpus::MixtureError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    shares: Vec<f64>,
}

/// Weights are no mixture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MixtureError {
    /// One of them is negative or no number.
    #[error("the weight of source {source_number} is {weight}; a weight is a finite number of at least 0")]
    Weight {
        /// The number of the source, from 1.
        source_number: usize,
        /// Its weight.
        weight: f64,
    },
    /// There is none above 0.
    #[error("no source has a weight above 0; give at least one source such a weight")]
    Empty,
}

impl Mixture {
    /// A mixture of sources by their weights, which need not add up to 1.
    ///
    /// **Errors** if a weight is negative or no number, or none is above 0.
    pub fn new(weights: &[f64]) -> Result<Self, MixtureError> {
        let is_wrong = |weight: &f64| !(weight.is_finite() && *weight >= 0.0);
        if let Some(at) = weights.iter().position(is_wrong) {
            return Err(MixtureError::Weight {
                source_number: at + 1,
                weight: weights[at],
            });
        }
        let total: f64 = weights.iter().sum();
        if total <= 0.0 || !total.is_finite() {
            return Err(MixtureError::Empty);
        }
        Ok(Self {
            shares: weights.iter().map(|weight| weight / total).collect(),
        })
    }

    /// The part of the tokens that comes from each source; they add up to 1.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// How often each source is seen whole in a training of so many tokens, by the sizes of the sources in tokens.
    pub fn epochs(&self, tokens: f64, sizes: &[f64]) -> Vec<f64> {
        self.shares
            .iter()
            .zip(sizes)
            .map(|(share, size)| tokens * share / size)
            .collect()
    }

    /// The sources of the training examples, one after the other, drawn with these shares; the same seed draws the same.
    pub fn draws(&self, seed: u64) -> impl Iterator<Item = usize> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        std::iter::repeat_with(move || {
            let mut rest: f64 = random.random();
            let drawn = self.shares.iter().position(|share| {
                rest -= share;
                rest < 0.0
            });
            // Rounding may leave a little behind the last source.
            drawn.unwrap_or_else(|| {
                self.shares
                    .iter()
                    .rposition(|&share| share > 0.0)
                    .expect("a share is above 0")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the slide: the source, its tokens in thousand millions, its weight in percent, the printed epochs.
    const SLIDE: [(&str, f64, f64, f64); 5] = [
        ("Common Crawl", 410.0, 60.0, 0.44),
        ("WebText2", 19.0, 22.0, 2.9),
        ("Books1", 12.0, 8.0, 1.9),
        ("Books2", 55.0, 8.0, 0.43),
        ("Wikipedia", 3.0, 3.0, 3.4),
    ];

    #[test]
    fn d13_the_epochs_of_the_slide_follow_from_its_rounded_weights_but_for_one_source() {
        let percents: f64 = SLIDE.iter().map(|(_, _, percent, _)| percent).sum();
        assert_eq!(percents, 101.0);
        // 300 thousand million tokens, with the weights as they are printed.
        let computed = |size: f64, percent: f64| 300.0 * percent / 100.0 / size;
        let rounded: Vec<f64> = SLIDE
            .iter()
            .map(|(_, size, percent, _)| (computed(*size, *percent) * 1000.0).round() / 1000.0)
            .collect();
        assert_eq!(rounded, [0.439, 3.474, 2.0, 0.436, 3.0]);
        // A weight that is printed as p percent is between p - 1/2 and p + 1/2; the printed epochs have two digits.
        let explained = |&&(_, size, percent, printed): &&(&str, f64, f64, f64)| {
            let (least, most) = (computed(size, percent - 0.5), computed(size, percent + 0.5));
            least <= printed * 1.03 && printed * 0.97 <= most
        };
        let not: Vec<&str> = SLIDE
            .iter()
            .filter(|row| !explained(row))
            .map(|(name, ..)| *name)
            .collect();
        // No rounding of its weight explains WebText2: 2.9 epochs are 18 percent.
        assert_eq!(not, ["WebText2"]);
    }

    #[test]
    fn d13_sources_are_drawn_in_the_long_run_by_their_weights() {
        let mixture = Mixture::new(&SLIDE.map(|(_, _, percent, _)| percent)).unwrap();
        const DRAWS: usize = 100_000;
        let mut counts = [0_usize; SLIDE.len()];
        mixture.draws(7).take(DRAWS).for_each(|source| counts[source] += 1);
        let chi_square: f64 = counts
            .iter()
            .zip(mixture.shares())
            .map(|(&count, share)| {
                let expected = share * DRAWS as f64;
                (count as f64 - expected).powi(2) / expected
            })
            .sum();
        // The 99.9 % point of chi-square with 4 degrees of freedom is 18.47.
        assert!(chi_square < 18.47, "{chi_square}: {counts:?}");
        assert!(mixture.draws(7).take(50).eq(mixture.draws(7).take(50)));
    }

    #[test]
    fn weights_that_are_no_mixture_are_refused() {
        let refused = |weights: &[f64]| Mixture::new(weights).unwrap_err().to_string();
        assert_eq!(
            refused(&[1.0, -1.0]),
            "the weight of source 2 is -1; a weight is a finite number of at least 0"
        );
        assert!(refused(&[0.0, 0.0]).contains("at least one source"));
        let none = Mixture::new(&[0.0, 2.0]).unwrap();
        assert!(none.draws(1).take(100).all(|source| source == 1));
    }
}
