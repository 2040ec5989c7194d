//! All assignments. To add one, write its folder and its line here.

use super::error::AssignmentError;
use super::exam::Assignment;

/// One assignment from its folder.
macro_rules! assignment {
    ($id:literal, $title:literal, $module:ident) => {{
        Assignment {
            id: $id,
            title: $title,
            reference: include_str!(concat!("../../assignments/", $id, "/reference.rs")),
            respond: include_str!(concat!("../../assignments/", $id, "/respond.rs")),
            examples: include_str!(concat!("../../assignments/", $id, "/examples.rs")),
            exam: include_str!(concat!("../../assignments/", $id, "/exam.rs")),
            handout: include_str!(concat!("../../assignments/", $id, "/handout.md")),
            mutants: include_str!(concat!("../../assignments/", $id, "/mutants.toml")),
            tests: $module::TESTS,
        }
    }};
}

#[path = "../../assignments/01-modules/exam.rs"]
mod modules;

#[path = "../../assignments/02-tape/exam.rs"]
mod tape;

#[path = "../../assignments/03-ngram/exam.rs"]
mod ngram;

#[path = "../../assignments/04-attention/exam.rs"]
mod attention;

/// All assignments, in order.
pub static ALL: [Assignment; 4] = [
    assignment!("01-modules", "Three modules and their backward()", modules),
    assignment!("02-tape", "The backward pass of a tape", tape),
    assignment!("03-ngram", "An n-gram model with smoothing", ngram),
    assignment!("04-attention", "Attention with a causal mask", attention),
];

/// The assignment with this id.
///
/// **Errors** if there is none.
pub fn find(id: &str) -> Result<&'static Assignment, AssignmentError> {
    ALL.iter()
        .find(|known| known.id == id)
        .ok_or_else(|| AssignmentError::Unknown {
            id: id.to_string(),
            known: ALL.iter().map(|known| known.id.to_string()).collect(),
        })
}
