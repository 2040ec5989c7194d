//! Each op from its attributes.

use super::reader::Reader;
use super::{AttributeError, reduction};
use tapegrad_core::ops::{self, AnyOp, GeluForm, Reduction, Sees};
use tapegrad_core::shape::RANK_MAX;

pub(super) fn read_op(name: &str, read: &mut Reader<'_>) -> Result<AnyOp, AttributeError> {
    Ok(match name {
        "add" => ops::Add.into(),
        "sub" => ops::Sub.into(),
        "mul" => ops::Mul.into(),
        "div" => ops::Div.into(),
        "neg" => ops::Neg.into(),
        "pow" => ops::Pow.into(),
        "power" => ops::Power { n: read.number("n")? }.into(),
        "exp" => ops::Exp.into(),
        "log" => ops::Log.into(),
        "sqrt" => ops::Sqrt.into(),
        "abs" => ops::Abs.into(),
        "tanh" => ops::Tanh.into(),
        "sigmoid" => ops::Sigmoid.into(),
        "relu" => ops::Relu.into(),
        "gelu" => ops::Gelu {
            form: read.choice("form", &[("exact", GeluForm::Exact), ("tanh", GeluForm::Tanh)])?,
        }
        .into(),
        "silu" => ops::Silu.into(),
        "maximum" => ops::Maximum.into(),
        "minimum" => ops::Minimum.into(),
        "clip" => ops::Clip {
            lo: read.number("lo")?,
            hi: read.number("hi")?,
        }
        .into(),
        "where" => ops::Where.into(),
        "sum" => ops::Sum {
            over: read.axes("over")?,
        }
        .into(),
        "mean" => ops::Mean {
            over: read.axes("over")?,
        }
        .into(),
        "max" => ops::Max {
            over: read.axes("over")?,
        }
        .into(),
        "min" => ops::Min {
            over: read.axes("over")?,
        }
        .into(),
        "prod" => ops::Prod {
            over: read.axes("over")?,
        }
        .into(),
        "logsumexp" => ops::Logsumexp {
            over: read.axes("over")?,
        }
        .into(),
        "softmax" => ops::Softmax {
            axis: read.count("axis")?,
        }
        .into(),
        "log_softmax" => ops::LogSoftmax {
            axis: read.count("axis")?,
        }
        .into(),
        "cumsum" => ops::Cumsum {
            axis: read.count("axis")?,
        }
        .into(),
        "concat" => ops::Concat {
            axis: read.count("axis")?,
        }
        .into(),
        "stack" => ops::Stack {
            axis: read.count("axis")?,
        }
        .into(),
        "matmul" => ops::Matmul.into(),
        _ => return read_further_op(name, read),
    })
}

fn read_further_op(name: &str, read: &mut Reader<'_>) -> Result<AnyOp, AttributeError> {
    Ok(match name {
        "permute" => {
            let order = read.counts("order")?;
            ops::Permute {
                order: order.iter().map(|&axis| axis.min(RANK_MAX) as u8).collect(),
            }
            .into()
        }
        "reshape" => ops::Reshape { to: read.shape("to")? }.into(),
        "broadcast" => ops::Broadcast { to: read.shape("to")? }.into(),
        "slice" => ops::Slice {
            axis: read.count("axis")?,
            start: read.count("start")?,
            end: read.count("end")?,
        }
        .into(),
        "embedding" => ops::Embedding.into(),
        "pick" => ops::Pick.into(),
        "causal_mask" => ops::CausalMask {
            queries: read.count("queries")?,
            keys: read.count("keys")?,
        }
        .into(),
        "counted" => ops::Counted {
            ignore: read.count("ignore")?,
        }
        .into(),
        "linear" => ops::Linear.into(),
        "layer_norm" => ops::LayerNorm {
            epsilon: read.number("epsilon")?,
        }
        .into(),
        "rms_norm" => ops::RmsNorm {
            epsilon: read.number("epsilon")?,
        }
        .into(),
        "cross_entropy" => {
            let reductions = [Reduction::None, Reduction::Sum, Reduction::Mean].map(|r| (reduction(r), r));
            let (ignore, reduction) = (read.optional_count("ignore")?, read.choice("reduction", &reductions)?);
            ops::CrossEntropy { ignore, reduction }.into()
        }
        "sigmoid_cross_entropy" => ops::SigmoidCrossEntropy.into(),
        "attention" => {
            let sees = if read.flag("causal")? { Sees::Past } else { Sees::All };
            ops::Attention {
                heads: read.count("heads")?,
                kv_heads: read.count("kv_heads")?,
                sees,
            }
            .into()
        }
        "rotary" => ops::Rotary {
            heads: read.count("heads")?,
            base: read.number("base")?,
            start: read.count("start")?,
        }
        .into(),
        "dropout" => ops::Dropout {
            keep: read.number("keep")?,
        }
        .into(),
        "rnn" => ops::Rnn.into(),
        "lstm" => ops::Lstm.into(),
        "lstm_cell" => ops::LstmCell.into(),
        _ => return Err(AttributeError::UnknownOp(name.to_string())),
    })
}
