//! The registry of ops: one line an op; what the language, the documentation and the laws are built from.
//!
//! To add an op, write its file and add its line below. An op that does not say how to sample its operands does not
//! compile, and every op in the registry meets every law of the checker.

pub(crate) mod arithmetic;
pub mod axis;
pub mod elementwise;
mod entry;
mod factors;
pub mod fused;
pub mod ids;
pub mod reduction;
pub mod runs;
mod scratch;

use crate::numbers::Real;
use crate::op::{
    Attribute, AttributeValue, Draw, Flops, InGradients, Inputs, Keeps, Op, Operand, Sample, Saved, ValueError,
};
use crate::shape::{Shape, ShapeError};
use crate::var::Var;
pub use entry::{Entry, find};
#[allow(unused_imports)]
use fused::Fused;

/// Makes `AnyOp` and everything that is said of all ops from the two lists.
macro_rules! registry {
    (primitive { $($file:ident::$op:ident)* } fused { $($fused_file:ident::$fused_op:ident)* }) => {
        $( mod $file; pub use $file::*; )*
        $( pub use fused::$fused_file::*; )*

        /// An op of the registry, as the graph stores it.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyOp {
            $( #[doc = concat!("See [`", stringify!($op), "`].")] $op($op), )*
            $( #[doc = concat!("See [`", stringify!($fused_op), "`].")] $fused_op($fused_op), )*
        }

        $( impl From<$op> for AnyOp { fn from(op: $op) -> Self { Self::$op(op) } } )*
        $( impl From<$fused_op> for AnyOp { fn from(op: $fused_op) -> Self { Self::$fused_op(op) } } )*

        /// Calls the same method of whichever op it is.
        macro_rules! each {
            ($any:expr, $bound:ident => $body:expr) => {
                match $any {
                    $( AnyOp::$op($bound) => $body, )*
                    $( AnyOp::$fused_op($bound) => $body, )*
                }
            };
        }

        impl AnyOp {
            /// What the op says about itself.
            pub fn entry(&self) -> &'static Entry {
                find(self.name()).expect("invariant: an op stands in the registry")
            }

            /// The same function over simpler ops: the composite of a fused op, or what the lectures write.
            pub fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
                match self {
                    $( Self::$op(op) => op.expanded(x), )*
                    $( Self::$fused_op(op) => Some(op.composite(x)), )*
                }
            }

            /// The same function in primitives, for a fused op.
            pub fn composite<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
                match self {
                    $( Self::$fused_op(op) => Some(op.composite(x)), )*
                    _ => None,
                }
            }
        }

        /// What each op says about itself, in the order of the list below.
        pub const REGISTRY: &[Entry] = &[
            $( Entry::of::<$op>(concat!("autograd/core/src/ops/", stringify!($file), ".rs")), )*
            $( Entry::of::<$fused_op>(concat!("autograd/core/src/ops/fused/", stringify!($fused_file), ".rs")), )*
        ];

        /// The names of all ops, in the order of the registry.
        pub const NAMES: &[&str] = &[ $( $op::NAME, )* $( $fused_op::NAME, )* ];
    };
}

registry! {
    primitive {
        add::Add
        sub::Sub
        mul::Mul
        div::Div
        neg::Neg
        pow::Pow
        power::Power
        exp::Exp
        log::Log
        sqrt::Sqrt
        abs::Abs
        tanh::Tanh
        sigmoid::Sigmoid
        relu::Relu
        gelu::Gelu
        silu::Silu
        erf::Erf
        sin::Sin
        cos::Cos
        floor::Floor
        round::Round
        sign::Sign
        log1p::Log1p
        softplus::Softplus
        log_sigmoid::LogSigmoid
        detach::Detach
        flip::Flip
        maximum::Maximum
        minimum::Minimum
        clip::Clip
        where_::Where
        sum::Sum
        mean::Mean
        max::Max
        min::Min
        prod::Prod
        logsumexp::Logsumexp
        softmax::Softmax
        log_softmax::LogSoftmax
        matmul::Matmul
        inverse::Inverse
        solve::Solve
        cholesky::Cholesky
        logdet::Logdet
        tril::Tril
        permute::Permute
        reshape::Reshape
        slice::Slice
        unfold::Unfold
        fold::Fold
        concat::Concat
        stack::Stack
        broadcast::Broadcast
        embedding::Embedding
        pick::Pick
        cumsum::Cumsum
        causal_mask::CausalMask
        counted::Counted
    }
    fused {
        linear::Linear
        layer_norm::LayerNorm
        rms_norm::RmsNorm
        cross_entropy::CrossEntropy
        sigmoid_cross_entropy::SigmoidCrossEntropy
        attention::Attention
        rotary::Rotary
        dropout::Dropout
        rnn::Rnn
        lstm::Lstm
        lstm_cell::LstmCell
        top_k::TopK
    }
}

