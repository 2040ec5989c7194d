//! The operands that a subject is evaluated at.

use std::sync::Arc;

use ndarray::ArrayD;

use crate::function::symbolic::Symbolic;
use crate::function::{Formula, FormulaFunction, Function};
use tapegrad_core::op::OperandKind;
use tapegrad_core::ops::AnyOp;
use tapegrad_language::run::arrays;

/// The operands that a subject is evaluated at.
#[derive(Clone, Debug)]
pub struct Case {
    /// The operands, parameters last.
    pub operands: Vec<CaseOperand>,
    /// How many of them are given to forward(); the rest are the module's parameters in order.
    pub given: usize,
    /// The op with its attributes, if the subject is one.
    pub op: Option<AnyOp>,
    /// Constants of the definition that a mistake may involve, such as a temperature.
    pub constants: Vec<(String, f64)>,
}

/// One operand of a case.
#[derive(Clone, Debug)]
pub struct CaseOperand {
    /// The name in formulas.
    pub name: String,
    /// The kind: only real operands have a gradient.
    pub kind: OperandKind,
    /// The value.
    pub value: ArrayD<f64>,
}

impl Case {
    /// A case of real operands that are all given to forward().
    pub fn of<const N: usize>(operands: [(&str, ArrayD<f64>); N]) -> Self {
        let real = |(name, value): (&str, ArrayD<f64>)| CaseOperand {
            name: name.to_string(),
            kind: OperandKind::Real,
            value,
        };
        Self {
            operands: operands.map(real).into(),
            given: N,
            op: None,
            constants: Vec::new(),
        }
    }

    /// The same case with one more operand that has no gradient.
    pub fn with_data(mut self, name: &str, kind: OperandKind, value: ArrayD<f64>) -> Self {
        self.operands.push(CaseOperand {
            name: name.to_string(),
            kind,
            value,
        });
        self.given += 1;
        self
    }

    /// The same case with one more parameter of the module.
    pub fn with_param(mut self, name: &str, value: ArrayD<f64>) -> Self {
        self.operands.push(CaseOperand {
            name: name.to_string(),
            kind: OperandKind::Real,
            value,
        });
        self
    }

    /// The values of all operands.
    pub fn values(&self) -> Vec<ArrayD<f64>> {
        self.operands.iter().map(|operand| operand.value.clone()).collect()
    }

    /// The same case with other values of its operands.
    pub(crate) fn with_values(&self, values: &[ArrayD<f64>]) -> Self {
        let mut case = self.clone();
        for (operand, value) in case.operands.iter_mut().zip(values) {
            operand.value = value.clone();
        }
        case
    }

    /// The positions of the operands that have a gradient.
    pub fn real(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.operands.len()).filter(|&i| self.operands[i].kind == OperandKind::Real)
    }

    /// How many numbers the operands hold.
    pub fn numbers(&self) -> usize {
        self.operands.iter().map(|operand| operand.value.len()).sum()
    }

    /// The operands with their values, or of long ones their shapes.
    pub(crate) fn text(&self) -> String {
        const SHOWN_MAX: usize = 24;
        let digits = |x: &f64| (x * 1e6).round() / 1e6 + 0.0;
        let one = |operand: &CaseOperand| match operand.value.len() {
            0..=SHOWN_MAX => {
                let rounded = operand.value.map(digits);
                format!("{} = {}", operand.name, arrays::write(rounded.view()))
            }
            _ => format!("{} of shape {:?}", operand.name, operand.value.shape()),
        };
        self.operands.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// A formula of these operands as a function, and as a program if it is one.
    pub(crate) fn function_of(&self, formula: Formula, symbolic: Option<Symbolic>) -> Arc<dyn Function> {
        Arc::new(FormulaFunction {
            formula,
            kinds: self.kinds(),
            names: self.names(),
            symbolic,
        })
    }

    pub(crate) fn kinds(&self) -> Vec<OperandKind> {
        self.operands.iter().map(|operand| operand.kind).collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.operands.iter().map(|operand| operand.name.clone()).collect()
    }
}
