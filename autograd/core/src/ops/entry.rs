//! What is said of an op without having one: an entry of the registry.

use std::sync::LazyLock;

use super::AnyOp;
use crate::op::{Attribute, AttributeValue, Draw, Equations, Keeps, Op, Operand, Sample, Word, WrongAttribute};

/// Everything that an op says about itself, as data.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name in graphs, messages and the graph language.
    pub name: &'static str,
    /// What the op does, in one sentence.
    pub meaning: &'static str,
    /// The axes of the operands and of the result.
    pub shapes: &'static str,
    /// The words and signs of the graph language for it.
    pub words: &'static [Word],
    /// True if the operands are repeated to a common shape.
    pub broadcasts: bool,
    /// The equations of forward().
    pub forward: Equations,
    /// The equations of backward().
    pub backward: Equations,
    /// The operands in order, with the letters of the equations.
    pub operands: &'static [Operand],
    /// What backward() reads.
    pub keeps: Keeps,
    /// The attributes in order.
    pub attributes: &'static [Attribute],
    /// The source file, from the root of the project.
    pub file: &'static str,
    from_attributes: fn(&dyn Fn(&str) -> AttributeValue) -> Result<AnyOp, WrongAttribute>,
    sample: fn(&mut Draw) -> Sample<AnyOp>,
}

impl Entry {
    /// The entry of the op `O`, which stands in this file.
    pub(super) const fn of<O: Op + Into<AnyOp>>(file: &'static str) -> Self {
        Self {
            name: O::NAME,
            meaning: O::MEANING,
            shapes: O::SHAPES,
            words: O::WORDS,
            broadcasts: O::BROADCASTS,
            forward: O::FORWARD,
            backward: O::BACKWARD,
            operands: O::OPERANDS,
            keeps: O::KEEPS,
            attributes: O::ATTRIBUTES,
            file,
            from_attributes: |given| O::from_attributes(given).map(Into::into),
            sample: |draw| O::sample(draw).any(),
        }
    }

    /// The op with these attributes, or which of them cannot be.
    pub fn with_attributes(&self, given: &dyn Fn(&str) -> AttributeValue) -> Result<AnyOp, WrongAttribute> {
        (self.from_attributes)(given)
    }

    /// A random instance of the op with operands, for the laws.
    pub fn sample(&self, draw: &mut Draw) -> Sample<AnyOp> {
        (self.sample)(draw)
    }

    /// The equations of both directions as one line of text each.
    pub fn formulas(&'static self) -> (&'static str, &'static str) {
        static FORMULAS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
            let line = |equations: Equations| {
                let sides: Vec<String> = equations
                    .iter()
                    .map(|(left, right)| format!("{left} = {right}"))
                    .collect();
                sides.join(", ")
            };
            super::REGISTRY
                .iter()
                .map(|entry| (line(entry.forward), line(entry.backward)))
                .collect()
        });
        let own = super::REGISTRY.iter().position(|entry| entry.name == self.name);
        let (forward, backward) = &FORMULAS[own.expect("an entry stands in the registry")];
        (forward, backward)
    }
}

/// The entry of the op of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    super::REGISTRY.iter().find(|entry| entry.name == name)
}