impl AnyOp {
    /// The name in graphs, messages and the graph language.
    pub fn name(&self) -> &'static str {
        each!(self, op => name_of(op))
    }

    /// The equations of forward() in one line.
    pub fn forward_formula(&self) -> &'static str {
        self.entry().formulas().0
    }

    /// The equations of backward() in one line.
    pub fn backward_formula(&self) -> &'static str {
        self.entry().formulas().1
    }

    /// The source file of the op, from the root of the project.
    pub fn file(&self) -> &'static str {
        self.entry().file
    }

    /// The values of the attributes, in the order in which the op lists them.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static Attribute, AttributeValue)> {
        self.entry().attributes.iter().zip(each!(self, op => op.attributes()))
    }

    /// A random instance of the op called `name`, with operands, for the laws.
    pub fn sample(name: &str, draw: &mut Draw) -> Option<Sample<Self>> {
        find(name).map(|entry| entry.sample(draw))
    }

    /// The operands in order, with the letters of the formula.
    #[inline]
    pub fn operands(&self) -> &'static [Operand] {
        each!(self, op => operands_of(op))
    }

    /// The description of the operand at `position`; the last one stands for all that follow it.
    pub fn operand(&self, position: usize) -> &'static Operand {
        crate::op::operand_at(self.operands(), position)
    }

    /// What backward() reads of the forward pass.
    #[inline]
    pub fn keeps(&self) -> Keeps {
        each!(self, op => keeps_of(op))
    }

    /// The shape of the result; see [`Op::shape`].
    #[inline]
    pub fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let described = self.operands();
        let required = described
            .iter()
            .filter(|operand| operand.arity != crate::op::Arity::Optional)
            .count();
        let many = described
            .last()
            .is_some_and(|operand| operand.arity == crate::op::Arity::Many);
        if x.len() < required || (x.len() > described.len() && !many) {
            return Err(ShapeError::new(format!("{} operands were given", x.len())));
        }
        each!(self, op => op.shape(x))
    }

    /// How many numbers forward() leaves for backward(); see [`Op::notes`].
    #[inline]
    pub fn notes(&self, x: &[Shape]) -> usize {
        each!(self, op => op.notes(x))
    }

    /// An error if these values have no result; see [`Op::admits`].
    #[inline]
    pub fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        T::op_admits(self, x)
    }

    /// Computes the result; see [`Op::forward`].
    #[inline]
    pub fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        T::op_forward(self, x, y, notes);
    }

    /// The operand that the result may be written over; see [`Op::rewrites`].
    pub fn rewrites(&self, x: &[Shape]) -> Option<usize> {
        each!(self, op => op.rewrites(x))
    }

    /// Computes the result over that operand; see [`Op::rewrite`].
    #[inline]
    pub fn rewrite<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T]) {
        T::op_rewrite(self, x, y);
    }

    /// Whether an in-gradient is the gradient of the result; see [`Op::passes_gradient`].
    pub fn passes_gradient(&self, x: &[Shape], position: usize) -> bool {
        each!(self, op => op.passes_gradient(x, position))
    }

    /// Computes the in-gradients; see [`Op::backward`].
    #[inline]
    pub fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        T::op_backward(self, at, g_y, g_x);
    }

    /// The cost; see [`Op::flops`].
    pub fn flops(&self, x: &[Shape]) -> Flops {
        each!(self, op => op.flops(x))
    }
}

/// What [`real!`](crate::real) compiles for a number type.
#[doc(hidden)]
impl AnyOp {
    pub fn admits_as<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        each!(self, op => op.admits(x))
    }

    pub fn forward_as<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        each!(self, op => op.forward(x, y, notes));
    }

    pub fn rewrite_as<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T]) {
        each!(self, op => op.rewrite(x, y));
    }

    pub fn backward_as<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        each!(self, op => op.backward(at, g_y, g_x));
    }
}

fn name_of<O: Op>(_: &O) -> &'static str {
    O::NAME
}

fn operands_of<O: Op>(_: &O) -> &'static [Operand] {
    O::OPERANDS
}

fn keeps_of<O: Op>(_: &O) -> Keeps {
    O::KEEPS
}
