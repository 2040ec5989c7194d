//! Named parameters: their declaration without numbers, and their values and gradients in two flat vectors.

mod list;
mod packed;

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, IxDyn};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use list::first_value;
pub use list::{Init, Param, ParamList, ParamSpec};
pub use packed::{PackedParams, Stored, Weights};

use crate::numbers::Real;
use crate::shape::Shape;

/// The values and gradients of all parameters of a model, flat and in the order of declaration.
#[derive(Clone, Debug)]
pub struct Params<T> {
    list: ParamList,
    pub(crate) values: Vec<T>,
    pub(crate) gradients: Vec<T>,
}

impl<T: Real> Params<T> {
    /// First values for a list of parameters; the same seed gives the same values in every number type.
    ///
    /// Each parameter draws from a stream of its own, so adding one leaves the others as they were.
    pub fn new(list: &ParamList, seed: u64) -> Self {
        let mut values = Vec::with_capacity(list.len());
        for (stream, spec) in list.specs().iter().enumerate() {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream as u64);
            values.extend((0..spec.shape.len()).map(|_| T::from_f64(first_value(spec, &mut rng))));
        }
        Self::from_values(list, values)
    }

    /// Parameters with given values, flat in the order of declaration.
    ///
    /// **Panics** if the number of values is not that of the list.
    #[track_caller]
    pub fn from_values(list: &ParamList, values: Vec<T>) -> Self {
        assert_eq!(
            values.len(),
            list.len(),
            "as many values as the parameters have entries"
        );
        let gradients = vec![T::ZERO; values.len()];
        Self {
            list: list.clone(),
            values,
            gradients,
        }
    }

    /// The declarations.
    pub fn list(&self) -> &ParamList {
        &self.list
    }

    /// The number of numbers in all parameters together.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if the model has no parameters.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of one parameter.
    pub fn value(&self, param: Param) -> ArrayViewD<'_, T> {
        view(param.shape(), &self.values[self.range(param)])
    }

    /// The values of one parameter, to be changed.
    pub fn value_mut(&mut self, param: Param) -> ArrayViewMutD<'_, T> {
        let range = self.range(param);
        ArrayViewMutD::from_shape(IxDyn(&param.shape().to_vec()), &mut self.values[range])
            .expect("invariant: a parameter's range has the size of its shape")
    }

    /// The gradient of one parameter.
    pub fn gradient(&self, param: Param) -> ArrayViewD<'_, T> {
        view(param.shape(), &self.gradients[self.range(param)])
    }

    /// All values, flat in the order of declaration.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All values, to be changed.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// All gradients, flat in the order of declaration.
    pub fn gradients(&self) -> &[T] {
        &self.gradients
    }

    /// All gradients, to be changed.
    pub fn gradients_mut(&mut self) -> &mut [T] {
        &mut self.gradients
    }

    /// Values to change and gradients to read, side by side: what an optimiser works on.
    pub fn values_and_gradients(&mut self) -> (&mut [T], &[T]) {
        (&mut self.values, &self.gradients)
    }

    /// Sets every gradient to 0.
    pub fn clear_gradients(&mut self) {
        self.gradients.fill(T::ZERO);
    }

    /// Where a parameter lies in the flat vectors.
    pub fn range(&self, param: Param) -> std::ops::Range<usize> {
        let begin = self.list.spec(param).offset;
        begin..begin + param.shape().len()
    }

    /// The same parameters in another number type.
    pub fn cast<U: Real>(&self) -> Params<U> {
        Params::from_values(
            &self.list,
            self.values.iter().map(|value| U::from_f64(value.to_f64())).collect(),
        )
    }
}

/// A slice seen as an array of this shape.
pub(crate) fn view<T>(shape: Shape, values: &[T]) -> ArrayViewD<'_, T> {
    ArrayViewD::from_shape(IxDyn(&shape.to_vec()), values)
        .expect("invariant: a value has as many entries as its shape says")
}

/// A vector as an array of this shape.
pub fn array<T>(shape: Shape, values: Vec<T>) -> ArrayD<T> {
    ArrayD::from_shape_vec(IxDyn(&shape.to_vec()), values)
        .expect("invariant: a value has as many entries as its shape says")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_do_not_depend_on_the_number_type_or_on_later_parameters() {
        let mut list = ParamList::new();
        let w = list.scope("layer", |list| list.add("w", [3, 2], Init::Normal(0.5)));
        let short = Params::<f64>::new(&list, 7);
        list.add("b", [4], Init::Uniform(1.0));
        let long = Params::<f32>::new(&list, 7);
        assert_eq!(list.spec(w).name, "layer.w");
        assert!(short.value(w).iter().zip(long.value(w)).all(|(&a, &b)| a as f32 == b));
        assert!(long.values()[6..].iter().all(|b| b.abs() <= 1.0));
    }
}
