//! A network whose matrices are stored in few bits: it is asked like any other, and cannot be trained.
//!
//! Source: deck S3, quantisation; LECTURES row G9.

use crate::asked::Asked;
use crate::corpus::Batch;
use crate::language_model::{AnyLanguageModel, LanguageModel, LogProbs, Logits, Rows};
use crate::model::Model;
use crate::network::Network;
use crate::neural::Neural;
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

    fn new(network: N, params: PackedParams<f32>, never: Vec<TokenId>) -> Self {
        Self {
            network,
            params,
            never,
            scoring: RefCell::new(None),
        }
    }

    /// A trained network with its matrices in few bits.
    ///
    /// **Errors** with the name of a parameter that is not finite, or too large for so few bits.
    pub fn of(model: Neural<N>, bits: Bits) -> Result<Self, PackError> {
        let (network, params, never) = model.into_parts();
        match PackedParams::pack(&params, bits, Self::COLS_LEAST) {
            Ok(params) => Ok(Self::new(network, params, never)),
            Err(name) => Err(PackError::Parameter { name }),
        }
    }

    /// A network with packed parameters that were read from a file; `None` if they are of another network.
    fn with_stored(model: Neural<N>, stored: Vec<Stored<f32>>) -> Option<Self> {
        let (network, params, never) = model.into_parts();
        let params = PackedParams::new(params.list(), stored)?;
        Some(Self::new(network, params, never))
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
    /// A program may use its matrices in any operation.
    #[error("the matrices of a program are used by operations that read all bits; quantise a built-in network")]
    Program,
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
        fn boxed<N: Network>(model: Neural<N>, bits: Bits) -> Result<Box<dyn AnyPacked>, PackError> {
            Ok(Box::new(PackedModel::of(model, bits)?))
        }
        match self {
            Self::Ngram(_) => Err(PackError::Counts),
            Self::Program(_) => Err(PackError::Program),
            Self::Table(model) => boxed(model, bits),
            Self::Rnn(model) => boxed(model, bits),
            Self::Lstm(model) => boxed(model, bits),
            Self::Transformer(model) => boxed(model, bits),
        }
    }

    /// The same network with parameters that were read from a file; `None` if they are of another network.
    pub(crate) fn with_packed(self, stored: Vec<Stored<f32>>) -> Option<Box<dyn AnyPacked>> {
        fn boxed<N: Network>(model: Neural<N>, stored: Vec<Stored<f32>>) -> Option<Box<dyn AnyPacked>> {
            Some(Box::new(PackedModel::with_stored(model, stored)?))
        }
        match self {
            Self::Ngram(_) | Self::Program(_) => None,
            Self::Table(model) => boxed(model, stored),
            Self::Rnn(model) => boxed(model, stored),
            Self::Lstm(model) => boxed(model, stored),
            Self::Transformer(model) => boxed(model, stored),
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
            Self::Program(model) => Some(model.params().list()),
        }
    }
}
