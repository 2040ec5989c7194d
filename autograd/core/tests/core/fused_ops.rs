//! Claims about the fused ops: what they are for, and what they refuse.

use ndarray::{Array, Array3, ArrayD, array};
use tapegrad_autograd::op::Draw;
use tapegrad_autograd::ops::{
    AnyOp, Attention, Beside, Reduction, Rotary, attention, attention_with, cross_entropy, dropout, layer_norm, linear,
    log_softmax, lstm, lstm_cell, lstm_with_cells, rnn, rotary, sigmoid_cross_entropy, stack,
};
use tapegrad_autograd::{Shape, Tape, Var};

fn normal(seed: u64, sizes: &[usize]) -> ArrayD<f64> {
    Draw::new(seed, 1).normal(Shape::new(sizes))
}

fn largest(difference: ArrayD<f64>) -> f64 {
    difference.iter().fold(0.0, |most, d| d.abs().max(most))
}

#[test]
fn under_causal_attention_no_output_depends_on_the_future() {
    let (time, heads) = (5, 2);
    for t in 0..time {
        let tape = Tape::<f64>::new();
        let [q, k, v] = ["q", "k", "v"].map(|name| tape.input(name, normal(7, &[1, time, 4])));
        let y = attention(q, k, v, None, Attention::causal(heads));
        let gradients = tape.backward((y.at(1, t) * tape.data("g", normal(8, &[1, 4]))).sum());
        for (s, x) in (0..time).flat_map(|s| [(s, k), (s, v)]) {
            let row = gradients.of(x).index_axis(ndarray::Axis(1), s).to_owned();
            // With a single key the weight is 1 whatever the key is, so only later rows can depend on keys.
            let depends = s <= t && (x.id() == v.id() || t > 0);
            assert_eq!(row.iter().any(|&g| g != 0.0), depends, "d y_{t} / d x_{s}");
        }
    }
}

#[test]
fn what_stands_at_a_masked_key_changes_nothing() {
    let run = |content: f64| {
        let tape = Tape::<f64>::new();
        let [mut k, mut v] = [1, 2].map(|seed| normal(seed, &[1, 3, 2]));
        for x in [&mut k, &mut v] {
            x.index_axis_mut(ndarray::Axis(1), 1).fill(content);
        }
        let [q, k, v] = [
            tape.input("q", normal(3, &[1, 3, 2])),
            tape.input("k", k),
            tape.input("v", v),
        ];
        let mask = tape.data("mask", array![[1.0, 0.0, 1.0]]);
        let y = attention(q, k, v, Some(mask), Attention::full(1));
        let gradients = tape.backward((y * y).sum());
        (tape.value(y), gradients.of(q), gradients.of(k), gradients.of(v))
    };
    let (plain, odd) = (run(0.0), run(1e30));
    assert_eq!(plain, odd);
    for g in [&plain.2, &plain.3] {
        assert!(g.index_axis(ndarray::Axis(1), 1).iter().all(|&g| g == 0.0));
    }
}

#[test]
#[should_panic(expected = "query 0 of sequence 1 may see none of the 1 keys before it: all are masked")]
fn a_fully_masked_row_of_attention_is_an_error_and_not_nan() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(1, &[2, 2, 2]));
    let mask = tape.data("mask", array![[1.0, 0.0], [0.0, 1.0]]);
    attention(x, x, x, Some(mask), Attention::causal(1));
}

#[test]
fn options_that_change_nothing_give_what_the_kernel_gives() {
    let tape = Tape::<f64>::new();
    let [q, k, v] = [1, 2, 3].map(|seed| tape.input("x", normal(seed, &[2, 5, 6])));
    for heads in [Attention::causal(3), Attention::full(2)] {
        let d = 6.0 / heads.heads as f64;
        let plain = attention(q, k, v, None, heads);
        let zero = Beside {
            bias: Some(q.constant(0.0)),
            ..Beside::default()
        };
        let far = Beside {
            sink: Some(q.constant(-800.0)),
            ..Beside::default()
        };
        let same = [
            attention(q, k, v, None, heads.with_scale(d.powf(-0.5))),
            attention(q, k, v, None, heads.with_window(5)),
            attention(q, k, v, None, heads.with_cap(1e9)),
            attention_with(q, k, v, zero, heads),
            attention_with(q, k, v, far, heads),
        ];
        for (which, other) in same.into_iter().enumerate() {
            assert!(
                largest(tape.value(plain - other)) < 1e-14,
                "option {which} of {heads:?}"
            );
        }
    }
}

