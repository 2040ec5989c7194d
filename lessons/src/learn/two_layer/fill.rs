//! The document of the two-layer network, filled from the trace of one run.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array1, ArrayD, Dimension, IxDyn, arr0};
use tapegrad_autograd::check::finite_difference::Slope;
use tapegrad_autograd::graph::Source;
use tapegrad_autograd::language::open;

use super::ledger::{
    Difference, DifferenceVerdict, GradientEntry, Ledger, LedgerArray, LedgerContribution, LedgerGradient, LedgerOp,
    LedgerRow, Term,
};
use super::slide::{SlideRow, SlideRule, TWO_LAYER};
use super::values::{Values, ValuesError, matrix};
use crate::learn::lesson::evaluate::{Environment, evaluate};
use crate::learn::lesson::visible::Visible;
use crate::learn::run::difference::{Agreement, agreement, take_all};
use crate::learn::run::record::{FiniteDifferences, RunInputs, record};
use crate::learn::run::trace::Trace;

/// Runs the two-layer network and fills the slide's table with its numbers.
///
/// **Errors** if the values do not fit together, or J is not finite.
pub fn two_layer(values: &Values) -> Result<Ledger, ValuesError> {
    values.validate()?;
    let trace = trace(values);
    let number = |name: &str| value(&trace, name)[[]];
    let (y, j) = (number("y"), number("J"));
    if !j.is_finite() {
        let message =
            format!("J is {j}, because y was rounded to exactly {y}: log 0 is infinite; use values nearer to 0");
        return Err(ValuesError::new("y", message));
    }
    // An op belongs to the row whose result it leads to: it was recorded after the result of the row below.
    let after = |row: usize| TWO_LAYER.get(row + 1).map_or(0, |below| node(&trace, below.symbol) + 1);
    let row = |(at, row): (usize, &SlideRow)| self::row(&trace, row, after(at)..node(&trace, row.symbol) + 1);
    let rows = TWO_LAYER.iter().enumerate().map(row).collect();
    Ok(Ledger {
        values: values.clone(),
        j,
        rows,
    })
}

/// The trace of lesson 1's graph on these values.
fn trace(values: &Values) -> Trace {
    let opened = open("model.cg", include_str!("../../../01-ledger/model.cg"));
    let program = opened.program(None).expect("lesson 1 has a graph");
    let vector = |entries: &[f64]| Array1::from(entries.to_vec()).into_dyn();
    let named = [
        ("x", vector(&values.x)),
        ("t", arr0(values.t).into_dyn()),
        ("alpha", matrix(&values.alpha)),
        ("beta", vector(&values.beta)),
    ];
    let inputs = RunInputs {
        values: named.map(|(name, value)| (name.to_string(), value)).into(),
        ..RunInputs::default()
    };
    let run = record(program, &inputs, FiniteDifferences::Skipped);
    let mut trace = run.expect("validated values have the shapes of the graph");
    // Every entry has its difference, however many there are.
    take_all(&mut trace);
    trace
}

fn node(trace: &Trace, name: &str) -> usize {
    trace.find(name).expect("the slide's letters are names in the graph")
}

fn value<'t>(trace: &'t Trace, name: &str) -> &'t ArrayD<f64> {
    &trace.nodes[node(trace, name)].value
}

fn gradient<'t>(trace: &'t Trace, name: &str) -> &'t ArrayD<f64> {
    let gradient = &trace.nodes[node(trace, name)].gradient;
    gradient.as_ref().expect("J depends on each letter of the slide")
}

fn row(trace: &Trace, row: &SlideRow, ops: Range<usize>) -> LedgerRow {
    LedgerRow {
        name: row.name.into(),
        symbol: row.symbol.into(),
        forward: row.forward.into(),
        result: value(trace, row.symbol).into(),
        incoming: gradient(trace, row.symbol).into(),
        gradients: row.backward.iter().map(|rule| rule_numbers(trace, row, rule)).collect(),
        ops: ops.rev().filter_map(|node| op(trace, node)).collect(),
    }
}

fn rule_numbers(trace: &Trace, row: &SlideRow, rule: &SlideRule) -> LedgerGradient {
    let gradient = gradient(trace, rule.of);
    let slopes = &trace.nodes[node(trace, rule.of)].differences;
    let entry = |((at, &g), slope): ((IxDyn, &f64), &Slope)| GradientEntry {
        name: format!("g_{}", indexed(rule.of, at.slice())),
        gradient: g,
        terms: terms(trace, row, rule, at.slice()),
        difference: difference(g, slope),
    };
    LedgerGradient {
        of: rule.of.into(),
        formula: rule.formula.into(),
        local: rule.local.map(str::to_string),
        gradient: gradient.into(),
        entries: gradient.indexed_iter().zip(slopes).map(entry).collect(),
    }
}

