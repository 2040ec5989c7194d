//! The crate that a student works in.

use std::path::Path;

use super::engine;
use super::handout;
use super::mutation::parsed;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, HANDED_IN};
use crate::assignment::grade::compile::write;
use crate::assignment::project::Project;

/// The file that says which assignment a crate is.
pub const ID_FILE: &str = "assignment.toml";

/// Writes the crate of a student, to start from.
///
/// **Errors** if the folder is not empty, or cannot be written to.
pub fn starter(assignment: &Assignment, project: &Project, folder: &Path) -> Result<(), AssignmentError> {
    write_crate(assignment, project, folder, &parsed(assignment)?.starter())
}

/// Writes the same crate with everything solved.
///
/// **Errors** as [`starter`].
pub fn solution(assignment: &Assignment, project: &Project, folder: &Path) -> Result<(), AssignmentError> {
    write_crate(assignment, project, folder, &parsed(assignment)?.solution())
}

fn write_crate(assignment: &Assignment, project: &Project, folder: &Path, lib: &str) -> Result<(), AssignmentError> {
    let is_used = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(AssignmentError::File {
            place: folder.display().to_string(),
            reason: "the folder is not empty; name a new one, so that nothing is overwritten".to_string(),
        });
    }
    let lock = project.root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|error| AssignmentError::file(lock.display(), &error))?;
    std::fs::create_dir_all(folder).map_err(|error| AssignmentError::file(folder.display(), &error))?;
    let real = folder
        .canonicalize()
        .map_err(|error| AssignmentError::file(folder.display(), &error))?;
    engine::write_beside(project, real.parent().unwrap_or(&real))?;
    write(folder, "Cargo.toml", &manifest(assignment))?;
    // The versions that the project was tested with, so that one `cargo fetch` is enough for ever.
    write(folder, "Cargo.lock", &lock)?;
    write(folder, ".cargo/config.toml", CONFIGURATION)?;
    write(folder, HANDED_IN, lib)?;
    write(folder, "tests/examples.rs", assignment.examples)?;
    write(
        folder,
        "README.md",
        &handout::markdown(assignment, &parsed(assignment)?),
    )?;
    write(folder, ID_FILE, &format!("id = \"{}\"\n", assignment.id))
}

/// One folder of compiled things for all assignments beside each other.
const CONFIGURATION: &str = "[build]\ntarget-dir = \"../tapegrad-engine/target\"\n";

fn manifest(assignment: &Assignment) -> String {
    let (_, name) = assignment.id.split_once('-').unwrap_or(("", assignment.id));
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!(
        "[package]\nname = \"assignment-{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\nname = \"submission\"\n\n\
         [dependencies]\nndarray = \"0.17\"\n\n\
         # The core alone: graph, ops, tape and modules, on plain loops. It lies beside this folder.\n\
         tapegrad-autograd = {{ path = \"../{}/autograd\", default-features = false }}\n\n\
         [lints.rust]\nunsafe_code = \"deny\"\n\n\
         # A workspace of its own, wherever it lies.\n[workspace]\n\n\
         [profile.dev.package.\"*\"]\nopt-level = 1\ndebug = false\n",
        engine::FOLDER,
    )
}

/// The id of the assignment that a crate belongs to.
///
/// **Errors** if the crate does not say.
pub fn id_of(folder: &Path) -> Result<String, AssignmentError> {
    #[derive(serde::Deserialize)]
    struct IdFile {
        id: String,
    }
    let file = folder.join(ID_FILE);
    let text = std::fs::read_to_string(&file).map_err(|error| AssignmentError::file(file.display(), &error))?;
    let mark: Result<IdFile, _> = toml::from_str(&text);
    mark.map(|mark| mark.id).map_err(|error| AssignmentError::File {
        place: file.display().to_string(),
        reason: error.message().to_string(),
    })
}
