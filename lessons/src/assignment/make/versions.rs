//! Many versions of one submission in one program, so that they cost one build.
//!
//! The argument of the program chooses the version. Versions that do not compile are left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::assignment::error::AssignmentError;
use crate::assignment::exam::Assignment;
use crate::assignment::grade::compile::{self, Compilation, Compiled, SERVER, WIRE};
use crate::assignment::project::Libraries;

/// One program of many versions.
#[derive(Clone, Debug)]
pub struct Versions {
    program: PathBuf,
    compiled: BTreeSet<usize>,
}

impl Versions {
    /// Builds all sources that compile in a folder; the first one must.
    ///
    /// **Errors** if the first does not compile.
    pub fn build(
        assignment: &Assignment,
        libraries: &Libraries,
        sources: &[String],
        folder: &Path,
    ) -> Result<Self, AssignmentError> {
        write_versions(assignment, sources, folder)?;
        let mut compiled: BTreeSet<usize> = (0..sources.len()).collect();
        // The compiler looks at types first and at borrows when all types are right: a few rounds.
        loop {
            compile::write(folder, "main.rs", &main(&compiled))?;
            let wrong = wrong_versions(libraries, folder)?;
            if wrong.is_empty() {
                break;
            }
            if wrong.contains(&0) || wrong.is_disjoint(&compiled) {
                return Err(AssignmentError::refused(
                    assignment.id,
                    "the solution does not compile as a module",
                ));
            }
            compiled = &compiled - &wrong;
        }
        let mut program = libraries.rustc();
        let checks = ["-C", "overflow-checks=on", "-C", "debug-assertions=on"];
        program.args(["--cap-lints", "allow", "main.rs"]).args(checks);
        match Compilation::trusted(libraries).run(program, folder)? {
            Compiled::Failed(reason) => Err(AssignmentError::refused(assignment.id, reason)),
            Compiled::Program(_) => Ok(Self {
                program: folder.join("main"),
                compiled,
            }),
        }
    }

    /// The program; its argument is the number of a version.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The numbers of the versions that compile.
    pub fn compiled(&self) -> impl Iterator<Item = usize> + '_ {
        self.compiled.iter().copied()
    }
}

fn write_versions(assignment: &Assignment, sources: &[String], folder: &Path) -> Result<(), AssignmentError> {
    const PARTS: &str = "pub mod respond;\npub mod submission;\n";
    let respond = assignment
        .respond
        .replace("use submission::", "use super::submission::");
    for (i, source) in sources.iter().enumerate() {
        compile::write(folder, &format!("m{i}/mod.rs"), PARTS)?;
        compile::write(folder, &format!("m{i}/submission.rs"), source)?;
        compile::write(folder, &format!("m{i}/respond.rs"), &respond)?;
    }
    compile::write(folder, "server.rs", SERVER)?;
    compile::write(folder, "wire.rs", WIRE)
}

fn main(left: &BTreeSet<usize>) -> String {
    let mut text = "mod server;\nmod wire;\n".to_string();
    left.iter().for_each(|i| text += &format!("mod m{i};\n"));
    text += "fn main() {\n    match std::env::args().nth(1).as_deref() {\n";
    for i in left {
        let names = format!("server::Handlers {{ make: m{i}::respond::make, call: m{i}::respond::call }}");
        text += &format!("        Some(\"{i}\") => server::serve(&{names}),\n");
    }
    text + "        _ => {}\n    }\n}\n"
}

/// The numbers of the versions in which the compiler finds an error.
fn wrong_versions(libraries: &Libraries, folder: &Path) -> Result<BTreeSet<usize>, AssignmentError> {
    let output = libraries
        .rustc()
        .args([
            "--cap-lints",
            "allow",
            "--emit",
            "metadata",
            "--error-format",
            "short",
            "main.rs",
        ])
        .current_dir(folder)
        .output()
        .map_err(|error| AssignmentError::no_tool("rustc", &error))?;
    if output.status.success() {
        return Ok(BTreeSet::new());
    }
    let said = String::from_utf8_lossy(&output.stderr).to_string();
    // `m17/submission.rs:40:9: error[E0308]: …`
    let number = |line: &str| line.strip_prefix('m')?.split_once('/')?.0.parse().ok();
    let wrong: BTreeSet<usize> = said
        .lines()
        .filter(|line| line.contains(": error"))
        .filter_map(number)
        .collect();
    match wrong.is_empty() {
        true => Err(AssignmentError::refused(
            "mutants",
            format!("they do not compile:\n{said}"),
        )),
        false => Ok(wrong),
    }
}
