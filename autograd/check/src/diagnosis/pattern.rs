//! Where the wrong entries of a gradient are, in words: what can be said of an error that no mistake explains.

use ndarray::{ArrayD, Dimension};

use crate::diagnosis::diagnose::SAME;
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::magnitude::largest;
use tapegrad_core::op::OperandKind;

/// Where the wrong entries are; the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// The gradient has another shape.
    Shape,
    /// Entries that should be 0 are not.
    NotZero,
    /// Entries are 0 that should not be.
    Lost,
    /// In the first slice along an axis, counted from the end.
    First(usize),
    /// In the last slice along an axis, counted from the end.
    Last(usize),
    /// Everywhere but in the first slice along an axis.
    AllButFirst(usize),
    /// Everywhere but in the last slice along an axis.
    AllButLast(usize),
    /// On the diagonal of the last two axes.
    Diagonal,
    /// Beside the diagonal of the last two axes.
    OffDiagonal,
    /// In rows of a table that several ids name.
    RepeatedIds,
    /// Where the operand is negative.
    Negative,
    /// Where the operand is positive.
    Positive,
    /// Where the operand is larger than 1 in magnitude.
    Large,
    /// Where the operand is smaller than 1 in magnitude.
    Small,
    /// Every entry.
    Everywhere,
    /// Some entries.
    Some,
}

