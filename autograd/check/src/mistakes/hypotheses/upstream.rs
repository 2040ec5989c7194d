//! Mistakes in what is done with the upstream gradient.

use ndarray::{ArrayD, Axis};

use super::Hypotheses;
use super::arrays::{axis_names, only, reversed, rolled};
use crate::mistakes::Description;
use crate::witness::jacobian::Jacobian;

/// A mistake in what is done with the upstream gradient.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpstreamMistake {
    /// The upstream gradient counts as 1.
    Ignored,
    /// The upstream gradient is squared.
    Squared,
    /// Only the magnitude of the upstream gradient counts.
    Magnitude,
    /// Only the sign of the upstream gradient counts.
    Sign,
    /// Negative upstream gradients are replaced by 0.
    ClippedAtZero,
    /// The upstream gradient is replaced by its mean along an axis, or by that of all.
    Averaged(String),
    /// The upstream gradient is transposed.
    Transposed,
    /// Only the first slice along an axis counts.
    OnlyFirst(String),
    /// Only the last slice along an axis counts.
    OnlyLast(String),
    /// The first slice along an axis does not count.
    WithoutFirst(String),
    /// The last slice along an axis does not count.
    WithoutLast(String),
    /// The upstream gradient is shifted along an axis.
    Shifted(isize, String),
    /// The upstream gradient is reversed along an axis.
    Reversed(String),
}

impl UpstreamMistake {
    pub(crate) fn description(&self) -> Description {
        let only = |end: &str, axis: &str| {
            let sentence = format!("only the {end} slice of the upstream gradient along {axis} counted");
            Description::new(1.7, format!("upstream {end} of {axis}"), sentence)
        };
        let without = |end: &str, axis: &str| {
            let sentence = format!("the {end} slice of the upstream gradient along {axis} did not count");
            Description::new(2.2, format!("upstream without {end} of {axis}"), sentence)
        };
        match self {
            Self::Ignored => Description::new(
                1.5,
                "upstream ignored",
                "the upstream gradient were ignored, as if it were 1",
            ),
            Self::Squared => Description::new(2.4, "upstream squared", "the upstream gradient were squared"),
            Self::Magnitude => Description::new(
                2.5,
                "upstream magnitude",
                "only the magnitude of the upstream gradient counted",
            ),
            Self::Sign => Description::new(2.5, "upstream sign", "only the sign of the upstream gradient counted"),
            Self::ClippedAtZero => Description::new(
                2.5,
                "upstream clipped at 0",
                "negative upstream gradients were replaced by 0",
            ),
            Self::Transposed => Description::new(1.6, "upstream transposed", "the upstream gradient were transposed"),
            Self::Averaged(axis) => Description::new(
                2.2,
                format!("upstream averaged over {axis}"),
                format!("the upstream gradient were the same everywhere along {axis}: its mean counts for each entry"),
            ),
            Self::OnlyFirst(axis) => only("first", axis),
            Self::OnlyLast(axis) => only("last", axis),
            Self::WithoutFirst(axis) => without("first", axis),
            Self::WithoutLast(axis) => without("last", axis),
            Self::Shifted(by, axis) => Description::new(
                2.3,
                format!("upstream shifted {by} {axis}"),
                format!("the upstream gradient were shifted by {by} along {axis}"),
            ),
            Self::Reversed(axis) => Description::new(
                2.3,
                format!("upstream reversed {axis}"),
                format!("the upstream gradient were reversed along {axis}"),
            ),
        }
    }
}

impl Hypotheses {
    /// The right derivative with another upstream gradient.
    pub(super) fn of_the_upstream(&mut self, jacobian: &Jacobian<'_>) {
        let g = &jacobian.reference.g_y;
        let applied = |g: ArrayD<f64>| jacobian.transposed_times(&g);
        self.add(UpstreamMistake::Ignored, applied(g * 0.0 + 1.0));
        self.add(UpstreamMistake::Squared, applied(g * g));
        self.add(UpstreamMistake::Magnitude, applied(g.mapv(f64::abs)));
        self.add(UpstreamMistake::Sign, applied(g.mapv(f64::signum)));
        self.add(UpstreamMistake::ClippedAtZero, applied(g.mapv(|g| g.max(0.0))));
        if g.ndim() == 2 && g.shape()[0] == g.shape()[1] {
            self.add(UpstreamMistake::Transposed, applied(g.t().to_owned()));
        }
        if g.len() > 1 {
            let mean = g.sum() / g.len() as f64;
            self.add(
                UpstreamMistake::Averaged("all axes".to_string()),
                applied(g * 0.0 + mean),
            );
        }
        for (axis, name) in axis_names(g.ndim()) {
            if g.shape()[axis] > 1 {
                self.of_upstream_slices(jacobian, axis, &name);
            }
        }
    }

    /// Slices of the upstream gradient that are lost, alone, shifted or reversed.
    fn of_upstream_slices(&mut self, jacobian: &Jacobian<'_>, axis: usize, name: &str) {
        let g = &jacobian.reference.g_y;
        let last = g.shape()[axis] - 1;
        let applied = |g: ArrayD<f64>| jacobian.transposed_times(&g);
        let named = |of: fn(String) -> UpstreamMistake| of(name.to_string());
        if let Some(mean) = g.mean_axis(Axis(axis)) {
            let mean = mean.insert_axis(Axis(axis));
            self.add(named(UpstreamMistake::Averaged), applied(g * 0.0 + &mean));
        }
        self.add(named(UpstreamMistake::OnlyFirst), applied(only(g, axis, 0)));
        self.add(named(UpstreamMistake::OnlyLast), applied(only(g, axis, last)));
        self.add(named(UpstreamMistake::WithoutFirst), applied(g - &only(g, axis, 0)));
        self.add(named(UpstreamMistake::WithoutLast), applied(g - &only(g, axis, last)));
        for by in [1, -1] {
            self.add(
                UpstreamMistake::Shifted(by, name.to_string()),
                applied(rolled(g, axis, by)),
            );
        }
        self.add(named(UpstreamMistake::Reversed), applied(reversed(g, axis)));
    }
}
