//! Claims about the gradient checker on the ops of the registry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapegrad_autograd::check::{
    GraphSubject, Mutant, Mutation, MutationScore, Numbers, OpSubject, Options, Subject, Verdict, check, mutation_score,
};

fn op(name: &str) -> Arc<dyn Subject> {
    Arc::new(OpSubject::new(name).unwrap())
}

#[test]
fn every_op_of_the_registry_passes_with_nothing_unchecked() {
    for subject in OpSubject::all() {
        let subject: Arc<dyn Subject> = Arc::new(subject);
        let report = check(&subject, &Options::default());
        assert_eq!(report.verdict, Verdict::Pass, "{report:?}");
        assert_eq!(report.unchecked, 0, "{report:?}");
    }
}

#[test]
fn in_single_precision_every_gradient_is_right_to_the_digits_that_rounding_leaves() {
    for subject in OpSubject::all() {
        let subject: Arc<dyn Subject> = Arc::new(subject);
        let options = Options {
            numbers: Numbers::Single,
            ..Options::default()
        };
        let report = check(&subject, &options);
        assert_ne!(report.verdict, Verdict::Wrong, "{report:?}");
        assert_eq!(report.unchecked > 0, report.verdict == Verdict::Unchecked, "{report:?}");
        // A row of one entry that a norm makes 1, or a saturated state, has a slope that f32 cannot hold; the report
        // says so, and says it of few.
        let name = subject.name();
        assert!(
            report.unchecked == 0 || ["rms_norm", "rnn"].contains(&name.as_str()),
            "{report:?}"
        );
        assert!(20 * report.unchecked <= report.entries, "{report:?}");
    }
}

#[test]
fn the_derivative_of_the_language_is_a_third_witness() {
    let of_matrices = ["inverse", "solve", "cholesky", "logdet", "tril"];
    let others = [
        "softmax",
        "layer_norm",
        "gelu",
        "log_softmax",
        "mul",
        "rms_norm",
        "log_sigmoid",
    ];
    for name in of_matrices.into_iter().chain(others) {
        let report = check(&op(name), &Options::default());
        assert_eq!(report.verdict, Verdict::Pass, "{name}: {report:?}");
        assert!(report.symbolic > 0, "{name}: {report:?}");
    }
}

#[test]
fn every_program_of_the_docs_passes_and_its_own_derivative_speaks_for_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/graphs");
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "cg"));
    names.sort();
    assert!(names.len() >= 63, "{names:?}");
    for path in names {
        let text = std::fs::read_to_string(&path).unwrap();
        let subject: Arc<dyn Subject> = Arc::new(GraphSubject::new(&path.display().to_string(), &text, None).unwrap());
        let report = check(
            &subject,
            &Options {
                cases: 4,
                ..Options::default()
            },
        );
        assert_eq!((report.verdict, report.unchecked), (Verdict::Pass, 0), "{report:?}");
        assert!(2 * report.symbolic > report.entries, "{report:?}");
    }
}

#[test]
fn every_output_of_a_program_is_a_subject() {
    let text = "graph two {\n    dim N\n    input x[N]\n    y = tanh(x)\n    z = x * y\n    output y, z\n}\n";
    let subjects = GraphSubject::of_each_result("two.cg", text, None).unwrap_or_else(|why| panic!("{why}"));
    let names: Vec<String> = subjects.iter().map(Subject::name).collect();
    assert_eq!(names, ["two", "two.z"]);
    for subject in subjects {
        let report = check(&(Arc::new(subject) as Arc<dyn Subject>), &Options::default());
        assert_eq!(report.verdict, Verdict::Pass, "{report:?}");
        assert!(report.entries > 0, "{report:?}");
    }
}

#[test]
fn an_objective_that_is_0_by_cancellation_is_right() {
    let text = "graph nothing {\n    dim N\n    input x[N]\n    y = softmax(x, over N)\n    J = sum(y, over N) - 1 + 0.1 * sum(x - x, over N)\n    minimize J\n}\n";
    let subject = GraphSubject::new("nothing.cg", text, None).unwrap_or_else(|why| panic!("{why}"));
    let report = check(&(Arc::new(subject) as Arc<dyn Subject>), &Options::default());
    assert_ne!(report.verdict, Verdict::Wrong, "{report:?}");
}

#[test]
fn a_mistake_in_an_operand_that_some_cases_lack_is_explained() {
    let mutant: Arc<dyn Subject> = Arc::new(Mutant {
        subject: op("layer_norm"),
        operand: "gamma".to_string(),
        mutation: Mutation::Zero,
    });
    let diagnosis = check(&mutant, &Options::default()).diagnosis.unwrap();
    assert_eq!(
        diagnosis.sentence,
        "your gradient g_gamma behaves as if it were never computed: it is 0"
    );
}

#[test]
fn the_test_of_an_example_makes_its_own_op() {
    let mutant: Arc<dyn Subject> = Arc::new(Mutant {
        subject: op("softmax"),
        operand: "a".to_string(),
        mutation: Mutation::Negated,
    });
    let example = check(&mutant, &Options::default()).example.unwrap();
    let text = example.as_test();
    assert!(text.contains("OpModule::<f64>::new(op_from_text(\"softmax\""), "{text}");
    assert!(!text.contains("todo!"), "{text}");
}

/// Enough ops for a guard; the command `tapegrad check --mutation-score` tries them all.
const GUARDED: [&str; 10] = [
    "mul",
    "where",
    "sum",
    "max",
    "softmax",
    "matmul",
    "concat",
    "embedding",
    "cross_entropy",
    "dropout",
];

#[test]
fn mutants_are_all_found_and_named_or_left_unexplained_but_never_misnamed() {
    let mut total = MutationScore::default();
    for name in GUARDED {
        total.add(&mutation_score(&op(name), 1));
    }
    assert!(total.mutants >= 250, "{}", total.mutants);
    assert_eq!(total.killed, total.mutants, "{:?}", total.remarks);
    assert!(10 * total.right_first >= 9 * total.killed, "{:?}", total.remarks);
    assert!(100 * total.wrong_confident <= total.killed, "{:?}", total.remarks);
    assert!(total.size_median() <= 6, "{}", total.size_median());
}

/// More cases: `CHECK_CASES=100000 cargo test --release -p tapegrad-check --test check alarm`.
#[test]
fn no_right_gradient_raises_a_false_alarm() {
    let wanted = std::env::var("CHECK_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000);
    let subjects: Vec<Arc<dyn Subject>> = OpSubject::all().map(|op| Arc::new(op) as Arc<dyn Subject>).collect();
    let each = wanted / subjects.len() + 1;
    for subject in &subjects {
        let report = check(
            subject,
            &Options {
                seed: 77,
                cases: each,
                ..Options::default()
            },
        );
        assert_eq!(report.verdict, Verdict::Pass, "{report:?}");
        assert_eq!(report.unchecked, 0, "{report:?}");
    }
}