impl Pattern {
    /// The pattern that all draws with a wrong gradient of this operand have.
    pub fn of(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Self {
        let seen: Vec<Vec<Self>> = draws
            .iter()
            .filter_map(|(p, e)| patterns(p, e, operand))
            .filter(|patterns| !patterns.is_empty())
            .collect();
        let Some((first, rest)) = seen.split_first() else {
            return Self::Some;
        };
        let common = first
            .iter()
            .filter(|pattern| rest.iter().all(|other| other.contains(pattern)));
        common.min().copied().unwrap_or(Self::Some)
    }

    /// True if a case shows this pattern.
    pub fn is_at(self, prepared: &PreparedCase, evaluation: &Evaluation, operand: usize) -> bool {
        self == Self::Some || patterns(prepared, evaluation, operand).is_some_and(|patterns| patterns.contains(&self))
    }

    /// The pattern as a sentence about `g`.
    pub fn text(self, g: &str) -> String {
        let axis = |back: usize| match back {
            1 => "the last axis".to_string(),
            back => format!("axis -{back}"),
        };
        match self {
            Self::Shape => format!("{g} has the wrong shape"),
            Self::NotZero => {
                format!("only those entries of {g} are wrong that should be 0: something counts that should not")
            }
            Self::Lost => format!("only those entries of {g} are wrong that are 0: their contributions are lost"),
            Self::First(back) => format!("only the first slice of {g} along {} is wrong", axis(back)),
            Self::Last(back) => format!("only the last slice of {g} along {} is wrong", axis(back)),
            Self::AllButFirst(back) => format!("all of {g} is wrong but the first slice along {}", axis(back)),
            Self::AllButLast(back) => format!("all of {g} is wrong but the last slice along {}", axis(back)),
            Self::Diagonal => format!("only the diagonal of {g} is wrong"),
            Self::OffDiagonal => format!("all of {g} is wrong but its diagonal"),
            Self::RepeatedIds => format!("only those rows of {g} are wrong that several ids name"),
            Self::Negative => format!("{g} is wrong only where the operand is negative"),
            Self::Positive => format!("{g} is wrong only where the operand is positive"),
            Self::Large => format!("{g} is wrong only where the operand is larger than 1 in magnitude"),
            Self::Small => format!("{g} is wrong only where the operand is smaller than 1 in magnitude"),
            Self::Everywhere => format!("every entry of {g} is wrong"),
            Self::Some => format!("some entries of {g} are wrong"),
        }
    }
}

/// All patterns that fit the wrong entries at one case; `None` if not all of the gradient is known or none is wrong.
fn patterns(prepared: &PreparedCase, evaluation: &Evaluation, operand: usize) -> Option<Vec<Pattern>> {
    let right = prepared.reference.gradient(operand)?;
    let given = &evaluation.g_x[operand];
    if given.shape() != right.shape() {
        return Some(vec![Pattern::Shape]);
    }
    let x = &prepared.reference.case.operands[operand].value;
    let entries = Entries::new(given, &right, x, 100.0 * prepared.reference.rounding_of(operand))?;
    let mut found = vec![Pattern::Some];
    let mut add = |pattern: Pattern, fits: bool| found.extend(fits.then_some(pattern));
    // A pattern says something only if some right entries are outside of it.
    add(Pattern::NotZero, entries.only(&|e| e.right == 0.0));
    add(Pattern::Lost, entries.only(&|e| e.given == 0.0));
    add(Pattern::Negative, entries.exactly(&|e| e.x < 0.0));
    add(Pattern::Positive, entries.exactly(&|e| e.x > 0.0));
    add(Pattern::Large, entries.exactly(&|e| e.x.abs() > 1.0));
    add(Pattern::Small, entries.exactly(&|e| e.x.abs() < 1.0));
    let rank = right.ndim();
    for axis in 0..rank {
        let (last, back) = (right.shape()[axis].saturating_sub(1), rank - axis);
        add(Pattern::First(back), entries.only(&|e| e.index[axis] == 0));
        add(Pattern::Last(back), entries.only(&|e| e.index[axis] == last));
        add(Pattern::AllButFirst(back), entries.exactly(&|e| e.index[axis] != 0));
        add(Pattern::AllButLast(back), entries.exactly(&|e| e.index[axis] != last));
    }
    if rank >= 2 && right.shape()[rank - 1] > 1 && right.shape()[rank - 2] > 1 {
        let is_diagonal = |e: &Entry| e.index[rank - 1] == e.index[rank - 2];
        add(Pattern::Diagonal, entries.only(&is_diagonal));
        add(Pattern::OffDiagonal, entries.exactly(&|e| !is_diagonal(e)));
    }
    for ids in prepared
        .reference
        .case
        .operands
        .iter()
        .filter(|x| x.kind == OperandKind::Id)
    {
        let count = |row: usize| ids.value.iter().filter(|id| **id == row as f64).count();
        add(
            Pattern::RepeatedIds,
            rank > 0 && entries.only(&|e| count(e.index[0]) > 1),
        );
    }
    add(Pattern::Everywhere, entries.all.iter().all(|e| e.is_wrong));
    Some(found)
}

/// One entry of a gradient.
pub(super) struct Entry {
    pub index: Vec<usize>,
    pub given: f64,
    pub right: f64,
    pub x: f64,
    pub is_wrong: bool,
}

/// The entries of the gradient of an operand at one case; `None` if not all of it is known, or its shape is another.
pub(super) fn entries(prepared: &PreparedCase, evaluation: &Evaluation, operand: usize) -> Option<Vec<Entry>> {
    let right = prepared.reference.gradient(operand)?;
    let given = evaluation.g_x.get(operand)?;
    let x = &prepared.reference.case.operands.get(operand)?.value;
    let floor = 100.0 * prepared.reference.rounding_of(operand);
    (given.shape() == right.shape()).then(|| Entries::of(given, &right, x, floor))
}

struct Entries {
    all: Vec<Entry>,
}

impl Entries {
    fn new(given: &ArrayD<f64>, right: &ArrayD<f64>, x: &ArrayD<f64>, floor: f64) -> Option<Self> {
        let all = Self::of(given, right, x, floor);
        all.iter().any(|e| e.is_wrong).then_some(Self { all })
    }

    fn of(given: &ArrayD<f64>, right: &ArrayD<f64>, x: &ArrayD<f64>, floor: f64) -> Vec<Entry> {
        let scale = largest(right);
        given
            .indexed_iter()
            .zip(right)
            .zip(x)
            .map(|(((index, given), right), x)| Entry {
                index: index.slice().to_vec(),
                given: *given,
                right: *right,
                x: *x,
                is_wrong: !((given - right).abs() <= floor + SAME * 1e-3 * scale),
            })
            .collect()
    }

    /// All wrong entries are of this kind, and some right ones are not.
    fn only(&self, is_kind: &dyn Fn(&Entry) -> bool) -> bool {
        self.all.iter().all(|e| !e.is_wrong || is_kind(e)) && self.all.iter().any(|e| !e.is_wrong && !is_kind(e))
    }

    /// The wrong entries are those of this kind, and there are others.
    fn exactly(&self, is_kind: &dyn Fn(&Entry) -> bool) -> bool {
        self.only(is_kind) && self.all.iter().all(|e| e.is_wrong == is_kind(e))
    }
}
