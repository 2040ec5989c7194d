//! Operands of a product rearranged so that the innermost kernel reads them from end to end.
//!
//! **Right operand.** The summed size is cut into blocks of at most [`BLOCK`] rows; inside a block the columns are cut
//! into panels of two vectors (the last may be one vector wide), each panel row by row, padded with zeros.
//! The first rows, or the first columns, of a packed matrix can be used as it stands.
//!
//! **Left operand.** Row-major rows are read where they are. Column-major ones (a transposed left operand) are packed in
//! groups of as many rows as a tile has, each group column by column.

use pulp::{Simd, WithSimd};

use super::dispatch::{part, run};
use super::float::Float;
use super::matrix::View;
use super::tile::COLS_MAX;
use super::transpose::transpose;

/// The most rows of a block: a panel of it (32 KiB of `f32`) fits the first-level cache.
pub const BLOCK: usize = 256;

/// The most rows of the left operand that are multiplied with all panels before the next: 240 KiB of `f32`.
pub const CHUNK: usize = 240;

/// A packed right operand: its numbers and its whole sizes.
#[derive(Clone, Copy)]
pub struct Packed<'a, T> {
    pub data: &'a [T],
    pub k: usize,
    pub n: usize,
}

impl<'a, T: Float> Packed<'a, T> {
    /// Packs a right operand of `k` rows and `n` columns into `room`, which must be [`packed_len`] long.
    pub fn new(k: usize, n: usize, b: View<'_, T>, room: &'a mut [T]) -> Self {
        let room = from_line(room);
        run(Pack {
            k,
            n,
            b,
            packed: &mut *room,
        });
        Self { data: room, k, n }
    }

    /// The same, inside a kernel of the level `S`.
    #[inline(always)]
    pub fn at<S: Simd>(simd: S, (k, n): (usize, usize), b: View<'_, T>, room: &'a mut [T]) -> Self {
        let room = from_line(room);
        pack(simd, (k, n), b, &mut *room);
        Self { data: room, k, n }
    }
}

/// The length of the room for a packed right operand of `k` rows and `n` columns, at every level.
pub const fn packed_len(k: usize, n: usize) -> usize {
    k * n.next_multiple_of(COLS_MAX) + LINE
}

/// The numbers of a cache line of `f32`: room to start a packed operand at the start of one.
const LINE: usize = 16;

/// The part of `room` that starts with a cache line.
pub fn from_line<T>(room: &mut [T]) -> &mut [T] {
    let skip = room.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
    &mut room[skip..]
}

/// A panel of a packed block.
pub struct Panel {
    /// Its first column.
    pub first: usize,
    /// Its width in vectors.
    pub vectors: usize,
}

/// The panels of `n` columns, for vectors of `lanes` numbers.
#[inline(always)]
pub fn panels(n: usize, lanes: usize) -> impl Iterator<Item = Panel> {
    (0..n).step_by(2 * lanes).map(move |first| Panel {
        first,
        vectors: if n - first > lanes { 2 } else { 1 },
    })
}

/// The columns of a packed matrix with `n` columns, padding included.
pub const fn padded(n: usize, lanes: usize) -> usize {
    n.next_multiple_of(lanes)
}

/// Packs `k` rows and `n` columns of `b` into `packed`.
#[inline(always)]
pub fn pack<T: Float, S: Simd>(simd: S, (k, n): (usize, usize), b: View<'_, T>, packed: &mut [T]) {
    part(simd, Pack { k, n, b, packed });
}

struct Pack<'a, T> {
    k: usize,
    n: usize,
    b: View<'a, T>,
    packed: &'a mut [T],
}

impl<T: Float> WithSimd for Pack<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { k, n, b, packed } = self;
        let lanes = T::lanes::<S>();
        b.check(k, n);
        for first_row in (0..k).step_by(BLOCK) {
            let rows = (k - first_row).min(BLOCK);
            let block = &mut packed[first_row * padded(n, lanes)..][..rows * padded(n, lanes)];
            for panel in panels(n, lanes) {
                let width = panel.vectors * lanes;
                let out = &mut block[panel.first * rows..][..rows * width];
                let cols = (n - panel.first).min(width);
                if cols < width {
                    out.fill(T::ZERO);
                }
                let b = b.part(first_row, panel.first);
                if b.row == 1 {
                    transpose::<T, S>(b.data, b.col, (rows, cols), out, width);
                } else if b.col == 1 && cols == width {
                    match panel.vectors {
                        2 => copy_whole_rows::<T, S, 2>(b, out),
                        _ => copy_whole_rows::<T, S, 1>(b, out),
                    }
                } else {
                    copy_rows(b, cols, width, out);
                }
            }
        }
    }
}

