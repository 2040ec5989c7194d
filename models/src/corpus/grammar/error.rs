//! What can be wrong with a grammar, each with its place in the file and the mend.

use std::fmt;

use thiserror::Error;

/// A place in the text of a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, counted from 1.
    pub line: u32,
    /// The character in the line, counted from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is not a grammar: the place and the problem.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{at}: {problem}")]
pub struct GrammarError {
    /// Where in the text.
    pub at: Place,
    /// What is wrong there and what would be right.
    pub problem: Problem,
}

/// What is wrong with a grammar; the text of each says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The text has no rule at all.
    #[error("the grammar has no rule; write one, such as `Sentence -> narwhals/N sing/V`")]
    NoRule,
    /// An indented line has nothing above it that it could continue.
    #[error("an indented line continues the line above, and there is none; start this line at column 1")]
    NothingToContinue,
    /// A line is neither a rule nor a feature.
    #[error("expected a rule `Name -> ...` or a feature `name = value | value`; to continue the line above, indent")]
    NeitherRuleNorFeature,
    /// An opening bracket has no closing one.
    #[error("`[` is not closed on this line; write the arguments as `Name[a, b]`")]
    OpenBracket,
    /// A name has characters that names may not have.
    #[error("`{found}` is not a name; a name is a letter followed by letters, digits, `_`, `-` or `'`")]
    BadName {
        /// What stands there.
        found: String,
    },
    /// `->` or `=` stands inside a rule or a feature.
    #[error("`{found}` is inside a definition; start a new definition on its own line, at column 1")]
    SecondDefinition {
        /// The arrow or the equals sign.
        found: String,
    },
    /// A weight that is not a positive number in the accepted notation.
    #[error("`{found}` is not a weight; write a positive number as 3, 0.25 or 2/5, with at most 9 digits a part")]
    BadWeight {
        /// What stands there.
        found: String,
    },
    /// A weight of zero.
    #[error("the weight is zero, so the alternative can never be chosen; give it a weight above 0 or delete it")]
    ZeroWeight,
    /// A weight in the middle of an alternative.
    #[error("the weight `{found}` is inside the alternative; put it in front, after `->` or `|`")]
    MisplacedWeight {
        /// The weight.
        found: String,
    },
    /// The weights of a rule have no common denominator that fits.
    #[error("the weights have no common denominator below 2^64; write them with fewer digits")]
    UnwieldyWeights,
    /// Nothing between two bars.
    #[error("an alternative is empty; write `()` if it means no word, or delete the bar")]
    EmptyAlternative,
    /// `()` beside other symbols.
    #[error("`()` means no word and must be alone in its alternative; delete it")]
    CrowdedNothing,
    /// A word without text or without tag.
    #[error("`{found}` is not a word with its part of speech; write it as `word/TAG`")]
    BadWord {
        /// What stands there.
        found: String,
    },
    /// A feature without values, or with something between two bars that is not one value.
    #[error("expected one value between bars; write a feature as `name = value | value`")]
    BadFeature,
    /// A feature, or one of its values, is named twice, or a feature is named like a value.
    #[error("`{name}` is already a feature or a value of this feature; choose another name")]
    RepeatedFeature {
        /// The name.
        name: String,
    },
    /// An argument is neither a feature nor a value.
    #[error("`{name}` is neither a feature nor a value of one; declare it at column 1: `{name} = value | value`")]
    UnknownArgument {
        /// The argument.
        name: String,
    },
    /// The first rule has arguments.
    #[error("the first rule is the whole sentence and takes no arguments; put `Sentence -> {name}` above it")]
    StartWithArguments {
        /// The rule with its arguments.
        name: String,
    },
    /// A symbol without a rule.
    #[error("`{name}` has no rule; add `{name} -> ...`, or, if it is a word, write its tag: `{bare}/TAG`")]
    Undefined {
        /// The symbol with its arguments.
        name: String,
        /// The symbol without its arguments.
        bare: String,
    },
    /// A symbol whose name has rules, but not for these arguments.
    #[error("`{name}` has no rule, but `{defined}` has; change the arguments here or add a rule for them")]
    UndefinedArguments {
        /// The symbol with its arguments.
        name: String,
        /// A symbol of that name which is defined.
        defined: String,
    },
    /// Two rules define the same symbol.
    #[error("`{name}` already has a rule at {first}; write all its alternatives in one rule")]
    DefinedTwice {
        /// The symbol with its arguments.
        name: String,
        /// Where the other rule stands.
        first: Place,
    },
    /// A rule that no sentence uses.
    #[error("no sentence can use `{name}`; refer to it from a rule that the first rule reaches, or delete it")]
    Unreachable {
        /// The symbol with its arguments.
        name: String,
    },
    /// A symbol is part of itself.
    #[error("recursion: {path}; sentences must have a bounded length; remove one of these references")]
    Cycle {
        /// The symbols of the circle; the last equals the first.
        path: String,
    },
    /// Rules are nested too deeply.
    #[error("rules are nested more than {limit} deep below `{name}`; flatten the grammar")]
    TooDeep {
        /// The symbol at the top.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// The sentence may have no word.
    #[error("a sentence can have no word at all; make sure that one of its parts cannot be `()`")]
    EmptySentence,
    /// The grammar or its automaton is too large.
    #[error("the grammar needs more than {limit} {what}; use fewer features or fewer values")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// One sentence has two derivations.
    #[error(
        "ambiguous: `{sentence}` has two derivations (`#2` is the second alternative of a rule):\n  {first}\n  {second}\n\
         delete or change one of the alternatives in which they differ"
    )]
    Ambiguous {
        /// A sentence that shows it.
        sentence: String,
        /// One derivation, with brackets.
        first: String,
        /// Another derivation of the same words.
        second: String,
    },
}

/// An exact figure that would need more room than is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// The floors of a high order have too many contexts.
    #[error("the best n-gram of order {order} has more than {limit} contexts; ask for a lower order")]
    Contexts {
        /// The order that was too much.
        order: usize,
        /// The largest number of contexts of one length.
        limit: u64,
    },
    /// The prefixes of one length leave too many distinct states of knowledge.
    #[error(
        "at position {position} there are more than {limit} distinct prefixes to tell apart; use a smaller grammar"
    )]
    Beliefs {
        /// The position, counted from 1.
        position: usize,
        /// The largest number of distinct beliefs at one position.
        limit: usize,
    },
}
