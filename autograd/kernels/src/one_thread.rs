//! What stands in for the fast kernels where the feature `fast` is left out: plain loops on the calling thread.

use crate::{AttentionSizes, Kernels, RowKernels};

impl RowKernels for f32 {}
impl RowKernels for f64 {}
impl Kernels for f32 {}
impl Kernels for f64 {}

/// The name of the vector instructions in use: `none`.
pub fn simd_level() -> &'static str {
    "none"
}

/// Runs `step`; there is one thread.
pub fn with_team<R: Send>(step: impl FnOnce() -> R + Send) -> R {
    step()
}

/// The whole of `y` as one part that starts at 0.
pub fn by_parts<T: Send>(y: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    work(0, y);
}

/// `total += x`.
pub fn add<T: crate::numbers::Scalar>(x: &[T], total: &mut [T]) {
    total.iter_mut().zip(x).for_each(|(total, &x)| *total += x);
}

/// The rows of one task: here tasks do not matter.
pub const fn rows_of_task(_cols: usize) -> usize {
    1
}

/// Numbers of scratch that packing needs: plain products do not pack.
pub const fn packed_len(_rows: usize, _cols: usize) -> usize {
    0
}

/// Blocks of attention that need room at the same time: the plain loop needs none.
pub const fn rooms(_: &AttentionSizes) -> usize {
    0
}

/// The room of one block.
pub const fn room_len(_: &AttentionSizes) -> usize {
    0
}

/// The room of one block on the way back.
pub const fn backward_room_len(_: &AttentionSizes) -> usize {
    0
}
