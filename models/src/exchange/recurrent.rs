//! Recurrent language models as PyTorch has them: the state of `nn.Embedding`, `nn.LSTM` or `nn.RNN`, and `nn.Linear`.
//!
//! No file says how such a model is built, so it is read off the arrays: `weight_ih_l0` has four rows for each number of
//! the hidden state in an LSTM (input, forget, candidate, output, the order here too) and one in an RNN with tanh. PyTorch
//! adds two biases, `bias_ih` and `bias_hh`; here they are one, their sum.

use super::error::{ExchangeError, Exchanged};
use super::slot::Slot;
use super::weights::Weights;
use crate::model::{ModelConfig, RecurrentSizes};
use std::path::Path;

/// What is read of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrent {
    /// Whether it is an LSTM, and not an RNN.
    pub is_lstm: bool,
    /// Its sizes.
    pub sizes: RecurrentSizes,
    /// The ids, `V`.
    pub vocabulary: usize,
    names: Names,
}

/// The names of arrays.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    embedding: String,
    /// What stands before `weight_ih_l0`.
    cells: String,
    head: String,
    head_bias: Option<String>,
}

impl Recurrent {
    /// The model of these sizes with the names that are written.
    pub fn new(is_lstm: bool, sizes: RecurrentSizes, vocabulary: usize) -> Self {
        Self {
            is_lstm,
            sizes,
            vocabulary,
            names: Names {
                embedding: "embedding.weight".into(),
                cells: if is_lstm { "lstm." } else { "rnn." }.into(),
                head: "head.weight".into(),
                head_bias: Some("head.bias".into()),
            },
        }
    }

    /// The model that some arrays are, by their names and shapes.
    ///
    /// **Errors** with the array that fits no such model.
    pub fn read(weights: &Weights, path: &Path) -> Exchanged<Self> {
        let file = Arrays { weights, path };
        let cells = file.cells()?;
        let (is_lstm, sizes) = file.sizes(cells)?;
        let (table, head) = file.table_and_head(cells)?;
        let this = Self {
            is_lstm,
            sizes,
            vocabulary: file.matrix(table)?[0],
            names: Names {
                embedding: table.into(),
                cells: cells.into(),
                head: head.into(),
                head_bias: file.bias_of(head),
            },
        };
        let slots = this.slots();
        super::slot::check(&slots, weights)?;
        match weights
            .names()
            .find(|name| slots.iter().all(|slot| slot.array != *name))
        {
            None => Ok(this),
            Some(name) => Err(file.wrong(format!(
                "`{}` is no array of an LSTM or RNN in one direction and without projections",
                name.escape_debug()
            ))),
        }
    }

    /// The model.
    pub fn model(&self) -> ModelConfig {
        match self.is_lstm {
            true => ModelConfig::Lstm(self.sizes),
            false => ModelConfig::Rnn(self.sizes),
        }
    }

    /// Where each parameter lies.
    pub fn slots(&self) -> Vec<Slot> {
        let RecurrentSizes {
            embedding,
            hidden,
            layers,
        } = self.sizes;
        let (kind, gates, bias) = match self.is_lstm {
            true => ("lstm", 4 * hidden, "b"),
            false => ("rnn", hidden, "b_h"),
        };
        let names = &self.names;
        let mut all = vec![Slot::whole(
            "embedding",
            &names.embedding,
            &[self.vocabulary, embedding],
        )];
        for layer in 0..layers {
            let inputs = if layer == 0 { embedding } else { hidden };
            let own = |name: &str| format!("{kind}{}.{name}", layer + 1);
            let theirs = |name: &str| format!("{}{name}_l{layer}", names.cells);
            all.push(Slot::whole(own("w_xh"), theirs("weight_ih"), &[gates, inputs]));
            all.push(Slot::whole(own("w_hh"), theirs("weight_hh"), &[gates, hidden]));
            all.push(Slot::whole(own(bias), theirs("bias_ih"), &[gates]));
            all.push(Slot {
                is_summand: true,
                ..Slot::whole(own(bias), theirs("bias_hh"), &[gates])
            });
        }
        all.push(Slot::whole("head.w", &names.head, &[self.vocabulary, hidden]));
        all.extend(
            names
                .head_bias
                .iter()
                .map(|bias| Slot::whole("head.b", bias, &[self.vocabulary])),
        );
        all
    }
}

