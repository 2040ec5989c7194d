//! `tapegrad check --module FOLDER`: the modules of a crate, checked in a process of their own.
//!
//! The crate has a program that checks its modules (`src/bin/check.rs` of the template). Cargo builds it, and it runs like
//! a submission of an assignment: in a [`Session`] with limits. So a module that aborts, overflows its stack, takes all
//! memory or ends its process gets a verdict too. The program then runs once more with smaller sizes, and tells each
//! call before it begins: that names the call and the operands.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tapegrad_autograd::check::program::{ANSWERING, Answer, Request};
use tapegrad_autograd::check::{Kind, TargetReport, Verdict};

use crate::assignment::grade::session::Session;
use crate::assignment::grade::verdict::Failure;
use crate::assignment::grade::{Isolation, Limits};
use crate::cli::error::{CliError, ErrorCode};

/// What the modules of a crate may use together.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(600),
    memory_bytes: 4 << 30,
    output_bytes: 16 << 20,
};

/// The name of the program of a crate that checks its modules.
const PROGRAM: &str = "check";

/// The sizes of axes with which a failure is looked for, the smallest first; at last those of the request.
const SMALLER: [&[usize]; 2] = [&[1], &[1, 2]];

/// True if a folder holds a crate.
pub fn is_crate(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

/// Builds the program of a crate and checks all modules that it names.
///
/// **Errors** if the crate does not build, or has no such program.
pub fn check(folder: &Path, request: &Request) -> Result<Vec<Answer>, CliError> {
    let program = built(folder)?.canonicalize();
    let program = program.map_err(|error| CliError::new(ErrorCode::NoTools, error).at(folder.display()))?;
    checked(folder, &program, request, LIMITS)
}

/// Checks all modules that a program names.
///
/// **Errors** if the program does not answer.
fn checked(folder: &Path, program: &Path, request: &Request, limits: Limits) -> Result<Vec<Answer>, CliError> {
    let start = || started(folder, program, limits);
    let names = names(folder, start()?)?;
    let mut answers = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let question = |request: &Request| {
            let request = serde_json::to_string(request).expect("a request holds numbers and lists only");
            format!("check {index} {request}")
        };
        let mut session = start()?;
        let answer = session.ask_text(&question(request), name, &mut |_| {});
        answers.push(match answer.map(|text| serde_json::from_str(&text)) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => lost(name, &Failure::Garbled { question: name.clone() }, &Place::default()),
            Err(failure) => located(&start, (name, &question), request, &failure)?,
        });
    }
    Ok(answers)
}

/// Where a program was when it ended.
#[derive(Clone, Debug, Default)]
struct Place {
    stage: Option<String>,
    operands: Option<String>,
}

impl Place {
    fn note(&mut self, told: &str) {
        match told.strip_prefix("case ") {
            Some(operands) => self.operands = Some(operands.to_string()),
            None => self.stage = Some(told.to_string()),
        }
    }
}

/// The report on a module whose program ended: the same check on small operands first, each call told before it begins.
fn located(
    start: &dyn Fn() -> Result<Session, CliError>,
    (name, question): (&str, &dyn Fn(&Request) -> String),
    request: &Request,
    failure: &Failure,
) -> Result<Answer, CliError> {
    let smaller = SMALLER.map(<[usize]>::to_vec).into_iter();
    for sizes in smaller.chain([request.sizes.clone()]) {
        let traced = Request {
            sizes,
            traced: true,
            ..request.clone()
        };
        let mut place = Place::default();
        let mut session = start()?;
        let again = session.ask_text(&question(&traced), name, &mut |told| place.note(told));
        if let Err(failure) = again {
            return Ok(lost(name, &failure, &place));
        }
    }
    Ok(lost(name, failure, &Place::default()))
}

/// The report on a module that gave none itself.
fn lost(name: &str, failure: &Failure, place: &Place) -> Answer {
    let mut report = TargetReport::new(name.to_string(), Kind::Module);
    report.verdict = Verdict::Wrong;
    let what = place.stage.as_deref().unwrap_or(name);
    let mut sentence = failure.clone().of(what).to_string();
    if let Some(operands) = &place.operands {
        sentence += &format!("; the operands are {operands}");
    }
    report.find("ended", sentence);
    Answer::of(&report)
}

fn started(folder: &Path, program: &Path, limits: Limits) -> Result<Session, CliError> {
    Session::start(
        program,
        &[ANSWERING.to_string()],
        folder,
        limits,
        &Isolation::Unisolated,
    )
    .map_err(|error| {
        CliError::new(
            ErrorCode::NoTools,
            format!("the program of the crate cannot be started: {error}"),
        )
        .at(program.display())
    })
}

