//! One path through the function counts with a factor: a mean for a sum inside, a constant that is forgotten there.
//!
//! With `d` the gradient without the path and `c` what the path contributes, the gradient is `d + k c`. The factor `k`
//! is fitted on each draw, and must then be the same number on all of them, or the same power of the same size.

use ndarray::ArrayD;

use super::result::size_powers;
use crate::function::expanded_graph::GraphEdit;
use crate::guard::caught;
use crate::mistakes::{Description, Shown};
use crate::witness::jacobian::Jacobian;

/// A path that counts with a factor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScaledPath {
    /// The edit that leaves the path out.
    pub edit: GraphEdit,
    /// The path in words.
    pub path: Shown<String>,
    /// The power of a size, `1/n`, and what has the size; `None` if the factor is one number.
    pub size: Option<(&'static str, String)>,
    /// The factor at one of the draws.
    pub factor: Shown<f64>,
}

impl ScaledPath {
    pub(crate) fn description(&self) -> Description {
        let what = &self.path.0;
        let (cost, key, how) = match &self.size {
            Some((power, of)) => (2.15, format!("{power} of {of}"), format!("{power}, where n is {of}")),
            None => {
                let factor = (self.factor.0 * 1e6).round() / 1e6;
                (2.12, format!("{factor}"), format!("{factor}"))
            }
        };
        Description::new(
            cost,
            format!("path times {key}: {}", self.edit),
            format!("{what} is multiplied by {how}"),
        )
        .with_hint("one of several paths through the function counts with a wrong factor")
    }

    /// The factor at a case.
    fn factor_at(&self, jacobian: &Jacobian<'_>) -> Option<f64> {
        let Some((power, of)) = &self.size else {
            return Some(self.factor.0);
        };
        let (_, size) = jacobian.sizes().into_iter().find(|(name, _)| name == of)?;
        let (factor, _) = size_powers(size).into_iter().find(|(_, known)| known == power)?;
        Some(factor)
    }

    /// The gradient with this mistake at a case.
    pub(super) fn gradient(&self, jacobian: &Jacobian<'_>) -> Option<ArrayD<f64>> {
        let reference = jacobian.reference;
        let x = reference.case.values();
        let graph = caught(|| reference.function.expanded(&x)).ok().flatten()?;
        let without = graph.gradient(jacobian.operand, &reference.g_y, Some(&self.edit))?;
        let factor = self.factor_at(jacobian)?;
        Some(&without + &((&jacobian.right - &without) * factor))
    }
}
