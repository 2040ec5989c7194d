//! Cases computed elsewhere: our ops held against another framework, and ours written out for others.
//!
//! One case a line, as JSON: `{"id", "op", "attrs", "inputs", "outputs", "grad_outputs", "grads"}`, where arrays are
//! `{"shape": [..], "dtype": "f64|f32|i64|bool", "data": [..]}`, row-major, with `"nan"`, `"inf"` and `"-inf"` as
//! strings. Inputs are named by the letters of the op's formula; of a repeated operand `a` they are `a.0`, `a.1` and so
//! on. What cannot be read is an error with the line, never a case left out.

mod arrays;
mod export;

use ndarray::ArrayD;
use serde_json::{Map, Value};

use crate::report::{TargetReport, Verdict};
use crate::subject::Kind;
use crate::subject::attributes;
use tapegrad_core::op::Arity;
use tapegrad_core::ops::AnyOp;

use arrays::array_of;
pub use export::export;

/// What results in `f64` and in `f32` may differ by: as a share of the largest entry of the array, and, where an array is
/// 0 but for rounding, as a share of the largest number of the case.
const TOLERANCE: [(&str, f64, f64); 2] = [("f64", 1e-9, 1e-13), ("f32", 1e-4, 1e-5)];

/// A line that is not a case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct OracleError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Holds our ops against every case of a file; a line that cannot be read is an error beside the others.
pub fn compare(text: &str) -> (Vec<TargetReport>, Vec<OracleError>) {
    let (mut reports, mut errors) = (Vec::new(), Vec::new());
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match case_of(line).and_then(|case| case.compare()) {
            Ok(report) => reports.push(report),
            Err(why) => errors.push(OracleError { line: i + 1, why }),
        }
    }
    (reports, errors)
}

/// A case as it was read.
struct OracleCase {
    id: String,
    op: AnyOp,
    operands: Vec<ArrayD<f64>>,
    names: Vec<String>,
    y: ArrayD<f64>,
    g_y: Option<ArrayD<f64>>,
    grads: Map<String, Value>,
    tolerance: (f64, f64),
}

fn case_of(line: &str) -> Result<OracleCase, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| format!("it is not JSON: {error}"))?;
    let object = value.as_object().ok_or("it is not an object")?;
    let map = |key: &str| {
        object
            .get(key)
            .and_then(Value::as_object)
            .ok_or(format!("`{key}` is missing"))
    };
    let name = object.get("op").and_then(Value::as_str).ok_or("`op` is missing")?;
    let none = Map::new();
    let attrs = object.get("attrs").and_then(Value::as_object).unwrap_or(&none);
    let op = attributes::op_from_json(name, attrs).map_err(|error| error.to_string())?;
    let inputs = map("inputs")?;
    let (mut operands, mut names) = (Vec::new(), Vec::new());
    for described in op.operands() {
        let many = (0..)
            .map(|i| format!("{}.{i}", described.name))
            .take_while(|name| inputs.contains_key(name));
        let wanted: Vec<String> = match described.arity {
            Arity::Many => many.collect(),
            Arity::Optional if !inputs.contains_key(described.name) => Vec::new(),
            _ => vec![described.name.to_string()],
        };
        for name in wanted {
            let given = inputs
                .get(&name)
                .ok_or(format!("the input `{name}` of {} is missing", op.name()))?;
            operands.push(array_of(given).map_err(|why| format!("input `{name}`: {why}"))?);
            names.push(name);
        }
    }
    if let Some(unknown) = inputs.keys().find(|key| !names.contains(key)) {
        return Err(format!("{} has no input `{unknown}`", op.name()));
    }
    let output = map("outputs")?.values().next().ok_or("`outputs` holds no array")?;
    let dtype = output.get("dtype").and_then(Value::as_str).unwrap_or("f64");
    let tolerance = TOLERANCE
        .iter()
        .find(|(name, ..)| *name == dtype)
        .map_or((1e-9, 1e-13), |(_, tolerance, rounding)| (*tolerance, *rounding));
    let g_y = object
        .get("grad_outputs")
        .and_then(Value::as_object)
        .and_then(|g| g.values().next());
    Ok(OracleCase {
        id: object.get("id").map_or("?".to_string(), |id| {
            id.as_str().map_or_else(|| id.to_string(), String::from)
        }),
        y: array_of(output).map_err(|why| format!("output: {why}"))?,
        g_y: g_y
            .map(array_of)
            .transpose()
            .map_err(|why| format!("grad_outputs: {why}"))?,
        grads: object
            .get("grads")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
        op,
        operands,
        names,
        tolerance,
    })
}

