//! Sums and maxima of one row, in a fixed number of running values.
//!
//! A row is read sixteen numbers at a time into sixteen running values, which are then halved until one is left. The
//! order depends on the length of the row alone, not on the width of the processor's vectors. What does not fill the
//! sixteen is read together with the numbers before it, which then do not count a second time.

use pulp::Simd;

use super::float::Float;

/// Running values of a row.
pub const LANES: usize = 16;

/// Sixteen running values, in as many vectors as they fill.
///
/// They are vectors rather than an array of numbers so that they stay in registers as they are.
struct Running<T: Float, S: Simd> {
    simd: S,
    /// Eight would be vectors of two numbers; the rest is not used, and cost nothing.
    vectors: [T::Vector<S>; LANES / 2],
}

impl<T: Float, S: Simd> Running<T, S> {
    #[inline(always)]
    fn new(simd: S, first: T) -> Self {
        Self {
            simd,
            vectors: [T::splat(simd, first); LANES / 2],
        }
    }

    /// Joins sixteen numbers, vector by vector.
    #[inline(always)]
    fn join(&mut self, x: &[T; LANES], with: impl Fn(S, T::Vector<S>, T::Vector<S>) -> T::Vector<S>) {
        for (running, &x) in self.vectors.iter_mut().zip(T::vectors::<S>(x).0) {
            *running = with(self.simd, x, *running);
        }
    }

    /// Joins all, halving their number at each step.
    #[inline(always)]
    fn finish(self, with: impl Fn(T, T) -> T) -> T {
        let mut all = [T::ZERO; LANES];
        for (all, running) in T::vectors_mut::<S>(&mut all).0.iter_mut().zip(self.vectors) {
            *all = running;
        }
        halve::<T, 8>(&mut all, &with);
        halve::<T, 4>(&mut all, &with);
        halve::<T, 2>(&mut all, &with);
        with(all[1], all[0])
    }
}

/// Joins each of the first `HALF` values with the one `HALF` further on.
#[inline(always)]
fn halve<T: Float, const HALF: usize>(all: &mut [T; LANES], with: impl Fn(T, T) -> T) {
    for i in 0..HALF {
        all[i] = with(all[i + HALF], all[i]);
    }
}

/// The last numbers of a row whose length is not a multiple of [`LANES`], and which of the lanes count.
#[inline(always)]
fn last<T: Float>(x: &[T]) -> ([T; LANES], impl Fn(usize) -> bool + use<T>) {
    let rest = x.len() % LANES;
    let (window, first, end) = match x.last_chunk::<LANES>() {
        Some(window) => (*window, LANES - rest, LANES),
        None => (std::array::from_fn(|i| if i < rest { x[i] } else { T::ZERO }), 0, rest),
    };
    (window, move |i| first <= i && i < end)
}

/// Writes what was computed from [`last`].
#[inline(always)]
fn write_last<T: Float>(window: [T; LANES], y: &mut [T]) {
    match y.last_chunk_mut::<LANES>() {
        Some(y) => *y = window,
        None => y.copy_from_slice(&window[..y.len()]),
    }
}

/// `Σ f(x)`.
#[inline(always)]
pub fn sum_of<T: Float, S: Simd>(simd: S, x: &[T], f: impl Fn(T) -> T) -> T {
    let mut sums = Running::new(simd, T::ZERO);
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        let mut terms = *x;
        for term in &mut terms {
            *term = f(*term);
        }
        sums.join(&terms, T::add_vectors);
    }
    if !rest.is_empty() {
        let (mut terms, counts) = last(x);
        for (i, term) in terms.iter_mut().enumerate() {
            *term = if counts(i) { f(*term) } else { T::ZERO };
        }
        sums.join(&terms, T::add_vectors);
    }
    sums.finish(|a, b| a + b)
}

