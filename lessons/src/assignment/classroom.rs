//! The report for GitHub Classroom: what its autograding reporter takes from the step before it.
//!
//! For each runner the reporter reads an environment variable `NAME_RESULTS`, a JSON document in Base64 with `status`,
//! `max_score`, and `tests`, each with a `score`. **Source**: `main.js` of "autograding-grading-reporter".

use serde_json::{Value, json};

use super::report::{Report, TestReport};
use super::verdict::Verdict;

/// The document for GitHub Classroom.
pub fn document(report: &Report) -> Value {
    let status = match report.note {
        Some(_) => "error",
        None if report.score() == report.score_max() => "pass",
        None => "fail",
    };
    let test = |test: &TestReport| {
        json!({
            "name": test.claim,
            "status": match test.verdict { Verdict::Passed => "pass", Verdict::Missing | Verdict::DoesNotCompile => "error", _ => "fail" },
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

/// The line that a workflow's step adds to its outputs: `result=` and the document in Base64.
pub fn output_line(report: &Report) -> String {
    format!("result={}\n", base64(document(report).to_string().as_bytes()))
}

/// Bytes in Base64. **Source**: RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let number = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_of_the_standards_examples() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ];
        for (bytes, text) in examples {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
