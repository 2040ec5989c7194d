//! The reference gradient of one operand, entry by entry.

use crate::witness::finite_difference::Slope;

/// The gradient of one operand by all witnesses.
#[derive(Clone, Debug)]
pub struct ReferenceGradient {
    /// The entries that were computed.
    pub entries: Vec<ReferenceEntry>,
    /// Random directions, and the derivative along each, if the gradient is large.
    pub probes: Vec<(Vec<f64>, ReferenceEntry)>,
    /// `∂y_i/∂x_j` at `i · columns + j`, if all of it was computed.
    pub jacobian: Option<Vec<f64>>,
    /// The largest entry of the gradient in magnitude.
    pub scale: f64,
}

/// One entry of a gradient, or the derivative along one direction, by all witnesses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceEntry {
    /// The position in the operand, row-major.
    pub index: usize,
    /// The derivative by dual numbers.
    pub exact: Option<f64>,
    /// The symbolic derivative.
    pub symbolic: Option<f64>,
    /// The derivative by differences with its error bound; `None` without a slope on both sides.
    pub numeric: Option<(f64, f64)>,
    /// The slopes from the left and from the right, at a kink.
    pub kink: Option<(f64, f64)>,
    /// `Σ |∂y_i/∂x_j| |g_y_i|`: the scale of the rounding error of the sum.
    pub terms: f64,
    /// The error that rounding of the function alone may cause.
    pub floor: f64,
    /// The share of the scale to which it can be certified: less where the values are rounded more than `f64` does.
    pub resolution: f64,
}

impl ReferenceEntry {
    /// The best derivative known: by dual numbers if there is one, else by differences.
    pub fn best(&self) -> f64 {
        self.exact.or(self.numeric.map(|(value, _)| value)).unwrap_or(f64::NAN)
    }

    /// A derivative below `rounding` of which dual numbers and doubled precision say different things is a sum whose terms
    /// cancel: then its floor is the rounding of terms as large as the upstream gradient.
    pub(crate) fn allow_cancellation(&mut self, rounding: f64) {
        let Some(exact) = self.exact else { return };
        // Rounding that the values do not show looks like a kink.
        if let Some((low, high)) = self.kink
            && low.abs().max(high.abs()).max(exact.abs()) <= rounding
        {
            (self.kink, self.numeric) = (None, Some(((low + high) / 2.0, high - low)));
            self.floor = self.floor.max(rounding);
        }
        let Some((numeric, bound)) = self.numeric else {
            return;
        };
        let is_noise = (exact - numeric).abs() > 1e-3 * exact.abs().max(numeric.abs()) + bound;
        if is_noise && exact.abs().max(numeric.abs()) <= rounding {
            self.floor = self.floor.max(rounding);
        }
    }

    /// True if it is certain enough to call what was given wrong, at a place that no caller has drawn; `unit` is the
    /// sum of the upstream gradient, which rounding there is measured by.
    pub(crate) fn is_certain(&self, given: f64, unit: f64) -> bool {
        if self.exact.is_some_and(|exact| !exact.is_finite()) {
            return false;
        }
        match (self.kink, self.numeric) {
            // Where several entries tie, a right convention may leave the slopes of single entries.
            (Some(_), _) => false,
            (None, Some((value, bound))) => {
                let error = 8.0 * bound + self.floor;
                // Dual numbers take one side of a kink; differences see both.
                let is_agreed = self
                    .exact
                    .is_none_or(|exact| (exact - value).abs() <= error + 1e-9 * unit);
                let scale = self.terms.max(value.abs());
                let off = (given - value).abs();
                is_agreed && off > error + 1e-6 * scale + 1e-9 * unit && error <= 1e-6 * scale.max(given.abs())
            }
            (None, None) => false,
        }
    }

    /// The number that a gradient should have: at a kink the nearer one of the two slopes.
    pub(crate) fn nearest(&self, given: f64) -> f64 {
        match self.kink {
            Some((low, _)) if given < low => low,
            Some((_, high)) if given > high => high,
            _ => self.best(),
        }
    }

    /// The measured rounding error of the dual numbers, where differences are certain of more digits.
    pub(crate) fn rounding_seen(&self) -> Option<f64> {
        let ((numeric, bound), exact) = (self.numeric?, self.exact?);
        let off = (exact - numeric).abs();
        let is_rounding = off <= 1e-7 * self.terms.max(exact.abs()) || off <= 128.0 * self.floor;
        (is_rounding && bound < 1e-3 * self.floor).then_some(8.0 * off)
    }

    /// True if differences in `f64` leave it open whether a gradient is right to one part in a million, or contradict
    /// the dual numbers.
    pub(crate) fn is_doubtful(&self) -> bool {
        let Some((value, bound)) = self.numeric else {
            return true;
        };
        let is_contradicted = self
            .exact
            .is_some_and(|exact| (exact - value).abs() > bound + self.floor);
        let is_vague = self.terms > 0.0 && bound > self.floor && bound > 1e-9 * self.terms.max(value.abs());
        is_contradicted || is_vague
    }
}

/// The numbers of a column of a Jacobian; at a kink the middle of both slopes.
pub(crate) fn column_of(slopes: Option<&Vec<Slope>>) -> Vec<f64> {
    let value = |slope: &Slope| match slope {
        Slope::Smooth { value, .. } => *value,
        Slope::Kink { low, high } => (low + high) / 2.0,
        Slope::NoValue => f64::NAN,
    };
    slopes.map_or(Vec::new(), |slopes| slopes.iter().map(value).collect())
}

/// A slope counts with its weight; where the value is infinite and does not move, not at all.
pub(crate) fn used(slope: f64, g: f64) -> f64 {
    if slope == 0.0 { 0.0 } else { slope * g }
}

pub(crate) fn sum_of_smooth(slopes: &[Slope], g: &[f64]) -> Option<(f64, f64)> {
    slopes
        .iter()
        .zip(g)
        .try_fold((0.0, 0.0), |(sum, error), (slope, g)| match slope {
            Slope::Smooth { value, bound } => Some((sum + used(*value, *g), error + bound * g.abs())),
            _ => None,
        })
}

/// The smallest and the largest derivative that one-sided slopes allow, if some entry has a kink.
pub(crate) fn sum_over_kinks(slopes: &[Slope], g: &[f64]) -> Option<(f64, f64)> {
    if !slopes.iter().any(|slope| matches!(slope, Slope::Kink { .. })) {
        return None;
    }
    slopes.iter().zip(g).try_fold((0.0, 0.0), |(least, most), (slope, g)| {
        let (a, b) = match slope {
            Slope::Smooth { value, .. } => (used(*value, *g), used(*value, *g)),
            Slope::Kink { low, high } => (low * g, high * g),
            Slope::NoValue => return None,
        };
        Some((least + a.min(b), most + a.max(b)))
    })
}
