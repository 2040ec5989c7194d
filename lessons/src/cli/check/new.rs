//! `tapegrad check new FOLDER`: a crate with a module of one's own and the test that checks its backward().

use std::path::Path;

use serde_json::json;

use crate::assignment::project::Project;
use crate::cli::error::{CliError, ErrorCode};
use crate::cli::output::Output;

/// The files of the crate, with their places in it.
const FILES: [(&str, &str); 4] = [
    ("Cargo.toml", include_str!("../../../templates/check/Cargo.toml")),
    ("src/lib.rs", include_str!("../../../templates/check/src/lib.rs")),
    (
        "src/bin/check.rs",
        include_str!("../../../templates/check/src/bin/check.rs"),
    ),
    (
        "tests/gradient.rs",
        include_str!("../../../templates/check/tests/gradient.rs"),
    ),
];

/// Where the template says that the engine is.
const ENGINE: &str = "../../../autograd";

/// Writes the crate.
///
/// **Errors** if the folder holds something already, or the project with the engine is not found.
pub fn create(folder: &Path, output: &Output<'_>) -> Result<(), CliError> {
    let is_taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file();
    if is_taken {
        let error = CliError::new(ErrorCode::FolderTaken, "the folder is not empty").at(folder.display());
        return Err(error.help("give the name of a new folder, so that no file is overwritten"));
    }
    let project = Project::find(None)?;
    let engine = project.root().join("autograd");
    for (name, text) in FILES {
        let file = folder.join(name);
        let parent = file.parent().unwrap_or(folder);
        let text = text.replace(ENGINE, &engine.display().to_string().replace('\\', "/"));
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| {
                CliError::new(
                    ErrorCode::UnwritableFile,
                    format!("the file could not be written: {error}"),
                )
                .at(file.display())
            })?;
    }
    let shown = folder.display();
    match output.is_json() {
        true => output.document(&json!({"folder": folder, "files": FILES.map(|(name, _)| name)})),
        false => output.text(&format!(
            "{shown}: write your module in src/lib.rs, then run `cargo run` in {shown}, or `tapegrad check --module {shown}`\n"
        )),
    }
}
