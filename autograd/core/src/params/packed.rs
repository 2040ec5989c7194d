//! Parameters of which some matrices are stored in few bits, for forward passes alone.

use super::{Param, ParamList, Params, array};
use crate::kernels::{Bits, PackedMatrix};
use crate::numbers::Real;

/// Where a forward pass reads parameters.
pub trait Weights<T>: Sync {
    /// The declarations.
    fn list(&self) -> &ParamList;

    /// The numbers of the parameter that begins at this place of the flat order; none if it is packed.
    fn numbers(&self, begin: usize, len: usize) -> &[T];

    /// The parameter that begins there, if it is packed.
    fn packed(&self, _begin: usize) -> Option<&PackedMatrix> {
        None
    }
}

impl<T: Real> Weights<T> for Params<T> {
    fn list(&self) -> &ParamList {
        Params::list(self)
    }

    #[inline]
    fn numbers(&self, begin: usize, len: usize) -> &[T] {
        &self.values[begin..begin + len]
    }
}

/// One parameter as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored<T> {
    /// As numbers.
    Numbers(Vec<T>),
    /// In few bits.
    Packed(PackedMatrix),
}

/// The values of all parameters, some of them in few bits; there are no gradients.
///
/// A plan runs on them as on [`Params`]: products with one row read the bits themselves, everything else unpacks the one
/// matrix that it needs for the time of its step.
#[derive(Clone, Debug)]
pub struct PackedParams<T> {
    list: ParamList,
    /// In the order of declaration, each with its place in the flat order.
    stored: Vec<(usize, Stored<T>)>,
}

impl<T: Real> PackedParams<T> {
    /// Parameters as they are stored, in the order of their declaration.
    ///
    /// `None` if one has another number of entries than its declaration says, or other rows.
    pub fn new(list: &ParamList, stored: Vec<Stored<T>>) -> Option<Self> {
        let fits = |(stored, param): (&Stored<T>, Param)| match stored {
            Stored::Numbers(numbers) => numbers.len() == param.shape().len(),
            Stored::Packed(matrix) => param.shape().to_vec() == matrix.sizes(),
        };
        let is_right = stored.len() == list.specs().len() && stored.iter().zip(list.params()).all(fits);
        let begins = list.specs().iter().map(|spec| spec.offset);
        is_right.then(|| Self {
            list: list.clone(),
            stored: begins.zip(stored).collect(),
        })
    }

    /// Packs the matrices that have at least `cols_least` columns.
    ///
    /// **Errors** with the name of a parameter that is not finite, or too large for so few bits.
    pub fn pack(params: &Params<T>, bits: Bits, cols_least: usize) -> Result<Self, String> {
        let list = params.list();
        let stored = list.params().map(|param| {
            let (shape, values) = (param.shape(), params.value(param));
            if shape.rank() != 2 || shape.size(1) < cols_least {
                return Ok(Stored::Numbers(values.iter().copied().collect()));
            }
            let numbers: Vec<f32> = values.iter().map(|value| value.to_f64() as f32).collect();
            let packed = PackedMatrix::pack(bits, [shape.size(0), shape.size(1)], &numbers);
            packed.map(Stored::Packed).ok_or_else(|| list.spec(param).name.clone())
        });
        let stored = stored.collect::<Result<Vec<_>, _>>()?;
        Ok(Self::new(list, stored).expect("invariant: packed matrices have the sizes of their parameters"))
    }

    /// How each parameter is stored, in the order of declaration.
    pub fn stored(&self) -> impl Iterator<Item = &Stored<T>> {
        self.stored.iter().map(|(_, stored)| stored)
    }

    /// The memory of all, and that of the packed ones. **Units**: bytes.
    pub fn bytes(&self) -> [usize; 2] {
        let packed = self.stored().map(|stored| match stored {
            Stored::Numbers(_) => 0,
            Stored::Packed(matrix) => matrix.bytes(),
        });
        let numbers = self.stored().map(|stored| match stored {
            Stored::Numbers(numbers) => size_of_val(&numbers[..]),
            Stored::Packed(_) => 0,
        });
        let packed: usize = packed.sum();
        [packed + numbers.sum::<usize>(), packed]
    }

    /// The numbers that all stand for.
    pub fn unpack(&self) -> Params<T> {
        let numbers = self.stored().flat_map(|stored| match stored {
            Stored::Numbers(numbers) => numbers.clone(),
            Stored::Packed(matrix) => matrix.unpack(),
        });
        Params::from_values(&self.list, numbers.collect())
    }

