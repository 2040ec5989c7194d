//! The examiner of an assignment in a folder: `tapegrad` once more, with the tests of that folder compiled in.
//!
//! Tests are Rust, and can do what the tests of the project's assignments can. So they are compiled, once for each version
//! of them, against the libraries that this program was built from.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::AssignmentError;
use super::exam::Assignment;
use super::grade::compile::{Compilation, Compiled, write};
use super::project::{Libraries, Project};

const MAIN: &str = "mod exam;

fn main() -> std::process::ExitCode {
    tapegrad_lessons::cli::examine(exam::TESTS)
}
";

/// The examiner of an assignment, built if it is not there.
///
/// **Errors** with the compiler's words if the tests do not compile.
pub fn of(assignment: &Assignment, project: &Project, libraries: &Libraries) -> Result<PathBuf, AssignmentError> {
    let lessons = libraries.lessons();
    let Some(newest) = lessons.first() else {
        return Err(AssignmentError::NoLibraries {
            root: project.root().to_path_buf(),
        });
    };
    let folder = project
        .root()
        .join("target")
        .join("examiners")
        .join(key(assignment, newest));
    let program = folder.join(format!("main{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    // Built aside and put in its place as a whole: another process may be building the same examiner, or running it.
    let unwritable = |error: std::io::Error| AssignmentError::file(folder.display(), &error);
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let aside = tempfile::tempdir_in(&folder).map_err(unwritable)?;
    write(aside.path(), "main.rs", MAIN)?;
    write(aside.path(), "exam.rs", assignment.exam)?;
    let mut first = None;
    for libraries in libraries.with_lessons() {
        let mut compiler = libraries.rustc();
        // With the line tables of all libraries it would be larger than a compiler may write.
        compiler.args(["-C", "strip=debuginfo", "main.rs"]);
        match Compilation::trusted(&libraries).run(compiler, aside.path())? {
            Compiled::Program(_) => {
                let built = aside.path().join(program.file_name().unwrap_or_default());
                fs::rename(built, &program).map_err(unwritable)?;
                return Ok(program);
            }
            // Other versions beside the right ones fit other programs.
            Compiled::Failed(reason) => first = first.or(Some(reason)),
        }
    }
    let reason = first.unwrap_or_default();
    Err(AssignmentError::refused(
        assignment.id,
        format!("exam.rs does not compile:\n{reason}"),
    ))
}

/// Changes with the tests and with the library.
fn key(assignment: &Assignment, library: &Path) -> String {
    let built = library.metadata().and_then(|data| data.modified()).ok();
    let mut hash = Sha256::new();
    hash.update(assignment.exam);
    hash.update(library.display().to_string());
    hash.update(format!("{built:?}"));
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
