//! The progress of a learner whose session ends in any way: killed at any moment, its terminal closed, beside another.
//!
//! The command runs in a terminal of its own, which `script` of util-linux makes. Where there is none, the tests say so.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use toml::Table;

use crate::program;

const PATIENCE: Duration = Duration::from_secs(60);

/// A learner's terminal.
struct Terminal {
    script: Child,
    keys: ChildStdin,
    /// Everything that the command has written.
    text: Arc<Mutex<String>>,
    pid_file: PathBuf,
}

fn has_script() -> bool {
    let found = Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        eprintln!("skipped: there is no `script` on this machine");
    }
    found.is_ok()
}

impl Terminal {
    /// Begins the first lesson with this progress file.
    fn open(progress: &Path, options: &str) -> Self {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let pid_file = progress.with_extension(format!("pid-{}", OPENED.fetch_add(1, Ordering::Relaxed)));
        let command = format!(
            "stty rows 24 cols 80; echo $$ > '{}'; exec '{}' learn 1 --progress '{}' {options}",
            pid_file.display(),
            env!("CARGO_BIN_EXE_tapegrad"),
            progress.display()
        );
        let mut script = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &command, "/dev/null"])
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (keys, mut out) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let text = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&text);
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = out.read(&mut part) {
                written
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&part[..count]));
            }
        });
        Self {
            script,
            keys,
            text,
            pid_file,
        }
    }

    fn press(&mut self, keys: &str) {
        // A terminal that is gone takes no keys; that is what some tests are about.
        let _ = self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush());
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    #[track_caller]
    fn wait_for(&self, what: &str, holds: impl Fn() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < PATIENCE, "{what}: {}", self.text());
            sleep(Duration::from_millis(5));
        }
    }

    fn pid(&self) -> Pid {
        let read = || {
            std::fs::read_to_string(&self.pid_file)
                .ok()?
                .trim()
                .parse()
                .ok()
                .and_then(Pid::from_raw)
        };
        self.wait_for("the command begins", || read().is_some());
        read().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid(), signal);
    }

    /// Waits for the end, and gives the exit code.
    fn end(mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.script.try_wait().unwrap() {
                sleep(Duration::from_millis(50));
                return (status.code(), self.text());
            }
            assert!(start.elapsed() < PATIENCE, "the command does not end: {}", self.text());
            sleep(Duration::from_millis(5));
        }
    }
}

/// The answers to the questions of the first lesson that the file holds as right.
fn right(progress: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(progress) else {
        return Vec::new();
    };
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let answered = table["lessons"]["01-ledger"]
        .get("answered")
        .and_then(|own| own.as_table());
    let is_right = |(key, status): (&String, &toml::Value)| (status.as_str() == Some("right")).then(|| key.clone());
    answered
        .map(|own| own.iter().filter_map(is_right).collect())
        .unwrap_or_default()
}

/// The lines that answer the first lesson: where each question stands, and its answer.
const ANSWERS: [(&str, &str); 9] = [
    ("forward a", "0.5"),
    ("forward y", "0.53"),
    ("forward J", "log(y)"),
    ("backward log(y)", "1/y"),
    ("backward y", "t - y"),
    ("backward b", "g_b * z[1]"),
    ("backward b", "g_b * beta[2]"),
    ("backward a", "g_a[1] * x[2]"),
    ("backward a", "g_a[1] * alpha[1, 1] + g_a[2] * alpha[2, 1]"),
];

#[test]
fn what_the_screen_called_right_is_in_the_file_whenever_the_process_is_killed() {
    if !has_script() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("progress.toml");
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    let (mut before, mut interrupted): (Vec<String>, usize) = (Vec::new(), 0);
    for kill in 0..20 {
        let mut terminal = Terminal::open(&progress, "--plain");
        terminal.wait_for("the lesson begins", || terminal.text().contains("> "));
        let begun = before.len();
        // From the first question that is still open; of some runs all, of others a few.
        for (place, answer) in ANSWERS.iter().skip(begun).take(rng.random_range(1..=3)) {
            terminal.press(&format!(":g {place}\n{answer}\n"));
        }
        sleep(Duration::from_micros(rng.random_range(0..60_000)));
        terminal.signal(Signal::KILL);
        let (_, text) = terminal.end();
        let now = right(&progress);
        let told = text.matches("Right. ").count();
        assert!(
            now.len() >= begun + told,
            "kill {kill}: {told} told, {begun} before, {now:?}"
        );
        assert!(
            before.iter().all(|key| now.contains(key)),
            "kill {kill}: {before:?} became {now:?}"
        );
        interrupted += usize::from(now.len() < ANSWERS.len());
        before = if now.len() == ANSWERS.len() {
            std::fs::remove_file(&progress).unwrap();
            Vec::new()
        } else {
            now
        };
    }
    assert!(interrupted >= 5, "{interrupted}");
}

/// True if this process ignores SIGHUP, as its children then do too.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & (1 << (Signal::HUP.as_raw() - 1)) != 0
}

