//! `--watch` as a process: it runs again after each change, and Ctrl-C ends it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a run may take to begin, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command that watches, and the lines that it has written.
struct Watching {
    process: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tapegrad"));
        let mut process = command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        Self { process, lines }
    }

    /// Waits for a line with this text; gives all lines up to it.
    fn wait_for(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("{text} did not come: {lines:?}"));
            let found = line.contains(text);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    /// Sends the signal of Ctrl-C and gives the exit code.
    fn interrupt(mut self) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes a file whose time of change differs from that before, however coarse the clock of the disk is.
fn write(path: &Path, text: &str) {
    let before = path.metadata().and_then(|found| found.modified()).ok();
    loop {
        fs::write(path, text).unwrap();
        if path.metadata().unwrap().modified().ok() != before {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn check_runs_again_when_the_program_or_a_file_that_it_uses_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (program, library) = (folder.path().join("main.cg"), folder.path().join("lib.cg"));
    let text = "use \"lib.cg\"\ngraph g {\n    dim M\n    input x[M]\n    y = twice(x)\n    output y\n}\n";
    write(&program, text);
    let watching = Watching::start(&["graph", "check", "--watch", program.to_str().unwrap()]);
    watching.wait_for("cannot read lib.cg");
    // The file that is named and was not there is there now.
    write(&library, "fn twice(x) = 2 * x\n");
    let lines = watching.wait_for("no mistakes; graphs: g");
    assert!(
        lines.iter().all(|line| !line.contains('\u{1b}')),
        "a pipe is no screen: {lines:?}"
    );
    write(&library, "fn twice(x) = 2 * z\n");
    watching.wait_for("E08");
    write(&library, "fn twice(x) = 2 * x\n");
    watching.wait_for("no mistakes; graphs: g");
    write(&program, &text.replace("graph g", "graph other"));
    watching.wait_for("no mistakes; graphs: other");
    fs::remove_file(&program).unwrap();
    watching.wait_for("the file cannot be read");
    write(&program, text);
    watching.wait_for("no mistakes; graphs: g");
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn run_runs_again_when_the_values_change() {
    let folder = tempfile::tempdir().unwrap();
    let (program, values) = (folder.path().join("main.cg"), folder.path().join("values.json"));
    write(
        &program,
        "graph g {\n    dim M\n    input x[M]\n    J = sum(x^2, over M)\n    minimize J\n}\n",
    );
    write(&values, r#"{"values": {"x": [1, 2]}}"#);
    let (program, bound) = (program.to_str().unwrap(), values.to_str().unwrap());
    let watching = Watching::start(&["graph", "run", program, "--bind", bound, "--watch"]);
    watching.wait_for("objective = 5.0");
    write(&values, r#"{"values": {"x": [3, 4]}}"#);
    watching.wait_for("objective = 25.0");
    // A refused run is said, and watching goes on.
    write(&values, r#"{"values": {"x": [3, "#);
    watching.wait_for("error: ");
    write(&values, r#"{"values": {"x": [0.5]}}"#);
    watching.wait_for("objective = 0.25");
    assert_eq!(watching.interrupt(), Some(130));
}

#[test]
fn standard_input_is_not_watched() {
    let output = Command::new(env!("CARGO_BIN_EXE_tapegrad"))
        .args(["graph", "check", "-", "--watch"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("standard input cannot be watched"), "{said}");
}
