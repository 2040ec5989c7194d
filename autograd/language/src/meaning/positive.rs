//! What is known about sizes beyond their names: equal ones, and ones that are at least 1.

use super::bounds;
use super::facts::Facts;
use super::program::{Dim, DimValue, Requirement};
use super::size::{Size, Symbol};

/// What the declarations of a program say about its sizes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Positive {
    /// The sizes that are equal to others, in order of declaration.
    equal: Vec<(Symbol, Size)>,
    /// Sizes that are at least 0.
    known: Vec<Size>,
}

impl Positive {
    /// What these declarations say.
    pub fn of(dims: &[Dim], requirements: &[Requirement]) -> Self {
        let equal = dims.iter().filter_map(|dim| match &dim.value {
            Some(DimValue::Equal(size)) => Some((dim.name.clone(), size.clone())),
            _ => None,
        });
        let mut own = Self {
            equal: equal.collect(),
            known: Vec::new(),
        };
        let one = Size::number(1);
        let dims = dims.iter().map(|dim| Size::symbol(dim.name.clone()).minus(&one));
        let required = requirements
            .iter()
            .flat_map(|own| bounds::implied(&own.left, own.comparison, &own.right));
        let known = dims.chain(required).map(|size| own.normal(&size));
        own.known = known.filter(|size| !size.is_at_least(0)).collect();
        own
    }

    /// A size without the names of sizes that are equal to others.
    pub fn normal(&self, size: &Size) -> Size {
        let replaced = |size: Size, (name, value): &(Symbol, Size)| {
            size.substitute(&|symbol| (symbol == name).then(|| value.clone()))
        };
        self.equal.iter().rev().fold(size.clone(), replaced)
    }

    /// True if a size is at least this number: of `T - K + 1 >= 1` follows that `2 * T - 2 * K >= 0`.
    pub fn is_at_least(&self, size: &Size, least: i64) -> bool {
        let more = || self.normal(size).minus(&Size::number(least));
        size.is_at_least(least) || bounds::follows(&more(), &self.known, &Facts::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;
    use crate::syntax::ast::Binary;

    #[test]
    fn a_size_that_is_a_difference_is_at_least_one_and_so_are_its_multiples() {
        let [t, k, s] = ["T", "K", "S"].map(Size::symbol);
        let one = Size::number(1);
        let window = t.minus(&k).plus(&one);
        let dim = |name: &str, value| Dim {
            name: name.into(),
            value,
            span: Span::default(),
        };
        let dims = [
            dim("T", None),
            dim("K", None),
            dim("S", Some(DimValue::Equal(window.clone()))),
        ];
        let known = Positive::of(&dims, &[]);
        assert_eq!(known.normal(&s), window);
        assert!(known.is_at_least(&window, 1));
        assert!(known.is_at_least(&s.minus(&one), 0));
        assert!(known.is_at_least(&t.minus(&k), 0));
        assert!(known.is_at_least(&Size::number(2).times(&s), 2));
        assert!(!known.is_at_least(&window, 2));
        assert!(!known.is_at_least(&k.minus(&t), 0));
    }

    #[test]
    fn a_requirement_between_sizes_is_used() {
        let [n, two] = [Size::symbol("N"), Size::number(2)];
        let required = Requirement {
            left: n.clone(),
            comparison: Binary::GreaterEqual,
            right: two.clone(),
            span: Span::default(),
        };
        assert!(Positive::of(&[], &[required]).is_at_least(&n.minus(&two), 0));
        assert!(!Positive::default().is_at_least(&n.minus(&two), 0));
    }
}
