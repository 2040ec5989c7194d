//! Examples to start with. The tests of the grader are more, and on other texts.

use submission::{Ngram, mean_nats};

/// Words 0 and 1, end 2, start 3.
fn learnt() -> Ngram {
    let mut model = Ngram::new(2, 2, 0.5);
    model.learn(&[0, 1, 0, 1]);
    model.learn(&[1]);
    model
}

#[test]
fn the_start_is_a_context_and_the_end_is_counted() {
    let counts = learnt().counts;
    assert_eq!(counts[&vec![3]], [1, 1, 0]);
    assert_eq!(counts[&vec![0]], [0, 2, 0]);
    assert_eq!(counts[&vec![1]], [1, 0, 2]);
    assert_eq!(counts.len(), 3);
}

#[test]
fn what_was_never_seen_has_a_little_probability() {
    assert!((learnt().prob(&[0], 0) - 0.5 / 3.5).abs() < 1e-12);
    assert!((learnt().prob(&[2], 1) - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn a_coin_costs_log_2_a_token() {
    let coin = |_: &[usize], _: usize| 0.5;
    assert!((mean_nats(2, 3, 2, &[vec![0, 1], vec![]], &coin) - 2.0_f64.ln()).abs() < 1e-12);
}
