//! Values for a generated program: without pattern, or from few numbers so that many are equal.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Instance, Request};
use tapegrad_autograd::language::types::Kind;

use super::Generated;

/// Few numbers whose sums and products are exact, so that ties stay ties.
const TIED: [f64; 6] = [-1.0, 0.0, 0.0, 0.5, 1.0, 2.0];

/// The sizes, and values for all inputs and parameters.
pub fn values(made: &Generated, program: &Program, seed: u64) -> Request {
    let instance = Instance::new(program, &made.sizes).unwrap_or_else(|error| panic!("{error:?}\n{}", made.text));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let inputs = instance.inputs().map(|(input, shape)| {
        let end = match &input.ty.kind {
            Kind::Id(size) => Some(size.value(instance.sizes()).expect("the instance knows all sizes")),
            _ => None,
        };
        (input.name.clone(), shape.to_vec(), end)
    });
    let list = instance.params();
    let params = list.params().map(|param| {
        let spec = list.spec(param);
        (spec.name.clone(), spec.shape.to_vec(), None)
    });
    let all: Vec<(String, Vec<usize>, Option<i64>)> = inputs.chain(params).collect();
    let values = all
        .into_iter()
        .map(|(name, shape, end)| (name, drawn(&shape, end, made.tied, &mut rng)));
    Request {
        values: values.collect(),
        dims: made.sizes.clone(),
        ..Request::default()
    }
}

fn drawn(shape: &[usize], end: Option<i64>, tied: bool, rng: &mut ChaCha8Rng) -> Value {
    match shape.split_first() {
        Some((&size, rest)) => (0..size).map(|_| drawn(rest, end, tied, rng)).collect(),
        None => match end {
            Some(end) => json!(rng.random_range(0..end)),
            None if tied => json!(TIED[rng.random_range(0..TIED.len())]),
            None => json!(rng.random_range(-1.5..1.5)),
        },
    }
}
