//! Assignments: how submissions are graded, what each assignment promises, and the command.

mod command;
mod folder;
mod hostile;
mod promises;
#[cfg(unix)]
mod reaching_out;
mod submitted;
mod traps;

use std::sync::OnceLock;
use std::time::Duration;

use tapegrad_lessons::assignment::exam::TESTING;
use tapegrad_lessons::assignment::grade::{Grading, Isolation, Limits, Tests};
use tapegrad_lessons::assignment::make::Reference;
use tapegrad_lessons::assignment::project::{Libraries, Project};
use tapegrad_lessons::assignment::registry;

const ALL: u32 = 60;

fn libraries() -> &'static Libraries {
    static FOUND: OnceLock<Libraries> = OnceLock::new();
    FOUND.get_or_init(|| Libraries::find(&Project::find(None).unwrap()).unwrap())
}

fn reference() -> Reference {
    Reference::parse(registry::ALL[0].reference).unwrap()
}

/// All tests, with less time and memory than usual.
fn grading() -> Grading<'static> {
    let limits = Limits {
        time: Duration::from_secs(3),
        memory_bytes: 512 << 20,
        ..TESTING
    };
    let tests = Tests::All { secret: "s3cret" };
    Grading {
        limits,
        ..Grading::new(&registry::ALL[0], libraries(), isolation(), "ada", tests)
    }
}

/// What this system has; where it has none, the tests run what they wrote themselves.
fn isolation() -> &'static Isolation {
    static FOUND: OnceLock<Isolation> = OnceLock::new();
    FOUND.get_or_init(|| Isolation::find().unwrap_or(Isolation::Unisolated))
}

/// The solution in which the sigmoid's backward() does this first.
fn sigmoid_doing(what: &str) -> String {
    let right = "vec![&g_y * &self.y * self.y.mapv(|y| 1.0 - y)]";
    let solution = reference().solution();
    assert!(solution.contains(right));
    let never = "let never = std::hint::black_box(false);";
    solution.replace(right, &format!("{never}\n{what}\n{right}"))
}
