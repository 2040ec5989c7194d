//! The parameters a model declares: names, shapes and how they begin, without numbers.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

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

/// One entry drawn as the declaration says.
pub(super) fn first_value(spec: &ParamSpec, rng: &mut ChaCha8Rng) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "already a parameter called `w`")]
    fn two_parameters_of_one_name_are_refused() {
        let mut list = ParamList::new();
        list.add("w", [1], Init::Zeros);
        list.add("w", [2], Init::Zeros);
    }
}
