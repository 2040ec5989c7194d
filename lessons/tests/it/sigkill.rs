//! Training that is killed at any moment and resumed ends with the bits of training that was left alone.
//!
//! The command runs as a process of its own and gets SIGKILL, which no program can answer.
#![cfg(unix)]

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

const KILLS: usize = 20;
const SIGKILL: i32 = 9;

/// A folder for runs, with the text they are trained on.
struct Training {
    folder: TempDir,
}

impl Training {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let lines = (0..60).map(|i| format!("{i} narwhals sing for {} seals of the north\n", i * 7 % 10));
        fs::write(folder.path().join("text.txt"), lines.collect::<String>()).unwrap();
        Self { folder }
    }

    fn run(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The words of `tapegrad train` that begin a run, or go on with it if it has begun.
    fn arguments(&self, run: &Path, threads: usize) -> Vec<String> {
        let mut words: Vec<String> = ["train", "lstm", "--plain", "--threads"].map(String::from).into();
        words.push(threads.to_string());
        words.extend(["--out".into(), run.display().to_string()]);
        if run.join("recipe.json").exists() {
            words.push("--resume".into());
            return words;
        }
        let text = self.folder.path().join("text.txt").display().to_string();
        words.extend(["--seed".into(), "5".into(), "--text".into(), text]);
        let sizes = [
            ("--steps", 600),
            ("--batch", 4),
            ("--block", 16),
            ("--width", 12),
            ("--checkpoint-every", 7),
            ("--evaluate-every", 50),
        ];
        words.extend(sizes.iter().flat_map(|(option, n)| [option.to_string(), n.to_string()]));
        words
    }

    fn command(&self, run: &Path, threads: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tapegrad"));
        command
            .args(self.arguments(run, threads))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    /// Trains to the end.
    fn finish(&self, run: &Path) {
        succeeded(&self.command(run, 1).output().unwrap());
    }
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The arrays of a checkpoint, names, shapes and bytes, without what its header says of the clock.
fn arrays(path: &Path) -> (Value, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let (length, rest) = bytes.split_at(8);
    let (header, data) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    header.as_object_mut().unwrap().remove("__metadata__");
    (header, data.to_vec())
}

/// What a finished run leaves, without what the clock and the folder's name decide.
fn left(run: &Path) -> ([(Value, Vec<u8>); 2], Vec<Value>) {
    let log = fs::read_to_string(run.join("log.jsonl")).unwrap();
    let line = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        for of_the_clock in ["seconds", "tokens_per_s", "checkpoint"] {
            line.as_object_mut().unwrap().remove(of_the_clock).unwrap();
        }
        line
    };
    let checkpoints = ["best", "last"].map(|name| arrays(&run.join(format!("{name}.safetensors"))));
    (checkpoints, log.lines().map(line).collect())
}

fn written_at(run: &Path) -> Option<SystemTime> {
    fs::metadata(run.join("last.safetensors")).ok()?.modified().ok()
}

/// From when on the time to the kill is counted.
#[derive(Clone, Copy, Debug)]
enum Since {
    /// From the start of the process.
    Start,
    /// From the first checkpoint that this process writes.
    Checkpoint,
}

/// Trains and kills the process after this time; true if it was killed, false if it came to the end before.
fn killed(place: &Training, run: &Path, threads: usize, since: Since, after: Duration) -> bool {
    let before = written_at(run);
    let mut child = place.command(run, threads).spawn().unwrap();
    while matches!(since, Since::Checkpoint) && written_at(run) == before && child.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    sleep(after);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.signal() == Some(SIGKILL) {
        return true;
    }
    succeeded(&output);
    false
}

#[test]
fn killed_at_twenty_moments_and_resumed_training_ends_with_the_same_bits() {
    let place = Training::new();
    let whole = place.run("whole");
    let start = Instant::now();
    place.finish(&whole);
    let time = start.elapsed();
    let expected = left(&whole);
    assert_eq!(expected.1.len(), 12);

    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let (mut kills, mut with_checkpoint, mut runs) = (0, 0, 0);
    let mut run = place.run("run 0");
    while kills < KILLS {
        let since = [Since::Start, Since::Checkpoint][rng.random_range(0..2)];
        let after = time.mul_f64(rng.random::<f64>() / 12.0);
        if killed(&place, &run, 1 + kills % 2, since, after) {
            kills += 1;
            with_checkpoint += usize::from(written_at(&run).is_some());
        } else {
            assert_eq!(left(&run), expected, "run {runs} after {kills} kills");
            runs += 1;
            run = place.run(&format!("run {runs}"));
        }
    }
    assert!(
        with_checkpoint >= 5,
        "{with_checkpoint} kills of {KILLS} came after a checkpoint"
    );
    place.finish(&run);
    assert_eq!(left(&run), expected, "run {runs} after {kills} kills");
}

/// The same command where no file may grow beyond some KiB, as on a disk that is full.
fn on_a_full_disk(command: &Command) -> Output {
    let mut shell = Command::new("sh");
    // A shell counts in blocks of 512 or 1024 bytes: 4 of them hold every file of a run but a checkpoint.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""]);
    shell
        .arg(command.get_program())
        .args(command.get_args())
        .output()
        .unwrap()
}

#[test]
fn a_full_disk_is_a_clear_error_and_the_checkpoint_before_it_goes_on() {
    let place = Training::new();
    let (whole, run) = (place.run("whole"), place.run("run"));
    place.finish(&whole);
    while !killed(&place, &run, 1, Since::Checkpoint, Duration::ZERO) {
        fs::remove_dir_all(&run).unwrap();
    }
    let before = fs::read(run.join("last.safetensors")).unwrap();
    let files = |run: &Path| fs::read_dir(run).unwrap().flatten().map(|entry| entry.file_name());
    // A killed process leaves its lock behind, and perhaps a half-written file; the next one takes both away.
    let is_litter = |name: &OsString| name == "run.lock" || name.to_string_lossy().starts_with(".tmp");
    let count = files(&run).filter(|name| !is_litter(name)).count();
    assert!(before.len() > 4096, "the checkpoint must not fit");

    let output = on_a_full_disk(&place.command(&run, 1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("the checkpoint cannot be written"), "{message}");
    assert!(
        message.contains("the earlier checkpoint, if there is one, is unchanged"),
        "{message}"
    );
    assert_eq!(fs::read(run.join("last.safetensors")).unwrap(), before);
    assert_eq!(files(&run).count(), count);

    place.finish(&run);
    assert_eq!(left(&run), left(&whole));
}
