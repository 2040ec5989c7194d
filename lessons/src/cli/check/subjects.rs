//! Everything that can be checked by name: the ops, the layers, chains of modules, the programs of the docs, the networks.

use std::sync::Arc;

use ndarray::ArrayD;
use tapegrad_autograd::check::{Case, Draw, GraphSubject, Kind, ModelSubject, ModuleSubject, OpSubject, Subject};
use tapegrad_autograd::ops::{self, Reduction, Tanh, cross_entropy};
use tapegrad_autograd::{Chain, Init, Layer, OpModule, ParamList, Shape};
use tapegrad_models::Architecture;
use tapegrad_models::Network;
use tapegrad_models::layers::{
    Activation, Bias, Block, CausalSelfAttention, Embedding, FeedForward, Heads, Linear, Norm, NormKind,
};
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};

/// All ops of the registry, all layers and modules, the programs of the docs, and all networks.
pub fn everything() -> Vec<Arc<dyn Subject>> {
    let ops = OpSubject::all().map(|op| Arc::new(op) as Arc<dyn Subject>);
    ops.chain(layers())
        .chain([two_layers()])
        .chain(programs())
        .chain(networks())
        .collect()
}

macro_rules! programs {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/graphs/", $name, ".cg")))),*]
    };
}

/// The programs of the documentation.
const PROGRAMS: &[(&str, &str)] = programs! {
    "actor_critic" "additive_attention" "alibi" "attention" "batch_norm" "bidirectional_rnn" "convolution" "crf"
    "ctc" "decoder_block" "delta_rule" "diffusion" "distillation" "dpo" "elman_rnn" "embedding_bag"
    "gaussian_mixture" "glove" "graph_convolution" "grouped_query_attention" "grpo" "gru" "highway" "hmm" "info_nce"
    "kalman" "kv_cache_step" "latent_attention" "linear_attention" "linear_regression" "logistic_regression" "lora"
    "lstm" "mamba" "maml" "mixture_of_experts" "neural_ngram" "parallel_block" "pinn" "pos_tagger" "post_ln_block"
    "ppo" "real_nvp" "resnet" "retention" "reward_model" "rnn_lm" "rope_attention" "rotary_positions" "seq2seq"
    "sliding_window" "soft_dtw" "softmax_regression" "swiglu_block" "text_cnn" "tiny_gpt" "triplet" "two_layer"
    "two_layer_indexed" "two_layer_rnn" "vae" "wgan_gp" "word2vec"
};

fn programs() -> impl Iterator<Item = Arc<dyn Subject>> {
    let subject = |(name, text): &(&str, &str)| -> Arc<dyn Subject> {
        let subject = GraphSubject::new(name, text, None);
        Arc::new(subject.unwrap_or_else(|error| panic!("the program {name} of the documentation is correct: {error}")))
    };
    PROGRAMS.iter().map(subject)
}

const WIDTH: usize = 4;
const ROWS: usize = 3;

/// Every layer of the models, by itself.
fn layers() -> Vec<Arc<dyn Subject>> {
    let init = [Init::Normal(0.5); 2];
    vec![
        layer("linear-layer", |list| {
            Linear::new(list, "linear", [WIDTH, 3], Init::Normal(0.5), Bias::With)
        }),
        layer("layer-norm-layer", |list| {
            Norm::new(list, "norm", WIDTH, (NormKind::Layer, 1e-5), Bias::With)
        }),
        layer("feed-forward-layer", |list| {
            let inside = [WIDTH, 4 * WIDTH];
            FeedForward::new(list, "feed_forward", inside, init, Bias::With, Activation::GeluTanh)
        }),
        layer("attention-layer", |list| {
            CausalSelfAttention::new(list, "attention", WIDTH, init, Bias::With, Heads::full(2))
        }),
        layer("block-layer", |list| {
            Block::new(list, "block", [WIDTH, 2], init, Bias::With, &Architecture::GPT_2)
        }),
        embedding_layer(),
    ]
}