/// `Σ f(a, b)`.
#[inline(always)]
pub fn sum_of_pairs<T: Float, S: Simd>(simd: S, a: &[T], b: &[T], f: impl Fn(T, T) -> T) -> T {
    let mut sums = Running::new(simd, T::ZERO);
    let ((a_whole, rest), (b_whole, _)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a_whole.iter().zip(b_whole) {
        let mut terms = *a;
        for (term, &b) in terms.iter_mut().zip(b) {
            *term = f(*term, b);
        }
        sums.join(&terms, T::add_vectors);
    }
    if !rest.is_empty() {
        let ((mut terms, counts), (b, _)) = (last(a), last(b));
        for (i, term) in terms.iter_mut().enumerate() {
            *term = if counts(i) { f(*term, b[i]) } else { T::ZERO };
        }
        sums.join(&terms, T::add_vectors);
    }
    sums.finish(|a, b| a + b)
}

/// The largest number of a row, `-∞` for an empty one; what it is beside a NaN is not said.
#[inline(always)]
pub fn maximum<T: Float, S: Simd>(simd: S, x: &[T]) -> T {
    let mut most = Running::new(simd, T::minus_infinity());
    let (whole, rest) = x.as_chunks::<LANES>();
    for x in whole {
        most.join(x, T::larger_vectors);
    }
    if !rest.is_empty() {
        let (mut x, counts) = last(x);
        for (i, x) in x.iter_mut().enumerate() {
            *x = if counts(i) { *x } else { T::minus_infinity() };
        }
        most.join(&x, T::larger_vectors);
    }
    most.finish(|a, b| if a > b { a } else { b })
}

/// `y = exp(x - m)`; gives `Σ y`.
#[inline(always)]
pub fn exp_and_sum<T: Float, S: Simd>(simd: S, x: &[T], m: T, y: &mut [T]) -> T {
    let mut sums = Running::new(simd, T::ZERO);
    let (whole, rest) = x.as_chunks::<LANES>();
    for (x, y) in whole.iter().zip(y.as_chunks_mut::<LANES>().0) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - m).exp_at::<S>();
        }
        sums.join(y, T::add_vectors);
    }
    if !rest.is_empty() {
        let (mut terms, counts) = last(x);
        for term in &mut terms {
            *term = (*term - m).exp_at::<S>();
        }
        write_last(terms, y);
        for (i, term) in terms.iter_mut().enumerate() {
            *term = if counts(i) { *term } else { T::ZERO };
        }
        sums.join(&terms, T::add_vectors);
    }
    sums.finish(|a, b| a + b)
}

/// `x = exp(f(x))` in place for whole lanes; gives the sum.
///
/// # Panics
/// If the length is not a multiple of [`LANES`].
#[inline(always)]
pub fn exp_in_place<T: Float, S: Simd>(simd: S, x: &mut [T], f: impl Fn(T) -> T) -> T {
    let mut sums = Running::new(simd, T::ZERO);
    let (whole, rest) = x.as_chunks_mut::<LANES>();
    assert!(rest.is_empty(), "the row must be whole lanes");
    for x in whole {
        for x in x.iter_mut() {
            *x = f(*x).exp_at::<S>();
        }
        sums.join(x, T::add_vectors);
    }
    sums.finish(|a, b| a + b)
}

/// `y = f(x)` for each number, where `f` holds an exponential.
///
/// A simple loop would do the numbers after the last whole vectors one by one, which costs more than all before them.
/// For a cheap `f` a simple loop is better.
#[inline(always)]
pub fn map<T: Float>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    let (whole, rest) = x.as_chunks::<LANES>();
    for (x, y) in whole.iter().zip(y.as_chunks_mut::<LANES>().0) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = f(x);
        }
    }
    if !rest.is_empty() {
        let (mut x, _) = last(x);
        for x in &mut x {
            *x = f(*x);
        }
        write_last(x, y);
    }
}

/// `y = f(a, b)` for each pair of numbers, where `f` holds an exponential; see [`map`].
#[inline(always)]
pub fn map_pairs<T: Float>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    let ((a_whole, rest), (b_whole, _)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for ((a, b), y) in a_whole.iter().zip(b_whole).zip(y.as_chunks_mut::<LANES>().0) {
        for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
            *y = f(a, b);
        }
    }
    if !rest.is_empty() {
        let ((mut a, _), (b, _)) = (last(a), last(b));
        for (a, &b) in a.iter_mut().zip(&b) {
            *a = f(*a, b);
        }
        write_last(a, y);
    }
}

/// The sixteen numbers from `j` on; zeros after the end.
#[inline(always)]
pub fn take<T: Float>(x: &[T], j: usize) -> [T; LANES] {
    match x[j..].first_chunk::<LANES>() {
        Some(x) => *x,
        None => {
            let mut all = [T::ZERO; LANES];
            all[..x.len() - j].copy_from_slice(&x[j..]);
            all
        }
    }
}

/// Writes the numbers from `j` on, as far as there is room.
#[inline(always)]
pub fn put<T: Float>(x: &mut [T], j: usize, all: &[T; LANES]) {
    let rest = &mut x[j..];
    match rest.first_chunk_mut::<LANES>() {
        Some(x) => *x = *all,
        None => rest.copy_from_slice(&all[..rest.len()]),
    }
}
