//! The engine beside the assignments of a student: its source, in a folder that all of them share.
//!
//! So an assignment builds wherever its folders lie together, on any machine, and what is compiled for one of them is
//! compiled for all. It holds what `tapegrad-autograd` is without its features: kernels and core.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::assignment::error::AssignmentError;
use crate::assignment::project::Project;

/// The name of the folder, beside the folder of an assignment.
pub const FOLDER: &str = "tapegrad-engine";

/// The file by which the folder is known as ours.
const MARK: &str = "README.md";
const ABOUT: &str = "# tapegrad-engine\n\nThe engine that the assignments beside this folder use: graph, ops, tape and modules, on plain loops.\n\
    `tapegrad assignment new` wrote it; nothing in it is to be edited or handed in.\n\
    `target/` holds what is compiled, for all assignments together. It may be deleted; the next build makes it anew.\n";

/// The packages, each after those that it holds.
const PACKAGES: [&str; 3] = ["autograd", "autograd/core", "autograd/kernels"];
/// What belongs to a package's manifest here; the rest is for its own tests.
const KEPT: [&str; 5] = ["package", "lints", "features", "dependencies", "lib"];

/// Writes the engine into the folder above, where it is not there yet or was written by another version.
///
/// **Errors** if there is a folder of this name that is something else, or it cannot be written to.
pub fn write_beside(project: &Project, above: &Path) -> Result<(), AssignmentError> {
    let folder = above.join(FOLDER);
    let is_used = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    let is_ours = fs::read_to_string(folder.join(MARK)).is_ok_and(|text| text == ABOUT);
    if is_used && !is_ours {
        return Err(AssignmentError::File {
            place: folder.display().to_string(),
            reason: "this folder is for the engine, which the assignments beside it share, and holds something else; \
                     choose another place for the assignment"
                .to_string(),
        });
    }
    write_changed(&folder.join(MARK), ABOUT.as_bytes())?;
    write_changed(&folder.join(".gitignore"), b"target\n")?;
    write_changed(&folder.join("Cargo.toml"), workspace(project)?.to_string().as_bytes())?;
    for package in PACKAGES {
        let (from, to) = (project.root().join(package), folder.join(package));
        write_changed(&to.join("Cargo.toml"), manifest(&from)?.to_string().as_bytes())?;
        copy(&from.join("src"), &to.join("src"))?;
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        write_changed(&folder.join(licence), &read(&project.root().join(licence))?)?;
    }
    Ok(())
}

/// The workspace of the engine alone: versions and lints of the project, but not its other packages.
fn workspace(project: &Project) -> Result<Table, AssignmentError> {
    let mut all = table(&project.root().join("Cargo.toml"))?;
    let mut workspace = Table::new();
    if let Some(Value::Table(known)) = all.remove("workspace") {
        workspace.extend(known);
    }
    let members = PACKAGES.iter().map(|package| Value::from(*package));
    workspace.insert("members".to_string(), Value::Array(members.collect()));
    if let Some(Value::Table(dependencies)) = workspace.get_mut("dependencies") {
        dependencies.retain(|_, dependency| is_here(dependency));
    }
    Ok(Table::from_iter([("workspace".to_string(), Value::Table(workspace))]))
}

/// True for a dependency of the registry, and for the packages that are here.
fn is_here(dependency: &Value) -> bool {
    let path = dependency.get("path").and_then(Value::as_str);
    path.is_none_or(|path| PACKAGES.contains(&path))
}

/// The manifest of a package without tests, and without the packages that are not here.
fn manifest(package: &Path) -> Result<Table, AssignmentError> {
    const ABSENT: [&str; 2] = ["tapegrad-check", "tapegrad-language"];
    let mut manifest = table(&package.join("Cargo.toml"))?;
    manifest.retain(|name, _| KEPT.contains(&name));
    if let Some(Value::Table(dependencies)) = manifest.get_mut("dependencies") {
        ABSENT.iter().for_each(|name| drop(dependencies.remove(*name)));
    }
    if let Some(Value::Table(features)) = manifest.get_mut("features") {
        for (_, parts) in features.iter_mut() {
            if let Value::Array(parts) = parts {
                parts.retain(|part| {
                    !ABSENT
                        .iter()
                        .any(|name| part.as_str().is_some_and(|part| part.contains(name)))
                });
            }
        }
    }
    Ok(manifest)
}

fn table(file: &Path) -> Result<Table, AssignmentError> {
    let text = String::from_utf8_lossy(&read(file)?).to_string();
    text.parse().map_err(|error: toml::de::Error| AssignmentError::File {
        place: file.display().to_string(),
        reason: error.message().to_string(),
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), AssignmentError> {
    for place in entries(from)? {
        let target = to.join(place.file_name().unwrap_or_default());
        match place.is_dir() {
            true => copy(&place, &target)?,
            false => write_changed(&target, &read(&place)?)?,
        }
    }
    // What an earlier version had, and this one has not, would still be compiled.
    for place in entries(to)? {
        let is_known = from.join(place.file_name().unwrap_or_default()).exists();
        if !is_known {
            let removed = if place.is_dir() {
                fs::remove_dir_all(&place)
            } else {
                fs::remove_file(&place)
            };
            removed.map_err(|error| AssignmentError::file(place.display(), &error))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, AssignmentError> {
    let entries = fs::read_dir(folder).map_err(|error| AssignmentError::file(folder.display(), &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn read(file: &Path) -> Result<Vec<u8>, AssignmentError> {
    fs::read(file).map_err(|error| AssignmentError::file(file.display(), &error))
}

/// Writes a file where it would change, so that nothing is compiled again that is as it was.
fn write_changed(file: &Path, content: &[u8]) -> Result<(), AssignmentError> {
    if fs::read(file).is_ok_and(|known| known == content) {
        return Ok(());
    }
    let above = file.parent().unwrap_or(file);
    fs::create_dir_all(above)
        .and_then(|()| fs::write(file, content))
        .map_err(|error| AssignmentError::file(file.display(), &error))
}
