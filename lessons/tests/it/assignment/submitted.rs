//! What is handed in: files, text that does not compile, wrong answers.

use tapegrad_lessons::assignment::grade::{GradeReport, TestVerdict};

use super::{ALL, grading, reference, sigmoid_doing};

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

#[test]
fn a_wrong_gradient_is_diagnosed_the_same_way_each_time() {
    let wrong = reference().solution().replace(
        "self.g_b = g_y.sum_axis(ndarray::Axis(0));",
        "self.g_b = g_y.row(0).to_owned();",
    );
    let first = graded(&wrong, &[]);
    assert_eq!(first.text(), graded(&wrong, &[]).text());
    assert_eq!(first.to_json().to_string(), graded(&wrong, &[]).to_json().to_string());
    let linear = first
        .tests
        .iter()
        .find(|test| test.name == "linear-gradient-of-b")
        .unwrap();
    assert_eq!((linear.verdict, first.score()), (TestVerdict::Wrong, ALL - 7));
    for part in ["WRONG     Linear", "smallest wrong case", "g_b", "yours", "right"] {
        assert!(linear.message.contains(part), "{part} is missing:\n{}", linear.message);
    }
}

/// Any numbers show a wrong shape, so the example keeps some that tell what belongs where.
#[test]
fn a_gradient_of_the_wrong_shape_is_shown_with_numbers() {
    let wrong = reference().solution().replace(
        "vec![g_y.dot(&self.w).into_dyn()]",
        "vec![g_y.dot(&self.w).t().to_owned().into_dyn()]",
    );
    let report = graded(&wrong, &[]);
    let test = report
        .tests
        .iter()
        .find(|test| test.name == "linear-gradient-of-x")
        .unwrap();
    let message = &test.message;
    assert!(message.contains("g_x has the shape"), "{message}");
    let is_given = |line: &&str| {
        ["x  ", "w  ", "g_y  "]
            .iter()
            .any(|name| line.trim_start().starts_with(name))
    };
    let given: Vec<&str> = message.lines().filter(is_given).collect();
    let tells = |line: &&str| line.contains(|c| ('1'..='9').contains(&c));
    assert!(given.len() == 3 && given.iter().all(tells), "{message}");
}

#[test]
fn one_number_is_not_called_numbers() {
    let report = graded(&sigmoid_doing("if !never { return vec![&g_y * &self.y]; }"), &[]);
    assert!(
        report.text().contains("The smallest wrong case, with 1 number ("),
        "{}",
        report.text()
    );
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
