//! Cross-entropy of logits against ids: softmax, logarithm, the entry of the right class, and the sum or mean, in one.
//!
//! For one row with the right class `c`, `l = -log softmax(x)_c = log Σ_k e^(x_k) - x_c`, in nats.
//! 1. `∂/∂x_k log Σ_j e^(x_j) = e^(x_k) / Σ_j e^(x_j) = p_k`, the softmax.
//! 2. `∂/∂x_k (-x_c) = -1` for `k = c` and 0 elsewhere.
//! 3. So `g_x = g_l (p - onehot(c))`: what is predicted less what was observed.
//! 4. The sum hands `g_J` to every row; the mean over `n` counted rows hands `g_J / n`.
//!
//! A row whose id is the ignored one has loss 0 and gradient 0 whatever its logits are, and the mean does not count it.
//! **Shapes**: `logits: [.., V]`, `ids: [..]` → `[]` for sum and mean, `[..]` without reduction.
//! Cost: about 4 operations a logit forward, 3 backward. The notes are `log Σ e^x` of each row: softmax is not stored.
//! Subtle: the largest logit is taken out before the exponential, so no logit is too large.
//! Source: deck S1, `l = -log p(y*)` for the next token; deck S0, sign: this is to be minimised.

use super::Fused;
use crate::kernels;
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::{ids, log_softmax, where_};

/// What becomes of the losses of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// They stay one loss for each row.
    None,
    /// They are added up.
    Sum,
    /// Their sum is divided by the number of rows that count.
    Mean,
}

/// The cross-entropy in nats of each row of logits against the id of its class; ids equal to `ignore` do not count.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::{cross_entropy, Reduction}, Tape};
/// let tape = Tape::<f64>::new();
/// let logits = tape.input("logits", array![[0.0, 0.0], [5.0, 7.0]]);
/// let j = cross_entropy(logits, tape.ids("ids", [2], &[1, 9]), Some(9), Reduction::Mean);
/// assert!((tape.number(j) - 2.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(tape.backward(j).of(logits), array![[0.5, -0.5], [0.0, 0.0]].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit, an id that counts is not a whole number below V, or no id counts in a mean.
#[track_caller]
pub fn cross_entropy<'t>(logits: Var<'t>, ids: Var<'t>, ignore: Option<usize>, reduction: Reduction) -> Var<'t> {
    Var::record(CrossEntropy { ignore, reduction }, &[logits, ids])
}

/// The op of [`cross_entropy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossEntropy {
    /// The id of rows that do not count, such as padding; it need not be below V.
    pub ignore: Option<usize>,
    /// What becomes of the losses of the rows.
    pub reduction: Reduction,
}

choices!(
    Reduction, "\"none\", \"sum\" or \"mean\"", "one of none, sum, mean", "[0], [1] or [2]":
    "none" => None, "sum" => Sum, "mean" => Mean
);

