//! Sizes: polynomials with whole coefficients over named sizes, in a normal form, so that `4 * D` is `D + 3 * D`.
//!
//! Names are nominal: `M` and `D` differ even if both are 3 in a run. Equations between them, such as `dk = D / H`, are
//! kept in `Facts` as `H * dk → D`.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::span::Span;
use crate::syntax::ast::{Binary, Expr, ExprKind};
use crate::syntax::print::print_expr;

/// A named size.
pub type Symbol = Rc<str>;

/// A product of named sizes, sorted; the empty product is 1.
pub(super) type Monomial = Vec<Symbol>;

/// A size as a polynomial over named sizes.
///
/// What is computed from sizes may get too large: too many terms, too many factors, or numbers that `f64` would round.
/// Such a size stays too large whatever is done with it, as NaN does; it has no value and equals no other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Size {
    pub(super) terms: BTreeMap<Monomial, i64>,
    too_large: bool,
}

/// How many terms a size may have.
const TERMS_MAX: usize = 200;

/// How many factors a term may have.
const FACTORS_MAX: usize = 64;

/// The largest number in a size, and the largest size in a run: 2^53, up to which `f64` has every whole number.
pub const NUMBER_MAX: i64 = 1 << 53;

/// Why a size has no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoNumber {
    /// The size of this name has no value.
    Missing(Symbol),
    /// The number is beyond [`NUMBER_MAX`].
    TooLarge,
}

impl fmt::Display for NoNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the size {name} has no value"),
            Self::TooLarge => f.write_str("a size would be more than 2^53"),
        }
    }
}

/// The values of named sizes in a run.
pub type Bound = BTreeMap<Symbol, i64>;

impl Size {
    /// What a size must not exceed.
    pub(super) const LIMITS: &'static str =
        "a size has at most 200 terms, at most 64 factors in each, and numbers up to 2^53";

    /// True for a size that became too large to be computed with.
    pub fn is_too_large(&self) -> bool {
        self.too_large
    }

    fn beyond() -> Self {
        Self {
            terms: BTreeMap::new(),
            too_large: true,
        }
    }

    /// A number.
    pub fn number(value: i64) -> Self {
        Self::term(Vec::new(), value)
    }

    /// A named size.
    pub fn symbol(name: impl Into<Symbol>) -> Self {
        Self::term(vec![name.into()], 1)
    }

    pub(super) fn term(monomial: Monomial, coefficient: i64) -> Self {
        let mut size = Self::default();
        size.add_term(monomial, coefficient);
        size
    }

