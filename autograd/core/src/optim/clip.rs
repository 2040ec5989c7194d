//! Clipping by the global norm: a gradient that is too long is shortened, its direction kept.
//!
//! `g ← g · min(1, c / ‖g‖)`, with `‖g‖` over all parameters together.
//! Source: Pascanu, Mikolov and Bengio 2013, algorithm 1.

use crate::kernels::by_parts;
use crate::numbers::Real;
use crate::params::Params;

/// Shortens the gradients to `norm_max` if they are longer, and gives the norm they had.
pub fn clip_global_norm<T: Real>(params: &mut Params<T>, norm_max: f64) -> f64 {
    let norm = T::square_sum_slice(params.gradients()).to_f64().sqrt();
    if norm > norm_max {
        let factor = T::from_f64(norm_max / norm);
        by_parts(params.gradients_mut(), |_, part| {
            part.iter_mut().for_each(|g| *g *= factor)
        });
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Init, ParamList};

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_left_alone() {
        let mut list = ParamList::new();
        list.add("a", [1], Init::Zeros);
        list.add("b", [1], Init::Zeros);
        let mut params = Params::<f64>::new(&list, 0);
        params.gradients_mut().copy_from_slice(&[3.0, 4.0]);
        assert_eq!(clip_global_norm(&mut params, 10.0), 5.0);
        assert_eq!(params.gradients(), [3.0, 4.0]);
        assert_eq!(clip_global_norm(&mut params, 1.0), 5.0);
        assert!((params.gradients()[0] - 0.6).abs() < 1e-15 && (params.gradients()[1] - 0.8).abs() < 1e-15);
    }
}