impl Op for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const MEANING: &'static str = "Cross-entropy of logits against ids: softmax, logarithm, the entry of the right class, and the sum or mean, in one.";
    const SHAPES: &'static str = "[.., V], [..] -> [], or [..] without reduction";
    const FORWARD: Equations = &[
        ("l[i]", "-log_softmax(logits, over V)[i, ids[i]]"),
        ("J", "sum(l, over i)"),
    ];
    const BACKWARD: Equations = &[("g_logits", "g_l * (softmax(logits, over V) - one_hot(ids))")];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("logits", "one row of logits for each prediction"),
        Operand::id("ids", "the right class of each row, counted from 0"),
    ];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        ignore: Option<usize>, "the id of rows that do not count";
        reduction: Reduction, "what becomes of the losses of the rows";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let rows = ids::one_per_row(x[0], x[1])?;
        match self.reduction {
            Reduction::None => Ok(rows),
            Reduction::Sum | Reduction::Mean => Ok(Shape::SCALAR),
        }
    }

    fn notes(&self, x: &[Shape]) -> usize {
        x[1].len()
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        ids::check(&x[1], x.shape(1), x.shape(0).last(), self.ignore)?;
        if self.reduction == Reduction::Mean && self.count(&x[1]) == 0 {
            let why = self
                .ignore
                .map_or(String::new(), |id| format!(", as each is the ignored {id}"));
            return Err(ValueError::new(format!(
                "none of the {} ids counts{why}, and the mean of no losses does not exist; leave such a batch out, or \
                 take the sum",
                x[1].len()
            )));
        }
        Ok(())
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let at = self.rows(x.shape(0));
        let divisor = match self.reduction {
            Reduction::None => return T::cross_entropy_rows(at, &x[0], &x[1], y, notes),
            Reduction::Sum => T::ONE,
            Reduction::Mean => T::from_count(self.count(&x[1])),
        };
        y[0] = with_scratch(x[1].len(), |losses| {
            T::cross_entropy_rows(at, &x[0], &x[1], losses, notes);
            T::sum_slice(losses) / divisor
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_logits) = g_x.get(0) else { return };
        let (logits, ids) = (&at.x[0], &at.x[1]);
        let sizes = self.rows(at.x.shape(0));
        // J = Σ l or Σ l / n
        let g_loss = match self.reduction {
            Reduction::None => {
                return T::cross_entropy_rows_backward(sizes, logits, ids, at.notes, g_y, g_logits);
            }
            Reduction::Sum => g_y[0],
            Reduction::Mean => g_y[0] / T::from_count(self.count(ids)),
        };
        // l = logsumexp(x) - x[id]
        with_scratch(ids.len(), |g_losses| {
            g_losses.fill(g_loss);
            T::cross_entropy_rows_backward(sizes, logits, ids, at.notes, g_losses, g_logits);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(4 * x[0].len(), 3 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let reduction = draw.one_of(&[Reduction::None, Reduction::Sum, Reduction::Mean]);
        let rows = if reduction == Reduction::Mean {
            draw.shape_nonempty()
        } else {
            draw.shape()
        };
        let width = 1 + draw.size_nonzero();
        let mut classes = draw.ids(rows, width);
        // Either a class is ignored, or a number beyond all classes.
        let ignore = draw.coin().then(|| draw.below(2) * (width + 2));
        if let Some(ignore) = ignore {
            let ignored = draw.mask(rows);
            classes.zip_mut_with(&ignored, |id, &ignored| {
                *id = if ignored == 1.0 { ignore as f64 } else { *id }
            });
            if let Some(first) = classes.first_mut() {
                *first = 1.0;
            }
        }
        let logits = draw.normal(rows.insert(rows.rank(), width));
        Sample::new(Self { ignore, reduction }, [logits, classes])
    }
}

impl Fused for CrossEntropy {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let (logits, ids) = (x[0], x[1]);
        let counted = self.ignore.map(|ignore| ids.counted(ignore));
        // An ignored id may name no class; class 0 stands in for it and is masked away.
        let classes = counted.map_or(ids, |counted| ids * counted);
        let losses = -log_softmax(logits, -1).pick(classes);
        let losses = counted.map_or(losses, |counted| where_(counted, losses, losses.constant(0.0)));
        let count = match counted {
            Some(counted) => counted.sum(),
            None => ids.constant(ids.shape().len() as f64),
        };
        match self.reduction {
            Reduction::None => losses,
            Reduction::Sum => losses.sum(),
            Reduction::Mean => losses.sum() / count,
        }
    }
}

impl CrossEntropy {
    fn rows(&self, logits: Shape) -> kernels::CrossEntropy {
        kernels::CrossEntropy {
            cols: logits.last(),
            ignore: self.ignore,
        }
    }

    /// How many rows count.
    fn count<T: Real>(&self, classes: &[T]) -> usize {
        classes
            .iter()
            .filter(|id| !ids::is_ignored(id.to_f64(), self.ignore))
            .count()
    }
}