    fn add_term(&mut self, monomial: Monomial, coefficient: i64) {
        if self.too_large {
            return;
        }
        let total = self
            .terms
            .get(&monomial)
            .copied()
            .unwrap_or(0)
            .saturating_add(coefficient);
        if total.unsigned_abs() > NUMBER_MAX as u64 || monomial.len() > FACTORS_MAX {
            *self = Self::beyond();
        } else if total == 0 {
            self.terms.remove(&monomial);
        } else {
            self.terms.insert(monomial, total);
            if self.terms.len() > TERMS_MAX {
                *self = Self::beyond();
            }
        }
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Self {
        if self.too_large || other.too_large {
            return Self::beyond();
        }
        let mut sum = self.clone();
        for (monomial, &coefficient) in &other.terms {
            sum.add_term(monomial.clone(), coefficient);
        }
        sum
    }

    /// The difference.
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.times(&Self::number(-1)))
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        if self.too_large || other.too_large {
            return Self::beyond();
        }
        let mut product = Self::default();
        for (left, &l) in &self.terms {
            for (right, &r) in &other.terms {
                let mut monomial: Monomial = left.iter().chain(right).cloned().collect();
                monomial.sort();
                product.add_term(monomial, l.saturating_mul(r));
            }
        }
        product
    }

    /// The quotient, if the divisor is a product of names and a number and the division leaves no remainder.
    pub fn divided_by(&self, divisor: &Self) -> Option<Self> {
        let (monomial, coefficient) = divisor.as_term().filter(|_| !self.too_large)?;
        let mut quotient = Self::default();
        for (own, &c) in &self.terms {
            let rest = without(own, monomial)?;
            if c % coefficient != 0 {
                return None;
            }
            quotient.add_term(rest, c / coefficient);
        }
        Some(quotient)
    }

    /// The products of names that it is the sum of, with their coefficients, in the order in which it is written.
    pub(crate) fn products(&self) -> impl Iterator<Item = (&[Symbol], i64)> {
        self.terms
            .iter()
            .rev()
            .map(|(names, &coefficient)| (names.as_slice(), coefficient))
    }

    pub(super) fn as_term(&self) -> Option<(&Monomial, i64)> {
        let mut terms = self.terms.iter();
        let (monomial, &coefficient) = terms.next()?;
        terms.next().is_none().then_some((monomial, coefficient))
    }

    /// The name, if the size is a single name.
    pub fn as_symbol(&self) -> Option<&Symbol> {
        match self.as_term()? {
            (monomial, 1) if monomial.len() == 1 => monomial.first(),
            _ => None,
        }
    }

    /// The number, if no name is in it.
    pub fn as_number(&self) -> Option<i64> {
        if self.terms.is_empty() && !self.too_large {
            return Some(0);
        }
        match self.as_term()? {
            (monomial, value) if monomial.is_empty() => Some(value),
            _ => None,
        }
    }

    /// The number that is added to products of names.
    pub fn number_part(&self) -> i64 {
        self.terms.get(&Monomial::new()).copied().unwrap_or(0)
    }

    /// True if the size is at least `least` for all positive values of the names.
    pub fn is_at_least(&self, least: i64) -> bool {
        let all_grow = self.terms.iter().all(|(monomial, &c)| monomial.is_empty() || c > 0);
        all_grow && !self.too_large && self.terms.values().fold(0i64, |sum, &c| sum.saturating_add(c)) >= least
    }

    /// The names in it, sorted.
    pub fn symbols(&self) -> Vec<Symbol> {
        let mut symbols: Vec<Symbol> = self.terms.keys().flatten().cloned().collect();
        symbols.sort();
        symbols.dedup();
        symbols
    }

    /// The size with names replaced.
    pub fn substitute(&self, value_of: &dyn Fn(&Symbol) -> Option<Self>) -> Self {
        let mut sum = Self::default();
        if self.too_large {
            return Self::beyond();
        }
        for (monomial, &coefficient) in &self.terms {
            let mut product = Self::number(coefficient);
            for symbol in monomial {
                product = product.times(&value_of(symbol).unwrap_or_else(|| Self::symbol(symbol.clone())));
            }
            sum = sum.plus(&product);
        }
        sum
    }

    /// The number for these values.
    ///
    /// **Errors** if a name has no value, or if the number is too large.
    pub fn value(&self, bound: &Bound) -> Result<i64, NoNumber> {
        if self.too_large {
            return Err(NoNumber::TooLarge);
        }
        let mut total = 0i128;
        for (monomial, &coefficient) in &self.terms {
            let mut product = i128::from(coefficient);
            for symbol in monomial {
                let value = *bound.get(symbol).ok_or_else(|| NoNumber::Missing(symbol.clone()))?;
                product = product.checked_mul(value.into()).ok_or(NoNumber::TooLarge)?;
            }
            total = total.checked_add(product).ok_or(NoNumber::TooLarge)?;
        }
        if total.unsigned_abs() > NUMBER_MAX as u128 {
            return Err(NoNumber::TooLarge);
        }
        Ok(total as i64)
    }

    /// The size as an expression of the language.
    pub fn to_expr(&self) -> Expr {
        let expr = |kind| Expr {
            kind,
            span: Span::default(),
        };
        let number = |n: i64| expr(ExprKind::Number(n.unsigned_abs() as f64));
        let binary = |operator, l, r| expr(ExprKind::Binary(operator, Box::new(l), Box::new(r)));
        let mut sum: Option<Expr> = None;
        // A size begins with what is added, if anything is.
        let (added, taken): (Vec<_>, Vec<_>) = self.products().partition(|(_, coefficient)| *coefficient > 0);
        for (monomial, coefficient) in added.into_iter().chain(taken) {
            let names = monomial.iter().map(|symbol| expr(ExprKind::Name(symbol.to_string())));
            let factor = (coefficient.abs() != 1 || monomial.is_empty()).then(|| number(coefficient));
            let product = factor.into_iter().chain(names).reduce(|l, r| binary(Binary::Mul, l, r));
            let product = product.expect("a term has a factor or a name");
            sum = Some(match sum {
                None if coefficient < 0 => expr(ExprKind::Neg(Box::new(product))),
                None => product,
                Some(sum) if coefficient < 0 => binary(Binary::Sub, sum, product),
                Some(sum) => binary(Binary::Add, sum, product),
            });
        }
        sum.unwrap_or_else(|| number(0))
    }
}

