//! What is known about sizes: equations such as `H * dk = D` from `dim dk = D / H`.

use super::size::{Bound, Monomial, Size, without};

/// What is known about sizes: products that are equal to something simpler.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    rules: Vec<(Monomial, Size)>,
}

impl Facts {
    /// Notes that `product`, if it is a product of names, equals `simpler`.
    ///
    /// Gives false for anything else: such an equation can only be tested with numbers.
    pub fn equal(&mut self, product: &Size, simpler: &Size) -> bool {
        match product.as_term() {
            Some((monomial, 1)) if !monomial.is_empty() && product != simpler => {
                let monomial = monomial.clone();
                self.rules.push((monomial, simpler.clone()));
                true
            }
            _ => false,
        }
    }

    /// The size with everything that is known used up.
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

    /// Changes values of names until everything that is known holds, as far as that can be done by one name each.
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

    /// True if both are the same size as far as is known.
    pub fn same(&self, a: &Size, b: &Size) -> bool {
        a == b || self.normal(a) == self.normal(b)
    }
}
