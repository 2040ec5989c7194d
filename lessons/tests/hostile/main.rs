//! Hostile programs, files and values: `tapegrad graph` answers each of them, within limits, whatever it is asked.
//!
//! Every command runs in a process of its own that may take 2 GB of memory and 10 seconds of a processor. It must end
//! with 0, 1 or 2, and with `--json` there must be one document, which never says that tapegrad is at fault.
//!
//! The long run is `TAPEGRAD_FUZZ_SECONDS=600 cargo test -p tapegrad-lessons --test hostile`.
#![cfg(unix)]

mod programs;
mod written;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

/// What a command may take: memory in kB, and seconds of a processor.
const LIMITS: &str = "ulimit -v 2000000; ulimit -t 10; exec \"$@\"";

/// A folder of this test with a file in it.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn file(name: &str, text: impl AsRef<[u8]>) -> String {
    let path = folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// What `tapegrad graph ARGS` gives within the limits.
fn within_limits(args: &[&str]) -> Output {
    let tapegrad = env!("CARGO_BIN_EXE_tapegrad");
    let mut run = Command::new("sh");
    run.args(["-c", LIMITS, "sh", tapegrad, "graph"]).args(args);
    run.env("RUST_BACKTRACE", "0").env("RAYON_NUM_THREADS", "2");
    run.output().unwrap()
}

/// The document that a command gives, and its exit code; or what is wrong with its end.
fn answer(args: &[&str]) -> Result<(i32, Value), String> {
    let output = within_limits(&[args, &["--json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    let code = ended(&output, args)?;
    let document: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("no document ({error}), exit code {code} {args:?}\n{stderr}"))?;
    match document["error"]["code"].as_str() {
        Some("internal") => Err(format!("{document} {args:?}\n{stderr}")),
        _ => Ok((code, document)),
    }
}

/// The exit code, if the command ended by itself and as it should.
fn ended(output: &Output, args: &[&str]) -> Result<i32, String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().filter(|code| (0..=2).contains(code));
    let code = code.filter(|_| !stderr.contains("a bug in tapegrad"));
    code.ok_or_else(|| format!("{} {args:?}\n{stderr}", output.status))
}

/// Draws to a file, in the format that is asked for: with `--json` there is only one.
fn drawn(args: &[&str]) -> Result<(), String> {
    ended(&within_limits(args), args).map(drop)
}

/// What can be done with a program in a file, with these sizes and this file of values.
fn everything(program: &str, sizes: &str, values: &str) -> Vec<String> {
    let size = sizes.split('=').next().unwrap_or("T").to_string();
    let vary = format!("{size}=1..4");
    let formats = ["tree", "dot", "mermaid", "svg", "html", "json"];
    let mut commands: Vec<Vec<&str>> = vec![
        vec!["check", program],
        vec!["fmt", "--check", program],
        vec!["derive", program],
        vec!["derive", program, "--at", sizes, "--times", "2"],
        vec!["count", program, "--at", sizes, "--vary", &vary],
        vec!["run", program, "--at", sizes, "--bind", values, "--grad", "--trace"],
        vec!["run", program, "--at", sizes, "--bind", values, "--dtype", "f32"],
        vec!["table", program],
        vec!["table", program, "--at", sizes, "--style", "matrix"],
        vec!["show", program, "--rolled"],
        vec!["show", program, "--at", sizes, "--explode", &size],
    ];
    let out = folder().join("picture").to_str().unwrap().to_string();
    for format in formats {
        commands.push(vec!["show", program, "--at", sizes, "--as", format, "--out", &out]);
    }
    let mut faults = Vec::new();
    for mut command in commands {
        if command[0] != "fmt" {
            command.extend(["--memory", "1GB"]);
        }
        let done = if command.contains(&"--out") {
            drawn(&command)
        } else {
            answer(&command).map(drop)
        };
        faults.extend(done.err());
        // What is refused for its grammar needs no other command.
        if command[0] == "check" && within_limits(&["check", program]).status.code() != Some(0) {
            break;
        }
    }
    faults
}

#[test]
fn whatever_is_written_is_answered_within_limits() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("TAPEGRAD_FUZZ_SECONDS").unwrap_or(10);
    let mut rng = ChaCha8Rng::seed_from_u64(number("TAPEGRAD_FUZZ_SEED").unwrap_or(1));
    let (begin, mut count, mut correct) = (Instant::now(), 0u64, 0u64);
    let mut finds = Vec::new();
    while begin.elapsed() < Duration::from_secs(seconds) {
        let text = programs::hostile(&mut rng);
        let sizes = programs::sizes(&text, &mut rng);
        let values = programs::values(&text, &mut rng);
        let (program, bind) = (file("program.cg", &text), file("values.json", &values));
        let faults = everything(&program, &sizes, &bind);
        correct += u64::from(answer(&["check", &program]).is_ok_and(|(code, _)| code == 0));
        if !faults.is_empty() {
            let kept = file(&format!("find{}.cg", finds.len()), &text);
            let values = file(&format!("find{}.json", finds.len()), &values);
            finds.push(format!("{kept} --at {sizes} --bind {values}\n{}", faults.join("\n")));
        }
        count += 1;
    }
    println!(
        "{count} programs, {correct} of them without mistakes, {} finds",
        finds.len()
    );
    assert!(finds.is_empty(), "{} finds:\n{}", finds.len(), finds.join("\n\n"));
}

/// A number between two others, mostly small.
fn mostly_small(rng: &mut ChaCha8Rng, most: usize) -> usize {
    match rng.random_range(0..4) {
        0 => rng.random_range(0..=most),
        _ => rng.random_range(0..=most.min(6)),
    }
}
