//! Optimisers: how parameters move along their gradients; clipping and learning-rate schedules.

mod adam;
mod clip;
mod schedule;
mod sgd;

pub use adam::{Adam, AdamConfig, DecayKind, Decayed};
pub use clip::clip_global_norm;
pub use schedule::Schedule;
pub use sgd::Sgd;

use crate::numbers::Real;
use crate::params::Params;

/// Something that moves parameters against their gradients.
pub trait Optimizer<T: Real> {
    /// One step with this learning rate; the gradients stay as they are.
    ///
    /// **Panics** if the optimiser was made for other parameters.
    fn step(&mut self, params: &mut Params<T>, learning_rate: f64);

    /// The number of steps made so far.
    fn steps(&self) -> u64;

    /// Everything that must be kept to continue later exactly as if nothing had happened: flat vectors by name.
    fn memory(&self) -> Vec<(&'static str, &[T])>;

    /// Continues from a number of steps and from vectors that [`memory`](Self::memory) gave.
    ///
    /// **Errors** with the name of a vector that is missing or has another length.
    fn restore(&mut self, steps: u64, memory: &[(String, Vec<T>)]) -> Result<(), RestoreError>;
}

/// The kept state of an optimiser does not fit it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the optimiser's `{name}` has {found} numbers and should have {expected}")]
pub struct RestoreError {
    /// The vector.
    pub name: String,
    /// How many numbers the optimiser needs.
    pub expected: usize,
    /// How many there are; 0 if the vector is missing.
    pub found: usize,
}

/// Copies the vector called `name` over `own`.
fn restore_vector<T: Copy>(own: &mut [T], name: &str, memory: &[(String, Vec<T>)]) -> Result<(), RestoreError> {
    let found = memory
        .iter()
        .find(|(known, _)| known == name)
        .map_or(&[][..], |(_, vector)| vector);
    if found.len() != own.len() {
        return Err(RestoreError {
            name: name.to_string(),
            expected: own.len(),
            found: found.len(),
        });
    }
    own.copy_from_slice(found);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Init, ParamList};

    /// `J = Σ (w - 3)² / 2`, so the gradient is `w - 3`.
    fn descend(optimizer: &mut dyn Optimizer<f64>, steps: usize, rate: f64) -> Vec<f64> {
        let mut list = ParamList::new();
        list.add("w", [2, 2], Init::Normal(1.0));
        let mut params = Params::<f64>::new(&list, 3);
        for _ in 0..steps {
            let slope: Vec<f64> = params.values().iter().map(|w| w - 3.0).collect();
            params.gradients_mut().copy_from_slice(&slope);
            optimizer.step(&mut params, rate);
        }
        params.values().to_vec()
    }

    #[test]
    fn every_optimiser_finds_the_minimum_of_a_parabola() {
        let optimisers: [Box<dyn Optimizer<f64>>; 3] = [
            Box::new(Sgd::new(4, 0.0)),
            Box::new(Sgd::new(4, 0.5)),
            Box::new(Adam::new(4)),
        ];
        for mut optimizer in optimisers {
            for w in descend(&mut *optimizer, 2000, 0.05) {
                assert!((w - 3.0).abs() < 1e-3, "{w}");
            }
        }
    }

    #[test]
    fn an_optimiser_continues_from_its_memory_as_if_never_interrupted() {
        let mut list = ParamList::new();
        list.add("w", [3, 2], Init::Normal(1.0));
        let run = |params: &mut Params<f64>, optimizer: &mut Adam<f64>, steps: std::ops::Range<usize>| {
            for step in steps {
                let slope: Vec<f64> = params.values().iter().map(|w| w.sin() + step as f64).collect();
                params.gradients_mut().copy_from_slice(&slope);
                optimizer.step(params, 0.1);
            }
        };
        let mut whole = Params::new(&list, 1);
        run(&mut whole, &mut Adam::adam_w(&list, [0.9, 0.99], 0.1), 0..10);
        let mut halves = Params::new(&list, 1);
        let mut first = Adam::adam_w(&list, [0.9, 0.99], 0.1);
        run(&mut halves, &mut first, 0..4);
        let memory: Vec<_> = first
            .memory()
            .into_iter()
            .map(|(name, v)| (name.to_string(), v.to_vec()))
            .collect();
        let mut second = Adam::adam_w(&list, [0.9, 0.99], 0.1);
        second.restore(first.steps(), &memory).unwrap();
        run(&mut halves, &mut second, 4..10);
        assert_eq!(whole.values(), halves.values());
        let error = second.restore(4, &memory[..1]).unwrap_err();
        assert_eq!((error.name.as_str(), error.expected, error.found), ("v", 6, 0));
    }
}