#[test]
fn a_sequence_padded_on_the_left_gives_zeros_and_then_what_it_gives_alone() {
    for of_pairs in [false, true] {
        let tape = Tape::<f64>::new();
        let [q, k, v] = [1, 2, 3].map(|seed| tape.input("x", normal(seed, &[2, 5, 4])));
        let mask = tape.data("mask", array![[0.0, 0.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0]]);
        let mask = if of_pairs {
            mask.reshape([2, 1, 5]).broadcast_to([2, 5, 5])
        } else {
            mask
        };
        let heads = Attention::causal(2).blind_is_zero();
        let y = attention(q, k, v, Some(mask), heads);
        let composite = AnyOp::from(heads).composite(&[q, k, v, mask]).unwrap();
        assert!(largest(tape.value(y - composite)) < 1e-15);
        let [alone_q, alone_k, alone_v] = [q, k, v].map(|x| x.slice(0, 0..1).slice(1, 2..5));
        let alone = attention(alone_q, alone_k, alone_v, None, Attention::causal(2));
        let first = y.slice(0, 0..1);
        assert!(tape.value(first.slice(1, 0..2)).iter().all(|&y| y == 0.0));
        assert!(largest(tape.value(first.slice(1, 2..5) - alone)) < 1e-15);
        let gradients = tape.backward((y * y).sum());
        for x in [q, k, v] {
            let of_padding = gradients.of(x).slice(ndarray::s![0, ..2, ..]).to_owned();
            assert!(of_padding.iter().all(|&g| g == 0.0));
        }
    }
}

#[test]
fn a_window_of_one_shows_a_query_the_value_at_its_own_place() {
    let tape = Tape::<f64>::new();
    let [q, k] = [1, 2].map(|seed| tape.input("x", normal(seed, &[1, 4, 2])));
    let v = tape.input("v", normal(3, &[1, 4, 5]));
    for heads in [Attention::causal(1), Attention::full(1)] {
        let y = attention(q, k, v, None, heads.with_window(1));
        assert!(largest(tape.value(y - v)) < 1e-15);
    }
}

#[test]
fn a_sink_takes_the_weight_that_its_score_has_among_the_others() {
    let tape = Tape::<f64>::new();
    let q = tape.input("q", array![[[0.0]]]);
    let x = tape.input("x", array![[[1.0], [1.0], [1.0]]]);
    let beside = Beside {
        sink: Some(tape.input("sink", array![0.0])),
        ..Beside::default()
    };
    let y = attention_with(q, x, x, beside, Attention::full(1));
    assert!(largest(tape.value(y) - 0.75) < 1e-15);
}

#[test]
#[should_panic(expected = "the bias must broadcast to the scores [B, H, Tq, Tk], here [1, 2, 3, 3]")]
fn a_bias_that_fits_no_scores_is_refused() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(1, &[1, 3, 4]));
    let beside = Beside {
        bias: Some(tape.input("bias", normal(2, &[3, 3, 3]))),
        ..Beside::default()
    };
    attention_with(x, x, x, beside, Attention::causal(2));
}

#[test]
fn pairs_of_halves_are_pairs_of_neighbours_in_another_order_of_the_channels() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(4, &[2, 7, 12]));
    let turned = Rotary::new(2).start_at(3);
    // [.., 2, 3] as halves is [.., 3, 2] as neighbours.
    fn to_neighbours(x: Var<'_>) -> Var<'_> {
        let pairs = x.reshape([2, 7, 2, 2, 3]).permute(&[0, 1, 2, 4, 3]);
        pairs.reshape([2, 7, 12])
    }
    let halves = rotary(x, turned.with_halves());
    assert!(largest(tape.value(to_neighbours(halves) - rotary(to_neighbours(x), turned))) < 1e-15);
}

