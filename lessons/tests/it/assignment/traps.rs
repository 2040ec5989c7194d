//! What handouts warn of costs points, and what costs points is explained without the solution.

use std::time::Duration;

use tapegrad_lessons::assignment::exam::{Assignment, TESTING, Visibility};
use tapegrad_lessons::assignment::grade::{Grading, Isolation, Limits, Tests};
use tapegrad_lessons::assignment::make::{Reference, Versions, parsed, traps};
use tapegrad_lessons::assignment::registry;

use super::{libraries, reference};

fn grading(assignment: &'static Assignment) -> Grading<'static> {
    Grading {
        limits: Limits {
            time: Duration::from_secs(3),
            ..TESTING
        },
        ..Grading::new(
            assignment,
            libraries(),
            &Isolation::Unisolated,
            "ada",
            Tests::All { secret: "s3cret" },
        )
    }
}

/// The lines of the holes that say something.
fn told_by_the_solution(reference: &Reference) -> Vec<String> {
    let lines = reference.holes().flat_map(|hole| &hole.solution);
    let lines = lines.map(|(_, line)| line.trim().trim_end_matches(';').to_string());
    lines
        .filter(|line| line.chars().filter(|c| c.is_alphabetic()).count() > 12 && !line.starts_with("//"))
        .collect()
}

/// Mistakes with counts, and by which words they are named.
const NAMED: &[(&str, &str)] = &[
    ("text.len() - 1 {", "the end of a sentence is not counted"),
    ("vec![self.end(); self.order - 1]", "should begin with starts"),
    ("(self.vocabulary + 2) as f64", "the start is never predicted"),
    (
        "if total == 0 { 0.0 }",
        "a context that was never seen has probabilities too",
    ),
    ("(total as f64 + self.k)", "the total grows by k P"),
    ("log2()", "this is the mean in bits"),
    ("in sentence.iter() {", "the ends of the sentences are left out"),
    ("sentences.len() as f64 }", "the mean of the sentences' means"),
    ("nats / sentences.len()", "divided by the number of sentences"),
    (".exp()", "this is the perplexity"),
    ("vec![end; order - 1]", "should begin with starts"),
];

/// Falls into each trap of each handout: costs points, of the task that it is about, in a public test if there is one on
/// the same numbers; no message shows a line of the solution.
#[test]
fn each_trap_of_each_handout_costs_points_and_no_message_tells_the_solution() {
    for assignment in &registry::ALL {
        let reference = parsed(assignment).unwrap();
        let traps = traps(assignment, &reference).unwrap();
        assert!(traps.len() >= 8, "{} has {} traps", assignment.id, traps.len());
        let mut sources = vec![reference.solution()];
        sources.extend(traps.iter().map(|trap| reference.mutated(trap.number, &trap.becomes)));
        let folder = tempfile::tempdir().unwrap();
        let versions = Versions::build(assignment, libraries(), &sources, folder.path()).unwrap();
        assert_eq!(
            versions.compiled().count(),
            sources.len(),
            "{}: a trap does not compile",
            assignment.id
        );
        let grading = grading(assignment);
        let right = grading.run(versions.program(), &["0".to_string()]).unwrap();
        assert_eq!(right.score(), right.score_max(), "{}", right.text());
        for (number, trap) in (1..).zip(&traps) {
            let report = grading.run(versions.program(), &[number.to_string()]).unwrap();
            let of_task = |task: &(&str, u32, u32)| task.0 == trap.task && task.1 < task.2;
            assert!(
                report.tasks().iter().any(of_task),
                "{}: `{}` costs nothing:\n{}",
                assignment.id,
                trap.trap.as_deref().unwrap_or_default(),
                report.text()
            );
            let public = report.tests.iter().filter(|test| test.visibility == Visibility::Public);
            let seen = public.filter(|test| test.points() < test.points_max).count();
            if seen == 0 {
                println!("{}: only hidden tests notice `{}`", assignment.id, trap.becomes);
            }
            for line in told_by_the_solution(&reference) {
                let told = report.to_json().to_string();
                assert!(
                    !told.contains(&line),
                    "{}: `{line}` stands in\n{}",
                    assignment.id,
                    report.text()
                );
            }
            assert!(!report.text().contains("behaves as if g_"), "{}", report.text());
            let named = NAMED.iter().find(|(mistake, _)| trap.becomes.contains(mistake));
            if let ("03-ngram", Some((_, name))) = (assignment.id, named) {
                assert!(
                    report.text().contains(name),
                    "`{}` is not named:\n{}",
                    trap.becomes,
                    report.text()
                );
            }
        }
    }
}

/// A wrong gradient of one parameter leaves the points of the others; a wrong forward() does not leave all.
#[test]
fn one_mistake_costs_its_own_points_and_a_changed_forward_costs_some() {
    let solution = reference().solution();
    let changed = |from: &str, to: &str| {
        assert!(solution.contains(from), "{from}");
        solution.replace(from, to)
    };
    let sources = [
        solution.clone(),
        changed("g_y.sum_axis(ndarray::Axis(0));", "g_y.row(0).to_owned();"),
        changed(
            "self.g_w = g_y.t().dot(&self.x);",
            "self.g_w = g_y.t().dot(&self.x) * 2.0;",
        ),
        changed(
            "(self.x.dot(&self.w.t()) + &self.b)",
            "(self.x.dot(&self.w.t()) + &self.b + 1.0)",
        ),
        changed("1.0 / (1.0 + (-x).exp())", "1.0 / (1.0 + (-2.0 * x).exp())"),
        changed("losses / self.t.len() as f64", "losses"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let versions = Versions::build(&registry::ALL[0], libraries(), &sources, folder.path()).unwrap();
    let grading = grading(&registry::ALL[0]);
    let reports: Vec<_> = (0..sources.len())
        .map(|version| grading.run(versions.program(), &[version.to_string()]).unwrap())
        .collect();
    let scores: Vec<u32> = reports.iter().map(|report| report.score()).collect();
    assert_eq!(scores[..3], [60, 53, 52]);
    for report in &reports[3..] {
        assert!(report.score() < 60, "{}", report.text());
    }
    let wrong = &reports[1].tests;
    let failed: Vec<&str> = wrong
        .iter()
        .filter(|test| test.points() == 0)
        .map(|test| test.name)
        .collect();
    assert_eq!(
        failed,
        [
            "linear-by-hand-b",
            "linear-gradient-of-b",
            "linear-gradient-of-b-hidden"
        ]
    );
}
