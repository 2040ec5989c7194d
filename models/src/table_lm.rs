//! The softmax table: a row of logits for each previous token, the bigram as a neural model.
//!
//! It has the same family of distributions as a bigram by counting and the same objective, maximum likelihood. Counting
//! gives the maximum in closed form, the gradient finds it step by step: at the counts, `softmax(row) - counts / total`
//! is 0. Source: deck S1, n-grams and maximum likelihood; LECTURES row M2.

use crate::layers::Embedding;
use crate::network::{Network, Place};
use tapegrad_core::{Init, ParamList, Shape, Var};

/// A table of logits `[V, V]`: the row of the previous token, the column of the next.
#[derive(Clone, Debug)]
pub struct TableLm {
    vocabulary: usize,
    rows: Embedding,
}

impl TableLm {
    /// Declares the table; at first every token is equally likely.
    pub fn new(list: &mut ParamList, vocabulary: usize) -> Self {
        Self {
            vocabulary,
            rows: Embedding::new(list, "rows", vocabulary, vocabulary, Init::Zeros),
        }
    }
}

impl Network for TableLm {
    fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    fn block(&self) -> Option<usize> {
        None
    }

    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        self.rows.rows(ids)
    }

    fn memory(&self) -> Vec<Shape> {
        Vec::new()
    }

    fn step<'t>(&self, id: Var<'t>, _: Option<Place<'t>>, _memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        (self.logits(id), Vec::new())
    }
}
