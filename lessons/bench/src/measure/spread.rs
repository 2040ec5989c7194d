//! The spread of repeated measurements.

use serde::Serialize;

/// The middle of some measurements, and how far they lie around it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the measurements lie below.
    pub median: f64,
    /// A quarter lies below the first, three quarters below the second.
    pub quartiles: [f64; 2],
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The number of measurements.
    pub n: usize,
}

impl Spread {
    /// The spread of some measurements; between two of them it goes along a straight line.
    ///
    /// **Panics** if there are none.
    pub fn of(measurements: &[f64]) -> Self {
        assert!(!measurements.is_empty(), "a spread needs at least one measurement");
        let mut sorted = measurements.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (sorted.len() - 1) as f64;
            let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
            below + place.fract() * (above - below)
        };
        Self {
            median: at(0.5),
            quartiles: [at(0.25), at(0.75)],
            min: sorted[0],
            max: sorted[sorted.len() - 1],
            n: sorted.len(),
        }
    }

    /// The spread of what a monotone function makes of the measurements.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let ordered = |a: f64, b: f64| [a.min(b), a.max(b)];
        let [min, max] = ordered(f(self.min), f(self.max));
        Self {
            median: f(self.median),
            quartiles: ordered(f(self.quartiles[0]), f(self.quartiles[1])),
            min,
            max,
            n: self.n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_spread_of_five_measurements() {
        let spread = Spread::of(&[5.0, 1.0, 2.0, 4.0, 3.0]);
        assert_eq!((spread.median, spread.quartiles), (3.0, [2.0, 4.0]));
        assert_eq!((spread.min, spread.max, spread.n), (1.0, 5.0, 5));
        assert_eq!(Spread::of(&[1.0, 2.0]).median, 1.5);
    }

    #[test]
    fn a_rate_has_its_ends_exchanged() {
        let rate = Spread::of(&[1.0, 2.0, 4.0]).map(|seconds| 4.0 / seconds);
        assert_eq!((rate.min, rate.median, rate.max), (1.0, 2.0, 4.0));
    }
}
