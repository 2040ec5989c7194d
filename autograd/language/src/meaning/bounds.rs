//! What is known to be at least 0, such as `N - 2` from `require N >= 2`, and what follows from it for all sizes.
//!
//! Every name stands for a whole number from 1 on. A size follows if subtracting known ones, each times something
//! positive, leaves a size that is at least 0 for all such numbers. This finds what indices and loops need; what it does
//! not find is refused, never assumed.

use super::facts::Facts;
use super::size::{Monomial, Size, without};
use crate::syntax::ast::Binary;

/// The sizes that are at least 0 when a comparison holds; nothing of `!=`, which says not which side is larger.
pub fn implied(left: &Size, comparison: Binary, right: &Size) -> Vec<Size> {
    let one = Size::number(1);
    let (more, less) = (left.minus(right), right.minus(left));
    match comparison {
        Binary::Less => vec![less.minus(&one)],
        Binary::LessEqual => vec![less],
        Binary::GreaterEqual => vec![more],
        Binary::Greater => vec![more.minus(&one)],
        Binary::Equal => vec![more, less],
        _ => Vec::new(),
    }
}

/// How many known sizes may be subtracted one after another.
const STEPS: usize = 6;

/// How many subtractions are tried before the search gives up.
const TRIES: usize = 400;

/// True if `size` is at least 0 whenever all of `known` are.
pub fn follows(size: &Size, known: &[Size], facts: &Facts) -> bool {
    let known: Vec<Size> = known.iter().map(|own| facts.normal(own)).collect();
    let mut tries = TRIES;
    reached(size, &known, facts, STEPS, &mut tries)
}

fn reached(size: &Size, known: &[Size], facts: &Facts, steps: usize, tries: &mut usize) -> bool {
    let size = &facts.normal(size);
    if size.is_at_least(0) {
        return true;
    }
    if steps == 0 || *tries == 0 {
        return false;
    }
    *tries -= 1;
    // What is subtracted cancels the first part of the size that is not positive; if only the number is not, any other.
    let is_named = |monomial: &&Monomial| !monomial.is_empty();
    let wanted = match size.terms.iter().find(|(monomial, c)| **c < 0 && !monomial.is_empty()) {
        Some((monomial, _)) => vec![monomial],
        None => size.terms.keys().filter(is_named).collect(),
    };
    let cancelled = |monomial: &Monomial, own: &Size| -> Vec<Size> {
        let part = size.terms[monomial];
        let terms = own.terms.iter().filter(|(_, c)| c.signum() == part.signum());
        let rest = |(from, c): (&Monomial, &i64)| Some((without(monomial, from).filter(|_| !from.is_empty())?, *c));
        terms
            .filter_map(rest)
            .map(|(rest, c)| {
                let scaled = own.times(&Size::term(rest, part.abs()));
                size.times(&Size::number(c.abs())).minus(&scaled)
            })
            .collect()
    };
    let next: Vec<Size> = wanted
        .into_iter()
        .flat_map(|monomial| known.iter().flat_map(move |own| cancelled(monomial, own)))
        .chain(dominated(size))
        .collect();
    next.iter().any(|rest| reached(rest, known, facts, steps - 1, tries))
}

/// The size without a part that is not positive and a product of it and others that is at least as large, as `s * t - t`.
fn dominated(size: &Size) -> Option<Size> {
    let negative = size
        .terms
        .iter()
        .filter(|(monomial, c)| **c < 0 && !monomial.is_empty());
    negative.into_iter().find_map(|(less, c)| {
        let larger = size.terms.iter().filter(|(_, c)| **c > 0);
        let (more, d) = larger.into_iter().find(|(more, _)| without(more, less).is_some())?;
        let amount = (*d).min(-c);
        Some(
            size.minus(&Size::term(more.clone(), amount))
                .plus(&Size::term(less.clone(), amount)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(size: &Size, known: &[Size]) -> bool {
        follows(size, known, &Facts::default())
    }

    #[test]
    fn a_requirement_is_used_and_what_does_not_follow_is_not_assumed() {
        let [n, t, k] = ["N", "T", "K"].map(Size::symbol);
        let number = Size::number;
        let from_two = n.minus(&number(2));
        assert!(!at_least(&from_two, &[]));
        assert!(at_least(&from_two, std::slice::from_ref(&from_two)));
        assert!(!at_least(&n.minus(&number(3)), std::slice::from_ref(&from_two)));
        assert!(at_least(&n.plus(&n).minus(&number(4)), &[from_two]));
        assert!(at_least(&t.minus(&number(1)), &[t.minus(&k)]));
        assert!(!at_least(&k.minus(&t), &[t.minus(&k)]));
    }

    #[test]
    fn the_last_window_lies_inside() {
        let [t, k, s, i] = ["T", "K", "S", "i"].map(Size::symbol);
        let one = Size::number(1);
        let mut facts = Facts::default();
        facts.equal(&s, &t.minus(&k).plus(&one));
        let known = [s.minus(&i), s.minus(&one), k.minus(&Size::symbol("k"))];
        let rest = t.minus(&i).minus(&Size::symbol("k")).plus(&one);
        assert!(follows(&rest, &known, &facts), "T - (i + k - 1)");
        assert!(!follows(&rest.minus(&one), &known, &facts), "T - (i + k)");
    }

    #[test]
    fn a_stride_may_be_a_name() {
        let [t, k, r, st, i] = ["T", "K", "R", "st", "i"].map(Size::symbol);
        let one = Size::number(1);
        let mut facts = Facts::default();
        facts.equal(&st.times(&r), &t.minus(&k));
        let known = [r.plus(&one).minus(&i), k.minus(&Size::symbol("k"))];
        let place = st.times(&i.minus(&one)).plus(&Size::symbol("k"));
        assert!(follows(&t.minus(&place), &known, &facts), "T - (st * (i - 1) + k)");
        assert!(follows(&place.minus(&one), &known, &facts), "st * (i - 1) + k - 1");
    }
}
