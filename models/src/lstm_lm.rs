//! The language model with a long short-term memory: cells that keep what the gates let them.
//!
//! Per layer `c_t = f_t c_(t-1) + i_t g_t`, `h_t = o_t tanh(c_t)`; the additive path lets a gradient pass many steps.
//! Source: Hochreiter and Schmidhuber 1997; deck S3, "implement RNN and LSTM"; LECTURES row M6.

use crate::layers::{Bias, Embedding, Linear};
use crate::network::{Network, Place};
use crate::rnn_lm::RecurrentConfig;
use tapegrad_core::{Init, Layer, Param, ParamList, Shape, Var, ops};

/// A long short-term memory of any number of layers as a language model.
#[derive(Clone, Debug)]
pub struct LstmLm {
    config: RecurrentConfig,
    embedding: Embedding,
    cells: Vec<Cell>,
    head: Linear,
}

/// The parameters of one layer, the gates in the order input, forget, candidate, output.
#[derive(Clone, Copy, Debug)]
struct Cell {
    w_xh: Param,
    w_hh: Param,
    b: Param,
}

impl LstmLm {
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
            list.scope(&format!("lstm{}", layer + 1), |list| Cell {
                w_xh: list.add("w_xh", [4 * hidden, inputs], bound),
                w_hh: list.add("w_hh", [4 * hidden, hidden], bound),
                b: list.add("b", [4 * hidden], Init::Zeros),
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
}

impl Network for LstmLm {
    fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    fn block(&self) -> Option<usize> {
        None
    }

    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        let (on, rows) = (ids.on(), ids.shape().size(0));
        let zero = on.constant(0.0).broadcast_to([rows, self.config.hidden]);
        let mut x = self.embedding.rows(ids);
        for (layer, cell) in self.cells.iter().enumerate() {
            x = on.scope(&format!("lstm{}", layer + 1), || {
                ops::lstm(
                    x,
                    zero,
                    zero,
                    on.param(cell.w_xh),
                    on.param(cell.w_hh),
                    on.param(cell.b),
                )
            });
        }
        self.head.forward(x)
    }

    /// For each layer the output and the cells.
    fn memory(&self) -> Vec<Shape> {
        vec![Shape::new(&[2, 1, self.config.hidden]); self.cells.len()]
    }

    fn step<'t>(&self, id: Var<'t>, _: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        let on = id.on();
        let mut x = self.embedding.rows(id).at(1, 0);
        let mut next = Vec::with_capacity(memory.len());
        for (cell, &state) in self.cells.iter().zip(memory) {
            let state = ops::lstm_cell(x, state, on.param(cell.w_xh), on.param(cell.w_hh), on.param(cell.b));
            x = state.at(0, 0);
            next.push(state);
        }
        let logits = self.head.forward(x);
        (logits.reshape([id.shape().size(0), 1, self.config.vocabulary]), next)
    }
}
