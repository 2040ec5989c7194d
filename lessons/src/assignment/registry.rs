//! The assignments of the project, in folders that are compiled in. To add one, write its folder and its line here.

use std::path::Path;

use super::error::AssignmentError;
use super::exam::Assignment;
use super::folder;

/// One assignment from its folder.
macro_rules! assignment {
    ($id:literal, $module:ident) => {{
        Assignment {
            id: $id,
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
    assignment!("01-modules", modules),
    assignment!("02-tape", tape),
    assignment!("03-ngram", ngram),
    assignment!("04-attention", attention),
];

/// The assignment with this id or number, or in this folder: `1`, `01` and `01-modules` are the same.
///
/// **Errors** if there is none.
pub fn find(id: &str) -> Result<&'static Assignment, AssignmentError> {
    let known = ALL
        .iter()
        .find(|known| known.id == id || number(known.id) == Some(id.trim_start_matches('0')));
    match known {
        Some(known) => Ok(known),
        None if folder::is_folder(id) => folder::open(Path::new(id)),
        None => Err(AssignmentError::Unknown {
            id: id.to_string(),
            known: ALL.iter().map(|known| known.id.to_string()).collect(),
        }),
    }
}

/// The number that an id begins with, without leading zeros.
fn number(id: &str) -> Option<&str> {
    let (number, _) = id.split_once('-')?;
    Some(number.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_found_by_its_id_and_by_its_number() {
        for name in ["2", "02", "02-tape"] {
            assert_eq!(find(name).unwrap().id, "02-tape");
        }
        for name in ["", "0", "5", "tape", "2-tape"] {
            assert!(find(name).is_err(), "{name}");
        }
    }
}
