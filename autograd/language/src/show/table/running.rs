//! Places that run with several indices: `x_{s+k-1}`, and what is added up at such places.

use super::formula::{Along, Condition, Formula};
use super::index::{Index, size};
use super::indexed::{Writer, binary};
use crate::meaning::program::Places;
use crate::meaning::size::Size;
use crate::meaning::unroll::Done;

impl Writer<'_> {
    /// The indices of an operand at the places that these indices give; one outside is the nearest inside.
    pub(super) fn places(&self, line: usize, places: &Places, at: &[Index]) -> Vec<Index> {
        let axes = &self.lines[line].ty.axes;
        let one = |(axis, (start, steps)): (usize, (&Size, &Vec<Size>))| {
            let first = steps
                .iter()
                .fold(start.plus(&Size::number(1)), |first, step| first.minus(step));
            let first = self.names.normal(&first);
            let moving: Vec<usize> = (0..steps.len()).filter(|&i| steps[i].as_number() != Some(0)).collect();
            if let (&[only], Some(0), true) = (moving.as_slice(), first.as_number(), places.inside)
                && steps[only].as_number() == Some(1)
            {
                return at[only].clone();
            }
            let terms = moving.iter().map(|&i| size(&steps[i]).times(at[i].position()));
            let sum = terms
                .reduce(Formula::plus)
                .unwrap_or_else(|| Formula::whole(0))
                .plus(size(&first));
            Index::At(match places.inside {
                true => sum,
                false => Formula::Call(
                    "clip".to_string(),
                    vec![sum, Formula::whole(1), size(&axes[axis].size)],
                    Along::Whole,
                ),
            })
        };
        places.start.iter().zip(&places.steps).enumerate().map(one).collect()
    }

    /// `sum_{s,k} [s + k - 1 = i] g_sk`: the entries whose place is the one that is asked for.
    pub(super) fn folded(&self, line: usize, places: &Places, at: &[Index]) -> Done<Formula> {
        let arg = self.lines[line].args[0];
        let axes = self.lines[arg].ty.axes.clone();
        self.with_letters(&axes, |inner| {
            let mut body = self.entry(arg, inner)?;
            for (place, wanted) in self.places(line, places, inner).iter().zip(at) {
                let (place, wanted) = (place.position(), wanted.position());
                if place != wanted {
                    let truth = Formula::Truth(Box::new(Condition::new(place, "=", wanted)));
                    body = binary("mul", truth, body);
                }
            }
            let letters: Vec<Formula> = inner.iter().map(Index::position).collect();
            Ok(self.over("sum", &letters, &axes, body))
        })
    }
}
