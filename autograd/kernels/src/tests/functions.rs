//! Functions of one number for the laws of the elementwise kernels.
//!
//! GELU is written as `x · σ(2u)`, `u = √(2/π) (x + 0.044715 x³)`.

use crate::Function;
use crate::numbers::Scalar;

pub struct Exp;
pub struct Tanh;
pub struct Sigmoid;
pub struct GeluTanh;
pub struct GeluTanhSlope;
pub struct Silu;
pub struct SiluSlope;

/// Keeps away from `∞ · 0`.
const FAR: f64 = 1.0e4;

impl Function for Exp {
    fn at<T: Scalar>(x: T) -> T {
        x.exp()
    }
}

impl Function for Tanh {
    fn at<T: Scalar>(x: T) -> T {
        x.tanh()
    }
}

impl Function for Sigmoid {
    fn at<T: Scalar>(x: T) -> T {
        x.sigmoids().0
    }
}

impl Function for Silu {
    fn at<T: Scalar>(x: T) -> T {
        let x = x.maximum(T::from_f64(-FAR));
        x * x.sigmoids().0
    }
}

impl Function for SiluSlope {
    fn at<T: Scalar>(x: T) -> T {
        let x = x.maximum(T::from_f64(-FAR)).minimum(T::from_f64(FAR));
        let (s, rest) = x.sigmoids();
        s * (T::ONE + x * rest)
    }
}

fn inner() -> f64 {
    (2.0 / std::f64::consts::PI).sqrt()
}

fn twice_u<T: Scalar>(x: T) -> T {
    x * (T::from_f64(2.0 * inner()) + T::from_f64(2.0 * inner() * 0.044_715) * (x * x))
}

impl Function for GeluTanh {
    fn at<T: Scalar>(x: T) -> T {
        let x = x.maximum(T::from_f64(-FAR));
        x * twice_u(x).sigmoids().0
    }
}

impl Function for GeluTanhSlope {
    fn at<T: Scalar>(x: T) -> T {
        let x = x.maximum(T::from_f64(-FAR)).minimum(T::from_f64(FAR));
        let (s, rest) = twice_u(x).sigmoids();
        let slope = T::from_f64(2.0 * inner()) + T::from_f64(6.0 * inner() * 0.044_715) * (x * x);
        s * (T::ONE + x * rest * slope)
    }
}
