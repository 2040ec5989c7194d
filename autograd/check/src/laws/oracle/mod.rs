//! Cases computed elsewhere: our ops held against another framework, and ours written out for others.
//!
//! One case a line, as JSON: `{"id", "op", "attrs", "inputs", "outputs", "grad_outputs", "grads"}`, where arrays are
//! `{"shape": [..], "dtype": "f64|f32|i64|bool", "data": [..]}`, row-major, with `"nan"`, `"inf"` and `"-inf"` as
//! strings. Inputs are named by the letters of the op's formula; of a repeated operand `a` they are `a.0`, `a.1` and so
//! on. What cannot be read is an error with the line, never a case left out.

mod arrays;
mod export;

use std::sync::Arc;

use ndarray::ArrayD;
use serde_json::{Map, Value};

use crate::Draw;
use crate::function::OpFunction;
use crate::guard::caught;
use crate::report::{TargetReport, Verdict};
use crate::subject::{Case, CaseOperand, Kind, attributes};
use crate::witness::reference::{Coverage, JACOBIAN, Reference};
use tapegrad_core::op::{Arity, OperandKind};
use tapegrad_core::ops::AnyOp;

use arrays::array_of;
pub use export::export;

/// What an entry in `f64` and in `f32` may differ by: as a share of itself, and as a share of what its sum is made of, for
/// an entry that is small because its terms cancel.
const TOLERANCE: [(&str, f64, f64); 2] = [("f64", 1e-9, 1e-13), ("f32", 1e-4, 1e-5)];

