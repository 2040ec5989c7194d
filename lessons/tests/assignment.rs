//! Hostile submissions: each gets the score it deserves, and the grader survives.
//!
//! The submissions are the solution of the first assignment with one module turned bad, so that the points of the other
//! two modules show that grading went on. What is bad only when it runs is built as many versions of one program.

use std::sync::OnceLock;
use std::time::Duration;

use tapegrad_lessons::assignment::exam::TESTING;
use tapegrad_lessons::assignment::grade::GradeReport;
use tapegrad_lessons::assignment::grade::Limits;
use tapegrad_lessons::assignment::grade::TestVerdict;
use tapegrad_lessons::assignment::grade::{Grading, Tests};
use tapegrad_lessons::assignment::make::Reference;
use tapegrad_lessons::assignment::make::Versions;
use tapegrad_lessons::assignment::make::bundle;
use tapegrad_lessons::assignment::project::{Libraries, Project};
use tapegrad_lessons::assignment::registry;

const ALL: u32 = 60;
const WITHOUT_SIGMOID: u32 = 44;

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
        ..Grading::new(&registry::ALL[0], libraries(), "ada", tests)
    }
}

/// Grades a text as `src/lib.rs`, with other files beside it.
fn graded(lib: &str, others: &[(&str, &str)]) -> GradeReport {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in others.iter().chain([&("src/lib.rs", lib)]) {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    grading().grade(folder.path()).unwrap()
}

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

/// The solution in which the sigmoid's backward() does this first.
fn sigmoid_doing(what: &str) -> String {
    let right = "vec![&g_y * &self.y * self.y.mapv(|y| 1.0 - y)]";
    let solution = reference().solution();
    assert!(solution.contains(right));
    let never = "let never = std::hint::black_box(false);";
    solution.replace(right, &format!("{never}\n{what}\n{right}"))
}

/// The solution, then all that [`DOING`] lists, then a sigmoid that panics when it is dropped.
fn many() -> &'static Versions {
    static BUILT: OnceLock<(tempfile::TempDir, Versions)> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut sources = vec![reference().solution()];
        sources.extend(DOING.iter().map(|(_, what)| sigmoid_doing(what)));
        let drops = "impl Drop for Sigmoid { fn drop(&mut self) { panic!(\"in drop\"); } }";
        sources.push(reference().solution() + drops);
        let many = Versions::build(&registry::ALL[0], libraries(), &sources, folder.path()).unwrap();
        assert_eq!(many.compiled().count(), sources.len());
        (folder, many)
    });
    &built.1
}

