//! Named parameters: their declaration without numbers, and their values and gradients in two flat vectors.

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD, IxDyn};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use crate::numbers::Real;
use crate::shape::Shape;

/// A parameter of a model: a small handle that names it on every tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    index: u32,
    shape: Shape,
}

impl Param {
    /// The position in its list, counted from 0.
    pub fn index(self) -> usize {
        self.index as usize
    }

    /// The shape of the values.
    pub fn shape(self) -> Shape {
        self.shape
    }
}

/// How a parameter gets its first values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All entries 0.
    Zeros,
    /// All entries 1.
    Ones,
    /// Independent normal entries with mean 0 and this standard deviation.
    Normal(f64),
    /// Independent uniform entries between minus and plus this bound.
    Uniform(f64),
    /// Uniform within `±√(6 / (rows + columns))` (Glorot and Bengio 2010, equation 16).
    Glorot,
    /// Normal with standard deviation `√(2 / columns)`, for a matrix `[out, in]` (He et al. 2015, equation 10).
    He,
}

/// One parameter as a model declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSpec {
    /// The full name, scopes joined by dots: `block1.w_q`.
    pub name: String,
    /// The shape of the values.
    pub shape: Shape,
    /// How the values begin.
    pub init: Init,
    /// Where the values begin in the flat vectors.
    pub offset: usize,
}

/// The parameters a model declares: names, shapes and first values, but no numbers yet.
///
/// A model is built once against such a list and then runs in any number type.
///
/// ```
/// use tapegrad_autograd::{Init, ParamList, Params};
/// let mut list = ParamList::new();
/// let w = list.add("w", [2, 3], Init::Glorot);
/// let params = Params::<f32>::new(&list, 1);
/// assert_eq!(params.value(w).shape(), [2, 3]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParamList {
    specs: Vec<ParamSpec>,
    prefix: String,
    len: usize,
}

impl ParamList {
    /// A list without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Declares a parameter.
    ///
    /// **Panics** if the name is taken.
    #[track_caller]
    pub fn add(&mut self, name: &str, shape: impl Into<Shape>, init: Init) -> Param {
        let name = format!("{}{name}", self.prefix);
        assert!(
            self.find(&name).is_none(),
            "there is already a parameter called `{name}`"
        );
        let shape = shape.into();
        let index = u32::try_from(self.specs.len()).expect("a model has fewer than 2^32 parameters");
        self.specs.push(ParamSpec {
            name,
            shape,
            init,
            offset: self.len,
        });
        self.len += shape.len();
        Param { index, shape }
    }

    /// Declares what `declare` declares under names that begin with `name` and a dot.
    pub fn scope<R>(&mut self, name: &str, declare: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.prefix.len();
        self.prefix.push_str(name);
        self.prefix.push('.');
        let result = declare(self);
        self.prefix.truncate(outer);
        result
    }

    /// All declarations in order.
    pub fn specs(&self) -> &[ParamSpec] {
        &self.specs
    }

    /// The declaration of a parameter.
    pub fn spec(&self, param: Param) -> &ParamSpec {
        &self.specs[param.index()]
    }

    /// The parameter with this full name.
    pub fn find(&self, name: &str) -> Option<Param> {
        let index = self.specs.iter().position(|spec| spec.name == name)?;
        Some(Param {
            index: index as u32,
            shape: self.specs[index].shape,
        })
    }

    /// All parameters in order.
    pub fn params(&self) -> impl Iterator<Item = Param> + '_ {
        self.specs.iter().zip(0..).map(|(spec, index)| Param {
            index,
            shape: spec.shape,
        })
    }

    /// The number of numbers in all parameters together.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if no numbers are declared.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

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

/// One entry drawn as the declaration says.
fn first_value(spec: &ParamSpec, rng: &mut ChaCha8Rng) -> f64 {
    let columns = spec.shape.last() as f64;
    let rows = spec.shape.len() as f64 / columns.max(1.0);
    let mut uniform = |bound: f64| bound * (2.0 * rng.random::<f64>() - 1.0);
    match spec.init {
        Init::Zeros => 0.0,
        Init::Ones => 1.0,
        Init::Uniform(bound) => uniform(bound),
        Init::Glorot => uniform((6.0 / (rows + columns)).sqrt()),
        Init::Normal(sigma) => sigma * normal(rng),
        Init::He => (2.0 / columns).sqrt() * normal(rng),
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// A slice seen as an array of this shape.
pub(crate) fn view<T>(shape: Shape, values: &[T]) -> ArrayViewD<'_, T> {
    ArrayViewD::from_shape(IxDyn(&shape.to_vec()), values)
        .expect("invariant: a value has as many entries as its shape says")
}

/// A vector as an array of this shape.
pub(crate) fn array<T>(shape: Shape, values: Vec<T>) -> ArrayD<T> {
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

    #[test]
    #[should_panic(expected = "already a parameter called `w`")]
    fn two_parameters_of_one_name_are_refused() {
        let mut list = ParamList::new();
        list.add("w", [1], Init::Zeros);
        list.add("w", [2], Init::Zeros);
    }
}
