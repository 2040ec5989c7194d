//! Our ops against cases that another framework computed: a stored sample, so that nobody needs that framework.
//!
//! The whole set is made by `python3 tests/oracle/pytorch.py > cases.jsonl` and read by
//! `tapegrad check --oracle cases.jsonl`.

use std::collections::BTreeSet;

use tapegrad_autograd::check::{Verdict, oracle};
use tapegrad_autograd::ops::NAMES;

fn sample() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle/sample.jsonl");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_op_gives_the_values_and_gradients_of_another_framework() {
    let (reports, errors) = oracle::compare(&sample());
    assert_eq!(errors, []);
    let wrong: Vec<_> = reports
        .iter()
        .filter(|report| report.verdict != Verdict::Pass)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let ops: BTreeSet<&str> = reports
        .iter()
        .filter_map(|report| report.name.split(' ').next())
        .collect();
    let missing: Vec<_> = NAMES.iter().filter(|name| !ops.contains(**name)).collect();
    assert!(missing.is_empty(), "no case of {missing:?}");
}

#[test]
fn one_changed_digit_of_a_gradient_is_found() {
    let text = sample();
    let line = text.lines().find(|line| line.contains("\"op\": \"tanh\"")).unwrap();
    let mut case: serde_json::Value = serde_json::from_str(line).unwrap();
    let entry = &mut case["grads"]["a"]["data"][0];
    *entry = serde_json::json!(entry.as_f64().unwrap() * (1.0 + 1e-6) + 1e-9);
    let (reports, _) = oracle::compare(&case.to_string());
    assert_eq!(reports[0].verdict, Verdict::Wrong, "{case}");
}
