//! What the file of an op is written with.

pub(crate) use super::{
    AttributeType, AttributeValue, Draw, Equations, Flops, InGradients, Inputs, Keeps, Op, Operand, Sample, Saved,
    ValueError, Word, attributes, broadcast, choices, flag,
};
pub(crate) use crate::kernels::Function;
pub(crate) use crate::numbers::{Real, Scalar};
pub(crate) use crate::shape::{Axes, RANK_MAX, Shape, ShapeError};
pub(crate) use crate::var::Var;
