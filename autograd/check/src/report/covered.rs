//! What a check has covered: the sizes and values that were tried, and the witnesses that spoke.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::evaluation::Evaluation;
use crate::subject::special::SpecialValues;
use crate::witness::reference::Reference;

/// What a check has covered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Covered {
    /// The shapes of the operands, those of one case together.
    pub shapes: BTreeSet<Vec<Vec<usize>>>,
    /// The special values at which some entries were right.
    pub special_values: BTreeSet<&'static str>,
    /// How many entries were compared at special values.
    pub special_entries: usize,
    /// The witnesses that spoke.
    pub witnesses: BTreeSet<&'static str>,
    /// How many sequences of calls were compared with a new module.
    pub histories: usize,
}

impl Covered {
    pub(crate) fn note(&mut self, reference: &Reference, evaluation: &Evaluation) {
        let shapes = reference.case.operands.iter().map(|x| x.value.shape().to_vec());
        self.shapes.insert(shapes.collect());
        self.histories += evaluation.histories.len();
        for entry in reference
            .gradients
            .iter()
            .flatten()
            .flat_map(|expected| &expected.entries)
        {
            self.witnesses.extend(entry.exact.map(|_| "dual numbers"));
            self.witnesses.extend(entry.numeric.map(|_| "finite differences"));
            self.witnesses
                .extend(entry.symbolic.map(|_| "the derivative of the language"));
        }
    }

    pub(crate) fn note_special(&mut self, special: SpecialValues, entries: usize) {
        if entries > 0 {
            self.special_values.insert(special.text());
            self.special_entries += entries;
        }
    }

    /// What was covered, as a sentence.
    pub fn text(&self) -> String {
        let list = |of: &BTreeSet<&'static str>| of.iter().copied().collect::<Vec<_>>().join(", ");
        let largest = self
            .shapes
            .iter()
            .max_by_key(|shapes| shapes.iter().map(|s| s.iter().product::<usize>()).sum::<usize>());
        let largest = largest.map_or(String::new(), |shapes| {
            let shapes: Vec<String> = shapes.iter().take(4).map(|shape| format!("{shape:?}")).collect();
            format!(", up to {}", shapes.join(", "))
        });
        let special = match self.special_values.is_empty() {
            true => String::new(),
            false => format!("; {} entries at {}", self.special_entries, list(&self.special_values)),
        };
        let histories = match self.histories {
            0 => String::new(),
            count => format!("; {count} repetitions after other calls"),
        };
        format!(
            "{} combinations of shapes{largest}; compared with {}{special}{histories}",
            self.shapes.len(),
            list(&self.witnesses)
        )
    }
}
