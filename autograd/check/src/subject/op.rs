//! An op of the registry as a subject.

use std::sync::Arc;

use ndarray::ArrayD;

use super::{Case, CaseOperand, Kind, Subject};
use crate::function::{Function, OpFunction};
use tapegrad_core::module::{Module, OpModule};
use tapegrad_core::op::Draw;
use tapegrad_core::ops::{AnyOp, NAMES};
use tapegrad_core::shape::Shape;

/// An op of the registry, on its own samples.
#[derive(Clone, Debug)]
pub struct OpSubject {
    name: &'static str,
}

impl OpSubject {
    /// The op with this name, if there is one.
    pub fn new(name: &str) -> Option<Self> {
        let name = NAMES.iter().find(|known| **known == name)?;
        Some(Self { name })
    }

    /// All ops of the registry, in its order.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|name| Self { name })
    }
}

impl Subject for OpSubject {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn kind(&self) -> Kind {
        Kind::Op
    }

    fn case(&self, draw: &mut Draw) -> Case {
        let sample = AnyOp::sample(self.name, draw).expect("the name is one of the registry");
        let operands: Vec<CaseOperand> = sample
            .operands
            .into_iter()
            .enumerate()
            .map(|(position, value)| operand_of(&sample.op, position, value))
            .collect();
        let constants = crate::subject::attributes::numbers(&sample.op);
        Case {
            given: operands.len(),
            operands,
            op: Some(sample.op),
            constants,
        }
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        Box::new(OpModule::<f64>::new(case_op(case)))
    }

    fn single(&self, case: &Case) -> Option<Box<dyn Module<f32>>> {
        Some(Box::new(OpModule::<f32>::new(case_op(case))))
    }

    fn patterns(&self, draw: &mut Draw) -> Vec<Case> {
        if !BROADCASTING.contains(&self.name) {
            return Vec::new();
        }
        let sample = AnyOp::sample(self.name, draw).expect("the name is one of the registry");
        let pairs = suffixes()
            .into_iter()
            .flat_map(|a| suffixes().into_iter().map(move |b| (a, b)));
        pairs
            .map(|(a, b)| self.broadcast(sample.op.clone(), [a, b], draw))
            .collect()
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        Some(Arc::new(OpFunction(case_op(case))))
    }
}

/// The ops whose last two operands are broadcast to one shape.
const BROADCASTING: [&str; 8] = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "where"];

/// Every shape that broadcasts to `[2, 3, 2]`: leading axes missing, and each other axis whole or 1.
fn suffixes() -> Vec<Shape> {
    const WHOLE: [usize; 3] = [2, 3, 2];
    let mut all = Vec::new();
    for missing in 0..=WHOLE.len() {
        let axes = &WHOLE[missing..];
        for whole in 0..1_usize << axes.len() {
            let size = |(i, &size): (usize, &usize)| if whole >> i & 1 == 1 { size } else { 1 };
            all.push(axes.iter().enumerate().map(size).collect());
        }
    }
    all
}

impl OpSubject {
    /// A case of a broadcasting op with these shapes; the values suit a base, a divisor and a comparison.
    fn broadcast(&self, op: AnyOp, [a, b]: [Shape; 2], draw: &mut Draw) -> Case {
        let values = [draw.between(a, 0.3, 2.0), draw.away_from_zero(b)];
        let mask = (self.name == "where").then(|| draw.mask(a));
        let operands: Vec<CaseOperand> = mask
            .into_iter()
            .chain(values)
            .enumerate()
            .map(|(position, value)| operand_of(&op, position, value))
            .collect();
        Case {
            given: operands.len(),
            operands,
            op: Some(op),
            constants: Vec::new(),
        }
    }
}

fn operand_of(op: &AnyOp, position: usize, value: ArrayD<f64>) -> CaseOperand {
    let operand = op.operand(position);
    CaseOperand {
        name: operand.name.to_string(),
        kind: operand.kind,
        value,
    }
}

fn case_op(case: &Case) -> AnyOp {
    case.op.clone().expect("a case of an op holds the op")
}
