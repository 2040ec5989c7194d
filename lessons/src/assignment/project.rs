//! The folder of the project, and its compiled libraries, which submissions are compiled against.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::error::AssignmentError;
use super::grade::isolation::Allowed;

/// The project's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
}

/// The environment variable that tells an examiner where the libraries are.
pub const LIBRARIES: &str = "TAPEGRAD_LIBRARIES";
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
    /// The compiler itself, and the folder of what belongs to it.
    pub compiler: Compiler,
}

/// A Rust compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiler {
    program: PathBuf,
    sysroot: PathBuf,
}

impl Compiler {
    /// The compiler that is called `rustc` here, without what chooses one of several.
    ///
    /// **Errors** if there is none.
    fn find() -> Result<Self, AssignmentError> {
        let named = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(&named)
            .args(["--print", "sysroot"])
            .output()
            .map_err(|error| AssignmentError::no_tool("rustc", &error))?;
        let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let program = sysroot
            .join("bin")
            .join(format!("rustc{}", std::env::consts::EXE_SUFFIX));
        match program.is_file() {
            true => Ok(Self { program, sysroot }),
            false => Ok(Self {
                program: named.into(),
                sysroot,
            }),
        }
    }
}

/// What a submission may name, those first that use the others.
const NAMES: [&str; 2] = ["tapegrad_autograd", "ndarray"];

/// The environment of the compiler, besides its PATH.
const ENVIRONMENT: [&str; 2] = ["SYSTEMROOT", "TEMP"];
/// Where the linker is found, whoever grades.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The packages that know references and tests: a submission's compiler does not see them.
const KEPT_FROM_SUBMISSIONS: [&str; 2] = ["libtapegrad_lessons-", "libtapegrad_models-"];

/// Compiles only if the libraries were built against each other.
const PROBE: &str = "pub fn probe(module: &mut dyn tapegrad_autograd::Module<f64>, x: ndarray::ArrayViewD<'_, f64>) \
    -> ndarray::ArrayD<f64> { module.forward(&[x]) }";

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

    /// The versions of the library with the grader itself, the newest first.
    pub fn lessons(&self) -> Vec<PathBuf> {
        newest_first(&self.folder, "tapegrad_lessons")
    }

    /// These libraries with one of the grader itself, each with each version of the engine, the newest first: one
    /// workspace may hold the engine with several sets of features, and the grader was built with one of them.
    pub fn with_lessons(&self) -> Vec<Self> {
        let engines = newest_first(&self.folder, NAMES[0]);
        let with = |lessons: &PathBuf, engine: &PathBuf| {
            let mut libraries = self.clone();
            for (name, file) in &mut libraries.externs {
                if name == NAMES[0] {
                    *file = engine.clone();
                }
            }
            libraries
                .externs
                .push(("tapegrad_lessons".to_string(), lessons.clone()));
            libraries
        };
        self.lessons()
            .iter()
            .flat_map(|lessons| engines.iter().map(move |engine| with(lessons, engine)))
            .collect()
    }

    /// The newest libraries of a folder that were built against each other.
    fn fitting(folder: &Path) -> Result<Option<Self>, AssignmentError> {
        let compiler = Compiler::find()?;
        let found: Vec<Vec<PathBuf>> = NAMES.iter().map(|name| newest_first(folder, name)).collect();
        for autograd in &found[0] {
            for ndarray in &found[1] {
                let externs = NAMES.iter().zip([autograd, ndarray]);
                let libraries = Self {
                    folder: folder.to_path_buf(),
                    externs: externs.map(|(name, file)| (name.to_string(), file.clone())).collect(),
                    compiler: compiler.clone(),
                };
                if libraries.fit()? {
                    return Ok(Some(libraries));
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
        let mut command = Command::new(&self.compiler.program);
        // A submission can read the environment of its compiler; it gets only what a compiler needs.
        command.env_clear();
        let needed = |name: &&'static str| Some((*name, std::env::var_os(name)?));
        command.envs(ENVIRONMENT.iter().filter_map(needed));
        let path = match PATH.split(':').any(|folder| Path::new(folder).join("cc").is_file()) {
            true => PATH.into(),
            false => std::env::var_os("PATH").unwrap_or_default(),
        };
        command.env("PATH", path);
        command.args(["--edition", "2024", "--color", "never"]);
        command.arg("-L").arg(format!("dependency={}", self.folder.display()));
        for (name, file) in &self.externs {
            command.arg("--extern").arg(format!("{name}={}", file.display()));
        }
        command
    }

    /// What a compiler of submissions may read and run: itself and the libraries, but not those with the references.
    pub fn allowed(&self) -> Allowed {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_left = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
            let is_library = [".rlib", ".rmeta", std::env::consts::DLL_SUFFIX]
                .iter()
                .any(|end| name.ends_with(end));
            is_library && !KEPT_FROM_SUBMISSIONS.iter().any(|start| name.starts_with(start))
        };
        Allowed {
            readable: entries.map(|entry| entry.path()).filter(is_left).collect(),
            listable: vec![self.folder.clone()],
            executable: vec![self.compiler.sysroot.clone()],
            writable: Vec::new(),
        }
    }
}

fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `target/PROFILE/deps`, whether this program lies in it, as tests do, or above it; an examiner is told where it is.
fn beside_this_program() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(LIBRARIES) {
        return Some(folder.into());
    }
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
