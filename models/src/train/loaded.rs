//! A model to be asked, with its weights as they were trained or in few bits.

use crate::language_model::AnyLanguageModel;
use crate::model::Model;
use crate::packed_model::AnyPacked;

/// A model to be asked.
pub enum Loaded {
    /// With its weights as they were trained.
    Whole(Box<Model>),
    /// With weights of few bits.
    Packed(Box<dyn AnyPacked>),
}

impl Loaded {
    /// The model as something to be asked.
    pub fn language_model(&self) -> &dyn AnyLanguageModel {
        match self {
            Self::Whole(model) => model.language_model(),
            Self::Packed(model) => model.language_model(),
        }
    }
}