fn names(folder: &Path, mut session: Session) -> Result<Vec<String>, CliError> {
    let answer = session.ask_text("subjects", "the program `check` of the crate", &mut |_| {});
    let names = answer.map_err(|failure| failure.to_string()).and_then(|text| {
        serde_json::from_str(&text).map_err(|_| "the program `check` of the crate does not answer".to_string())
    });
    names.map_err(|message| {
        CliError::new(ErrorCode::NoTools, message)
            .at(folder.display())
            .help("its `main` must be `program::main(subjects)`, as in the crate that `tapegrad check new` writes")
    })
}

/// The program of a crate, built by cargo, which tells where it lies.
fn built(folder: &Path) -> Result<PathBuf, CliError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--bins", "--message-format", "json-render-diagnostics"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| CliError::new(ErrorCode::NoTools, format!("cargo cannot be started: {error}")))?;
    if !output.status.success() {
        let error = CliError::new(ErrorCode::NoTools, "the crate does not build").at(folder.display());
        return Err(error.help("cargo says above why"));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = |message: Value| {
        let is_wanted = message["target"]["name"] == PROGRAM && message["reason"] == "compiler-artifact";
        message["executable"].as_str().filter(|_| is_wanted).map(PathBuf::from)
    };
    messages.filter_map(program).next_back().ok_or_else(|| {
        let message = format!("the crate has no program `{PROGRAM}` that checks its modules");
        CliError::new(ErrorCode::NoTools, message)
            .at(folder.display())
            .help("add src/bin/check.rs, as in the crate that `tapegrad check new` writes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::grade::compile::{Compilation, Compiled, write};
    use crate::assignment::project::{Libraries, Project};

    #[test]
    fn a_lost_program_is_reported_with_the_call_and_its_operands() {
        let mut place = Place::default();
        for told in [
            "case x = [1.0]",
            "forward()",
            "case x = [0.5]",
            "forward()",
            "backward()",
        ] {
            place.note(told);
        }
        let failure = Failure::Ended {
            question: "cube".to_string(),
            how: "overflowed its stack".to_string(),
        };
        let answer = lost("cube", &failure, &place);
        assert_eq!(answer.verdict, Verdict::Wrong);
        let sentence = "backward() did not come back: the program overflowed its stack; the operands are x = [0.5]";
        assert!(answer.text.contains(sentence), "{}", answer.text);
    }

    #[test]
    fn modules_that_panic_loop_abort_leave_or_take_all_memory_get_a_verdict_that_names_the_call() {
        let libraries = Libraries::find(&Project::find(None).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "hostile.rs",
            include_str!("../../../tests/modules/hostile.rs"),
        )
        .unwrap();
        let mut compiler = libraries.rustc();
        compiler.args(["-C", "opt-level=1", "-C", "strip=symbols", "hostile.rs"]);
        let compiled = Compilation::trusted(&libraries).run(compiler, folder.path()).unwrap();
        assert_eq!(compiled, Compiled::Program(folder.path().to_path_buf()));
        let limits = Limits {
            memory_bytes: 1 << 30,
            ..LIMITS
        };
        let request = Request {
            seed: 1,
            cases: 2,
            limit: Some(Duration::from_millis(400)),
            ..Request::default()
        };
        let program = folder.path().join("hostile");
        let answers = checked(folder.path(), &program, &request, limits).unwrap();
        let expected = [
            "pass      right",
            "pass      talks",
            "backward() panicked: this is no gradient",
            "backward() did not return within 0.4 seconds: look for a loop that never ends",
            "forward() did not come back: the program was ended by signal 6; the operands are x = [",
            "backward() did not come back: the program overflowed its stack: look for a recursion that never ends; the operands are x = [",
            "forward() asked for more memory than the 1024 MiB there are; the operands are x = [",
            "forward() did not come back: the program ended by itself with exit code 0; the operands are x = [",
            "backward() did not come back: the program ended by itself with exit code 3; the operands are x = [",
        ];
        for (answer, expected) in answers.iter().zip(expected) {
            assert!(answer.text.contains(expected), "{expected}:\n{}", answer.text);
            let verdict = if expected.starts_with("pass") {
                Verdict::Pass
            } else {
                Verdict::Wrong
            };
            assert_eq!(answer.verdict, verdict, "{}", answer.text);
        }
        assert_eq!(answers.len(), expected.len());
        // The smallest operands that show it are looked for first.
        let numbers = |answer: &Answer| {
            let from = answer.text.find("x = [").expect("the operands are told");
            let list = answer.text[from..].split(']').next().unwrap_or_default();
            list.matches(',').count() + 1
        };
        assert_eq!(
            (numbers(&answers[4]), numbers(&answers[8])),
            (1, 2),
            "{}",
            answers[8].text
        );
    }
}
