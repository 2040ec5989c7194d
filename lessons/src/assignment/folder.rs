//! An assignment that lies in a folder of its own: six files, as those of the project's assignments.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use super::error::AssignmentError;
use super::exam::{Assignment, Test};

/// The files of an assignment.
pub const FILES: [&str; 6] = [
    "reference.rs",
    "respond.rs",
    "exam.rs",
    "examples.rs",
    "handout.md",
    "mutants.toml",
];

/// The tests of the assignment that this program was built for, if it was built for one: its examiner.
static OWN_TESTS: OnceLock<&'static [Test]> = OnceLock::new();

/// True if this names a folder, and not one of the project's assignments.
pub fn is_folder(name: &str) -> bool {
    name.contains(['/', '\\']) || Path::new(name).join(FILES[0]).is_file()
}

/// The assignment in a folder; without tests, unless this program was built for it.
///
/// **Errors** with the first file that is not there or cannot be read.
pub fn open(folder: &Path) -> Result<&'static Assignment, AssignmentError> {
    let real = folder
        .canonicalize()
        .map_err(|error| AssignmentError::file(folder.display(), &error))?;
    let mut texts = FILES.iter().map(|name| -> Result<&'static str, AssignmentError> {
        let file = real.join(name);
        let text = fs::read_to_string(&file).map_err(|error| AssignmentError::File {
            place: folder.join(name).display().to_string(),
            reason: format!("{error}; an assignment is a folder with {}", FILES.join(", ")),
        })?;
        Ok(kept(text))
    });
    let mut next = || texts.next().unwrap_or(Ok(""));
    let [reference, respond, exam, examples, handout, mutants] = [next()?, next()?, next()?, next()?, next()?, next()?];
    let id = real.file_name().unwrap_or_default().to_string_lossy().to_string();
    let assignment = Assignment {
        id: kept(id),
        reference,
        respond,
        exam,
        examples,
        handout,
        mutants,
        tests: OWN_TESTS.get().copied().unwrap_or(&[]),
    };
    Ok(Box::leak(Box::new(assignment)))
}

/// An assignment is read once and used until the program ends.
fn kept(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Makes these the tests of each folder that this program opens: it is the examiner of one.
pub fn examine(tests: &'static [Test]) {
    // A second call would be a mistake of the examiner; the first tests count.
    let _: Result<(), _> = OWN_TESTS.set(tests);
}
