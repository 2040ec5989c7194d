//! Hostile submissions: each gets the score it deserves, and the grader survives.
//!
//! The submissions are the solution of the first assignment with one module turned bad, so that the points of the other
//! two modules show that grading went on. They are built as many versions of one program.

use std::sync::OnceLock;

use tapegrad_lessons::assignment::grade::{GradeReport, Isolation, TestVerdict};
use tapegrad_lessons::assignment::make::Versions;
use tapegrad_lessons::assignment::registry;

use super::{ALL, grading, isolation, libraries, reference, sigmoid_doing};

const WITHOUT_SIGMOID: u32 = 44;

/// What a sigmoid's backward() may do before it is right. `never` is false, and the compiler does not know.
const DOING: &[(&str, &str)] = &[
    (
        "loop",
        "let mut i = 0_u64; loop { i = std::hint::black_box(i) ^ 1; if never { break; } }",
    ),
    (
        "allocate",
        "let mut all = Vec::new(); loop { all.push(vec![1_u8; 1 << 24]); if never { break; } }",
    ),
    ("flood", "loop { println!(\"a\"); if never { break; } }"),
    ("flood stderr", "loop { eprint!(\"a\"); if never { break; } }"),
    ("exit", "if !never { std::process::exit(0); }"),
    ("abort", "if !never { std::process::abort(); }"),
    (
        "recurse",
        "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { std::hint::black_box(deep(n - 1)) + 1 } }
         deep(u64::MAX - g_y.len() as u64);",
    ),
    (
        "throw a bomb",
        "struct Bomb; impl Drop for Bomb { fn drop(&mut self) { panic!(\"again\"); } }
         if !never { std::panic::panic_any(Bomb); }",
    ),
    ("nan", "if !never { return vec![&g_y * f64::NAN]; }"),
    ("another shape", "if !never { return vec![ArrayD::zeros(vec![9, 9])]; }"),
    ("nothing", "if !never { return Vec::new(); }"),
    (
        "steal",
        "let mut line = String::new(); std::io::stdin().read_line(&mut line).ok();",
    ),
    (
        "fake",
        "for name in [\"results.json\", \"results/results.json\", \"/autograder/results/results.json\"] {
             std::fs::write(name, \"{\\\"score\\\": 60}\").ok();
         }
         println!(\"ok 3:3ff0000000000000,bfe0000000000000,0000000000000000\");
         println!(\"test result: ok. 9 passed\");
         if !never { std::process::exit(0); }",
    ),
    (
        "look",
        "let here: Vec<_> = std::fs::read_dir(\".\").unwrap().map(|entry| entry.unwrap().path()).collect();
         let variables: Vec<_> = std::env::vars().collect();
         if !never { panic!(\"{here:?} {variables:?}\"); }",
    ),
    (
        "noise",
        "use std::io::Write; std::io::stdout().write_all(&[0xff, 0xfe, 0x0a, 0x80]).ok(); print!(\"ok\");",
    ),
    (
        "thread",
        "static ONCE: std::sync::Once = std::sync::Once::new();
         ONCE.call_once(|| drop(std::thread::spawn(|| loop { std::thread::sleep(std::time::Duration::from_millis(1)); })));",
    ),
    (
        "child",
        "static ONCE: std::sync::Once = std::sync::Once::new();
         ONCE.call_once(|| drop(std::process::Command::new(\"/bin/sleep\").arg(\"98765\").spawn()));",
    ),
];

/// The solution, then all that [`DOING`] lists, then a sigmoid that panics when it is dropped.
fn versions() -> &'static Versions {
    static BUILT: OnceLock<(tempfile::TempDir, Versions)> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        // Where root grades, a submission is run by nobody.
        #[cfg(unix)]
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut sources = vec![reference().solution()];
        sources.extend(DOING.iter().map(|(_, what)| sigmoid_doing(what)));
        let drops = "impl Drop for Sigmoid { fn drop(&mut self) { panic!(\"in drop\"); } }";
        sources.push(reference().solution() + drops);
        let versions = Versions::build(&registry::ALL[0], libraries(), &sources, folder.path()).unwrap();
        assert_eq!(versions.compiled().count(), sources.len());
        (folder, versions)
    });
    &built.1
}

fn run(version: usize) -> GradeReport {
    grading().run(versions().program(), &[version.to_string()]).unwrap()
}

fn doing(name: &str) -> GradeReport {
    run(1 + DOING.iter().position(|(known, _)| *known == name).unwrap())
}

fn sigmoid_verdicts(report: &GradeReport) -> Vec<TestVerdict> {
    let tests = report.tests.iter().filter(|test| test.task == "sigmoid-backward");
    tests.map(|test| test.verdict).collect()
}

/// The sigmoid does this; it costs the sigmoid's points with this verdict, and no others.
#[track_caller]
fn costs_the_sigmoid(name: &str, verdict: TestVerdict) -> GradeReport {
    let report = doing(name);
    assert_eq!(sigmoid_verdicts(&report), [verdict; 3], "{}", report.text());
    assert_eq!(report.score(), WITHOUT_SIGMOID, "{}", report.text());
    report
}

/// The sigmoid does this besides being right, and all points are given.
#[track_caller]
fn costs_nothing(name: &str) {
    let report = doing(name);
    assert_eq!(report.score(), ALL, "{}", report.text());
}

#[test]
fn a_loop_without_end_is_a_timeout() {
    costs_the_sigmoid("loop", TestVerdict::Timeout);
}

#[test]
fn a_bomb_of_allocations_is_out_of_memory() {
    costs_the_sigmoid("allocate", TestVerdict::OutOfMemory);
}

#[test]
fn a_flood_of_output_is_stopped() {
    costs_the_sigmoid("flood", TestVerdict::OutputFlood);
    costs_the_sigmoid("flood stderr", TestVerdict::OutputFlood);
}

#[test]
fn to_end_the_program_answers_nothing() {
    let report = costs_the_sigmoid("exit", TestVerdict::Panic);
    assert!(
        report.text().contains("ended by itself with exit code 0"),
        "{}",
        report.text()
    );
    costs_the_sigmoid("abort", TestVerdict::Panic);
}

#[test]
fn a_recursion_without_end_is_a_panic_that_says_so() {
    let report = costs_the_sigmoid("recurse", TestVerdict::Panic);
    assert!(report.text().contains("overflowed its stack"), "{}", report.text());
}

#[test]
fn a_panic_in_drop_and_a_payload_that_panics_are_panics() {
    let report = run(1 + DOING.len());
    assert_eq!(sigmoid_verdicts(&report), [TestVerdict::Panic; 3], "{}", report.text());
    assert_eq!(report.score(), WITHOUT_SIGMOID);
    costs_the_sigmoid("throw a bomb", TestVerdict::Panic);
}

#[test]
fn what_is_not_a_number_is_called_so() {
    costs_the_sigmoid("nan", TestVerdict::NotANumber);
}

#[test]
fn arrays_of_another_shape_or_number_are_wrong() {
    costs_the_sigmoid("another shape", TestVerdict::Wrong);
    costs_the_sigmoid("nothing", TestVerdict::Wrong);
}

#[test]
fn whoever_reads_the_questions_himself_gets_no_answer_in() {
    costs_the_sigmoid("steal", TestVerdict::Timeout);
}

#[test]
fn a_fake_result_is_worth_nothing() {
    costs_the_sigmoid("fake", TestVerdict::Panic);
}

#[test]
fn there_is_nothing_to_read_where_a_submission_runs() {
    let report = costs_the_sigmoid("look", TestVerdict::Panic);
    assert!(report.text().contains("panicked: [] []"), "{}", report.text());
}

#[test]
fn noise_that_is_no_text_costs_nothing() {
    costs_nothing("noise");
}

#[test]
fn a_submission_has_one_thread_where_it_is_isolated() {
    match isolation() {
        Isolation::Launcher(_) => drop(costs_the_sigmoid("thread", TestVerdict::Panic)),
        Isolation::Unisolated => costs_nothing("thread"),
    }
}

#[test]
fn a_child_that_outlives_the_submission_is_ended_with_it() {
    costs_nothing("child");
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let sleeping = lines.filter(|line| String::from_utf8_lossy(line).contains("sleep\u{0}98765"));
    assert_eq!(sleeping.count(), 0);
}
