//! Formulas of the lecture's table.
//!
//! A formula is written entry by entry, and then every array has an index for each axis, or with whole arrays, and then
//! none has. How it is spelled in plain text and LaTeX is in `spell`, in MathML in `mathml`.

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A number, not negative.
    Number(f64),
    /// A value, a size or an index by its name, with indices: positions count from 1; a value of ids as an index names
    /// its entry.
    Symbol(String, Vec<Formula>),
    /// The gradient of a symbol; the letter is `g`, or another if the program has names that begin with `g_`.
    Gradient(String, Box<Formula>),
    /// As an index, the positions from the first to the last.
    Range(i64, i64),
    /// A function, perhaps along an index or axes.
    Call(String, Vec<Formula>, Along),
    /// A negation.
    Neg(Box<Formula>),
    /// A binary operator: `+ - * / ^`, `@` for a product of matrices, `.` for a product of arrays entry by entry.
    Operator(char, Box<Formula>, Box<Formula>),
    /// A sum or another reduction over indices.
    Over(&'static str, Vec<Bound>, Box<Formula>),
    /// `∂y/∂x`.
    Partial(Box<Formula>, Box<Formula>),
    /// The transpose; of a vector, the row.
    Transposed(Box<Formula>),
    /// The first value whose condition holds, or the last value.
    Cases(Vec<(Formula, Condition)>, Box<Formula>),
    /// 1 if the condition holds, else 0.
    Truth(Box<Condition>),
    /// An entry of what is no symbol.
    Entry(Box<Formula>, Vec<Formula>),
}

/// An index that a formula introduces.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Its letter.
    pub letter: String,
    /// The positions that it runs through.
    pub range: Range,
}

/// The positions that an index runs through.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// All positions of the axes that it stands at.
    Own,
    /// From 1 to a size.
    To(Box<Formula>),
    /// From 1 to the position that another index has.
    UpTo(Box<Formula>),
}

/// What a function works along.
#[derive(Clone, Debug, PartialEq)]
pub enum Along {
    /// Each entry, or all entries.
    Whole,
    /// An index, which stays the index of the result.
    Index(Bound),
    /// These axes of a whole array, by name.
    Axes(Vec<String>),
}

/// A chain of comparisons: `1 < t <= 3`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The leftmost side.
    pub first: Formula,
    /// Each sign, `= != < <= > >=`, and what stands to its right.
    pub rest: Vec<(&'static str, Formula)>,
}

use Formula::*;

impl Formula {
    /// An operator between two formulas.
    pub fn operator(sign: char, left: Self, right: Self) -> Self {
        Operator(sign, Box::new(left), Box::new(right))
    }

    /// A name without indices.
    pub fn name(name: &str) -> Self {
        Symbol(name.to_string(), Vec::new())
    }

    /// A whole number; a negative one is a negation.
    pub fn whole(value: i64) -> Self {
        match value < 0 {
            true => Neg(Box::new(Number(-(value as f64)))),
            false => Number(value as f64),
        }
    }

    /// The whole number, if the formula is one.
    pub(super) fn as_whole(&self) -> Option<i64> {
        match self {
            Number(value) if value.fract() == 0.0 => Some(*value as i64),
            Neg(inner) => inner.as_whole().map(|value| -value),
            _ => None,
        }
    }

    /// The name, if the formula is a name without indices.
    pub(super) fn as_name(&self) -> Option<&str> {
        match self {
            Symbol(name, indices) if indices.is_empty() => Some(name),
            _ => None,
        }
    }

