//! The two number types that have fast kernels, their vectors and their vectorisable functions.

use std::cell::RefCell;
use std::thread::LocalKey;

use pulp::Simd;

use super::dispatch::fuses;
use super::math::Elementary;
use crate::Kernels;

/// `f32` or `f64`: what the fast kernels need beyond [`Kernels`].
pub trait Float: Kernels + Elementary {
    /// A vector of the level `S`.
    type Vector<S: Simd>: Copy;

    /// Numbers in one vector.
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Vector<S>>() / size_of::<Self>()
    }

    /// A slice as whole vectors and the rest.
    fn vectors<S: Simd>(x: &[Self]) -> (&[Self::Vector<S>], &[Self]);

    /// A slice to write, as whole vectors and the rest.
    fn vectors_mut<S: Simd>(x: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]);

    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;

    /// Lane by lane, `a + b`.
    fn add_vectors<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// Lane by lane, the larger of `a` and `b`.
    fn larger_vectors<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// Lane by lane, `a b + c`, rounded once where the level can.
    fn mul_add_vectors<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>)
    -> Self::Vector<S>;

    /// The sum of the lanes, halving their number at each step.
    fn sum_of_lanes<S: Simd>(simd: S, a: Self::Vector<S>) -> Self;

    /// `self b + c`, rounded once where the level can.
    fn mul_add_at<S: Simd>(self, b: Self, c: Self) -> Self;

    /// The square root, as an instruction.
    fn sqrt_at(self) -> Self;

    /// This thread's buffers that are not in use; each grows to the largest size asked for and stays.
    fn buffers() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>>;

    /// Calls `work` with `len` numbers of a buffer of this thread; what they hold does not matter.
    fn with_buffer(len: usize, work: impl FnOnce(&mut [Self])) {
        let mut buffer = Self::buffers().with_borrow_mut(Vec::pop).unwrap_or_default();
        if buffer.len() < len {
            buffer.resize(len, Self::ZERO);
        }
        if cfg!(test) {
            // What is read before it is written shows.
            buffer[..len].fill(Self::from_f64(f64::NAN));
        }
        work(&mut buffer[..len]);
        Self::buffers().with_borrow_mut(|buffers| buffers.push(buffer));
    }
}

macro_rules! float {
    (
        $float:ident, $vector:ident, $vectors:ident, $vectors_mut:ident,
        $splat:ident, $add:ident, $max:ident, $mul:ident, $mul_add:ident, $sum:ident
    ) => {
        impl Float for $float {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn vectors<S: Simd>(x: &[Self]) -> (&[Self::Vector<S>], &[Self]) {
                S::$vectors(x)
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(x: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]) {
                S::$vectors_mut(x)
            }

            #[inline(always)]
            fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S> {
                simd.$splat(x)
            }

            #[inline(always)]
            fn add_vectors<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn larger_vectors<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$max(a, b)
            }

            #[inline(always)]
            fn mul_add_vectors<S: Simd>(
                simd: S,
                a: Self::Vector<S>,
                b: Self::Vector<S>,
                c: Self::Vector<S>,
            ) -> Self::Vector<S> {
                if fuses::<S>() { simd.$mul_add(a, b, c) } else { simd.$add(simd.$mul(a, b), c) }
            }

            #[inline(always)]
            fn sum_of_lanes<S: Simd>(simd: S, a: Self::Vector<S>) -> Self {
                simd.$sum(a)
            }

            #[inline(always)]
            fn mul_add_at<S: Simd>(self, b: Self, c: Self) -> Self {
                if fuses::<S>() { self.mul_add(b, c) } else { self * b + c }
            }

            #[inline(always)]
            fn sqrt_at(self) -> Self {
                self.sqrt()
            }

            fn buffers() -> &'static LocalKey<RefCell<Vec<Vec<Self>>>> {
                thread_local!(static BUFFERS: RefCell<Vec<Vec<$float>>> = const { RefCell::new(Vec::new()) });
                &BUFFERS
            }
        }
    };
}

float!(
    f32,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    max_f32s,
    mul_f32s,
    mul_add_f32s,
    reduce_sum_f32s
);
float!(
    f64,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    max_f64s,
    mul_f64s,
    mul_add_f64s,
    reduce_sum_f64s
);
