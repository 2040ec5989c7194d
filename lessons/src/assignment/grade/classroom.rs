//! The report for GitHub Classroom, in the form that its autograding reporter reads.
//!
//! For each runner the reporter reads an environment variable `NAME_RESULTS`, a JSON document in Base64 with `status`,
//! `max_score`, and `tests`, each with a `score`. **Source**: `main.js` of "autograding-grading-reporter".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::report::{GradeReport, TestReport};
use super::verdict::TestVerdict;

/// The document for GitHub Classroom.
pub fn document(report: &GradeReport) -> Value {
    let status = match report.note {
        Some(_) => "error",
        None if report.score() == report.score_max() => "pass",
        None => "fail",
    };
    let test = |test: &TestReport| {
        json!({
            "name": test.claim,
            "status": status_of(test.verdict),
            "message": test.message,
            "score": test.points(),
            "max_score": test.points_max,
            "test_code": test.name,
            "filename": "",
            "line_no": 0,
        })
    };
    json!({
        "version": 1,
        "status": status,
        "max_score": report.score_max(),
        "tests": report.tests.iter().map(test).collect::<Vec<Value>>(),
    })
}

fn status_of(verdict: TestVerdict) -> &'static str {
    match verdict {
        TestVerdict::Passed => "pass",
        TestVerdict::Missing | TestVerdict::DoesNotCompile => "error",
        _ => "fail",
    }
}

/// The line that a workflow's step adds to its outputs: `result=` and the document in Base64.
pub fn output_line(report: &GradeReport) -> String {
    format!("result={}\n", STANDARD.encode(document(report).to_string()))
}
