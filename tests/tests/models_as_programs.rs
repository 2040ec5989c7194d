//! The networks of the package `models` and programs of the graph language are the same functions.
//!
//! A program gets the network's parameters by name; loss and all gradients then agree to 1e-12 in `f64`, although the
//! network is made of fused ops and batches, and the program of matrices, loops and single sequences.

use std::collections::BTreeMap;

use ndarray::{Array, ArrayD, Axis};
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::run::{Evaluated, Given, Wanted, evaluate};
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::{ParamList, Params, Tape};
use tapegrad_models::Architecture;
use tapegrad_models::Network;
use tapegrad_models::layers::Bias;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};

const VOCABULARY: usize = 5;
const WORDS: [usize; 4] = [3, 1, 1, 4];
const NEXT: [usize; 4] = [1, 1, 4, 0];

type Arrays = BTreeMap<String, ArrayD<f64>>;

/// A network with its parameters, and what it gives for the one sequence of the test.
struct Trained {
    loss: f64,
    values: Arrays,
    gradients: Arrays,
}

/// Loss and gradients of a network on a tape; every parameter is moved, so that no bias and no gain is neutral.
fn trained<N: Network>(declare: impl FnOnce(&mut ParamList) -> N, reduction: Reduction) -> Trained {
    let mut list = ParamList::new();
    let network = declare(&mut list);
    let mut params = Params::<f64>::new(&list, 7);
    for (i, value) in params.values_mut().iter_mut().enumerate() {
        *value += 0.1 * (i as f64 * 1.7).sin();
    }
    let tape = Tape::with(&params);
    let (words, next) = (tape.ids("w", [1, 4], &WORDS), tape.ids("next", [1, 4], &NEXT));
    let j = cross_entropy(network.logits(words), next, None, reduction);
    let (loss, gradients) = (tape.number(j), tape.backward(j));
    let mut with_gradients = params.clone();
    gradients.write_to(&mut with_gradients).unwrap();
    let by_name = |read: &dyn Fn(tapegrad_autograd::Param) -> ArrayD<f64>| {
        list.params()
            .map(|param| (list.spec(param).name.clone(), read(param)))
            .collect()
    };
    Trained {
        loss,
        values: by_name(&|param| params.value(param).to_owned()),
        gradients: by_name(&|param| with_gradients.gradient(param).to_owned()),
    }
}

/// A program with its parameters and the words of the test.
fn run(text: &str, dims: &[(&str, i64)], mut values: Arrays) -> Evaluated<f64> {
    let opened = open("program", text);
    assert!(opened.is_correct(), "{}", opened.render());
    let ids = |ids: [usize; 4]| Array::from_iter(ids.map(|id| id as f64)).into_dyn();
    values.insert("w".to_string(), ids(WORDS));
    values.insert("next".to_string(), ids(NEXT));
    let given = Given {
        dims: dims.iter().map(|(name, size)| ((*name).to_string(), *size)).collect(),
        values: values.into_iter().collect(),
        ..Given::default()
    };
    let wanted = Wanted {
        gradients: true,
        trace: false,
    };
    evaluate::<f64>(&opened.programs[0], &given, wanted).unwrap_or_else(|error| panic!("{error}"))
}