#[test]
fn a_sequence_in_two_pieces_goes_on_from_the_last_output_and_cells() {
    let run = |in_pieces: bool| {
        let tape = Tape::<f64>::new();
        let x = tape.input("x", normal(1, &[2, 6, 3]));
        let [w_xh, w_hh, b] = [&[8, 3][..], &[8, 2], &[8]].map(|sizes| tape.input("w", normal(2, sizes)));
        let [h_0, c_0] = [3, 4].map(|seed| tape.input("start", normal(seed, &[2, 2])));
        let rest = if in_pieces {
            let [h, c] = lstm_with_cells(x.slice(1, 0..4), [h_0, c_0], w_xh, w_hh, b);
            lstm(x.slice(1, 4..6), h.at(1, 3), c.at(1, 3), w_xh, w_hh, b)
        } else {
            lstm(x, h_0, c_0, w_xh, w_hh, b).slice(1, 4..6)
        };
        let gradients = tape.backward((rest * tape.data("g", normal(5, &[2, 2, 2]))).sum());
        let gradients = [x, w_xh, w_hh, b, h_0, c_0].map(|leaf| gradients.of(leaf));
        (tape.value(rest), gradients)
    };
    let (whole, pieces) = (run(false), run(true));
    assert!(largest(whole.0 - pieces.0) < 1e-15);
    for (whole, pieces) in whole.1.into_iter().zip(pieces.1) {
        assert!(largest(whole - pieces) < 1e-14);
    }
}

#[test]
#[should_panic(expected = "the first ones come before every key")]
fn causal_attention_with_more_queries_than_keys_is_refused() {
    let tape = Tape::<f64>::new();
    let (q, k) = (
        tape.input("q", normal(1, &[1, 3, 2])),
        tape.input("k", normal(1, &[1, 2, 2])),
    );
    attention(q, k, k, None, Attention::causal(1));
}

#[test]
#[should_panic(expected = "the 2 key/value heads must divide the 3 query heads")]
fn key_value_heads_divide_the_query_heads() {
    let tape = Tape::<f64>::new();
    let (q, k) = (
        tape.input("q", normal(1, &[1, 1, 3])),
        tape.input("k", normal(1, &[1, 1, 2])),
    );
    attention(q, k, k, None, Attention::causal(3).with_kv_heads(2));
}

#[test]
fn the_last_query_against_cached_keys_gives_the_last_row_of_the_whole() {
    let tape = Tape::<f64>::new();
    let [q, k, v] = [1, 2, 3].map(|seed| tape.input("x", normal(seed, &[2, 5, 6])));
    let heads = Attention::causal(3);
    let whole = attention(q, k, v, None, heads).slice(1, 4..5);
    let last = attention(q.slice(1, 4..5), k, v, None, heads);
    assert!(largest(tape.value(whole) - tape.value(last)) < 1e-15);
}

#[test]
fn a_rotation_keeps_the_length_of_every_pair_of_channels() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(4, &[2, 7, 8]));
    let y = rotary(x, Rotary::new(2).start_at(1000));
    let lengths = |x: Var<'_>| tape.value((x * x).reshape([2, 7, 4, 2]).sum_over(&[-1]));
    assert!(largest(lengths(x) - lengths(y)) < 1e-13);
    assert!(largest(tape.value(x) - tape.value(y)) > 0.1);
}

