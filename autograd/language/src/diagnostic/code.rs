//! The codes of mistakes and warnings, each with its title; [`explain`](crate::explain) has a page for each.

use serde::Serialize;

/// Whether a diagnostic is a mistake or a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The program has no meaning.
    Error,
    /// The program has a meaning, but perhaps not the intended one.
    Warning,
}

macro_rules! codes {
    ($($code:ident $title:literal)*) => {
        /// One kind of mistake or warning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        pub enum Code { $( #[doc = $title] $code, )* }

        impl Code {
            /// All codes in order.
            pub const ALL: &[Self] = &[ $( Self::$code, )* ];

            /// The name, such as `E01`.
            pub fn name(self) -> &'static str {
                match self { $( Self::$code => stringify!($code), )* }
            }

            /// One line about the kind of mistake.
            pub fn title(self) -> &'static str {
                match self { $( Self::$code => $title, )* }
            }
        }
    };
}

codes! {
    E00 "this does not follow the grammar"
    E01 "axes do not meet"
    E02 "cannot line up the axes"
    E03 "same axes, different order"
    E04 "over which axis?"
    E05 "two axes have this name"
    E06 "no such axis"
    E07 "the objective must be a single number"
    E08 "unknown name"
    E09 "unknown function"
    E10 "used before it is defined"
    E11 "ids of one thing used to index another"
    E12 "this cannot be used as an index"
    E13 "cannot split or merge"
    E14 "sizes do not work out"
    E15 "`as` changes a size"
    E16 "an index has two sizes"
    E17 "index range unknown"
    E18 "free index is neither on the left nor summed"
    E19 "a position outside of its axis"
    E20 "wrong number of arguments"
    E21 "name defined twice"
    E22 "layer called without a name"
    E23 "a reserved name"
    E24 "`grad` cannot derive by this"
    E25 "a value without a result"
    W01 "parameter never used in the objective"
    W02 "log of a softmax written out"
    W03 "a mask row allows no position"
    W05 "the objective goes the wrong way"
    W06 "a loop that is one matrix product"
    W07 "the same indices in another order"
    W08 "nothing uses this"
}

impl Code {
    /// Error or warning.
    pub fn severity(self) -> Severity {
        if self.name().starts_with('E') {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// The code of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.name().eq_ignore_ascii_case(name))
    }
}
