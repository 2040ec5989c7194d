//! The mistakes that a diagnosis can name, each with its cost, its identifier and its sentence.
//!
//! A mistake is the same one at all sizes, so that it can be recognised on draws of different sizes. The families stand
//! beside the gradients that they would give, in [`hypotheses`]; those of whole programs in [`program_edit`].

pub(crate) mod hypotheses;
pub(crate) mod program_edit;

use std::cmp::Ordering;

use serde::{Serialize, Serializer};

use hypotheses::{
    GraphMistake, JacobianMistake, LocalDerivativeMistake, OtherFactor, ProgramMistake, ResultMistake, ScaledPath,
    UpstreamMistake, ValueMistake,
};

/// A mistake that a wrong gradient may behave as if it had.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mistake {
    /// In what becomes of the right gradient.
    Result(ResultMistake),
    /// In what is done with the upstream gradient.
    Upstream(UpstreamMistake),
    /// In what is done with the Jacobian, and in the shapes of what comes out.
    Jacobian(JacobianMistake),
    /// In the derivative of an elementwise function.
    LocalDerivative(LocalDerivativeMistake),
    /// The derivative is the right one of other values.
    Value(ValueMistake),
    /// At one place of the function's graph.
    Graph(GraphMistake),
    /// At one place of the derived backward program.
    Program(ProgramMistake),
    /// The contribution along one path is multiplied by a number.
    ScaledPath(ScaledPath),
    /// The gradient is multiplied by the same unnamed number on all draws.
    ConstantFactor(Shown<f64>),
    /// Some entries of the gradient are multiplied by the same unnamed number on all draws.
    PartFactor(Shown<f64>),
    /// The gradient has a number times the upstream gradient too much.
    ConstantTerm(Shown<f64>),
    /// Each entry has a factor too much or too little.
    OtherFactor(OtherFactor),
    /// Two mistakes at once.
    Both(Box<Mistake>, SecondMistake),
}

/// A mistake that is considered besides another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecondMistake {
    /// The sign is flipped.
    Sign,
    /// The gradient is doubled.
    Doubled,
    /// The gradient is halved.
    Halved,
    /// The gradient, a matrix, is transposed.
    Transposed,
}

/// The cost, the identifier and the sentence of a mistake.
pub(crate) struct Description {
    /// How unusual it is; of several that fit, the cheapest is reported.
    pub cost: f64,
    /// The identifier in JSON and in remarks.
    pub cause: String,
    /// The words that follow "your gradient behaves as if", or a whole sentence in which `{g}` stands for the gradient.
    pub sentence: String,
    /// The sentence without the right formula; empty if the sentence does not give it away.
    pub hint: String,
}

impl Description {
    pub fn new(cost: f64, cause: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            cost,
            cause: cause.into(),
            sentence: sentence.into(),
            hint: String::new(),
        }
    }

    /// The same with a sentence that does not give the right formula away.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The sentence about a gradient.
    pub fn about(&self, g: &str) -> String {
        spoken(&self.sentence, g)
    }

    /// The sentence about a gradient, without the right formula.
    pub fn hint_about(&self, g: &str) -> String {
        match self.hint.is_empty() {
            true => self.about(g),
            false => spoken(&self.hint, g),
        }
    }

    /// The sentence as it stands beside another one.
    pub fn aside(&self, g: &str) -> String {
        named(&self.sentence, g)
    }
}

fn spoken(sentence: &str, g: &str) -> String {
    match sentence.contains("{g}") {
        true => named(sentence, g),
        false => format!("your gradient {g} behaves as if {}", named(sentence, g)),
    }
}

/// A sentence in which `{g}` stands for the gradient, and `{x}` for the operand where x is not its name already.
fn named(sentence: &str, g: &str) -> String {
    let operand = g.strip_prefix("g_").filter(|name| *name != "x");
    let operand = operand.map_or(String::new(), |name| format!(" {name}"));
    sentence.replace("{g}", g).replace("{x}", &operand)
}

impl Mistake {
    /// The identifier in JSON and in remarks.
    pub fn cause(&self) -> String {
        self.description().cause
    }