#[test]
fn after_rotation_a_product_depends_on_the_distance_of_positions_only() {
    let product = |p: usize, s: usize| {
        let tape = Tape::<f64>::new();
        let at = |seed, start| {
            let x = tape.input("x", normal(seed, &[1, 1, 8]));
            rotary(x, Rotary::new(1).start_at(start))
        };
        tape.number((at(1, p) * at(2, s)).sum())
    };
    assert!((product(9, 4) - product(5, 0)).abs() < 1e-13);
    assert!((product(105, 100) - product(5, 0)).abs() < 1e-12);
    assert!((product(9, 4) - product(9, 5)).abs() > 1e-3);
}

#[test]
fn cross_entropy_is_minus_the_log_softmax_of_the_right_class() {
    let tape = Tape::<f64>::new();
    let logits = tape.input("logits", normal(5, &[2, 3, 4]));
    let ids = tape.ids("ids", [2, 3], &[0, 1, 2, 3, 3, 0]);
    let losses = cross_entropy(logits, ids, None, Reduction::None);
    let picked = -log_softmax(logits, -1).pick(ids);
    assert!(largest(tape.value(losses) - tape.value(picked)) < 1e-14);
    let mean = cross_entropy(logits, ids, None, Reduction::Mean);
    assert!((tape.number(mean) - tape.value(losses).mean().unwrap()).abs() < 1e-14);
}

#[test]
fn an_ignored_id_touches_neither_loss_nor_gradient_nor_count() {
    let run = |padding: f64| {
        let tape = Tape::<f64>::new();
        let logits = tape.input("logits", array![[1.0, 2.0], [padding, -padding], [0.5, 0.0]]);
        let ids = tape.ids("ids", [3], &[1, 0, 1]);
        let j = cross_entropy(logits, ids, Some(0), Reduction::Mean);
        (tape.number(j), tape.backward(j).of(logits))
    };
    let (j, g) = run(0.0);
    assert_eq!((j, g.clone()), run(1e300));
    assert!(g.row_is_zero(1) && !g.row_is_zero(0));
    let counted = (1.0_f64.exp() + 2.0_f64.exp()).ln() - 2.0 + (0.5_f64.exp() + 1.0).ln();
    assert!((j - counted / 2.0).abs() < 1e-15);
}

trait Rows {
    fn row_is_zero(&self, row: usize) -> bool;
}

impl Rows for ArrayD<f64> {
    fn row_is_zero(&self, row: usize) -> bool {
        self.index_axis(ndarray::Axis(0), row).iter().all(|&g| g == 0.0)
    }
}

#[test]
#[should_panic(
    expected = "none of the 2 ids counts, as each is the ignored 0, and the mean of no losses does not exist"
)]
fn the_mean_over_no_counted_ids_is_an_error() {
    let tape = Tape::<f64>::new();
    let logits = tape.input("logits", normal(1, &[2, 3]));
    cross_entropy(logits, tape.ids("ids", [2], &[0, 0]), Some(0), Reduction::Mean);
}

#[test]
fn the_sum_over_no_counted_ids_is_0() {
    let tape = Tape::<f64>::new();
    let logits = tape.input("logits", normal(1, &[2, 3]));
    let j = cross_entropy(logits, tape.ids("ids", [2], &[0, 0]), Some(0), Reduction::Sum);
    assert_eq!(tape.number(j), 0.0);
    assert_eq!(tape.backward(j).of(logits), Array::<f64, _>::zeros((2, 3)).into_dyn());
}

#[test]
#[should_panic(expected = "ids[1] is 3, which is not a whole number from 0 to V - 1, where V = 3")]
fn a_class_that_does_not_exist_is_refused() {
    let tape = Tape::<f64>::new();
    let logits = tape.input("logits", normal(1, &[2, 3]));
    cross_entropy(logits, tape.ids("ids", [2], &[0, 3]), Some(9), Reduction::Sum);
}

#[test]
fn large_logits_overflow_neither_cross_entropy() {
    let tape = Tape::<f32>::new();
    let logits = tape.input("logits", array![[1e30_f32, 0.0, -1e30]]);
    let j = cross_entropy(logits, tape.ids("ids", [1], &[0]), None, Reduction::Sum);
    assert_eq!(tape.number(j), 0.0);
    let b = tape.input("b", array![1000.0_f32, -1000.0, 1000.0]);
    let l = sigmoid_cross_entropy(b, tape.data("t", array![1.0_f32, 0.0, 0.0]));
    assert_eq!(tape.value(l), array![0.0, 0.0, 1000.0].into_dyn());
    assert_eq!(tape.backward(l.sum()).of(b), array![0.0, 0.0, 1.0].into_dyn());
}