/// Copies the first numbers of each row into a row of so many vectors: moves of a known length, and no call for each.
#[inline(always)]
fn copy_whole_rows<T: Float, S: Simd, const VECTORS: usize>(b: View<'_, T>, out: &mut [T]) {
    let width = VECTORS * T::lanes::<S>();
    let (out, _) = T::vectors_mut::<S>(out);
    for (l, out) in out.as_chunks_mut::<VECTORS>().0.iter_mut().enumerate() {
        let (row, _) = T::vectors::<S>(&b.data[l * b.row..][..width]);
        for (v, out) in out.iter_mut().enumerate() {
            *out = row[v];
        }
    }
}

/// Copies `cols` numbers of each row into a row of `width`.
#[inline(always)]
fn copy_rows<T: Float>(b: View<'_, T>, cols: usize, width: usize, out: &mut [T]) {
    for (l, out) in out.chunks_exact_mut(width).enumerate() {
        if b.col == 1 {
            out[..cols].copy_from_slice(&b.data[l * b.row..][..cols]);
        } else {
            for (j, out) in out[..cols].iter_mut().enumerate() {
                *out = b.data[l * b.row + j * b.col];
            }
        }
    }
}

/// The rows of the widest tile of the level `S`: what its registers hold beside two vectors of `b` and one of `a`.
pub const fn tile_rows<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 12 } else { 6 }
}

/// How many of the remaining rows the next tile takes.
///
/// Sixteen rows are two tiles of eight: four rows alone have too few sums to keep the multipliers busy.
#[inline(always)]
pub const fn group<S: Simd>(rows: usize) -> usize {
    match rows {
        16..20 if tile_rows::<S>() == 12 => 8,
        rows if rows >= tile_rows::<S>() => tile_rows::<S>(),
        8.. => 8,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// The length of a packed left operand of one chunk.
pub const PACKED_LEFT: usize = CHUNK * (BLOCK + 4);

/// Where the group that starts at row `i` starts; the gap keeps groups from competing for the same cache lines.
pub const fn group_place(i: usize, k: usize) -> usize {
    i * (k + 4)
}

/// Packs `m` rows and `k` columns of a column-major left operand.
#[inline(always)]
pub fn pack_left<T: Float, S: Simd>(a: View<'_, T>, m: usize, k: usize, packed: &mut [T]) {
    let widest = tile_rows::<S>();
    let wide = (0..m / widest)
        .take_while(|done| group::<S>(m - done * widest) == widest)
        .count();
    let mut i = if widest == 12 {
        pack_groups::<T, 12>(a, 0, wide, k, packed)
    } else {
        pack_groups::<T, 6>(a, 0, wide, k, packed)
    };
    while i < m {
        i = match group::<S>(m - i) {
            8 => pack_groups::<T, 8>(a, i, 1, k, packed),
            4 => pack_groups::<T, 4>(a, i, 1, k, packed),
            2 => pack_groups::<T, 2>(a, i, 1, k, packed),
            _ => pack_groups::<T, 1>(a, i, 1, k, packed),
        };
    }
}

/// Packs some groups of `ROWS` rows, the first of which starts at row `first`; gives the row behind them.
#[inline(always)]
fn pack_groups<T: Float, const ROWS: usize>(
    a: View<'_, T>,
    first: usize,
    groups: usize,
    k: usize,
    packed: &mut [T],
) -> usize {
    for l in 0..k {
        let (rows, _) = a.data[l * a.col + first..][..groups * ROWS].as_chunks::<ROWS>();
        for (g, rows) in rows.iter().enumerate() {
            packed[group_place(first + g * ROWS, k) + l * ROWS..][..ROWS].copy_from_slice(rows);
        }
    }
    first + groups * ROWS
}