impl OracleCase {
    fn compare(&self) -> Result<TargetReport, String> {
        let mut report = TargetReport::new(format!("{} ({})", self.op.name(), self.id), Kind::Op);
        report.cases = 1;
        report.bound = self.tolerance.0;
        let (y, gradients) = run(&self.op, &self.operands, self.g_y.as_ref())?;
        let numbers = self
            .operands
            .iter()
            .chain([&y])
            .chain(&self.g_y)
            .chain(&gradients)
            .flat_map(|x| x.iter());
        let largest = numbers
            .filter(|x| x.is_finite())
            .fold(0.0, |most: f64, x| most.max(x.abs()));
        let tolerance = Tolerance {
            share: self.tolerance.0,
            rounding: self.tolerance.1 * largest,
        };
        hold(&mut report, "y", &y, &self.y, tolerance);
        for (name, value) in &self.grads {
            let right = array_of(value).map_err(|why| format!("grad `{name}`: {why}"))?;
            let i = self.names.iter().position(|known| known == name);
            let i = i.ok_or(format!(
                "`grads` names `{name}`, which is no input of {}",
                self.op.name()
            ))?;
            let given = gradients.get(i).ok_or("`grads` are given without `grad_outputs`")?;
            hold(&mut report, &format!("g_{name}"), given, &right, tolerance);
        }
        Ok(report)
    }
}

/// How far an entry may be from the oracle's.
#[derive(Clone, Copy)]
struct Tolerance {
    /// As a share of the largest entry of the array.
    share: f64,
    /// As a number: what rounding of the case's numbers can do.
    rounding: f64,
}

/// Compares one array entry by entry; a NaN or an infinity must be the same on both sides.
fn hold(report: &mut TargetReport, name: &str, given: &ArrayD<f64>, right: &ArrayD<f64>, tolerance: Tolerance) {
    report.entries += right.len();
    if given.shape() != right.shape() {
        report.verdict = Verdict::Wrong;
        report.find(
            name,
            format!(
                "{name} has the shape {:?} here and {:?} in the oracle",
                given.shape(),
                right.shape()
            ),
        );
        return;
    }
    let scale = right
        .iter()
        .filter(|x| x.is_finite())
        .fold(f64::MIN_POSITIVE, |most: f64, x| most.max(x.abs()));
    for (i, (a, n)) in given.iter().zip(right).enumerate() {
        let is_same = a == n || (a.is_nan() && n.is_nan());
        let off = (a - n).abs();
        let error = if is_same || off <= tolerance.rounding {
            0.0
        } else {
            off / scale
        };
        if error.is_finite() {
            report.worst_error = report.worst_error.max(error);
        }
        if !(error <= tolerance.share) {
            report.verdict = Verdict::Wrong;
            report.find(name, format!("{name} is {a} here at entry {i} and {n} in the oracle"));
        }
    }
}

/// The value of an op and its gradients at these operands.
fn run(op: &AnyOp, x: &[ArrayD<f64>], g_y: Option<&ArrayD<f64>>) -> Result<(ArrayD<f64>, Vec<ArrayD<f64>>), String> {
    use tapegrad_core::module::{Module, OpModule};
    crate::guard::caught(|| {
        let mut module = OpModule::<f64>::new(op.clone());
        let views: Vec<_> = x.iter().map(|x| x.view()).collect();
        let y = module.forward(&views);
        let gradients = g_y.map_or(Vec::new(), |g_y| module.backward(g_y.view()));
        (y, gradients)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_comes_back_without_a_difference() {
        let (reports, errors) = compare(&export(3, 5));
        assert_eq!(errors, []);
        assert!(reports.len() >= 5 * 49, "{}", reports.len());
        let wrong: Vec<_> = reports
            .iter()
            .filter(|report| report.verdict != Verdict::Pass)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_wrong_number_is_found_and_what_cannot_be_read_is_named() {
        let text = r#"{"id":"a","op":"exp","attrs":{},"inputs":{"a":{"shape":[1],"dtype":"f64","data":[0]}},"outputs":{"z":{"shape":[1],"dtype":"f64","data":[2]}}}
{"id":"b","op":"sinh","attrs":{},"inputs":{},"outputs":{}}
{"id":"c","op":"exp","inputs":{"x":{"shape":[],"dtype":"f64","data":[0]}},"outputs":{}}
{"#;
        let (reports, errors) = compare(text);
        assert_eq!(reports[0].verdict, Verdict::Wrong);
        assert_eq!(
            reports[0].findings[0].sentence,
            "y is 1 here at entry 0 and 2 in the oracle"
        );
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors[0], "line 2: no op is called `sinh`");
        assert_eq!(errors[1], "line 3: the input `a` of exp is missing");
        assert!(errors[2].starts_with("line 4: it is not JSON"));
    }
}
