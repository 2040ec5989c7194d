//! `f32` and `f64` take the fast kernels; the lists are those of [`RowKernels`] and [`Kernels`].

use super::elementwise::{map, map_backward};
use super::{
    adamw, attention, attention_backward, cross_entropy, gemm, linear, lstm, norm, packed_matrix, reduce, rnn, softmax,
};
use crate::{
    AdamwStep, AttentionGradients, AttentionInputs, AttentionSizes, CrossEntropy, Function, Gemm, Kernels, LayerNorm,
    LayerNormGradients, LinearGradients, LinearSizes, LstmGradients, LstmInputs, LstmSizes, LstmUpstream, PackedMatrix,
    RmsNorm, RmsNormGradients, RnnGradients, RnnInputs, RnnSizes, RowKernels,
};

/// Each line hands a method of a trait on to the function of the same arguments.
macro_rules! fast {
    (
        $kernels:ident for $float:ident:
        $($method:ident $(<$f:ident: $bound:ident>)? ($($argument:ident: $type:ty),*) $(-> $result:ty)? = $function:expr;)*
    ) => {
        impl $kernels for $float {
            $(
                fn $method $(<$f: $bound>)? ($($argument: $type),*) $(-> $result)? {
                    $function($($argument),*)
                }
            )*
        }
    };
}

macro_rules! fast_kernels {
    ($($float:ident)*) => { $(
        fast! { RowKernels for $float:
            map<F: Function>(x: &[Self], y: &mut [Self]) = map::<_, F>;
            map_backward<F: Function>(x: &[Self], g_y: &[Self], g_x: &mut [Self]) = map_backward::<_, F>;
            softmax_rows(cols: usize, x: &[Self], y: &mut [Self]) = softmax::softmax;
            softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self]) = softmax::softmax_backward;
            log_softmax_rows(cols: usize, x: &[Self], y: &mut [Self]) = softmax::log_softmax;
            log_softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self])
                = softmax::log_softmax_backward;
            layer_norm_rows(at: LayerNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self]) = norm::layer_norm;
            layer_norm_rows_backward(
                at: LayerNorm<'_, Self>,
                x: &[Self],
                notes: &[Self],
                g_y: &[Self],
                gradients: LayerNormGradients<'_, Self>,
                scratch: &mut [Self]
            ) = norm::layer_norm_backward;
            rms_norm_rows(at: RmsNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self]) = norm::rms_norm;
            rms_norm_rows_backward(
                at: RmsNorm<'_, Self>,
                x: &[Self],
                notes: &[Self],
                g_y: &[Self],
                gradients: RmsNormGradients<'_, Self>,
                scratch: &mut [Self]
            ) = norm::rms_norm_backward;
            cross_entropy_rows(at: CrossEntropy, x: &[Self], ids: &[Self], losses: &mut [Self], notes: &mut [Self])
                = cross_entropy::cross_entropy;
            cross_entropy_rows_backward(
                at: CrossEntropy,
                x: &[Self],
                ids: &[Self],
                notes: &[Self],
                g_losses: &[Self],
                g_x: &mut [Self]
            ) = cross_entropy::cross_entropy_backward;
            sum_slice(a: &[Self]) -> Self = reduce::sum;
            dot_slice(a: &[Self], b: &[Self]) -> Self = reduce::dot;
            square_sum_slice(a: &[Self]) -> Self = |a| reduce::dot(a, a);
        }
        fast! { Kernels for $float:
            gemm(at: Gemm, a: &[Self], b: &[Self], c: &mut [Self]) = gemm::gemm;
            gemm_batch(at: Gemm, of: &[(usize, usize)], a: &[Self], b: &[Self], c: &mut [Self]) = gemm::gemm_batch;
            attention(
                at: AttentionSizes,
                x: AttentionInputs<'_, Self>,
                y: &mut [Self],
                notes: &mut [Self],
                scratch: &mut [Self]
            ) = attention::attention;
            attention_backward(
                at: AttentionSizes,
                x: AttentionInputs<'_, Self>,
                notes: &[Self],
                g_y: &[Self],
                gradients: AttentionGradients<'_, Self>,
                scratch: &mut [Self]
            ) = attention_backward::attention_backward;
            rnn(at: RnnSizes, x: RnnInputs<'_, Self>, h: &mut [Self], scratch: &mut [Self]) = rnn::rnn;
            rnn_backward(
                at: RnnSizes,
                x: RnnInputs<'_, Self>,
                h: &[Self],
                g_h: &[Self],
                gradients: RnnGradients<'_, Self>,
                scratch: &mut [Self]
            ) = rnn::rnn_backward;
            lstm(at: LstmSizes, x: LstmInputs<'_, Self>, h: &mut [Self], notes: &mut [Self], scratch: &mut [Self])
                = lstm::lstm;
            lstm_backward(
                at: LstmSizes,
                x: LstmInputs<'_, Self>,
                saved: (&[Self], &[Self]),
                upstream: LstmUpstream<'_, Self>,
                gradients: LstmGradients<'_, Self>,
                scratch: &mut [Self]
            ) = lstm::lstm_backward;
            linear(at: LinearSizes, x: &[Self], w: &[Self], b: Option<&[Self]>, y: &mut [Self]) = linear::linear;
            packed_linear(x: &[Self], w: &PackedMatrix, b: Option<&[Self]>, y: &mut [Self]) = packed_matrix::packed_linear;
            linear_backward(at: LinearSizes, x: &[Self], w: &[Self], g_y: &[Self], gradients: LinearGradients<'_, Self>)
                = linear::linear_backward;
            adamw(step: AdamwStep, w: &mut [Self], g: &[Self], m: &mut [Self], v: &mut [Self]) = adamw::adamw;
        }
    )* };
}

fast_kernels! { f32 f64 }
