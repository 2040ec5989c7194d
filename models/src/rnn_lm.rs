//! The recurrent language model: an Elman network reads the tokens so far into a vector of fixed length.
//!
//! `h_t = tanh(W_xh x_t + W_hh h_(t-1) + b_h)`, `p(w_(t+1) | w_1 .. w_t) = softmax(W_hy h_t + b_y)`.
//! Source: deck S1, recurrent neural networks and RNN-LM; LECTURES rows M3 and M5.

use crate::layers::{Bias, Embedding, Linear};
use crate::network::{Network, Place};
use serde::{Deserialize, Serialize};
use tapegrad_core::{Init, Layer, Param, ParamList, Shape, Var, ops};

/// The sizes of a recurrent language model, of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecurrentConfig {
    /// The number of token ids, `V`.
    pub vocabulary: usize,
    /// The width of an embedding, `E`.
    pub embedding: usize,
    /// The width of the hidden state, `D`.
    pub hidden: usize,
    /// How many recurrent layers stand on each other.
    pub layers: usize,
}

/// An Elman network as a language model.
#[derive(Clone, Debug)]
pub struct RnnLm {
    config: RecurrentConfig,
    embedding: Embedding,
    cells: Vec<Cell>,
    head: Linear,
}

/// The parameters of one recurrent layer.
#[derive(Clone, Copy, Debug)]
struct Cell {
    w_xh: Param,
    w_hh: Param,
    b_h: Param,
}

impl RnnLm {
    /// Declares the network.
    pub fn new(list: &mut ParamList, config: RecurrentConfig) -> Self {
        let RecurrentConfig {
            vocabulary,
            embedding,
            hidden,
            layers,
        } = config;
        let table = Embedding::new(list, "embedding", vocabulary, embedding, Init::Normal(1.0));
        let cell = |layer: usize| {
            let inputs = if layer == 0 { embedding } else { hidden };
            let bound = Init::Uniform((hidden as f64).powf(-0.5));
            list.scope(&format!("rnn{}", layer + 1), |list| Cell {
                w_xh: list.add("w_xh", [hidden, inputs], bound),
                w_hh: list.add("w_hh", [hidden, hidden], bound),
                b_h: list.add("b_h", [hidden], Init::Zeros),
            })
        };
        let cells = (0..layers).map(cell).collect();
        let head = Linear::new(list, "head", [hidden, vocabulary], Init::Glorot, Bias::With);
        Self {
            config,
            embedding: table,
            cells,
            head,
        }
    }

    /// All hidden states of all layers' sequences, from the states before the first token.
    fn run<'t>(&self, ids: Var<'t>, h_0: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        let mut x = self.embedding.rows(ids);
        let mut last = Vec::with_capacity(self.cells.len());
        for (layer, (cell, &h_0)) in self.cells.iter().zip(h_0).enumerate() {
            let on = x.on();
            x = on.scope(&format!("rnn{}", layer + 1), || {
                ops::rnn(x, h_0, on.param(cell.w_xh), on.param(cell.w_hh), on.param(cell.b_h))
            });
            last.push(x.at(1, x.shape().size(1) - 1));
        }
        (self.head.forward(x), last)
    }
}

impl Network for RnnLm {
    fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    fn block(&self) -> Option<usize> {
        None
    }

    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        let rows = ids.shape().size(0);
        let zero = ids.constant(0.0).broadcast_to([rows, self.config.hidden]);
        self.run(ids, &vec![zero; self.cells.len()]).0
    }

    fn memory(&self) -> Vec<Shape> {
        vec![Shape::new(&[1, self.config.hidden]); self.cells.len()]
    }

    fn step<'t>(&self, id: Var<'t>, _: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        self.run(id, memory)
    }
}
