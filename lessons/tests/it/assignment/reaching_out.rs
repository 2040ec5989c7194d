//! Submissions that reach out: for secrets, files, references, other processes, the network, or points.
//!
//! Each file of the folder `reaching_out` is one, and says what it tries. It is graded by the program itself, and once
//! more without being read first, so that isolation alone has to hold it. None gets all points, none leaves a trace, and
//! no report tells what is outside.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tapegrad_lessons::assignment::exam::{COMPILING, TESTING};
use tapegrad_lessons::assignment::grade::{Grading, Isolation, Limits, Tests};
use tapegrad_lessons::assignment::registry;

use super::{libraries, reference};

/// Known to the grader alone.
const SECRET: &str = "sesame-4711-known-to-the-grader-alone";
/// What a file outside holds; as code it is an error, which a compiler would quote.
const CANARY: &str = "canary in a file of the user who grades ]";
/// What a submission says if it got what it wanted.
const MARKER: &str = "REACHED-ITS-AIM";
/// Words that stand in the reference alone.
const OF_THE_REFERENCE: &str = "// hole: linear-backward";

/// A place with everything that a submission could want.
struct Surroundings {
    folder: tempfile::TempDir,
    network: TcpListener,
    socket: UnixListener,
}

impl Surroundings {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("canary.txt"), CANARY).unwrap();
        let outside = folder.path().join("outside/src");
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(outside.join("lib.rs"), reference().solution()).unwrap();
        let network = TcpListener::bind("127.0.0.1:0").unwrap();
        network.set_nonblocking(true).unwrap();
        let socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        socket.set_nonblocking(true).unwrap();
        // Whoever comes in as another user finds everything open.
        use std::os::unix::fs::PermissionsExt;
        for (place, mode) in [
            ("", 0o777),
            ("outside", 0o777),
            ("canary.txt", 0o666),
            ("socket", 0o777),
        ] {
            let open = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(folder.path().join(place), open).unwrap();
        }
        Self {
            folder,
            network,
            socket,
        }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file with the names of what is there.
    fn filled(&self, text: &str, submission: &Path) -> String {
        let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("assignments/01-modules/reference.rs");
        let canary = self.place("canary.txt").display().to_string();
        let port = self.network.local_addr().unwrap().port().to_string();
        let names = [
            ("{{starter}}", starter()),
            ("{{canary}}", canary.clone()),
            ("{{canary_relative}}", canary.trim_start_matches('/').to_string()),
            ("{{outside}}", self.place("outside").display().to_string()),
            ("{{socket}}", self.place("socket").display().to_string()),
            ("{{reference}}", reference.display().to_string()),
            ("{{submission}}", submission.display().to_string()),
            ("{{secret_start}}", SECRET[..8].to_string()),
            ("{{marker}}", MARKER.to_string()),
            ("{{port}}", port),
        ];
        names
            .iter()
            .fold(text.to_string(), |text, (name, value)| text.replace(name, value))
    }

    /// What a submission has left.
    fn traces(&self) -> Vec<String> {
        let mut traces = Vec::new();
        if std::fs::read_to_string(self.place("canary.txt")).unwrap() != CANARY {
            traces.push("the file outside was changed".to_string());
        }
        let outside = std::fs::read_dir(self.place("outside")).unwrap().count();
        if outside != 1 {
            traces.push("a file was written outside".to_string());
        }
        if self.network.accept().is_ok() || self.socket.accept().is_ok() {
            traces.push("somebody called".to_string());
        }
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        if lines
            .into_iter()
            .any(|line| String::from_utf8_lossy(&line).contains("54321"))
        {
            traces.push("a process was left".to_string());
        }
        traces
    }
}

/// The starter of the first assignment, in which two tasks are done by `attack()`.
fn starter() -> String {
    let lines: Vec<String> = reference()
        .starter()
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .map(|line| match line.trim_start().starts_with("todo!(") {
            true => "        attack()".to_string(),
            false => line.to_string(),
        })
        .collect();
    assert_eq!(lines.iter().filter(|line| line.trim() == "attack()").count(), 2);
    lines.join("\n")
}

/// Writes what a file of this folder describes, and gives the source that is handed in, if it is a text.
fn hand_in(text: &str, folder: &Path) -> Option<String> {
    let mut place = folder.join("src/lib.rs");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let mut content = String::new();
    let mut source = None;
    let mut write = |place: &Path, content: &str| {
        if content.trim().is_empty() {
            return;
        }
        source = source
            .take()
            .or_else(|| place.ends_with("src/lib.rs").then(|| content.to_string()));
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, content).unwrap();
    };
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("//@ file: ") {
            write(&place, &content);
            (place, content) = (folder.join(name), String::new());
        } else if let Some((name, target)) = line.strip_prefix("//@ link: ").and_then(|link| link.split_once(" -> ")) {
            if name == "src" {
                std::fs::remove_dir(folder.join("src")).unwrap();
            }
            std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
        } else if let Some(name) = line.strip_prefix("//@ pipe: ") {
            let made = Command::new("mkfifo").arg(folder.join(name)).status();
            assert!(made.unwrap().success());
        } else if !line.starts_with("//@ ") {
            content += line;
            content.push('\n');
        }
    }
    write(&place, &content);
    source
}

/// All files of the folder, with their names.
fn all() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/assignment/reaching_out");
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_stem().unwrap().display().to_string(),
                std::fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    all.sort();
    all
}