#[test]
fn a_closed_terminal_and_every_signal_leave_the_answers_in_the_file() {
    if !has_script() {
        return;
    }
    for (name, signal) in [
        ("SIGHUP", Some(Signal::HUP)),
        ("SIGTERM", Some(Signal::TERM)),
        ("SIGKILL", Some(Signal::KILL)),
        ("closed", None),
    ] {
        for options in ["", "--plain"] {
            if signal == Some(Signal::HUP) && options == "--plain" && ignores_hangups() {
                eprintln!("skipped: this test was started with SIGHUP ignored, as by nohup");
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let progress = folder.path().join("progress.toml");
            let mut terminal = Terminal::open(&progress, options);
            terminal.wait_for("the lesson begins", || terminal.text().contains("step 0 of"));
            // To the first question by its number, so that both kinds of screen take the same keys.
            let (go, enter) = if options.is_empty() { ("g", "\r") } else { ("g ", "\n") };
            terminal.press(&format!("{go}forward a{enter}"));
            let is_there = || std::fs::read_to_string(&progress).is_ok_and(|text| text.contains("at = \"forward a\""));
            terminal.wait_for("the question", is_there);
            terminal.press(&format!("0.5{enter}"));
            terminal.wait_for(name, || right(&progress) == ["a_1"]);
            let pid = terminal.pid();
            match signal {
                Some(signal) => terminal.signal(signal),
                None => terminal.script.kill().unwrap(),
            }
            let (_, text) = terminal.end();
            let start = Instant::now();
            while rustix::process::test_kill_process(pid).is_ok() && start.elapsed() < PATIENCE {
                sleep(Duration::from_millis(5));
            }
            assert!(
                rustix::process::test_kill_process(pid).is_err(),
                "{name} {options}: the process goes on"
            );
            assert_eq!(right(&progress), ["a_1"], "{name} {options}");
            if name == "SIGTERM" && options.is_empty() {
                assert!(text.contains("\u{1b}[?1049l"), "the terminal gets its own screen back");
            }
        }
    }
}

#[test]
fn two_sessions_on_one_file_keep_the_answers_of_both() {
    if !has_script() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("progress.toml");
    let mut sessions = [
        Terminal::open(&progress, "--plain"),
        Terminal::open(&progress, "--plain "),
    ];
    for session in &sessions {
        session.wait_for("the lesson begins", || session.text().contains("> "));
    }
    for round in 0..3 {
        for (at, session) in sessions.iter_mut().enumerate() {
            for (place, answer) in [ANSWERS[round], ANSWERS[round + 3]].iter().skip(at).take(1) {
                session.press(&format!(":g {place}\n{answer}\n"));
            }
        }
    }
    let first = &sessions[0];
    first.wait_for("six answers", || right(&progress).len() == 6);
    for mut session in sessions {
        session.press(":q\n");
        session.end();
    }
    assert_eq!(right(&progress).len(), 6);
}

#[test]
fn a_damaged_file_is_told_and_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("progress.toml");
    let damaged = "[lessons]\n\"01-ledger\" = { step = 4, answered = { y = \"ri";
    std::fs::write(&progress, damaged).unwrap();
    let (code, text, _) = program(&["learn", "--progress", progress.to_str().unwrap()]);
    assert!(code == 0 && text.contains("cannot be read (line 2"), "{text}");
    assert_eq!(
        std::fs::read_to_string(&progress).unwrap(),
        damaged,
        "the list of lessons writes nothing"
    );
    if !has_script() {
        return;
    }
    let mut terminal = Terminal::open(&progress, "--plain");
    terminal.press(":g forward a\n0.5\n:q\n");
    let (_, text) = terminal.end();
    assert!(
        text.contains("cannot be read (line 2") && text.contains("progress.damaged-1.toml"),
        "{text}"
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join("progress.damaged-1.toml")).unwrap(),
        damaged
    );
    assert_eq!(right(&progress), ["a_1"]);
}

#[test]
fn an_older_file_is_read_and_what_the_lesson_no_longer_asks_stays_in_it() {
    if !has_script() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let progress = folder.path().join("progress.toml");
    let old = "[lessons.01-ledger]\nstep = 4\nquestions = 9\n\n[lessons.01-ledger.answered]\ny = \"right\"\nshape_a = \"right\"\n";
    std::fs::write(&progress, old).unwrap();
    let mut terminal = Terminal::open(&progress, "--plain");
    terminal.press(":g forward a\n0.5\n:q\n");
    let (_, text) = terminal.end();
    assert!(text.contains("step 4 of") && text.contains("no longer asks"), "{text}");
    assert_eq!(right(&progress), ["a_1", "shape_a", "y"]);
    let (_, text, _) = program(&["learn", "--progress", progress.to_str().unwrap()]);
    assert!(
        text.contains("2 of 9 questions"),
        "only questions that are asked count: {text}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once() {
    if !has_script() {
        return;
    }
    let mut terminal = Terminal::open(Path::new("/proc/tapegrad/progress.toml"), "--plain");
    terminal.press(":g forward a\n0.5\n:n\n:n\n:q\n");
    let text = {
        let start = Instant::now();
        while terminal.script.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE {
            sleep(Duration::from_millis(5));
        }
        sleep(Duration::from_millis(50));
        terminal.text()
    };
    assert_eq!(text.matches("Your progress is not saved").count(), 1, "{text}");
    assert!(text.contains("Right."), "the lesson works all the same: {text}");
}
