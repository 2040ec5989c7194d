//! Functions of matrices: the last two axes are rows and columns, those before them count the matrices of a stack.

use crate::meaning::types::Axis;

/// The words of functions of matrices.
pub(crate) const WORDS: [&str; 5] = ["inverse", "solve", "cholesky", "logdet", "tril"];

/// The axes of the result of one of these functions; `None` for another word, or for operands that are no matrices.
///
/// A matrix `A[i, j]` turns what has the axis `j` into what has `i`. So its inverse is `[j, i]`, and the solution `x`
/// of `A x = b` has `j` where `b` has `i`.
pub(crate) fn result_axes(word: &str, operands: &[&[Axis]]) -> Option<Vec<Axis>> {
    let (&a, others) = operands.split_first()?;
    let [stack @ .., rows, columns] = a else { return None };
    let of = |last: &[&Axis]| stack.iter().chain(last.iter().copied()).cloned().collect();
    Some(match (word, others) {
        ("inverse", []) => of(&[columns, rows]),
        ("cholesky" | "tril", []) => a.to_vec(),
        ("logdet", []) => stack.to_vec(),
        ("solve", [b]) if b.len() + 1 == a.len() => of(&[columns]),
        ("solve", [b]) if b.len() == a.len() => of(&[columns, b.last()?]),
        _ => return None,
    })
}
