//! The words and signs of the language and the ops that they stand for, as the ops say them.

use tapegrad_core::op::{AttributeValue, Form, Word};
use tapegrad_core::ops::{self, AnyOp, Entry, REGISTRY};

/// The word for the gradient of a number by a value. It stands for no op: a program's own operations compute it.
pub const GRADIENT: &str = "grad";

/// The ways in which a parameter begins, behind `~`, each with how many numbers it takes.
pub const INITIALIZERS: &[(&str, &[usize])] = &[
    ("zeros", &[0]),
    ("ones", &[0]),
    ("normal", &[1, 2]),
    ("uniform", &[1, 2]),
    ("glorot", &[0]),
    ("he", &[0]),
];

/// A word or sign, and the op that it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The word, with the form of its calls.
    pub word: &'static Word,
    /// The op.
    pub op: &'static Entry,
}

impl Function {
    /// The op of the word, with these attributes besides those that the word stands for.
    pub fn op_with(&self, given: &dyn Fn(&str) -> AttributeValue) -> AnyOp {
        let own = |field: &str| self.word.attributes.iter().find(|(name, _)| *name == field);
        let all = |field: &str| own(field).map_or_else(|| given(field), |(_, value)| AttributeValue::Number(*value));
        let op = self.op.with_attributes(&all);
        op.unwrap_or_else(|wrong| panic!("invariant: the word {} says what {} is", self.word.name, wrong.name))
    }
}

/// All words and signs, in the order of the ops.
pub fn all() -> impl Iterator<Item = Function> {
    let words = |op: &'static Entry| op.words.iter().map(move |word| Function { word, op });
    REGISTRY.iter().flat_map(words)
}

/// What is called by this word; of two forms of one word, the one that is not of pairs.
pub fn find(name: &str) -> Option<Function> {
    let is_of_pairs = |function: &Function| function.word.form == Form::Pair;
    all()
        .filter(|function| function.word.name == name)
        .min_by_key(is_of_pairs)
}

/// What is called by this word in this form.
pub fn find_form(name: &str, form: Form) -> Option<Function> {
    all().find(|function| function.word.name == name && function.word.form == form)
}

/// The op that an operation calls by a word, or by its name in the registry, over these axes of its operand.
pub(crate) fn called(name: &str, axes: &[usize]) -> AnyOp {
    let over = AttributeValue::List(axes.iter().map(|&axis| axis as f64).collect());
    let given = |field: &str| match (field, axes) {
        ("axis", &[axis]) => AttributeValue::Count(axis),
        _ => over.clone(),
    };
    if let Some(function) = find_form(name, Form::Unary) {
        return function.op_with(&given);
    }
    let op = ops::find(name).expect("the checker gives only names of ops");
    op.with_attributes(&given)
        .expect("the checker gives an op the attributes of its form")
}

/// True for a name, and not a sign, by which a function is called.
fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c == '_') && name != "if" && name != "neg"
}

/// True if a function is called by this word.
pub fn has(name: &str) -> bool {
    is_word(name) && all().any(|function| function.word.name == name)
}

/// The words by which functions are called.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = all()
        .map(|function| function.word.name)
        .filter(|name| is_word(name))
        .collect();
    names.dedup();
    names
}
