//! Mistakes at one place of the function's graph: an edge, a shared node, or an op taken for another.

use super::{Hypotheses, residual};
use crate::function::expanded_graph::GraphEdit;
use crate::guard::caught;
use crate::mistakes::{Description, Shown};
use crate::witness::jacobian::Jacobian;

/// A mistake at one place of the function's graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GraphMistake {
    /// The contributions along an edge, or to a shared node, are wrong.
    Edit {
        /// The edge or node, and what is wrong with it.
        edit: GraphEdit,
        /// The place in words.
        sentence: Shown<String>,
    },
    /// An op is taken for a similar one.
    Variant {
        /// The line of the formula and the op, and what it is taken for.
        place: String,
        /// What it is taken for, in words.
        sentence: Shown<String>,
    },
}

impl GraphMistake {
    pub(crate) fn description(&self) -> Description {
        match self {
            Self::Edit { edit, sentence } => {
                let cost = match edit {
                    GraphEdit::Drop(_) => 1.3,
                    GraphEdit::LastUse(_) | GraphEdit::FirstUse(_) => 1.35,
                    GraphEdit::OtherFactor(..) => 1.72,
                    GraphEdit::EarlierFactor(..) => 1.73,
                    GraphEdit::Local(..) => 1.74,
                    GraphEdit::Negate(_) => 1.6,
                    GraphEdit::PassOn(_) => 1.7,
                    GraphEdit::OwnFactor(_) => 1.8,
                    GraphEdit::Double(_) => 1.9,
                };
                let hint = match edit {
                    GraphEdit::Drop(_) => "one of the paths by which it acts on the result were left out",
                    GraphEdit::LastUse(_) | GraphEdit::FirstUse(_) => {
                        "of several uses of one variable only one counted: `=` where `+=` is needed"
                    }
                    GraphEdit::Negate(_) => "one of the paths by which it acts on the result had the wrong sign",
                    GraphEdit::PassOn(_) => "a local derivative were missing on the way",
                    GraphEdit::OwnFactor(_) | GraphEdit::OtherFactor(..) | GraphEdit::EarlierFactor(..) => {
                        "in the derivative of a product another variable stood where the other factor belongs"
                    }
                    GraphEdit::Local(..) => "the derivative of one function on the way were that of another",
                    GraphEdit::Double(_) => "one of the paths by which it acts on the result counted twice",
                };
                Description::new(cost, edit.to_string(), sentence.0.clone()).with_hint(hint)
            }
            Self::Variant { place, sentence } => Description::new(1.5, format!("variant {place}"), sentence.0.clone()),
        }
    }
}

impl Hypotheses {
    /// The graph of the function with one thing wrong in it.
    pub(super) fn of_the_graph(&mut self, jacobian: &Jacobian<'_>) {
        let (reference, operand) = (jacobian.reference, jacobian.operand);
        let x = reference.case.values();
        let Some(graph) = caught(|| reference.function.expanded(&x)).ok().flatten() else {
            return;
        };
        let is_right = graph
            .gradient(operand, &reference.g_y, None)
            .is_some_and(|g| residual(&g, &jacobian.right) < 1e-6);
        if !is_right {
            return;
        }
        for (edit, sentence) in graph.edits().into_iter().chain(graph.exchanges()) {
            if let Some(gradient) = graph.gradient(operand, &reference.g_y, Some(&edit)) {
                let sentence = Shown(sentence);
                self.add(GraphMistake::Edit { edit, sentence }, gradient);
            }
        }
        for (place, sentence, twin) in graph.variants() {
            if let Some(gradient) = twin.gradient(operand, &reference.g_y, None) {
                let sentence = Shown(sentence);
                self.add(GraphMistake::Variant { place, sentence }, gradient);
            }
        }
    }
}
