//! A pass says what was covered, and a pass that compared nothing is not a pass.

use ndarray::ArrayD;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, Options, Verdict};
use tapegrad_autograd::op::OperandKind;

use super::{Arrays, checked, checked_with, hand, rows, text};

fn identity(kept: &mut Arrays, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    *kept = x.to_vec();
    x[0].clone()
}

fn nonsense(_: &mut Arrays, g: &ArrayD<f64>) -> Arrays {
    vec![g.mapv(|_| f64::NAN)]
}

#[test]
fn nothing_compared_is_not_a_pass() {
    let none = Options {
        cases: 0,
        ..Options::default()
    };
    let report = checked_with(hand("identity", rows, identity, nonsense), &none);
    assert_eq!(report.verdict, Verdict::Unchecked);
    assert!(
        text(&report).contains("nothing was compared: no case was tried"),
        "{}",
        text(&report)
    );

    let empty = |draw: &mut Draw| Case::of([("x", draw.normal(Shape::new(&[0, 3])))]);
    let report = checked(hand("identity", empty, identity, nonsense));
    assert_eq!(report.verdict, Verdict::Unchecked);
    assert!(
        text(&report).contains("the operands of all cases are empty"),
        "{}",
        text(&report)
    );

    let ids = |draw: &mut Draw| Case::of([]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[3]), 4));
    let report = checked(hand("identity", ids, identity, nonsense));
    assert_eq!(report.verdict, Verdict::Unchecked);
    assert!(text(&report).contains("no operand has a gradient"), "{}", text(&report));
}

#[test]
fn a_pass_says_what_was_covered() {
    let backward = |_: &mut Arrays, g: &ArrayD<f64>| vec![g.clone()];
    let report = checked(hand("identity", rows, identity, backward));
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Pass, "{text}");
    for words in [
        "combinations of shapes, up to",
        "differences",
        "entries at",
        "zeros",
        "repetitions after other calls",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn ids_given_as_real_numbers_are_hinted_at() {
    let case = |draw: &mut Draw| {
        let table = draw.normal(Shape::new(&[4, 2]));
        Case::of([("table", table), ("ids", draw.ids(Shape::new(&[3]), 4))])
    };
    let forward = |kept: &mut Arrays, x: &[ArrayD<f64>]| {
        *kept = x.to_vec();
        let ids: Vec<usize> = x[1].iter().map(|id| *id as usize).collect();
        x[0].select(ndarray::Axis(0), &ids)
    };
    let backward = |kept: &mut Arrays, g: &ArrayD<f64>| {
        let mut g_table = &kept[0] * 0.0;
        for (id, g) in kept[1].iter().zip(g.outer_iter()) {
            let mut row = g_table.index_axis_mut(ndarray::Axis(0), *id as usize);
            row += &g;
        }
        vec![g_table, &kept[1] * 0.0]
    };
    let report = checked(hand("embedding", case, forward, backward));
    assert_ne!(report.verdict, Verdict::Pass);
    assert!(
        text(&report).contains("with_data(\"ids\", OperandKind::Id"),
        "{}",
        text(&report)
    );
}