    /// The sum; 0 is left out and numbers are added.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self.as_whole(), other.as_whole(), &self) {
            (Some(a), Some(b), _) => Self::whole(a + b),
            (_, Some(0), _) => self,
            (Some(0), _, _) => other,
            (_, Some(b), Operator('+' | '-', left, last)) if last.as_whole().is_some() => {
                let sign = if matches!(self, Operator('+', ..)) { 1 } else { -1 };
                let last = last.as_whole().unwrap_or(0) * sign;
                (**left).clone().plus(Self::whole(last + b))
            }
            (_, Some(b), _) if b < 0 => Self::operator('-', self, Self::whole(-b)),
            _ => match other {
                Neg(other) => Self::operator('-', self, *other),
                other => Self::operator('+', self, other),
            },
        }
    }

    /// The difference; 0 is left out and numbers are subtracted.
    pub(super) fn minus(self, other: Self) -> Self {
        match other.as_whole() {
            Some(value) => self.plus(Self::whole(-value)),
            None => Self::operator('-', self, other),
        }
    }

    /// The product; 1 is left out and numbers are multiplied.
    pub(super) fn times(self, other: Self) -> Self {
        match (self.as_whole(), other.as_whole()) {
            (Some(a), Some(b)) => Self::whole(a * b),
            (Some(1), _) => other,
            (_, Some(1)) => self,
            _ => Self::operator('*', self, other),
        }
    }

    /// How tightly it binds: a sum 4, a product 5, a power 7, a name 9.
    pub(super) fn strength(&self) -> u8 {
        match self {
            Operator('+' | '-', ..) | Over(..) => 4,
            Operator('*' | '/' | '@' | '.', ..) | Neg(_) => 5,
            Operator(..) | Transposed(_) => 7,
            _ => 9,
        }
    }

    /// True if an operand stands in brackets although it binds tightly enough: `(a / b) c` is not read as `a / (b c)`,
    /// and products of matrices and of entries are not mixed.
    pub(super) fn is_misread_beside(&self, sign: char, fractions_have_bars: bool) -> bool {
        match self {
            Operator('/', ..) => !fractions_have_bars && matches!(sign, '*' | '/' | '@' | '.'),
            Operator(own @ ('@' | '.'), ..) => matches!(sign, '@' | '.') && sign != *own,
            _ => false,
        }
    }

    /// Calls a function for this formula and all its parts.
    pub(super) fn visit(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        let all = |parts: &[Self], see: &mut dyn FnMut(&Self)| parts.iter().for_each(|part| part.visit(see));
        let of_condition = |condition: &Condition, see: &mut dyn FnMut(&Self)| {
            condition.first.visit(see);
            condition.rest.iter().for_each(|(_, part)| part.visit(see));
        };
        match self {
            Number(_) | Range(..) => {}
            Symbol(_, parts) | Call(_, parts, _) => all(parts, see),
            Gradient(_, inner) | Neg(inner) | Transposed(inner) => inner.visit(see),
            Operator(_, left, right) | Partial(left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Over(_, bounds, body) => {
                for bound in bounds {
                    if let Range::To(end) | Range::UpTo(end) = &bound.range {
                        end.visit(see);
                    }
                }
                body.visit(see);
            }
            Cases(cases, otherwise) => {
                for (value, condition) in cases {
                    value.visit(see);
                    of_condition(condition, see);
                }
                otherwise.visit(see);
            }
            Truth(condition) => of_condition(condition, see),
            Entry(inner, parts) => {
                inner.visit(see);
                all(parts, see);
            }
        }
    }
}

impl Condition {
    /// A comparison of two formulas.
    pub fn new(left: Formula, sign: &'static str, right: Formula) -> Self {
        Self {
            first: left,
            rest: vec![(sign, right)],
        }
    }

    /// The comparison that holds where this one does not.
    pub(super) fn negated(mut self) -> Self {
        let opposite = |sign: &str| match sign {
            "=" => "!=",
            "!=" => "=",
            "<" => ">=",
            "<=" => ">",
            ">" => "<=",
            _ => "<",
        };
        self.rest.iter_mut().for_each(|(sign, _)| *sign = opposite(sign));
        self
    }
}

/// Names that are spelled as a letter.
pub(super) const GREEK: &[(&str, &str)] = &[
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
];
