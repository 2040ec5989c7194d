//! The matrix product of one thread: blocks of the summed size, chunks of rows, panels of columns, then tiles.
//!
//! Source: Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), with the roles of the two
//! operands exchanged because `c` is row-major.

use pulp::{Simd, WithSimd};

use super::dispatch::{part, run};
use super::float::Float;
use super::matrix::{Target, View};
use super::packed::{
    BLOCK, CHUNK, PACKED_LEFT, Packed, from_line, group, group_place, pack, pack_left, packed_len, padded, panels,
};
use super::tile::{Start, Tile, compute};

/// `c [m, n] = start + a [m, k] · b [k, n]`, save for `b` and `c`.
#[derive(Clone, Copy)]
pub struct Product<'a, T> {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub a: View<'a, T>,
    pub start: Start<'a, T>,
}

/// Multiplies on this thread, packing the right operand block by block.
pub fn multiply<T: Float>(product: Product<'_, T>, b: View<'_, T>, c: Target<'_, T>) {
    let len = PACKED_LEFT + packed_len(product.k.min(BLOCK), product.n);
    T::with_buffer(len, |buffer| {
        let (left, right) = buffer.split_at_mut(PACKED_LEFT);
        let right = from_line(right);
        run(Multiply {
            product,
            b,
            c,
            left,
            right,
        });
    });
}

struct Multiply<'a, T> {
    product: Product<'a, T>,
    b: View<'a, T>,
    c: Target<'a, T>,
    left: &'a mut [T],
    right: &'a mut [T],
}

impl<T: Float> WithSimd for Multiply<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Product { k, n, .. } = self.product;
        self.product.check(&self.c);
        self.b.check(k, n);
        for first in blocks(k) {
            let rows = (k - first).min(BLOCK);
            pack(simd, (rows, n), self.b.part(first, 0), self.right);
            let right = Packed {
                data: self.right,
                k: rows,
                n,
            };
            let block = Block {
                at: self.product.block(first, rows),
                b: right,
                c: &mut self.c,
                left: self.left,
            };
            part(simd, block);
        }
    }
}

/// Multiplies with a right operand that is packed already, and may be larger than what is used of it.
///
/// A left operand that is not row-major is read where it is: it should be small.
#[inline(always)]
pub fn multiply_packed<T: Float, S: Simd>(simd: S, product: Product<'_, T>, b: Packed<'_, T>, c: &mut Target<'_, T>) {
    assert!(product.k <= b.k && product.n <= b.n, "product: too little is packed");
    product.check(c);
    let width = padded(b.n, T::lanes::<S>());
    for first in blocks(product.k) {
        let packed_rows = (b.k - first).min(BLOCK);
        let right = Packed {
            data: &b.data[first * width..][..packed_rows * width],
            k: packed_rows,
            n: b.n,
        };
        let block = Block {
            at: product.block(first, (product.k - first).min(BLOCK)),
            b: right,
            c,
            left: &mut [],
        };
        part(simd, block);
    }
}

/// The first rows of all blocks; a product that sums nothing still has one, which writes its start.
fn blocks(k: usize) -> impl Iterator<Item = usize> {
    (0..k.max(1)).step_by(BLOCK)
}

impl<'a, T: Float> Product<'a, T> {
    /// The part that sums `rows` products from `first` on; every part but the first adds to `c`.
    fn block(self, first: usize, rows: usize) -> Self {
        Self {
            k: rows,
            a: self.a.part(0, first),
            start: if first == 0 { self.start } else { Start::Target },
            ..self
        }
    }

    /// The first half of the summed size, and the second.
    pub fn halves(self) -> (Self, Self) {
        let k = self.k.div_ceil(2);
        let first = Self { k, ..self };
        let second = Self {
            k: self.k - k,
            a: self.a.part(0, k),
            start: Start::Zero,
            ..self
        };
        (first, second)
    }

    /// Whether the left operand is packed: one whose columns are without gaps is.
    pub fn packs(&self) -> bool {
        self.a.row == 1 && self.a.col != 1
    }

    /// Asserts that `a`, `c` and a bias hold what the product reads and writes.
    fn check(&self, c: &Target<'_, T>) {
        self.a.check(self.m, self.k);
        c.check(self.m, self.n);
        if let Start::Row(row) = self.start {
            assert!(row.len() >= self.n, "product: the bias is shorter than a row");
        }
    }
}

/// One block. The sizes have been asserted.
struct Block<'a, 'c, T> {
    at: Product<'a, T>,
    b: Packed<'a, T>,
    c: &'a mut Target<'c, T>,
    left: &'a mut [T],
}

impl<T: Float> WithSimd for Block<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { at, b, c, left } = self;
        let lanes = T::lanes::<S>();
        for chunk in (0..at.m).step_by(CHUNK) {
            let m = (at.m - chunk).min(CHUNK);
            let a = at.a.part(chunk, 0);
            let packs = at.packs() && !left.is_empty();
            if packs {
                pack_left::<T, S>(a, m, at.k, left);
            }
            for panel in panels(b.n, lanes).take_while(|panel| panel.first < at.n) {
                let mut i = 0;
                while i < m {
                    let rows = group::<S>(m - i);
                    let (a, a_row, a_col) = if packs {
                        (&left[group_place(i, at.k)..], 1, rows)
                    } else {
                        (a.part(i, 0).data, a.row, a.col)
                    };
                    let tile = Tile {
                        k: at.k,
                        a: a.as_ptr(),
                        a_row,
                        a_col,
                        b: b.data[panel.first * b.k..].as_ptr(),
                        c: c.place(chunk + i, panel.first),
                        c_row: c.row,
                        cols: (at.n - panel.first).min(panel.vectors * lanes),
                        start: at.start.from(panel.first),
                    };
                    // SAFETY: `Product::check` asserted a, c and the bias; a packed operand has whole panels and
                    // groups.
                    unsafe { compute_rows(simd, tile, rows, panel.vectors) };
                    i += rows;
                }
            }
        }
    }
}

/// Picks the tile of these rows and vectors.
///
/// # Safety
/// As [`compute`].
#[inline(always)]
unsafe fn compute_rows<T: Float, S: Simd>(simd: S, tile: Tile<'_, T>, rows: usize, vectors: usize) {
    // SAFETY: the caller's promise is handed on.
    unsafe {
        match (rows, vectors) {
            (12, 2) => compute::<T, S, 12, 2>(simd, tile),
            (12, _) => compute::<T, S, 12, 1>(simd, tile),
            (8, 2) => compute::<T, S, 8, 2>(simd, tile),
            (8, _) => compute::<T, S, 8, 1>(simd, tile),
            (6, 2) => compute::<T, S, 6, 2>(simd, tile),
            (6, _) => compute::<T, S, 6, 1>(simd, tile),
            (4, 2) => compute::<T, S, 4, 2>(simd, tile),
            (4, _) => compute::<T, S, 4, 1>(simd, tile),
            (2, 2) => compute::<T, S, 2, 2>(simd, tile),
            (2, _) => compute::<T, S, 2, 1>(simd, tile),
            (_, 2) => compute::<T, S, 1, 2>(simd, tile),
            (_, _) => compute::<T, S, 1, 1>(simd, tile),
        }
    }
}