/// The quotient of two products of names, if all factors of the second are in the first.
pub(super) fn without(product: &Monomial, factors: &Monomial) -> Option<Monomial> {
    let mut rest = product.clone();
    for factor in factors {
        let position = rest.iter().position(|symbol| symbol == factor)?;
        rest.remove(position);
    }
    Some(rest)
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print_expr(&self.to_expr()))
    }
}

impl fmt::Debug for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::facts::Facts;

    #[test]
    fn the_normal_form_decides_equality() {
        let d = Size::symbol("D");
        let four = Size::number(4);
        assert_eq!(four.times(&d), d.plus(&Size::number(3).times(&d)));
        assert_ne!(d, Size::symbol("M"));
        assert_eq!(four.times(&d).plus(&Size::number(1)).to_string(), "4 * D + 1");
        assert_eq!(d.minus(&d), Size::number(0));
        assert_eq!(four.times(&d).divided_by(&d), Some(four));
        assert_eq!(d.plus(&Size::number(1)).divided_by(&d), None);
    }

    #[test]
    fn a_declared_division_makes_products_equal() {
        let [d, h, dk] = ["D", "H", "dk"].map(Size::symbol);
        let mut facts = Facts::default();
        assert!(!facts.same(&h.times(&dk), &d));
        assert!(facts.equal(&h.times(&dk), &d));
        assert!(facts.same(&h.times(&dk), &d));
        assert!(facts.same(&Size::number(2).times(&h).times(&dk), &d.plus(&d)));
    }

    #[test]
    fn what_is_known_is_used_up_in_whatever_order_it_was_said() {
        let [d, h, dk] = ["D", "H", "dk"].map(Size::symbol);
        let number = Size::number;
        let equations = [
            (h.clone(), number(4)),
            (d.clone(), number(12)),
            (h.times(&dk), d.clone()),
        ];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut facts = Facts::default();
            for (product, simpler) in order.map(|i| &equations[i]) {
                assert!(facts.equal(product, simpler), "{order:?}");
            }
            assert!(facts.same(&dk, &number(3)), "{order:?}");
        }
        let mut facts = Facts::default();
        facts.equal(&h, &number(4));
        facts.equal(&h.times(&dk), &d);
        assert!(facts.same(&d, &number(4).times(&dk)));
        assert!(!facts.equal(&h, &number(4)), "nothing new is said");
    }

    #[test]
    fn a_bound_holds_for_all_positive_numbers_or_not_at_all() {
        let t = Size::symbol("T");
        assert!(t.is_at_least(1));
        assert!(!t.minus(&Size::number(1)).is_at_least(1));
        assert!(!Size::symbol("S").minus(&t).is_at_least(0));
    }

    #[test]
    fn a_size_that_gets_too_large_stays_so_and_has_no_value() {
        let sum = |letter: &str| {
            (0..10).fold(Size::number(1), |sum, i| {
                sum.plus(&Size::symbol(format!("{letter}{i}")))
            })
        };
        let product = ["A", "B", "C", "D", "E", "F", "G"]
            .into_iter()
            .fold(Size::number(1), |product, letter| product.times(&sum(letter)));
        let [t, big] = [Size::symbol("T"), Size::number(NUMBER_MAX)];
        for beyond in [
            product,
            big.plus(&Size::number(1)),
            big.times(&t).times(&Size::number(2)),
        ] {
            assert!(beyond.is_too_large());
            assert!(beyond.minus(&beyond).is_too_large() && beyond.divided_by(&t).is_none());
            assert!(beyond.as_number().is_none() && !beyond.is_at_least(0));
            assert!(!Facts::default().same(&beyond, &beyond));
            assert_eq!(beyond.value(&Bound::new()), Err(NoNumber::TooLarge));
        }
        let bound = Bound::from([("T".into(), NUMBER_MAX)]);
        assert_eq!(t.value(&bound), Ok(NUMBER_MAX));
        assert_eq!(t.times(&t).value(&bound), Err(NoNumber::TooLarge));
        assert_eq!(t.times(&t).minus(&t.times(&t)).value(&bound), Ok(0));
    }
}
