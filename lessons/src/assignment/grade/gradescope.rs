//! The report as Gradescope's `results.json`.
//!
//! **Source**: "Autograder Specifications", section "Output format", of the Gradescope autograder documentation.

use serde_json::{Value, json};

use super::report::{GradeReport, TestReport};
use crate::assignment::exam::Visibility;

/// The document for Gradescope.
///
/// Each test has its own points; Gradescope adds them up, as no `score` stands at the top. Students see the results of
/// hidden tests when the grades are published. There is no `execution_time`: it would differ from run to run.
pub fn document(report: &GradeReport) -> Value {
    let note = report.note.as_deref().unwrap_or("");
    let tests = (1..).zip(&report.tests).map(|(number, test)| self::test(number, test));
    json!({
        "output": format!("{}: {}. {note}", report.title, seen(report)).trim_end(),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "extra_data": {"assignment": report.assignment, "student": report.student},
        "tests": tests.collect::<Vec<Value>>(),
    })
}

/// The points of the tests that students see at once. A total with hidden tests would tell what these gave.
fn seen(report: &GradeReport) -> String {
    let public = || report.tests.iter().filter(|test| test.visibility == Visibility::Public);
    let (points, most) = (
        public().map(TestReport::points).sum::<u32>(),
        public().map(|test| test.points_max).sum::<u32>(),
    );
    let hidden: u32 = report
        .tests
        .iter()
        .filter(|test| test.visibility == Visibility::Hidden)
        .map(|test| test.points_max)
        .sum();
    match hidden {
        0 => format!("{points} of {most} points"),
        hidden => format!("{points} of {most} points in public tests; hidden tests give up to {hidden} more"),
    }
}

fn test(number: u32, test: &TestReport) -> Value {
    let is_passed = test.points() == test.points_max;
    let output = match test.message.as_str() {
        "" => test.verdict.words().to_string(),
        message => format!("{}\n\n{message}", test.verdict.words()),
    };
    json!({
        "score": test.points(),
        "max_score": test.points_max,
        "status": if is_passed { "passed" } else { "failed" },
        "name": format!("{}: {}", test.task, test.claim),
        "name_format": "text",
        "number": number.to_string(),
        "output": output,
        "output_format": "text",
        "tags": [test.task],
        "visibility": match test.visibility {
            Visibility::Public => "visible",
            Visibility::Hidden => "after_published",
        },
        "extra_data": {"test": test.name, "verdict": test.verdict},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::grade::TestVerdict;
    use crate::assignment::registry;

    fn report() -> GradeReport {
        let assignment = &registry::ALL[0];
        let verdicts = [TestVerdict::Passed, TestVerdict::Wrong].into_iter().cycle();
        let test = |(test, verdict): (&_, TestVerdict)| {
            let message = if verdict == TestVerdict::Passed {
                ""
            } else {
                "g_b is wrong"
            };
            TestReport::new(test, verdict, message.to_string())
        };
        GradeReport {
            assignment: assignment.id,
            title: assignment.title(),
            student: "ada".to_string(),
            note: None,
            points_not_run: 0,
            tests: assignment
                .tests
                .iter()
                .skip(4)
                .take(3)
                .zip(verdicts)
                .map(test)
                .collect(),
        }
    }

    #[test]
    fn the_document_of_a_known_report() {
        let text = serde_json::to_string_pretty(&document(&report())).unwrap() + "\n";
        assert_eq!(text, include_str!("gradescope.golden.json"), "\n{text}");
    }

    /// Each field as the specification has it: at the top and in a test, with the values it may take.
    #[test]
    fn every_field_is_one_of_the_specification() {
        const VISIBILITY: &[&str] = &["hidden", "after_due_date", "after_published", "visible"];
        const FORMAT: &[&str] = &["text", "simple_format", "html", "md", "ansi"];
        let choice = |value: &Value, of: &[&str]| value.as_str().is_some_and(|value| of.contains(&value));
        let document = document(&report());
        for (name, value) in document.as_object().unwrap() {
            let fits = match name.as_str() {
                "score" | "execution_time" => value.is_number(),
                "output" => value.is_string(),
                "output_format" | "test_output_format" | "test_name_format" => choice(value, FORMAT),
                "visibility" | "stdout_visibility" => choice(value, VISIBILITY),
                "extra_data" => value.is_object(),
                "tests" | "leaderboard" => value.is_array(),
                _ => false,
            };
            assert!(fits, "{name}: {value}");
        }
        // A score is required either at the top or in each test.
        assert!(document.get("score").is_none());
        for test in document["tests"].as_array().unwrap() {
            assert!(test["score"].as_f64().unwrap() <= test["max_score"].as_f64().unwrap());
            for (name, value) in test.as_object().unwrap() {
                let fits = match name.as_str() {
                    "score" | "max_score" => value.is_number(),
                    "status" => choice(value, &["passed", "failed"]),
                    "name" | "number" | "output" => value.is_string(),
                    "name_format" | "output_format" => choice(value, FORMAT),
                    "tags" => value.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)),
                    "visibility" => choice(value, VISIBILITY),
                    "extra_data" => value.is_object(),
                    _ => false,
                };
                assert!(fits, "{name}: {value}");
            }
        }
    }

    #[test]
    fn a_report_without_tests_that_ran_scores_nothing_and_says_why() {
        let mut report = report();
        report.note = Some("src/lib.rs:1: expected one of".to_string());
        report
            .tests
            .iter_mut()
            .for_each(|test| test.verdict = TestVerdict::DoesNotCompile);
        let document = document(&report);
        assert!(
            document["output"]
                .as_str()
                .unwrap()
                .ends_with("src/lib.rs:1: expected one of")
        );
        assert!(
            document["tests"]
                .as_array()
                .unwrap()
                .iter()
                .all(|test| test["score"] == 0 && test["status"] == "failed")
        );
    }
}