fn program(name: &str) -> String {
    let path = format!("{}/../docs/graphs/{name}.cg", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// How a parameter of a program is made of the network's: its own parts, one behind another, or the transpose.
#[derive(Clone, Debug)]
enum Of {
    /// The same array.
    Whole(String),
    /// The array with its axes exchanged.
    Turned(String),
    /// One of four parts of the first axis.
    Quarter(String, usize),
    /// Zeros, which the network has as a constant.
    Zeros(usize),
}

impl Of {
    fn read(&self, arrays: &Arrays) -> ArrayD<f64> {
        match self {
            Self::Whole(name) => arrays[name].clone(),
            Self::Turned(name) => arrays[name].t().to_owned(),
            Self::Quarter(name, at) => {
                let whole = &arrays[name];
                let size = whole.shape()[0] / 4;
                whole
                    .slice_axis(Axis(0), (at * size..(at + 1) * size).into())
                    .to_owned()
            }
            Self::Zeros(size) => ArrayD::zeros(vec![*size]),
        }
    }
}

fn assert_close(what: &str, one: &ArrayD<f64>, other: &ArrayD<f64>) {
    assert_eq!(one.shape(), other.shape(), "{what}");
    for (a, b) in one.iter().zip(other) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{what}: {a} and {b}");
    }
}

/// Runs a program on the network's parameters and compares loss and gradients.
fn assert_same(network: &Trained, text: &str, dims: &[(&str, i64)], names: &[(String, Of)]) {
    let values = names
        .iter()
        .map(|(name, of)| (name.clone(), of.read(&network.values)))
        .collect();
    let answer = run(text, dims, values);
    let loss = answer.objective.unwrap();
    assert!(
        (loss - network.loss).abs() <= 1e-12 * loss.abs(),
        "{loss} and {}",
        network.loss
    );
    let gradients: Arrays = answer
        .gradients
        .into_iter()
        .map(|(name, g)| (name, g.unwrap()))
        .collect();
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, of) in names {
        let (Of::Whole(source) | Of::Turned(source) | Of::Quarter(source, _)) = of else {
            continue;
        };
        assert_close(name, &gradients[name], &of.read(&network.gradients));
        *compared.entry(source).or_default() += gradients[name].len();
    }
    let sizes: BTreeMap<&str, usize> = network
        .values
        .iter()
        .map(|(name, x)| (name.as_str(), x.len()))
        .collect();
    assert_eq!(compared, sizes, "every parameter of the network is compared, once");
}

fn whole(own: &str, of: &str) -> (String, Of) {
    (own.to_string(), Of::Whole(of.to_string()))
}

#[test]
fn the_softmax_table_is_a_bigram_written_as_a_program() {
    let text = "graph bigram {
        dim T, V
        input w[T]: id[V], next[T]: id[V]
        param rows[V, to:V]
        L = log_softmax(rows[w], over to)
        nll[t] = -L[t, next[t]]
        J = mean(nll, over T)
        minimize J
    }";
    let network = trained(|list| TableLm::new(list, VOCABULARY), Reduction::Mean);
    assert_same(&network, text, &[("T", 4), ("V", 5)], &[whole("rows", "rows")]);
}

fn recurrent() -> RecurrentConfig {
    RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 3,
        hidden: 2,
        layers: 1,
    }
}

const RECURRENT_SIZES: [(&str, i64); 4] = [("T", 4), ("V", 5), ("E", 3), ("H", 2)];

#[test]
fn the_recurrent_language_model_is_the_program_of_its_name() {
    let network = trained(|list| RnnLm::new(list, recurrent()), Reduction::Sum);
    let names = [
        whole("emb", "embedding"),
        whole("step.W_xh", "rnn1.w_xh"),
        whole("step.W_hh", "rnn1.w_hh"),
        whole("step.b_h", "rnn1.b_h"),
        whole("W_hy", "head.w"),
        whole("b_y", "head.b"),
        ("h0".to_string(), Of::Zeros(2)),
    ];
    assert_same(&network, &program("rnn_lm"), &RECURRENT_SIZES, &names);
}