#[test]
#[should_panic(expected = "t[1] is 2; a target is a probability, between 0 and 1")]
fn a_target_that_is_no_probability_is_refused() {
    let tape = Tape::<f64>::new();
    sigmoid_cross_entropy(tape.input("b", array![0.0, 0.0]), tape.data("t", array![1.0, 2.0]));
}

#[test]
fn a_recurrent_network_goes_on_from_its_last_state() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(1, &[2, 5, 3]));
    let h_0 = tape.input("h_0", normal(2, &[2, 4]));
    let w = [[4, 3], [4, 4]].map(|sizes| tape.input("W", normal(3, &sizes)));
    let b = tape.input("b", normal(4, &[4]));
    let whole = rnn(x, h_0, w[0], w[1], b);
    let first = rnn(x.slice(1, 0..2), h_0, w[0], w[1], b);
    let rest = rnn(x.slice(1, 2..5), first.at(1, 1), w[0], w[1], b);
    assert!(largest(tape.value(whole.slice(1, 2..5)) - tape.value(rest)) < 1e-15);
}

#[test]
fn the_long_short_term_memory_is_its_cell_step_by_step() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(1, &[2, 4, 3]));
    let [h_0, c_0] = [2, 3].map(|seed| tape.input("start", normal(seed, &[2, 5])));
    let w = [[20, 3], [20, 5]].map(|sizes| tape.input("W", normal(4, &sizes)));
    let b = tape.input("b", normal(5, &[20]));
    let whole = lstm(x, h_0, c_0, w[0], w[1], b);
    let mut state = stack(&[h_0, c_0], 0);
    for t in 0..4 {
        state = lstm_cell(x.at(1, t), state, w[0], w[1], b);
        assert!(largest(tape.value(whole.at(1, t)) - tape.value(state.at(0, 0))) < 1e-15);
    }
}

#[test]
fn a_normalised_row_has_mean_0_and_variance_1() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(6, &[3, 16]) * 100.0 + 7.0);
    let y = tape.value(layer_norm(x, None, None, 0.0));
    for row in y.rows() {
        assert!(row.sum().abs() < 1e-12);
        assert!((row.iter().map(|y| y * y).sum::<f64>() / 16.0 - 1.0).abs() < 1e-12);
    }
}

#[test]
#[should_panic(expected = "beta is given without gamma")]
fn a_layer_norm_with_a_term_needs_a_factor() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", normal(6, &[3, 16]));
    layer_norm(x, None, Some(tape.input("beta", normal(1, &[16]))), 1e-5);
}

#[test]
#[should_panic(expected = "W needs the axes [O, I] and x [.., I], with the same I; x is [2], W is [3, 4]")]
fn a_weight_matrix_of_another_width_is_refused() {
    let tape = Tape::<f64>::new();
    linear(
        tape.input("x", array![1.0, 2.0]),
        tape.input("W", Array::zeros((3, 4))),
        None,
    );
}

#[test]
#[should_panic(expected = "keep is 0; it is the probability to keep an entry, above 0 and at most 1")]
fn dropping_everything_is_refused() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", array![1.0]);
    dropout(x, tape.data("mask", array![0.0]), 0.0);
}

#[test]
fn a_linear_module_costs_two_operations_for_each_weight_and_row() {
    let tape = Tape::<f64>::new();
    let x = tape.input("x", Array3::zeros((2, 3, 4)));
    linear(x, tape.input("W", Array::zeros((5, 4))), None);
    let flops = tape.graph().flops();
    assert_eq!((flops.forward, flops.backward), (2 * 6 * 20, 4 * 6 * 20));
}
