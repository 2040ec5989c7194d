//! The matrix product, of two matrices or of two stacks of matrices.
//!
//! `c = a · b` means `c_ij = Σ_k a_ik b_kj`. An entry `a_ik` stands in all `c_ij` of its row, so
//! `g_a_ik = Σ_j g_c_ij b_kj`, which is `g_a = g_c · bᵀ`; in the same way `g_b = aᵀ · g_c`.
//! Axes before the last two are stacks and broadcast; a stack that was repeated collects the sum over its uses.
//! An operand with one axis is a vector: `a` is read as one row, `b` as one column, and that axis is left out of `c`.
//! **Shapes**: `a: [.., M, K]`, `b: [.., K, N]` → `c: [.., M, N]`; `[D, M] · [M] → [D]`; `[K] · [K] → []`.
//! Source: deck S0, `a_j = Σ_i α_ji x_i`; deck S1, attention in matrix form.

use super::elementwise;
use crate::kernels::Gemm;
use crate::op::prelude::*;

/// The matrix product over the last two axes; axes before them broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matmul;

impl<'t> Var<'t> {
    /// The matrix product `self · b` over the last two axes; a vector stands for one row or one column.
    #[track_caller]
    pub fn matmul(self, b: Var<'t>) -> Var<'t> {
        Var::record(Matmul, &[self, b])
    }

    /// The product `self · b` of vectors and matrices: [`matmul`](Self::matmul) by the name it has for vectors.
    #[track_caller]
    pub fn dot(self, b: Var<'t>) -> Var<'t> {
        self.matmul(b)
    }
}

impl Op for Matmul {
    const NAME: &'static str = "matmul";
    const MEANING: &'static str = "The matrix product, of two matrices or of two stacks of matrices.";
    const SHAPES: &'static str = "[.., N, K], [.., K, M] -> [.., N, M]; a vector stands for a row on the left and a column on the right";
    const WORDS: &'static [Word] = &[Word::own("@", "a @ b", "the last axis of a meets the first of b; stacks of matrices meet stack by stack", "a = alpha @ x")];
    const FORWARD: Equations = &[("c", "a @ b")];
    const BACKWARD: Equations = &[("g_a", "g_c @ b.T"), ("g_b", "a.T @ g_c")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the left matrices"), Operand::real("b", "the right matrices")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let [a, b] = [x[0], x[1]];
        if a.rank() == 0 || b.rank() == 0 {
            return Err(ShapeError::new("a single number has no rows and columns; multiply by it with `*`"));
        }
        let ([m, k], [k_b, n]) = (rows(a), columns(b));
        if k != k_b {
            return Err(ShapeError::new(format!(
                "the last axis of a has size {k} and the axis of b that meets it has size {k_b}; they must be equal"
            )));
        }
        let stack = broadcast(&[stack(a), stack(b)])?;
        let row = (a.rank() > 1).then_some(m);
        let column = (b.rank() > 1).then_some(n);
        Ok(stack.iter().chain(row).chain(column).collect())
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, c: &mut [T], _: &mut [T]) {
        let sizes = sizes(x.shapes());
        each_product(x.shapes(), |a, b, i| {
            T::gemm(sizes, part(&x[0], sizes.m * sizes.k, a), part(&x[1], sizes.k * sizes.n, b), {
                part_mut(c, sizes.m * sizes.n, i)
            });
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_c: &[T], g_x: &mut InGradients<'_, T>) {
        let Gemm { m, k, n, .. } = sizes(at.x.shapes());
        let (a, b) = (at.x.value(0), at.x.value(1));
        if let Some(g_a) = g_x.get(0) {
            g_a.fill(T::ZERO);
            let product = Gemm::new(m, n, k).b_transposed().adds();
            each_product(at.x.shapes(), |i_a, i_b, i| {
                T::gemm(product, part(g_c, m * n, i), part(b, k * n, i_b), part_mut(g_a, m * k, i_a));
            });
        }
        if let Some(g_b) = g_x.get(1) {
            g_b.fill(T::ZERO);
            let product = Gemm::new(k, m, n).a_transposed().adds();
            each_product(at.x.shapes(), |i_a, i_b, i| {
                T::gemm(product, part(a, m * k, i_a), part(g_c, m * n, i), part_mut(g_b, k * n, i_b));
            });
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let Gemm { m, k, n, .. } = sizes(x);
        let product = 2 * m * k * n * products(x);
        Flops::new(product, 2 * product)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [m, k, n] = [draw.size(), draw.size(), draw.size()];
        if draw.below(4) == 0 {
            let a = if draw.coin() { Shape::new(&[k]) } else { Shape::new(&[m, k]) };
            let b = if draw.coin() { Shape::new(&[k]) } else { Shape::new(&[k, n]) };
            return Sample::new(Self, [draw.normal(a), draw.normal(b)]);
        }
        let (a, b) = draw.broadcast_pair_of_rank(2);
        let a: Shape = a.iter().chain([m, k]).collect();
        let b: Shape = b.iter().chain([k, n]).collect();
        Sample::new(Self, [draw.normal(a), draw.normal(b)])
    }
}

/// The sizes `[M, K]` of the left factor; a vector is one row.
fn rows(a: Shape) -> [usize; 2] {
    [if a.rank() == 1 { 1 } else { a.size(a.rank() - 2) }, a.last()]
}

/// The sizes `[K, N]` of the right factor; a vector is one column.
fn columns(b: Shape) -> [usize; 2] {
    if b.rank() == 1 { [b.last(), 1] } else { [b.size(b.rank() - 2), b.last()] }
}

/// The axes before the last two.
fn stack(x: Shape) -> Shape {
    x.iter().take(x.rank().saturating_sub(2)).collect()
}

fn sizes(x: &[Shape]) -> Gemm {
    let ([m, k], [_, n]) = (rows(x[0]), columns(x[1]));
    Gemm::new(m, k, n)
}

fn products(x: &[Shape]) -> usize {
    Shape::broadcast(stack(x[0]), stack(x[1])).map_or(0, |stack| stack.len())
}

/// Calls `product` with the positions of the two factors and of the result, in order.
fn each_product(x: &[Shape], mut product: impl FnMut(usize, usize, usize)) {
    let [a, b] = [stack(x[0]), stack(x[1])];
    let result = Shape::broadcast(a, b).expect("the shape rule has accepted the operands");
    elementwise::walk([a, b], result, |[i_a, i_b], i| product(i_a, i_b, i));
}

fn part<T>(x: &[T], len: usize, i: usize) -> &[T] {
    &x[i * len..][..len]
}

fn part_mut<T>(x: &mut [T], len: usize, i: usize) -> &mut [T] {
    &mut x[i * len..][..len]
}
