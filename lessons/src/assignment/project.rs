//! The folder of the project, and its compiled libraries, which submissions are compiled against.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::error::AssignmentError;

/// The project's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// The environment variable that says where the project is.
pub const VARIABLE: &str = "TAPEGRAD_PROJECT";

impl Project {
    /// The project at `given`, else where the environment says, else where this program was built.
    ///
    /// **Errors** if the folder is not the project.
    pub fn find(given: Option<&Path>) -> Result<Self, AssignmentError> {
        let named = given
            .map(Path::to_path_buf)
            .or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        let root = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let is_project = ["autograd/Cargo.toml", "models/Cargo.toml", "Cargo.lock"]
            .iter()
            .all(|file| root.join(file).is_file());
        match root.canonicalize() {
            Ok(root) if is_project => Ok(Self { root }),
            _ => Err(AssignmentError::NoProject { root }),
        }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// The compiled libraries that a submission may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Libraries {
    /// The folder of all compiled libraries.
    pub folder: PathBuf,
    /// Name and file of those that a submission may name.
    pub externs: Vec<(String, PathBuf)>,
}

/// What a submission may name, those first that use the others.
const NAMES: [&str; 3] = ["tapegrad_models", "tapegrad_autograd", "ndarray"];

/// The environment of the compiler.
const ENVIRONMENT: [&str; 9] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_HOME",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
];

/// Compiles only if the libraries were built against each other.
const PROBE: &str = "pub fn probe(module: &mut dyn tapegrad_autograd::Module<f64>, x: ndarray::ArrayViewD<'_, f64>) \
    -> ndarray::ArrayD<f64> { module.forward(&[x]) } \
    pub fn network(network: &dyn tapegrad_models::Network, x: tapegrad_autograd::Var<'static>) \
    -> tapegrad_autograd::Var<'static> { network.logits(x) }";

impl Libraries {
    /// The libraries that were built together with this program, or else those that cargo builds now.
    ///
    /// Beside this program lie the libraries that it was built from, which costs nothing. There may be older ones too,
    /// so the newest are taken that fit together: a probe that uses them all must compile.
    ///
    /// **Errors** if there is no compiler or the project does not build.
    pub fn find(project: &Project) -> Result<Self, AssignmentError> {
        if let Some(folder) = beside_this_program()
            && let Some(found) = Self::fitting(&folder)?
        {
            return Ok(found);
        }
        let release = if cfg!(debug_assertions) {
            &[][..]
        } else {
            &["--release"]
        };
        let target = project.root().join("target");
        let status = Command::new(cargo())
            .args(["build", "--offline", "--lib", "-p", "tapegrad-lessons", "--target-dir"])
            .arg(&target)
            .args(release)
            .current_dir(project.root())
            .status()
            .map_err(|error| AssignmentError::no_tool("cargo", &error))?;
        let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        match Self::fitting(&target.join(profile).join("deps"))? {
            Some(found) if status.success() => Ok(found),
            _ => Err(AssignmentError::NoLibraries {
                root: project.root().to_path_buf(),
            }),
        }
    }

    /// The newest libraries of a folder that were built against each other.
    fn fitting(folder: &Path) -> Result<Option<Self>, AssignmentError> {
        let found: Vec<Vec<PathBuf>> = NAMES.iter().map(|name| newest_first(folder, name)).collect();
        for models in &found[0] {
            for autograd in &found[1] {
                for ndarray in &found[2] {
                    let files = [models, autograd, ndarray];
                    let externs = NAMES
                        .iter()
                        .zip(files)
                        .map(|(name, file)| (name.to_string(), file.clone()));
                    let libraries = Self {
                        folder: folder.to_path_buf(),
                        externs: externs.collect(),
                    };
                    if libraries.fit()? {
                        return Ok(Some(libraries));
                    }
                }
            }
        }
        Ok(None)
    }

    fn fit(&self) -> Result<bool, AssignmentError> {
        let folder = tempfile::tempdir().map_err(|error| AssignmentError::file("a temporary folder", &error))?;
        let source = folder.path().join("probe.rs");
        std::fs::write(&source, PROBE).map_err(|error| AssignmentError::file("the probe", &error))?;
        let output = self
            .rustc()
            .args(["--crate-type", "rlib", "--emit", "metadata", "--out-dir"])
            .args([folder.path(), &source])
            .output()
            .map_err(|error| AssignmentError::no_tool("rustc", &error))?;
        Ok(output.status.success())
    }

    /// The compiler, told about the libraries.
    pub fn rustc(&self) -> Command {
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        // A submission can read the environment of its compiler; it gets only what a compiler needs.
        command.env_clear();
        let needed = |name: &&'static str| Some((*name, std::env::var_os(name)?));
        command.envs(ENVIRONMENT.iter().filter_map(needed));
        command.args(["--edition", "2024", "--color", "never"]);
        command.arg("-L").arg(format!("dependency={}", self.folder.display()));
        for (name, file) in &self.externs {
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        command
    }
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `target/PROFILE/deps`, whether this program lies in it, as tests do, or above it.
fn beside_this_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let deps = folder.join("deps");
    match folder.ends_with("deps") {
        true => Some(folder.to_path_buf()),
        false => deps.is_dir().then_some(deps),
    }
}

/// The compiled versions of a library, the newest first.
fn newest_first(folder: &Path, name: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let prefix = format!("lib{name}-");
    let is_version = |path: &PathBuf| {
        let file = path.file_name().map(|file| file.to_string_lossy().to_string());
        file.is_some_and(|file| file.starts_with(&prefix) && file.ends_with(".rlib"))
    };
    let time = |path: &PathBuf| path.metadata().and_then(|data| data.modified());
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_version)
        .collect();
    files.sort_by_key(|path| std::cmp::Reverse((time(path).unwrap_or(SystemTime::UNIX_EPOCH), path.clone())));
    files
}