#[test]
fn the_lstm_language_model_is_the_cell_of_its_program_under_a_softmax() {
    let modules = program("lstm");
    let modules = modules.split("graph lstm_demo").next().unwrap();
    let text = format!(
        "{modules}
        graph lstm_lm {{
            dim T, V, E, H
            input w[T]: id[V], next[T]: id[V]
            param emb[V, E], W_hy[V, H], b_y[V], h0[H] ~ zeros, c0[H] ~ zeros
            layer cell = LstmCell[E, H]
            h[0] = h0
            c[0] = c0
            for t = 1..T {{
                h[t], c[t] = cell(emb[w[t]], h[t-1], c[t-1])
                y[t] = log_softmax(W_hy @ h[t] + b_y)
                l[t] = -y[t, next[t]]
            }}
            J = mean(l, over T)
            minimize J
        }}"
    );
    let network = trained(|list| LstmLm::new(list, recurrent()), Reduction::Mean);
    let mut names = vec![
        whole("emb", "embedding"),
        whole("W_hy", "head.w"),
        whole("b_y", "head.b"),
        ("h0".to_string(), Of::Zeros(2)),
        ("c0".to_string(), Of::Zeros(2)),
    ];
    for (at, gate) in ["gi", "gf", "gg", "go"].iter().enumerate() {
        for (own, of) in [("W", "w_xh"), ("U", "w_hh"), ("b", "b")] {
            names.push((format!("cell.{gate}.{own}"), Of::Quarter(format!("lstm1.{of}"), at)));
        }
    }
    assert_same(&network, &text, &RECURRENT_SIZES, &names);
}

/// The parameters of `tiny_gpt` by the names of the Transformer's.
fn names_of_the_transformer(layers: usize) -> Vec<(String, Of)> {
    let mut names = vec![whole("emb", "tokens"), whole("pos", "positions")];
    let norm = |names: &mut Vec<(String, Of)>, own: String, of: String| {
        for part in ["gamma", "beta"] {
            names.push(whole(&format!("{own}.{part}"), &format!("{of}.{part}")));
        }
    };
    for layer in 1..=layers {
        let (own, of) = (format!("block[{layer}]"), format!("block{layer}"));
        norm(&mut names, format!("{own}.ln1"), format!("{of}.norm_1"));
        norm(&mut names, format!("{own}.ln2"), format!("{of}.norm_2"));
        let parts = ["q", "k", "v", "o"].map(|one| (format!("att.W_{one}"), format!("attention.{one}")));
        let feed_forward = ["1", "2"].map(|one| (format!("ffn.fc{one}"), format!("feed_forward.fc_{one}")));
        for (own_part, of_part) in parts.into_iter().chain(feed_forward) {
            names.push((format!("{own}.{own_part}.W"), Of::Turned(format!("{of}.{of_part}.w"))));
            names.push(whole(&format!("{own}.{own_part}.b"), &format!("{of}.{of_part}.b")));
        }
    }
    norm(&mut names, "ln_f".to_string(), "norm".to_string());
    names
}

#[test]
fn the_transformer_is_the_tiny_gpt_with_the_gelu_of_gpt_2() {
    let config = TransformerConfig {
        vocabulary: VOCABULARY,
        block: 4,
        layers: 2,
        heads: 3,
        width: 6,
        bias: Bias::With,
        tying: Tying::Tied,
        architecture: Architecture::GPT_2,
    };
    let network = trained(|list| TransformerLm::new(list, config), Reduction::Mean);
    let text = program("tiny_gpt").replace("gelu(", "gelu_tanh(");
    let dims = [("T", 4), ("V", 5), ("D", 6), ("H", 3), ("L", 2)];
    assert_same(&network, &text, &dims, &names_of_the_transformer(2));
}

#[test]
#[should_panic(expected = " and ")]
fn a_transposed_weight_is_found() {
    let network = trained(|list| RnnLm::new(list, recurrent()), Reduction::Sum);
    let names = [
        whole("emb", "embedding"),
        whole("step.W_xh", "rnn1.w_xh"),
        ("step.W_hh".to_string(), Of::Turned("rnn1.w_hh".to_string())),
        whole("step.b_h", "rnn1.b_h"),
        whole("W_hy", "head.w"),
        whole("b_y", "head.b"),
        ("h0".to_string(), Of::Zeros(2)),
    ];
    assert_same(&network, &program("rnn_lm"), &RECURRENT_SIZES, &names);
}
