//! The shape of a typed value, once its sizes are numbers.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::size::{Bound, NoNumber, Size};
use crate::meaning::types::Type;
use crate::meaning::unroll::{self, Done};
use crate::span::Span;
use tapegrad_core::shape::{RANK_MAX, Shape};

/// The shape of a value of this type; `span` is its place in the program.
///
/// **Errors** if a size has no number or a negative one, or if the array would be too large.
pub(in crate::run) fn shape_of(ty: &Type, bound: &Bound, span: Span) -> Done<Shape> {
    let sizes: Vec<i64> = ty
        .axes
        .iter()
        .map(|axis| number(&axis.size, bound))
        .collect::<Done<_>>()?;
    let impossible = |why: &str| Err(unroll::impossible(span, bound, why));
    if sizes.len() > RANK_MAX {
        return impossible("an array has at most 8 axes");
    }
    if let Some(size) = sizes.iter().find(|&&size| size < 0) {
        return impossible(&format!("an axis would have size {size}"));
    }
    let entries = sizes.iter().try_fold(1i64, |product, &size| product.checked_mul(size));
    if entries.is_none_or(|entries| entries > i64::from(u32::MAX)) {
        return impossible(&format!("an array of {sizes:?} is too large"));
    }
    Ok(sizes.iter().map(|&size| size as usize).collect())
}

/// The number that a size stands for.
pub(super) fn number(size: &Size, bound: &Bound) -> Done<i64> {
    let wrong = |why: NoNumber| Box::new(Diagnostic::new(Code::E14, Span::default(), why.to_string()));
    size.value(bound).map_err(wrong)
}