/// A layer on random rows, as a function of the rows and of its parameters.
fn layer<L: Layer + Send + Sync + 'static>(name: &str, declare: impl FnOnce(&mut ParamList) -> L) -> Arc<dyn Subject> {
    let mut list = ParamList::new();
    let x = list.add("x", [2, ROWS, WIDTH], Init::Normal(1.0));
    let layer = declare(&mut list);
    let nothing = |_: &mut Draw| vec![ArrayD::zeros(vec![1])];
    Arc::new(
        ModelSubject::new(name, list, nothing, move |data| layer.forward(data[0].on().param(x))).of_kind(Kind::Module),
    )
}

fn embedding_layer() -> Arc<dyn Subject> {
    let mut list = ParamList::new();
    let embedding = Embedding::new(&mut list, "embedding", VOCABULARY, WIDTH, Init::Normal(0.5));
    let ids = |draw: &mut Draw| vec![draw.ids(Shape::new(&[2, ROWS]), VOCABULARY)];
    Arc::new(ModelSubject::new("embedding-layer", list, ids, move |data| embedding.rows(data[0])).of_kind(Kind::Module))
}

/// The lecture's network of two layers as modules in a chain, without a tape.
fn two_layers() -> Arc<dyn Subject> {
    let case = |draw: &mut Draw| {
        let [rows, inputs, hidden, outputs] = [(); 4].map(|()| draw.size_nonzero());
        Case::of([("x", draw.normal(Shape::new(&[rows, inputs])))])
            .with_param("alpha", draw.normal(Shape::new(&[hidden, inputs])))
            .with_param("b_1", draw.normal(Shape::new(&[hidden])))
            .with_param("beta", draw.normal(Shape::new(&[outputs, hidden])))
            .with_param("b_2", draw.normal(Shape::new(&[outputs])))
    };
    let make = |case: &Case| {
        let value = |i: usize| case.operands[i].value.clone();
        let linear = |w: usize| {
            OpModule::<f64>::new(ops::Linear)
                .with_param("W", value(w))
                .with_param("b", value(w + 1))
        };
        Chain::new(vec![
            Box::new(linear(1)),
            Box::new(OpModule::new(Tanh)),
            Box::new(linear(3)),
        ])
    };
    Arc::new(
        ModuleSubject::made_for_case("two-layer-chain", case, make)
            .defined_by(|x| ops::linear(ops::tanh(ops::linear(x[0], x[1], Some(x[2]))), x[3], Some(x[4]))),
    )
}

const VOCABULARY: usize = 7;

fn networks() -> Vec<Arc<dyn Subject>> {
    let recurrent = || RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 4,
        hidden: 5,
        layers: 2,
    };
    let transformer = TransformerConfig {
        vocabulary: VOCABULARY,
        block: 8,
        layers: 2,
        heads: 2,
        width: 8,
        bias: Bias::With,
        tying: Tying::Tied,
        architecture: Architecture::GPT_2,
    };
    vec![
        network("table-lm", |list| TableLm::new(list, VOCABULARY)),
        network("rnn-lm", |list| RnnLm::new(list, recurrent())),
        network("lstm-lm", |list| LstmLm::new(list, recurrent())),
        network("transformer-lm", |list| TransformerLm::new(list, transformer)),
    ]
}

/// The loss of a network on random ids, as a function of its parameters.
fn network<N: Network + Sync>(name: &str, declare: impl FnOnce(&mut ParamList) -> N) -> Arc<dyn Subject> {
    let mut list = ParamList::new();
    let network = declare(&mut list);
    let data = |draw: &mut Draw| -> Vec<ArrayD<f64>> {
        let shape = Shape::new(&[draw.size_nonzero().min(2), draw.size_nonzero().min(5)]);
        vec![draw.ids(shape, VOCABULARY), draw.ids(shape, VOCABULARY)]
    };
    Arc::new(ModelSubject::new(name, list, data, move |data| {
        cross_entropy(network.logits(data[0]), data[1], None, Reduction::Mean)
    }))
}
