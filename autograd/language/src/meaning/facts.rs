//! Known equations between sizes, such as `H * dk = D` from `dim dk = D / H`.

use crate::meaning::size::{Bound, Monomial, Size, without};

/// Known equations between sizes: products that are equal to a simpler size.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    rules: Vec<(Monomial, Size)>,
}

impl Facts {
    /// Adds that `product` equals `simpler`, if one of them is a product of names that the other can replace.
    ///
    /// Gives false for anything else: such an equation can only be tested with numbers.
    pub fn equal(&mut self, product: &Size, simpler: &Size) -> bool {
        let Some(newest) = self.rule(product, simpler) else {
            return false;
        };
        // What was known before may be simpler now: `T * dk = D` is `dk = 3` once `T = 1` and `D = 3`.
        for (monomial, simpler) in std::mem::replace(&mut self.rules, vec![newest]) {
            let again = self.rule(&Size::term(monomial, 1), &simpler);
            self.rules.extend(again);
        }
        true
    }

    /// An equation as a rewrite rule, simplified by the other rules.
    fn rule(&self, product: &Size, simpler: &Size) -> Option<(Monomial, Size)> {
        let (product, simpler) = (self.normal(product), self.normal(simpler));
        let forward = product
            .as_term()
            .filter(|(monomial, _)| !monomial.is_empty())
            .and_then(|(monomial, times)| Some((monomial.clone(), simpler.divided_by(&Size::number(times))?)));
        let backward = || Some((vec![simpler.as_symbol()?.clone()], product.clone()));
        let is_news = product != simpler;
        is_news.then(|| forward.or_else(backward)).flatten()
    }

    /// The normal form of a size: no rule applies to it.
    pub fn normal(&self, size: &Size) -> Size {
        let mut size = size.clone();
        for _ in 0..=self.rules.len() {
            let next = self.step(&size);
            if next == size {
                break;
            }
            size = next;
        }
        size
    }

    pub(super) fn step(&self, size: &Size) -> Size {
        if size.is_too_large() {
            return size.clone();
        }
        let mut result = Size::default();
        for (monomial, &coefficient) in &size.terms {
            let rule = self
                .rules
                .iter()
                .find_map(|(from, to)| Some((without(monomial, from)?, to)));
            let term = match rule {
                Some((rest, to)) => Size::term(rest, coefficient).times(to),
                None => Size::term(monomial.clone(), coefficient),
            };
            result = result.plus(&term);
        }
        result
    }

    /// Changes values of names until all equations hold, as far as one name for each equation can achieve that.
    pub fn settle(&self, bound: &mut Bound) {
        for _ in 0..=self.rules.len() {
            for (product, simpler) in &self.rules {
                if let [only] = product.as_slice() {
                    if let Ok(value) = simpler.value(bound) {
                        bound.insert(only.clone(), value);
                    }
                } else if let (Some(symbol), Ok(value)) =
                    (simpler.as_symbol(), Size::term(product.clone(), 1).value(bound))
                {
                    bound.insert(symbol.clone(), value);
                }
            }
        }
    }

    /// True if both sizes have the same normal form.
    pub fn same(&self, a: &Size, b: &Size) -> bool {
        !a.is_too_large() && (a == b || self.normal(a) == self.normal(b))
    }
}
