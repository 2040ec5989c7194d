//! A folder in which the commands of a page run: the project as a reader has it, without a copy of its sources.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command printed to standard output and standard error, and its exit code.
pub struct Done {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

/// The folder of a page: `docs` is copied, because commands write into it, and all else is linked.
pub struct Workplace {
    folder: tempfile::TempDir,
}

impl Workplace {
    pub fn new(root: &Path) -> Self {
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let project = this.project();
        std::fs::create_dir_all(this.home().join(".vscode/extensions")).unwrap();
        std::fs::create_dir(&project).unwrap();
        for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
            let name = entry.file_name();
            match name.to_str().unwrap() {
                "target" | ".git" => {}
                "docs" => copy(&entry.path(), &project.join(name)),
                _ => symlink(entry.path(), project.join(name)).unwrap(),
            }
        }
        // The texts that pages call so.
        let text = std::fs::read_to_string(root.join("docs/language.md")).unwrap();
        std::fs::write(project.join("FILE.txt"), &text).unwrap();
        std::fs::write(project.join("OTHER.txt"), &text[text.len() / 2..]).unwrap();
        this
    }

    fn project(&self) -> PathBuf {
        self.beside("tapegrad")
    }

    /// A place beside the project.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn home(&self) -> PathBuf {
        self.beside("home")
    }

    /// Runs commands in a shell that stops at the first that fails; nobody is at the keyboard.
    pub fn run(&self, commands: &str) -> Done {
        let program = Path::new(env!("CARGO_BIN_EXE_tapegrad"));
        let mut path = vec![program.parent().unwrap().to_path_buf()];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let kept = |name: &str, folder: &str| std::env::var_os(name).map_or(home.join(folder), PathBuf::from);
        let done = Command::new("bash")
            .args(["-euo", "pipefail", "-c", commands])
            .current_dir(self.project())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_HOME", kept("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"))
            .env("CARGO_INSTALL_ROOT", self.home().join("installed"))
            .env("CARGO_TARGET_DIR", program.parent().unwrap().parent().unwrap())
            .env("HOME", self.home())
            .env("TAPEGRAD_PROGRESS", self.home().join("progress.toml"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done {
            stdout: text(done.stdout),
            stderr: text(done.stderr),
            code: done.status.code(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}