/// The arrays of a file, in search of a model.
struct Arrays<'w> {
    weights: &'w Weights,
    path: &'w Path,
}

impl<'w> Arrays<'w> {
    fn wrong(&self, what: String) -> ExchangeError {
        ExchangeError::wrong(self.path, what)
    }

    /// What stands before the names of the recurrent layers.
    fn cells(&self) -> Exchanged<&'w str> {
        let all = self.weights.names();
        let firsts: Vec<&str> = all.filter_map(|name| name.strip_suffix("weight_ih_l0")).collect();
        match firsts[..] {
            [cells] => Ok(cells),
            _ => Err(self.wrong(format!(
                "{} arrays are called `weight_ih_l0`, the first weights of an LSTM or RNN; a model has one, or else a \
                 config.json beside it",
                firsts.len()
            ))),
        }
    }

    /// The rows and columns of a matrix.
    fn matrix(&self, name: &str) -> Exchanged<[usize; 2]> {
        let shown = name.escape_debug();
        let Some(entry) = self.weights.entry(name) else {
            return Err(self.wrong(format!("there is no array `{shown}`")));
        };
        match entry.shape[..] {
            [rows, columns] => Ok([rows, columns]),
            _ => Err(self.wrong(format!("`{shown}` must be a matrix; its shape is {:?}", entry.shape))),
        }
    }

    /// Whether the layers are those of an LSTM, and the sizes.
    fn sizes(&self, cells: &str) -> Exchanged<(bool, RecurrentSizes)> {
        let [gates, embedding] = self.matrix(&format!("{cells}weight_ih_l0"))?;
        let [gates_again, hidden] = self.matrix(&format!("{cells}weight_hh_l0"))?;
        let is_lstm = gates == 4 * hidden;
        if hidden == 0 || embedding == 0 || gates != gates_again || !(is_lstm || gates == hidden) {
            return Err(self.wrong(format!(
                "`{}weight_ih_l0` is {gates} by {embedding} for a hidden state of {hidden}; an LSTM has four times as many rows \
                 and an RNN as many (a GRU has three times as many, and is not known here)",
                cells.escape_debug()
            )));
        }
        let is_there = |layer: &usize| self.weights.entry(&format!("{cells}weight_ih_l{layer}")).is_some();
        let layers = (0..).take_while(is_there).count();
        let sizes = RecurrentSizes {
            embedding,
            hidden,
            layers,
        };
        Ok((is_lstm, sizes))
    }

    /// The bias beside a matrix, if there is one.
    fn bias_of(&self, name: &str) -> Option<String> {
        let bias = format!("{}bias", name.strip_suffix("weight")?);
        self.weights.entry(&bias).is_some().then_some(bias)
    }

    /// The table of the embedding, and the matrix of the output layer: that with a bias, or else the other than that which
    /// is called an embedding.
    fn table_and_head(&self, cells: &str) -> Exchanged<(&'w str, &'w str)> {
        let is_outside = |name: &&str| !name.starts_with(cells) || cells.is_empty() && !is_of_cells(name);
        let others: Vec<&str> = self.weights.names().filter(is_outside).collect();
        let is_matrix = |name: &&str| self.weights.entry(name).is_some_and(|entry| entry.shape.len() == 2);
        let matrices: Vec<&str> = others.iter().copied().filter(is_matrix).collect();
        let [one, other] = matrices[..] else {
            let found = match others[..] {
                [] => "no array".to_string(),
                _ => others.join(", "),
            };
            return Err(self.wrong(format!(
                "beside the recurrent layers there must be the matrices of an embedding and of an output layer; the file \
                 has {found}"
            )));
        };
        let is_called_so = |name: &str| name.to_lowercase().contains("emb");
        let by_bias = [one, other].map(|name| self.bias_of(name).is_some());
        let by_name = [one, other].map(|name| !is_called_so(name));
        match (by_bias, by_name) {
            ([true, false], _) | ([true, true] | [false, false], [true, false]) => Ok((other, one)),
            ([false, true], _) | (_, [false, true]) => Ok((one, other)),
            _ => Err(self.wrong(format!(
                "which of `{one}` and `{other}` is the embedding cannot be told; call it `embedding.weight`"
            ))),
        }
    }
}

/// True for the arrays of recurrent layers of a module without a name.
fn is_of_cells(name: &str) -> bool {
    ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"]
        .iter()
        .any(|start| name.starts_with(start))
}