/// What is wrong with a report, whatever form it has.
fn told(report: &str, source: &str) -> Vec<&'static str> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    let home = std::env::var("HOME").unwrap_or_default() + "/.";
    let mut told = Vec::new();
    for (part, what) in [
        (SECRET, "the secret"),
        (&SECRET[8..], "the secret"),
        (&CANARY[..20], "a file outside"),
        (MARKER, "that the submission reached its aim"),
        (OF_THE_REFERENCE, "the reference"),
        (&project, "where the project lies"),
        (&home, "where the user lives"),
        ("\u{1b}", "a code for the terminal"),
        ("\u{202e}", "letters that turn a line around"),
    ] {
        // A message may repeat a place that the submission names itself.
        if report.contains(part) && !(part == project && source.contains(part)) {
            told.push(what);
        }
    }
    if report.len() > 400 << 10 {
        told.push("more than 400 KiB");
    }
    told
}

/// Grades a folder by the program, and gives the points with all that is told.
fn by_the_program(folder: &Path, seconds: u64) -> (u32, u32, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_tapegrad"))
        .args([
            "assignment",
            "grade",
            "--id",
            "01-modules",
            "--student",
            "ada",
            "--hidden",
        ])
        .args([
            "--seconds",
            &seconds.to_string(),
            "--compile-seconds",
            &(20 * seconds).to_string(),
            "--format",
            "json",
        ])
        .arg(folder)
        .env("TAPEGRAD_SECRET", SECRET)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a report is UTF-8");
    let (report, errors) = (text(&done.stdout), text(&done.stderr));
    let last = |name: &str| {
        let document: serde_json::Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{errors}"));
        u32::try_from(document[name].as_u64().unwrap()).unwrap()
    };
    (last("score"), last("max_score"), report.clone() + &errors)
}

/// Grades a text without reading it first.
fn by_isolation_alone(isolation: &Isolation, text: &str, seconds: u64) -> (u32, u32, String) {
    let limits = |limits: Limits, seconds| Limits {
        time: Duration::from_secs(seconds),
        ..limits
    };
    let tests = Tests::All { secret: SECRET };
    let grading = Grading {
        limits: limits(TESTING, seconds),
        compiling: Limits {
            memory_bytes: 2 << 30,
            ..limits(COMPILING, 20 * seconds)
        },
        ..Grading::new(&registry::ALL[0], libraries(), isolation, "ada", tests)
    };
    let report = grading.grade_text(text).unwrap();
    let all = report.text() + &report.to_json().to_string();
    (report.score(), report.score_max(), all)
}

/// Whether this system can isolate; if not, it must say so, and start nothing.
fn isolation() -> Option<Isolation> {
    match Isolation::find() {
        Ok(isolation) => Some(isolation),
        Err(error) => {
            eprintln!("skipped, but for the refusal: {error}");
            let folder = tempfile::tempdir().unwrap();
            hand_in(&reference().solution(), folder.path());
            let (code, stdout, stderr) =
                crate::program(&["assignment", "grade", "--id", "1", folder.path().to_str().unwrap()]);
            assert_eq!((code, stdout.as_str()), (1, ""));
            assert!(
                stderr.contains("cannot be isolated") && stderr.contains("--unisolated"),
                "{stderr}"
            );
            None
        }
    }
}

#[test]
fn nothing_that_reaches_out_gets_anywhere() {
    let Some(isolation) = isolation() else { return };
    let (all, next) = (all(), AtomicUsize::new(0));
    assert!(all.len() >= 40);
    let only = std::env::var("TAPEGRAD_REACHING").unwrap_or_default();
    let (wrong, run) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let work = || {
        let surroundings = Surroundings::new();
        while let Some((name, text)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !name.contains(&only) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let source = hand_in(&surroundings.filled(text, folder.path()), folder.path());
            let judge = |how: &str, (score, score_max, report): (u32, u32, String)| {
                let mut found: Vec<String> = told(&report, source.as_deref().unwrap_or_default())
                    .iter()
                    .map(|what| format!("the report tells {what}"))
                    .collect();
                found.extend(surroundings.traces());
                if score >= score_max {
                    found.push(format!("{score} of {score_max} points"));
                }
                if !only.is_empty() {
                    eprintln!("{name}, {how}: {score}\n{report}");
                }
                if !found.is_empty() {
                    let beginning: String = report.chars().take(4000).collect();
                    wrong
                        .lock()
                        .unwrap()
                        .push(format!("{name}, {how}: {found:?}\n{beginning}"));
                }
            };
            let read = by_the_program(folder.path(), 1);
            let was_run = !read.2.contains("does_not_compile");
            judge("graded", read);
            run.fetch_add(usize::from(was_run), Ordering::Relaxed);
            if let (false, Some(source)) = (was_run, &source) {
                judge("by isolation alone", by_isolation_alone(&isolation, source, 1));
            }
        }
    };
    std::thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // The others are refused, missing, or no program; these reached for something while they ran.
    let run = run.into_inner();
    assert!(run >= 30 || !only.is_empty(), "only {run} of them were run");
}

#[test]
fn a_right_submission_gets_all_points_in_isolation() {
    let Some(isolation) = isolation() else { return };
    let honest =
        "// Without unsafe code, and with no include_str!(\"/etc/passwd\").\n".to_string() + &reference().solution();
    let folder = tempfile::tempdir().unwrap();
    hand_in(&honest, folder.path());
    let (score, score_max, report) = by_the_program(folder.path(), 10);
    assert_eq!(score, score_max, "{report}");
    let (score, score_max, report) = by_isolation_alone(&isolation, &honest, 10);
    assert_eq!(score, score_max, "{report}");
}
