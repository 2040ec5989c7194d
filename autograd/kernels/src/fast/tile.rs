//! The innermost kernel of every product: a few rows by a few vectors of `c`, held in registers.
//!
//! Each number of the tile is the sum of its products in the order of `k`, one fused step each, so its bits depend
//! neither on the size of the tile, nor on the width of a vector, nor on where the product was cut into tiles.

use pulp::Simd;

use super::float::Float;

/// What the sum of a product is added to.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, T> {
    /// Nothing: `c` is overwritten.
    Zero,
    /// What `c` holds.
    Target,
    /// One number for each column: a bias.
    Row(&'a [T]),
}

impl<T> Start<'_, T> {
    /// The same for the columns from `j` on.
    pub fn from(self, j: usize) -> Self {
        match self {
            Self::Row(row) => Self::Row(&row[j..]),
            other => other,
        }
    }
}

/// The most columns of a tile, in numbers: two vectors of 512 bits of `f32`.
pub const COLS_MAX: usize = 32;

/// One tile: where its operands are.
#[derive(Clone, Copy)]
pub struct Tile<'a, T> {
    /// The summed size.
    pub k: usize,
    /// The first number of the tile's rows of `a`.
    pub a: *const T,
    /// The step from one row of `a` to the next.
    pub a_row: usize,
    /// The step from one column of `a` to the next.
    pub a_col: usize,
    /// The panel of `b`: `k` rows of whole vectors.
    pub b: *const T,
    /// The first number of the tile in `c`.
    pub c: *mut T,
    /// The step from one row of `c` to the next.
    pub c_row: usize,
    /// How many columns of the panel `c` has.
    pub cols: usize,
    /// What the sum is added to, from the tile's first column on.
    pub start: Start<'a, T>,
}

/// Computes a tile of `ROWS` rows by `VECTORS` vectors.
///
/// # Safety
/// `a` must be readable at `i · a_row + l · a_col` for `i < ROWS`, `l < k`; `b` for `k · VECTORS` vectors; `c` must be
/// readable and writable at `i · c_row + j` for `j < cols`, by this thread alone; `cols` is at most the width of the
/// panel; a `Start::Row` holds `cols` numbers.
#[inline(always)]
pub unsafe fn compute<T: Float, S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, at: Tile<'_, T>) {
    let lanes = T::lanes::<S>();
    let mut sums = [[T::splat(simd, T::ZERO); VECTORS]; ROWS];
    let (mut a, mut b) = (at.a, at.b);
    for _ in 0..at.k {
        // SAFETY: the caller vouches for k steps over both operands.
        unsafe {
            let b_l: [T::Vector<S>; VECTORS] = std::array::from_fn(|v| load::<T, S>(b.add(v * lanes)));
            for (i, row) in sums.iter_mut().enumerate() {
                let a_il = T::splat(simd, *a.add(i * at.a_row));
                for (sum, b_l) in row.iter_mut().zip(b_l) {
                    *sum = T::mul_add_vectors(simd, a_il, b_l, *sum);
                }
            }
        }
        // The last step may leave the operands, hence without a claim to stay inside.
        a = a.wrapping_add(at.a_col);
        b = b.wrapping_add(VECTORS * lanes);
    }
    if at.cols == VECTORS * lanes {
        // SAFETY: the caller vouches for all columns in each row of c and in the row to start from.
        unsafe { write_whole(simd, at, &sums) };
    } else {
        // A copy, so that the sums themselves never need an address and stay in registers.
        let sums = sums.map(|row| row);
        // SAFETY: the caller vouches for `cols` columns.
        unsafe { write_part::<T, S, ROWS, VECTORS>(at, &sums) };
    }
}

/// Writes a tile whose every column is wanted.
///
/// # Safety
/// As [`compute`], with `cols` the whole width of the tile.
#[inline(always)]
unsafe fn write_whole<T: Float, S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    at: Tile<'_, T>,
    sums: &[[T::Vector<S>; VECTORS]; ROWS],
) {
    let lanes = T::lanes::<S>();
    // SAFETY: the caller vouches for every vector of c and of the row to start from.
    unsafe {
        match at.start {
            Start::Zero => {
                for (i, row) in sums.iter().enumerate() {
                    for (v, &sum) in row.iter().enumerate() {
                        store::<T, S>(at.c.add(i * at.c_row + v * lanes), sum);
                    }
                }
            }
            Start::Target => {
                for (i, row) in sums.iter().enumerate() {
                    for (v, &sum) in row.iter().enumerate() {
                        let c = at.c.add(i * at.c_row + v * lanes);
                        store::<T, S>(c, T::add_vectors(simd, load::<T, S>(c), sum));
                    }
                }
            }
            Start::Row(start) => {
                for (i, row) in sums.iter().enumerate() {
                    for (v, &sum) in row.iter().enumerate() {
                        let start = load::<T, S>(start.as_ptr().add(v * lanes));
                        store::<T, S>(at.c.add(i * at.c_row + v * lanes), T::add_vectors(simd, start, sum));
                    }
                }
            }
        }
    }
}

/// Writes a tile number by number, as far as `c` has columns.
///
/// # Safety
/// As [`compute`].
#[inline(never)]
unsafe fn write_part<T: Float, S: Simd, const ROWS: usize, const VECTORS: usize>(
    at: Tile<'_, T>,
    sums: &[[T::Vector<S>; VECTORS]; ROWS],
) {
    let sums: *const T = sums.as_ptr().cast();
    let width = VECTORS * T::lanes::<S>();
    for i in 0..ROWS {
        for j in 0..at.cols {
            // SAFETY: a row of sums is `width` numbers without gaps; the caller vouches for c and the start.
            unsafe {
                let (c, sum) = (at.c.add(i * at.c_row + j), *sums.add(i * width + j));
                *c = match at.start {
                    Start::Zero => sum,
                    Start::Target => *c + sum,
                    Start::Row(row) => *row.as_ptr().add(j) + sum,
                };
            }
        }
    }
}

/// Reads one vector.
///
/// # Safety
/// One vector must be readable at `from`; no alignment is needed.
#[inline(always)]
unsafe fn load<T: Float, S: Simd>(from: *const T) -> T::Vector<S> {
    // SAFETY: the caller vouches for one vector.
    unsafe { from.cast::<T::Vector<S>>().read_unaligned() }
}

/// Writes one vector.
///
/// # Safety
/// One vector must be writable at `to`; no alignment is needed.
#[inline(always)]
unsafe fn store<T: Float, S: Simd>(to: *mut T, vector: T::Vector<S>) {
    // SAFETY: the caller vouches for one vector.
    unsafe { to.cast::<T::Vector<S>>().write_unaligned(vector) }
}
