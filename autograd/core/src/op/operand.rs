//! What an op says of each of its operands: a letter, a kind, and how often it stands.

/// One operand of an op: its letter in the formula and what kind of numbers it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// The letter of the formula.
    pub name: &'static str,
    /// What the numbers mean.
    pub kind: OperandKind,
    /// Whether the operand may be left out, or may stand any number of times.
    pub arity: Arity,
    /// What it is, in a few words.
    pub meaning: &'static str,
}

/// What the numbers of an operand mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandKind {
    /// Real numbers; the op gives a gradient for them.
    Real,
    /// Whole numbers counted from 0 that pick a row; there is no gradient.
    Id,
    /// Numbers where 0 means no and anything else yes; there is no gradient.
    Mask,
}

/// How often an operand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly once.
    One,
    /// Once or not at all; only trailing operands may be left out.
    Optional,
    /// Any number of times, at least once.
    Many,
}

impl Operand {
    /// A real operand that must be given.
    pub const fn real(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Real,
            arity: Arity::One,
            meaning,
        }
    }
    /// Ids that must be given.
    pub const fn id(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Id,
            arity: Arity::One,
            meaning,
        }
    }
    /// A mask that must be given.
    pub const fn mask(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            kind: OperandKind::Mask,
            arity: Arity::One,
            meaning,
        }
    }
    /// The same operand, which may be left out.
    pub const fn optional(self) -> Self {
        Self {
            arity: Arity::Optional,
            ..self
        }
    }
    /// The same operand, any number of times.
    pub const fn many(self) -> Self {
        Self {
            arity: Arity::Many,
            ..self
        }
    }
}

/// The description of the operand at `position`; the last one stands for all that follow it.
#[inline]
pub fn operand_at(described: &'static [Operand], position: usize) -> &'static Operand {
    described
        .get(position)
        .or(described.last())
        .expect("an op that is given operands describes them")
}
