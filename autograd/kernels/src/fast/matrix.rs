//! Matrices inside slices: with strides to read, and in disjoint parts to write from several threads.

use std::marker::PhantomData;

/// A matrix in a slice: number `(i, j)` is at `i · row + j · col`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    pub data: &'a [T],
    pub row: usize,
    pub col: usize,
}

impl<'a, T> View<'a, T> {
    /// A row-major matrix whose rows are `row` apart.
    pub fn rows(data: &'a [T], row: usize) -> Self {
        Self { data, row, col: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            row: self.col,
            col: self.row,
        }
    }

    /// The part that starts at row `i` and column `j`.
    pub fn part(self, i: usize, j: usize) -> Self {
        let first = (i * self.row + j * self.col).min(self.data.len());
        Self {
            data: &self.data[first..],
            ..self
        }
    }

    /// Asserts that `rows` by `cols` numbers are there.
    pub fn check(&self, rows: usize, cols: usize) {
        let fits = rows == 0 || cols == 0 || (rows - 1) * self.row + (cols - 1) * self.col < self.data.len();
        assert!(fits, "product: an operand is shorter than its sizes");
    }
}

/// A row-major matrix to write: number `(i, j)` is at `i · row + j`.
///
/// It stands for a mutable slice, cut into parts that threads write at the same time though their rows interleave.
pub struct Target<'a, T> {
    first: *mut T,
    pub row: usize,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: a target is a mutable slice; `part` leaves it to its caller that parts written at the same time are disjoint.
unsafe impl<T: Send> Send for Target<'_, T> {}
// SAFETY: a shared target is only good for `part`, as above.
unsafe impl<T: Send> Sync for Target<'_, T> {}

impl<'a, T> Target<'a, T> {
    /// A slice whose rows are `row` apart.
    pub fn rows(data: &'a mut [T], row: usize) -> Self {
        Self {
            first: data.as_mut_ptr(),
            row,
            len: data.len(),
            slice: PhantomData,
        }
    }

    /// The part that starts at row `i` and column `j`.
    ///
    /// # Safety
    /// While the part is in use, nothing else may read or write those of its numbers that are written through it.
    pub unsafe fn part(&self, i: usize, j: usize) -> Self {
        let skip = (i * self.row + j).min(self.len);
        Self {
            // SAFETY: at most the end of the slice.
            first: unsafe { self.first.add(skip) },
            row: self.row,
            len: self.len - skip,
            slice: PhantomData,
        }
    }

    /// The place of number `(i, j)`.
    ///
    /// # Panics
    /// If the matrix has no such number.
    #[inline(always)]
    pub fn place(&mut self, i: usize, j: usize) -> *mut T {
        let at = i * self.row + j;
        assert!(at < self.len, "product: the result is shorter than its sizes");
        // SAFETY: within the slice.
        unsafe { self.first.add(at) }
    }

    /// The first `cols` numbers of row `i`.
    #[inline(always)]
    pub fn row_mut(&mut self, i: usize, cols: usize) -> &mut [T] {
        assert!(
            i * self.row + cols <= self.len,
            "product: the result is shorter than its sizes"
        );
        // SAFETY: within the slice; that nothing else uses these numbers was promised to `part`.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(i * self.row), cols) }
    }

    /// Asserts that `rows` by `cols` numbers are there.
    pub fn check(&self, rows: usize, cols: usize) {
        let fits = rows == 0 || cols == 0 || (rows - 1) * self.row + cols <= self.len;
        assert!(fits, "product: the result is shorter than its sizes");
    }
}