/// The slide's products for one entry: one for each entry of the row's result that agrees with it in the indices.
fn terms(trace: &Trace, row: &SlideRow, rule: &SlideRule, at: &[usize]) -> Vec<Term> {
    let term = |(result_at, &incoming_value): (IxDyn, &f64)| {
        let of_result = row.indices().chars().zip(result_at.slice().iter().copied());
        let of_entry = rule.indices().chars().zip(at.iter().copied());
        if of_result
            .clone()
            .any(|(letter, at)| of_entry.clone().any(|(own, own_at)| own == letter && own_at != at))
        {
            return None;
        }
        let indices = Indices(Visible::all(trace), of_result.chain(of_entry).collect());
        let local = evaluate(rule.local_value, &indices).expect("the slide's formulas are over the graph's names");
        let result = indexed(row.symbol, result_at.slice());
        Some(Term {
            incoming: format!("g_{result}"),
            incoming_value,
            local: format!("d{result}/d{}", indexed(rule.of, at)),
            local_value: local[[]],
        })
    };
    gradient(trace, row.symbol).indexed_iter().filter_map(term).collect()
}

/// The names of the run, and the index letters of a formula with their positions from 0.
struct Indices<'t>(Visible<'t>, BTreeMap<char, usize>);

impl Environment for Indices<'_> {
    fn value(&self, name: &str) -> Result<ArrayD<f64>, String> {
        let index = name.parse().ok().and_then(|letter: char| self.1.get(&letter));
        index.map_or_else(|| self.0.value(name), |&at| Ok(arr0((at + 1) as f64).into_dyn()))
    }
}

fn difference(gradient: f64, slope: &Slope) -> Difference {
    let verdict = match agreement(gradient, Some(slope)) {
        Agreement::Agrees => DifferenceVerdict::Agrees,
        Agreement::Differs => DifferenceVerdict::Differs,
        Agreement::Kink | Agreement::Unchecked => DifferenceVerdict::Unchecked,
    };
    let value = match *slope {
        Slope::Smooth { value, .. } if verdict != DifferenceVerdict::Unchecked => Some(value),
        _ => None,
    };
    let relative = |value: f64| match (value - gradient).abs() {
        0.0 => 0.0,
        error => error / value.abs().max(gradient.abs()),
    };
    Difference {
        value,
        relative_error: value.map(relative),
        verdict,
    }
}

/// One op; `None` for what is given.
fn op(trace: &Trace, node: usize) -> Option<LedgerOp> {
    let Source::Op(op) = trace.source(node) else {
        return None;
    };
    let own = &trace.nodes[node];
    let contribution = |(position, operand): (usize, usize)| {
        let all = &trace.nodes[operand].received;
        let at = all
            .iter()
            .position(|one| one.from == node && one.position == position)?;
        Some(LedgerContribution {
            letter: op.operand(position).name.into(),
            operand: name(trace, operand),
            uses: all.len(),
            value: (&all[at].value).into(),
            before: at.checked_sub(1).map(|before| (&all[before].after).into()),
            after: (&all[at].after).into(),
        })
    };
    Some(LedgerOp {
        node: name(trace, node),
        op: op.name().into(),
        file: op.file().into(),
        forward: op.forward_formula().into(),
        backward: op.backward_formula().into(),
        result: (&own.value).into(),
        incoming: own.gradient.as_ref().map(LedgerArray::from),
        contributions: trace
            .operands(node)
            .into_iter()
            .enumerate()
            .filter_map(contribution)
            .collect(),
    })
}

/// A node as the slide writes it: its letter, or its formula without multiplication signs.
fn name(trace: &Trace, node: usize) -> String {
    let own = &trace.nodes[node];
    match own.is_named {
        true => own.label.clone(),
        false => own.phrase.replace(" * ", " ").replace("log(y)", "log y"),
    }
}

/// A letter with its indices counted from 1: `alpha_12`, or `alpha_1_12` where one has two digits.
fn indexed(letter: &str, at: &[usize]) -> String {
    let digits: Vec<String> = at.iter().map(|index| (index + 1).to_string()).collect();
    let between = if digits.iter().any(|index| index.len() > 1) {
        "_"
    } else {
        ""
    };
    match at.is_empty() {
        true => letter.to_string(),
        false => format!("{letter}_{}", digits.join(between)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_with_two_digits_stand_apart() {
        assert_eq!(
            [indexed("x", &[]), indexed("x", &[0]), indexed("w", &[1, 2])],
            ["x", "x_1", "w_23"]
        );
        assert_eq!(indexed("w", &[0, 11]), "w_1_12");
    }

    fn slope_of_y(y: f64) -> Slope {
        let mut trace = trace(&Values::lecture());
        let node = node(&trace, "y");
        trace.nodes[node].value = arr0(y).into_dyn();
        crate::learn::run::difference::of_node(&trace, node)[0]
    }

    #[test]
    fn the_right_gradient_agrees_and_a_wrong_sign_differs() {
        let slope = slope_of_y(0.6);
        let right = difference(1.0 / 0.6, &slope);
        assert_eq!(right.verdict, DifferenceVerdict::Agrees);
        assert!(right.relative_error.unwrap() < 1e-8);
        assert_eq!(difference(-1.0 / 0.6, &slope).verdict, DifferenceVerdict::Differs);
        assert_eq!(difference(1.00001 / 0.6, &slope).verdict, DifferenceVerdict::Differs);
    }

    #[test]
    fn a_number_too_close_to_its_limit_is_unchecked_and_not_called_right() {
        let close = difference(1.0, &slope_of_y(1.0 - 1e-15));
        assert_eq!((close.value, close.verdict), (None, DifferenceVerdict::Unchecked));
    }
}
