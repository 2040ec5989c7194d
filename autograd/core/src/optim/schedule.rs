//! The learning rate over time: a warm-up, then a cosine down to a floor.
//!
//! During the warm-up of `w` steps `η_t = η (t + 1) / (w + 1)`; after it
//! `η_t = η_min + ½ (1 + cos(π (t - w) / (n - w))) (η - η_min)` until step `n`, and `η_min` from then on.
//! Source: `η_t` in deck S0; Loshchilov and Hutter 2017, equation 5; the warm-up as in Radford et al. 2018.

use std::f64::consts::PI;

/// A learning rate for each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// The same rate at every step.
    Constant(f64),
    /// A linear warm-up, then a cosine.
    Cosine {
        /// The rate at the end of the warm-up.
        peak: f64,
        /// The rate at the end.
        floor: f64,
        /// The steps of the warm-up.
        warm_up: u64,
        /// The steps until the floor is reached.
        steps: u64,
    },
}

impl Schedule {
    /// The learning rate of the step at `step`, counted from 0.
    pub fn rate(&self, step: u64) -> f64 {
        match *self {
            Self::Constant(rate) => rate,
            Self::Cosine { peak, warm_up, .. } if step < warm_up => peak * (step + 1) as f64 / (warm_up + 1) as f64,
            Self::Cosine { floor, steps, .. } if step >= steps => floor,
            Self::Cosine {
                peak,
                floor,
                warm_up,
                steps,
            } => {
                let progress = (step - warm_up) as f64 / (steps - warm_up) as f64;
                floor + 0.5 * (1.0 + (PI * progress).cos()) * (peak - floor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls_to_its_floor() {
        let schedule = Schedule::Cosine {
            peak: 1.0,
            floor: 0.1,
            warm_up: 9,
            steps: 109,
        };
        assert!((schedule.rate(0) - 0.1).abs() < 1e-12);
        assert!((schedule.rate(9) - 1.0).abs() < 1e-12);
        assert!((schedule.rate(59) - 0.55).abs() < 1e-12);
        assert!((schedule.rate(109) - 0.1).abs() < 1e-12);
        assert!((schedule.rate(10_000) - 0.1).abs() < 1e-12);
        assert!((0..108).all(|t| (schedule.rate(t + 1) - schedule.rate(t)) * (t as f64 - 8.5) < 0.0));
    }
}