    /// The numbers that one parameter stands for.
    pub fn value(&self, param: Param) -> ndarray::ArrayD<T> {
        let numbers = match &self.stored[param.index()].1 {
            Stored::Numbers(numbers) => numbers.clone(),
            Stored::Packed(matrix) => matrix.unpack(),
        };
        array(param.shape(), numbers)
    }

    fn at(&self, begin: usize) -> &Stored<T> {
        // Parameters without entries begin where the next one does; they are never packed and nobody reads them.
        let after = self.stored.partition_point(|(at, _)| *at <= begin);
        &self.stored[after - 1].1
    }
}

impl<T: Real> Weights<T> for PackedParams<T> {
    fn list(&self) -> &ParamList {
        &self.list
    }

    fn numbers(&self, begin: usize, _: usize) -> &[T] {
        match self.at(begin) {
            Stored::Numbers(numbers) => numbers,
            Stored::Packed(_) => &[],
        }
    }

    fn packed(&self, begin: usize) -> Option<&PackedMatrix> {
        match self.at(begin) {
            Stored::Numbers(_) => None,
            Stored::Packed(matrix) => Some(matrix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{embedding, linear, softmax};
    use crate::{Init, Plan, Sketch};

    /// A table, a layer with a bias, and an op that knows nothing of packed operands, over so many rows.
    fn results(rows: usize, bits: Option<Bits>) -> Vec<f32> {
        let mut list = ParamList::new();
        let table = list.add("table", [9, 40], Init::Normal(1.0));
        let w = list.add("w", [33, 40], Init::Normal(0.3));
        let b = list.add("b", [33], Init::Normal(1.0));
        let params = Params::<f32>::new(&list, 2);
        let sketch = Sketch::new();
        let ids = sketch.data("ids", [rows]);
        let x = embedding(sketch.param(table), ids);
        let y = linear(x, sketch.param(w), Some(sketch.param(b))) + softmax(sketch.param(w), -1).sum();
        let (ids, y) = (ids.id(), y.id());
        let mut plan = Plan::new(&sketch.into_graph(), &list, &[y], None).unwrap();
        plan.set(ids, &(0..rows).map(|row| (row * 4 % 9) as f32).collect::<Vec<_>>());
        match bits {
            None => plan.forward(&params).unwrap(),
            Some(bits) => {
                let packed = PackedParams::pack(&params, bits, 32).unwrap();
                let [all, matrices] = packed.bytes();
                assert_eq!(all, matrices + 33 * 4);
                plan.forward(&packed).unwrap();
                let on_bits = plan.value(y).to_vec();
                plan.forward(&packed.unpack()).unwrap();
                let unpacked = plan.value(y);
                let apart = on_bits
                    .iter()
                    .zip(unpacked)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                // Sums of 40 products below 10, in another order.
                assert!(apart < 40.0 * 10.0 * f32::EPSILON, "{rows} rows: {apart} apart");
            }
        }
        plan.value(y).to_vec()
    }

    #[test]
    fn a_plan_reads_the_bits_as_it_reads_the_numbers_that_they_stand_for() {
        for rows in [1, 3, 20] {
            let exact = results(rows, None);
            for (bits, bound) in [(Bits::Eight, 0.2), (Bits::Four, 2.0)] {
                let packed = results(rows, Some(bits));
                let apart = packed
                    .iter()
                    .zip(&exact)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                assert!(apart > 0.0 && apart < bound, "{rows} rows: {apart} apart");
            }
        }
    }

    #[test]
    fn parameters_of_other_sizes_are_refused() {
        let mut list = ParamList::new();
        list.add("w", [2, 40], Init::Ones);
        list.add("b", [3], Init::Zeros);
        let params = Params::<f32>::new(&list, 1);
        let stored: Vec<_> = PackedParams::pack(&params, Bits::Four, 32)
            .unwrap()
            .stored()
            .cloned()
            .collect();
        assert!(PackedParams::new(&list, stored.clone()).is_some());
        assert!(PackedParams::new(&list, stored[..1].to_vec()).is_none());
        assert!(PackedParams::new(&list, vec![stored[1].clone(), stored[0].clone()]).is_none());
        let mut damaged = params;
        damaged.values_mut()[7] = f32::NAN;
        assert_eq!(PackedParams::pack(&damaged, Bits::Eight, 32).unwrap_err(), "w");
    }
}