/// What a line may say, and what an array may say; other words are misspelt.
const KEYS: [&str; 7] = ["id", "op", "attrs", "inputs", "outputs", "grad_outputs", "grads"];

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
    if let Some(unknown) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{unknown}` is none of {}", KEYS.join(", ")));
    }
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
    let output = only(map("outputs")?, "outputs")?;
    let dtype = output.get("dtype").and_then(Value::as_str).unwrap_or("f64");
    let tolerance = TOLERANCE
        .iter()
        .find(|(name, ..)| *name == dtype)
        .map_or((TOLERANCE[0].1, TOLERANCE[0].2), |(_, tolerance, rounding)| {
            (*tolerance, *rounding)
        });
    let g_y = match object.get("grad_outputs") {
        Some(given) => Some(only(
            given.as_object().ok_or("`grad_outputs` is no object")?,
            "grad_outputs",
        )?),
        None => None,
    };
    let grads = match object.get("grads") {
        Some(given) => given.as_object().ok_or("`grads` is no object")?.clone(),
        None => Map::new(),
    };
    let has_gradient = (0..operands.len()).any(|i| op.operand(i).kind == OperandKind::Real);
    if grads.is_empty() && g_y.is_some() && has_gradient {
        return Err("`grad_outputs` is given, and `grads` holds nothing to compare".to_string());
    }
    Ok(OracleCase {
        id: object.get("id").map_or("?".to_string(), |id| {
            id.as_str().map_or_else(|| id.to_string(), String::from)
        }),
        y: array_of(output).map_err(|why| format!("output: {why}"))?,
        g_y: g_y
            .map(array_of)
            .transpose()
            .map_err(|why| format!("grad_outputs: {why}"))?,
        grads,
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
        let terms = self.terms(&y);
        let tolerance = |rounding: Vec<f64>| Tolerance {
            share: self.tolerance.0,
            rounding: rounding.into_iter().map(|terms| self.tolerance.1 * terms).collect(),
        };
        hold(&mut report, "y", &y, &self.y, &tolerance(terms.of_value));
        for (name, value) in &self.grads {
            let right = array_of(value).map_err(|why| format!("grad `{name}`: {why}"))?;
            let i = self.names.iter().position(|known| known == name);
            let i = i.ok_or(format!(
                "`grads` names `{name}`, which is no input of {}",
                self.op.name()
            ))?;
            let given = gradients.get(i).ok_or("`grads` are given without `grad_outputs`")?;
            let of_gradient = terms.of_gradients.get(i).cloned().unwrap_or_default();
            hold(
                &mut report,
                &format!("g_{name}"),
                given,
                &right,
                &tolerance(of_gradient),
            );
        }
        Ok(report)
    }

    /// What the entries of the value and of the gradients are sums of, by dual numbers.
    fn terms(&self, y: &ArrayD<f64>) -> Terms {
        let kinds = (0..self.operands.len()).map(|i| self.op.operand(i).kind);
        let operands = self.names.iter().zip(&self.operands).zip(kinds);
        let case = Case {
            operands: operands
                .map(|((name, value), kind)| CaseOperand {
                    name: name.clone(),
                    kind,
                    value: value.clone(),
                })
                .collect(),
            given: self.operands.len(),
            op: Some(self.op.clone()),
            constants: Vec::new(),
        };
        let g_y = self.g_y.clone().unwrap_or_else(|| y.mapv(|_| 1.0));
        let upstream: f64 = g_y.iter().map(|g| g.abs()).sum();
        let function = Arc::new(OpFunction(self.op.clone()));
        let all = Coverage {
            pairs_max: PAIRS_MAX,
            ..JACOBIAN
        };
        let made = caught(|| Reference::new(case, y.clone(), g_y, function, all, &mut Draw::new(1, 1)));
        let mut terms = Terms {
            of_value: y.iter().map(|y| y.abs()).collect(),
            of_gradients: vec![Vec::new(); self.operands.len()],
        };
        let Ok(reference) = made else { return terms };
        for (i, expected) in reference.gradients.iter().enumerate() {
            let Some(expected) = expected else { continue };
            let x: Vec<f64> = self.operands[i].iter().copied().collect();
            // Terms that cancel inside are as large as the upstream gradient.
            let sums = expected
                .entries
                .iter()
                .map(|entry| entry.terms + entry.floor / UNIT + upstream);
            terms.of_gradients[i] = sums.collect();
            let Some(jacobian) = &expected.jacobian else { continue };
            for (row, sum) in terms.of_value.iter_mut().enumerate() {
                let slopes = &jacobian[row * x.len()..(row + 1) * x.len()];
                let terms = slopes.iter().zip(&x).map(|(slope, x)| (slope * x).abs());
                *sum += terms.filter(|term| term.is_finite()).sum::<f64>();
            }
        }
        terms
    }
}

/// The rounding floor of an entry is that of some thousand operations; as a share of what it is a sum of.
const UNIT: f64 = 1024.0 * f64::EPSILON;
/// Cases of an oracle are small; of larger ones an entry is judged by its own size alone.
const PAIRS_MAX: usize = 40_000;

/// What the entries of a value and of gradients are sums of.
struct Terms {
    of_value: Vec<f64>,
    of_gradients: Vec<Vec<f64>>,
}

/// The only array of a map.
fn only<'m>(map: &'m Map<String, Value>, key: &str) -> Result<&'m Value, String> {
    let mut arrays = map.values();
    match (arrays.next(), arrays.next()) {
        (Some(array), None) => Ok(array),
        (None, _) => Err(format!("`{key}` holds no array")),
        (Some(_), Some(_)) => {
            let names: Vec<&str> = map.keys().map(String::as_str).collect();
            Err(format!("`{key}` holds {}, and an op has one result", names.join(", ")))
        }
    }
}

/// How far an entry may be from the oracle's.
struct Tolerance {
    /// As a share of the entry.
    share: f64,
    /// As a number for each entry: what rounding of its terms can do.
    rounding: Vec<f64>,
}

/// Compares one array entry by entry; a NaN or an infinity must be the same on both sides.
fn hold(report: &mut TargetReport, name: &str, given: &ArrayD<f64>, right: &ArrayD<f64>, tolerance: &Tolerance) {
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
    for (i, (a, n)) in given.iter().zip(right).enumerate() {
        let is_same = a == n || (a.is_nan() && n.is_nan());
        let off = (a - n).abs();
        let rounding = tolerance
            .rounding
            .get(i)
            .copied()
            .filter(|x| x.is_finite())
            .unwrap_or(0.0);
        let error = if is_same || off <= rounding {
            0.0
        } else {
            off / n.abs().max(f64::MIN_POSITIVE)
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
    caught(|| {
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
    fn each_entry_is_judged_by_its_own_size() {
        let line = |first: f64| {
            format!(
                r#"{{"id":"a","op":"exp","inputs":{{"a":{{"shape":[2],"dtype":"f64","data":[0,25]}}}},"outputs":{{"z":{{"shape":[2],"dtype":"f64","data":[{first},72004899337.38588]}}}}}}"#
            )
        };
        let (reports, errors) = compare(&(line(1.0) + "\n" + &line(60.0) + "\n" + &line(1.000001)));
        assert_eq!(errors, []);
        let verdicts: Vec<Verdict> = reports.iter().map(|report| report.verdict).collect();
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Wrong, Verdict::Wrong]);
    }

    #[test]
    fn misspelt_keys_and_a_second_output_are_refused_and_hide_no_other_line() {
        let array = r#"{"shape":[1],"dtype":"f64","data":[0]}"#;
        let one = r#"{"shape":[1],"dtype":"f64","data":[1]}"#;
        let line = |more: &str| format!(r#"{{"op":"exp","inputs":{{"a":{array}}},{more}}}"#);
        let text = [
            line(&format!(r#""outputs":{{"z":{one}}},"gradz":{{}}"#)),
            line(&format!(r#""outputs":{{"z":{one},"w":{one}}}"#)),
            line(r#""outputs":{"z":{"shape":[1],"dtyp":"f64","data":[1]}}"#),
            line(r#""outputs":{"z":{"shape":[1],"dtype":"f46","data":[1]}}"#),
            line(&format!(r#""outputs":{{"z":{array}}}"#)),
        ]
        .join("\n");
        let (reports, errors) = compare(&text);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 4, "{errors:?}");
        assert!(errors[0].contains("`gradz` is none of"), "{errors:?}");
        assert!(
            errors[1].contains("`outputs` holds z, w, and an op has one result"),
            "{errors:?}"
        );
        assert!(errors[2].contains("`dtyp` is none of"), "{errors:?}");
        assert!(errors[3].contains("`f46`"), "{errors:?}");
        assert_eq!(reports[0].verdict, Verdict::Wrong);
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
