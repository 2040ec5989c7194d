//! A network with weights, asked as a language model: the same for weights of 32 bits and for packed ones.

use crate::corpus::Batch;
use crate::language_model::{LogProbs, Logits, Rows};
use crate::network::Network;
use crate::reader::Reader;
use crate::tokenizer::TokenId;
use crate::traced::{Beside, Traced};
use std::cell::RefCell;
use tapegrad_core::kernels::with_team;
use tapegrad_core::params::Weights;

/// What is asked, and the plan that scored last.
#[derive(Debug)]
pub(crate) struct Asked<'m, N, W> {
    pub network: &'m N,
    pub params: &'m W,
    /// The ids that no label can be.
    pub never: &'m [TokenId],
    pub scoring: &'m RefCell<Option<Traced>>,
}

impl<'m, N: Network, W: Weights<f32>> Asked<'m, N, W> {
    /// See [`LanguageModel`](crate::LanguageModel), as the other methods.
    pub fn start(&self) -> Reader<f32> {
        Reader::new(self.network, self.params.list(), 1)
    }

    pub fn next(&self, reader: &mut Reader<f32>, token: TokenId) -> Logits {
        let logits = reader.read(self.network, self.params, &[Some(token)]);
        self.predicted(logits)
    }

    pub fn start_rows(self, rows: usize) -> Box<dyn Rows + 'm> {
        let reader = Reader::new(self.network, self.params.list(), rows);
        Box::new(AskedRows { asked: self, reader })
    }

    pub fn log_probs(&self, batch: &Batch) -> LogProbs {
        let sizes = [batch.rows(), batch.time()];
        let mut scoring = self.scoring.borrow_mut();
        if scoring.as_ref().is_none_or(|traced| traced.sizes != sizes) {
            let is_masked = !self.never.is_empty();
            let traced = Traced::new(self.network, self.params.list(), sizes, Beside::Mask(is_masked));
            *scoring = Some(traced);
        }
        let traced = scoring.as_mut().expect("it was traced just now");
        traced.give(batch);
        traced.mask(self.never);
        let params = self.params;
        with_team(|| traced.forward(params));
        let losses = traced.plan.value(traced.loss);
        LogProbs::from_fn(batch, |row, position| -f64::from(losses[row * batch.time() + position]))
    }

    /// The logits of one position, without the ids that never come.
    fn predicted(&self, logits: &[f32]) -> Logits {
        let mut logits: Vec<f64> = logits.iter().map(|&y| f64::from(y)).collect();
        for &id in self.never {
            logits[id as usize] = f64::NEG_INFINITY;
        }
        Logits::new(logits)
    }
}

/// Several sequences, whose next tokens the network reads in one pass.
struct AskedRows<'m, N, W> {
    asked: Asked<'m, N, W>,
    reader: Reader<f32>,
}

impl<N: Network, W: Weights<f32>> Rows for AskedRows<'_, N, W> {
    fn next(&mut self, tokens: &[Option<TokenId>]) -> Vec<Option<Logits>> {
        let Self { asked, reader } = self;
        let logits = reader.read(asked.network, asked.params, tokens);
        let rows = tokens.iter().zip(logits.chunks(asked.network.vocabulary()));
        rows.map(|(token, logits)| token.map(|_| asked.predicted(logits)))
            .collect()
    }

    fn forget(&mut self) {
        self.reader.forget();
    }

    fn rearrange(&mut self, from: &[usize]) {
        self.reader.rearrange(from);
    }
}