    /// The cost, the identifier and the sentence.
    pub(crate) fn description(&self) -> Description {
        match self {
            Self::Result(mistake) => mistake.description(),
            Self::Upstream(mistake) => mistake.description(),
            Self::Jacobian(mistake) => mistake.description(),
            Self::LocalDerivative(mistake) => mistake.description(),
            Self::Value(mistake) => mistake.description(),
            Self::Graph(mistake) => mistake.description(),
            Self::Program(mistake) => mistake.description(),
            Self::ScaledPath(path) => path.description(),
            Self::ConstantFactor(Shown(factor)) => Description::new(
                2.2,
                "constant factor",
                format!("it were multiplied by the constant factor {}", constant_text(*factor)),
            ),
            Self::PartFactor(Shown(factor)) => {
                let (cost, what) = match (factor + 1.0).abs() < 1e-6 {
                    true => (2.65, "have the wrong sign".to_string()),
                    false => (
                        2.7,
                        format!("are multiplied by the constant factor {}", constant_text(*factor)),
                    ),
                };
                Description::new(cost, "part times a factor", format!("some entries of {{g}} {what}"))
            }
            Self::ConstantTerm(Shown(term)) => {
                let (term, how) = match *term < 0.0 {
                    true => (-term, "lacks a"),
                    false => (*term, "has an extra"),
                };
                let sentence = format!(
                    "{{g}} {how} constant term: {} times the upstream gradient",
                    constant_text(term)
                );
                Description::new(2.75, "constant term", sentence)
            }
            Self::OtherFactor(factor) => factor.description(),
            Self::Both(first, second) => second.beside(&first.description()),
        }
    }

    /// True if a number in it is fitted to what was given, so that it gives no gradient by itself.
    pub(crate) fn is_fitted(&self) -> bool {
        matches!(
            self,
            Self::ConstantFactor(_) | Self::PartFactor(_) | Self::ConstantTerm(_)
        )
    }

    /// The mistake itself, or the first one of two.
    pub(crate) fn first(&self) -> &Self {
        match self {
            Self::Both(first, _) => first,
            single => single,
        }
    }
}

/// A number with six digits, and what it is if it is a well-known constant or its reciprocal.
fn constant_text(factor: f64) -> String {
    use std::f64::consts::{E, LN_2, LN_10, PI, SQRT_2};
    let constants = [
        (PI, "π"),
        (2.0 * PI, "2π"),
        ((2.0 * PI).sqrt(), "√(2π)"),
        (PI.sqrt(), "√π"),
        ((2.0 / PI).sqrt(), "√(2/π)"),
        (180.0 / PI, "180/π"),
        (LN_2, "ln 2"),
        (LN_10, "ln 10"),
        (E, "e"),
        (SQRT_2, "√2"),
    ];
    let digits = (factor * 1e6).round() / 1e6;
    let is = |value: f64| (factor.abs() - value).abs() <= 1e-6 * value;
    let known = constants.iter().find_map(|&(value, name)| match () {
        () if is(value) => Some(name.to_string()),
        () if is(1.0 / value) => Some(format!("1/({name})")),
        () => None,
    });
    known.map_or(digits.to_string(), |name| {
        format!("{digits}, which is {name} in magnitude")
    })
}

impl SecondMistake {
    fn beside(self, first: &Description) -> Description {
        let (more, cause, sentence) = match self {
            Self::Sign => (1.0, "sign", "the sign were flipped"),
            Self::Doubled => (2.0, "factor 2", "multiplied by 2"),
            Self::Halved => (2.0, "factor 1/2", "multiplied by 1/2"),
            Self::Transposed => (1.5, "transposed", "transposed"),
        };
        let hint = match first.hint.is_empty() {
            true => String::new(),
            false => format!("{}, and {sentence}", first.hint),
        };
        Description::new(
            first.cost + more,
            format!("{} & {cause}", first.cause),
            format!("{}, and {sentence}", first.sentence),
        )
        .with_hint(hint)
    }
}

/// In JSON a mistake is its identifier.
impl Serialize for Mistake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.cause())
    }
}

/// A detail of the case at hand that a sentence shows: it does not tell mistakes apart.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

impl<T> PartialEq for Shown<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Shown<T> {}

impl<T> PartialOrd for Shown<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Shown<T> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

macro_rules! family {
    ($($of:ident is $kind:ident),*) => {
        $(impl From<$of> for Mistake {
            fn from(mistake: $of) -> Self {
                Self::$kind(mistake)
            }
        })*
    };
}

family!(
    ResultMistake is Result, UpstreamMistake is Upstream, JacobianMistake is Jacobian,
    LocalDerivativeMistake is LocalDerivative, ValueMistake is Value, GraphMistake is Graph, ProgramMistake is Program, OtherFactor is OtherFactor
);