fn run(version: usize) -> GradeReport {
    grading().run(many().program(), &[version.to_string()]).unwrap()
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
fn a_wrong_gradient_is_diagnosed_the_same_way_each_time() {
    let wrong = reference().solution().replace(
        "self.g_b = g_y.sum_axis(ndarray::Axis(0));",
        "self.g_b = g_y.row(0).to_owned();",
    );
    let first = graded(&wrong, &[]);
    assert_eq!(first.text(), graded(&wrong, &[]).text());
    assert_eq!(first.to_json().to_string(), graded(&wrong, &[]).to_json().to_string());
    let linear = first.tests.iter().find(|test| test.name == "linear-gradients").unwrap();
    assert_eq!((linear.verdict, first.score()), (TestVerdict::Wrong, ALL - 20));
    for part in ["WRONG     Linear", "smallest case found", "g_b", "yours", "right"] {
        assert!(linear.message.contains(part), "{part} is missing:\n{}", linear.message);
    }
}

#[test]
fn the_starter_gets_no_points() {
    let report = graded(&reference().starter(), &[]);
    assert_eq!(report.score(), 0, "{}", report.text());
    assert!(
        report.text().contains("not yet implemented: Linear::backward"),
        "{}",
        report.text()
    );
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
fn noise_that_is_no_text_and_threads_that_stay_cost_nothing() {
    costs_nothing("noise");
    costs_nothing("thread");
}

#[test]
fn a_child_that_outlives_the_submission_is_ended_with_it() {
    costs_nothing("child");
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    let sleeping = lines.filter(|line| String::from_utf8_lossy(line).contains("sleep\u{0}98765"));
    assert_eq!(sleeping.count(), 0);
}

#[test]
fn files_beside_the_one_handed_in_are_not_looked_at() {
    let others = [
        ("build.rs", "fn main() { std::process::exit(1); }"),
        ("Cargo.toml", "[package]\nname = \"evil\"\nbuild = \"build.rs\"\n"),
        ("tests/examples.rs", "#[test] fn all() {}"),
        ("server/respond.rs", "compile_error!(\"mine\");"),
        ("out/libsubmission.rlib", "mine"),
        (".cargo/config.toml", "[build]\nrustc = \"/bin/true\"\n"),
        ("rust-toolchain.toml", "[toolchain]\nchannel = \"none\"\n"),
    ];
    assert_eq!(graded(&reference().solution(), &others).score(), ALL);
}

#[test]
fn what_does_not_compile_scores_nothing_and_says_why() {
    let unsafe_code = sigmoid_doing("unsafe { std::hint::unreachable_unchecked(); }");
    let changed = reference().solution().replace("pub struct Sigmoid", "struct Sigmoid");
    for (lib, reason) in [
        ("fn f( {", "src/lib.rs:1"),
        ("\u{0}", "src/lib.rs:1"),
        (unsafe_code.as_str(), "unsafe"),
        (changed.as_str(), "Sigmoid"),
    ] {
        let report = graded(lib, &[]);
        assert_eq!(report.score(), 0);
        assert!(
            report
                .tests
                .iter()
                .all(|test| test.verdict == TestVerdict::DoesNotCompile)
        );
        assert!(report.text().contains(reason), "{}", report.text());
    }
}

#[test]
fn a_missing_file_and_a_link_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = grading().grade(folder.path()).unwrap();
    assert!(missing.tests.iter().all(|test| test.verdict == TestVerdict::Missing));
    assert_eq!((missing.score(), missing.score_max()), (0, ALL));
    #[cfg(unix)]
    {
        let elsewhere = folder.path().join("elsewhere.rs");
        std::fs::write(&elsewhere, reference().solution()).unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("src/lib.rs")).unwrap();
        assert_eq!(grading().grade(folder.path()).unwrap().score(), 0);
    }
}

#[test]
fn each_assignment_adds_up_and_tells_nothing_of_its_solution() {
    for assignment in &registry::ALL {
        bundle::inspect(assignment).unwrap();
    }
}

/// Takes minutes: `cargo test -p tapegrad-lessons --test assignment -- --ignored --nocapture` prints the scores.
#[test]
#[ignore = "compiles all mutants of all assignments"]
fn each_assignment_holds_what_it_promises() {
    for assignment in &registry::ALL {
        let proof = bundle::prove(assignment, libraries()).unwrap_or_else(|error| panic!("{error}"));
        let (killed, all) = proof.mutation.of(None);
        println!("{}: {killed} of {all} mutants killed", assignment.id);
        assert_eq!(proof.starter.score(), 0);
        assert_eq!(proof.solution.score(), proof.solution.score_max());
        assert!(killed as f64 >= 0.95 * all as f64 && all >= 20);
    }
}

/// Takes a minute: every solution is graded for many students.
#[test]
#[ignore = "compiles all assignments and runs their tests on many seeds"]
fn a_solution_gets_all_points_whatever_the_values() {
    for assignment in &registry::ALL {
        let folder = tempfile::tempdir().unwrap();
        let solution = Reference::parse(assignment.reference).unwrap().solution();
        let many = Versions::build(assignment, libraries(), &[solution], folder.path()).unwrap();
        for number in 0..40 {
            let student = format!("student {number}");
            let grading = Grading::new(assignment, libraries(), &student, Tests::All { secret: "s3cret" });
            let report = grading.run(many.program(), &["0".to_string()]).unwrap();
            assert_eq!(report.score(), report.score_max(), "{}", report.text());
        }
    }
}
