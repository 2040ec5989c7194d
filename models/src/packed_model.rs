//! A network whose matrices are stored in few bits: it is asked like any other, and cannot be trained.
//!
//! Source: deck S3, quantisation; LECTURES row G9.

use crate::asked::Asked;
use crate::corpus::Batch;
use crate::language_model::{AnyLanguageModel, LanguageModel, LogProbs, Logits, Rows};
use crate::model::Model;
use crate::network::Network;
use crate::reader::Reader;
use crate::tokenizer::TokenId;
use crate::traced::Traced;
use std::cell::RefCell;
use tapegrad_core::ParamList;
use tapegrad_core::kernels::Bits;
use tapegrad_core::params::{PackedParams, Stored};

/// A network with packed parameters.
#[derive(Debug)]
pub struct PackedModel<N> {
    network: N,
    params: PackedParams<f32>,
    never: Vec<TokenId>,
    scoring: RefCell<Option<Traced>>,
}

impl<N: Network> PackedModel<N> {
    /// Narrower matrices stay as they are: a group of 32 weights would be mostly empty.
    pub const COLS_LEAST: usize = 32;

    pub(crate) fn new(network: N, params: PackedParams<f32>, never: Vec<TokenId>) -> Self {
        Self {
            network,
            params,
            never,
            scoring: RefCell::new(None),
        }
    }

    fn asked(&self) -> Asked<'_, N, PackedParams<f32>> {
        Asked {
            network: &self.network,
            params: &self.params,
            never: &self.never,
            scoring: &self.scoring,
        }
    }
}

impl<N: Network> LanguageModel for PackedModel<N> {
    type State = Reader<f32>;

    fn vocabulary(&self) -> usize {
        self.network.vocabulary()
    }

    fn start(&self) -> Reader<f32> {
        self.asked().start()
    }

    fn next(&self, reader: &mut Reader<f32>, token: TokenId) -> Logits {
        self.asked().next(reader, token)
    }

    fn start_rows(&self, rows: usize) -> Box<dyn Rows + '_> {
        self.asked().start_rows(rows)
    }

    fn log_probs(&self, batch: &Batch) -> LogProbs {
        self.asked().log_probs(batch)
    }
}

/// A packed network of any kind.
pub trait AnyPacked: AnyLanguageModel {
    /// The declarations of its parameters, and how each is stored, in this order.
    fn parameters(&self) -> (&ParamList, Vec<&Stored<f32>>);

    /// The memory of all parameters, and that of the packed ones. **Units**: bytes.
    fn bytes(&self) -> [usize; 2];

    /// The model as something to be asked.
    fn language_model(&self) -> &dyn AnyLanguageModel;
}

impl<N: Network> AnyPacked for PackedModel<N> {
    fn parameters(&self) -> (&ParamList, Vec<&Stored<f32>>) {
        use tapegrad_core::params::Weights;
        (self.params.list(), self.params.stored().collect())
    }

    fn bytes(&self) -> [usize; 2] {
        self.params.bytes()
    }

    fn language_model(&self) -> &dyn AnyLanguageModel {
        self
    }
}

/// A model cannot be packed.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PackError {
    /// A counting model has no matrices.
    #[error("an n-gram counts and has no matrices of weights; quantise a network")]
    Counts,
    /// A parameter cannot be stored in so few bits.
    #[error(
        "`{name}` holds numbers that are not finite or above 65504, which is the largest scale of 4 bits; train the model again with a \
         smaller --learning-rate"
    )]
    Parameter {
        /// Its name.
        name: String,
    },
}

impl Model {
    /// The same network with its matrices in few bits.
    ///
    /// **Errors** for an n-gram, and with a parameter that cannot be stored in so few bits.
    pub fn packed(self, bits: Bits) -> Result<Box<dyn AnyPacked>, PackError> {
        fn boxed<N: Network>(packed: Result<PackedModel<N>, String>) -> Result<Box<dyn AnyPacked>, PackError> {
            match packed {
                Ok(model) => Ok(Box::new(model)),
                Err(name) => Err(PackError::Parameter { name }),
            }
        }
        match self {
            Self::Ngram(_) => Err(PackError::Counts),
            Self::Table(model) => boxed(model.packed(bits)),
            Self::Rnn(model) => boxed(model.packed(bits)),
            Self::Lstm(model) => boxed(model.packed(bits)),
            Self::Transformer(model) => boxed(model.packed(bits)),
        }
    }

    /// The same network with parameters that were read from a file; `None` if they are of another network.
    pub(crate) fn with_packed(self, stored: Vec<Stored<f32>>) -> Option<Box<dyn AnyPacked>> {
        fn boxed<N: Network>(packed: Option<PackedModel<N>>) -> Option<Box<dyn AnyPacked>> {
            packed.map(|model| -> Box<dyn AnyPacked> { Box::new(model) })
        }
        match self {
            Self::Ngram(_) => None,
            Self::Table(model) => boxed(model.with_packed(stored)),
            Self::Rnn(model) => boxed(model.with_packed(stored)),
            Self::Lstm(model) => boxed(model.with_packed(stored)),
            Self::Transformer(model) => boxed(model.with_packed(stored)),
        }
    }

    /// The declarations of the parameters of a network.
    pub(crate) fn param_list(&self) -> Option<&ParamList> {
        match self {
            Self::Ngram(_) => None,
            Self::Table(model) => Some(model.params().list()),
            Self::Rnn(model) => Some(model.params().list()),
            Self::Lstm(model) => Some(model.params().list()),
            Self::Transformer(model) => Some(model.params().list()),
        }
    }
}
