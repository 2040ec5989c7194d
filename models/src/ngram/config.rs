//! What is decided about an n-gram model before it sees any text.

use crate::tokenizer::{TokenId, Vocabulary};
use serde::{Deserialize, Serialize};

/// Says what becomes of counts, and what an unseen word gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Smoothing {
    /// Relative frequencies, exact and unsmoothed.
    ///
    /// A word never seen after its context has probability 0. After a context that was never seen there is no
    /// distribution at all: its labels count as impossible, its logits are all minus infinity.
    MaximumLikelihood,
    /// A constant is added to every count: `p = (c(h w) + k) / (c(h) + k P)` with P predictable tokens.
    ///
    /// After an unseen context all words are equally probable.
    AddK {
        /// What is added to each count, greater than 0.
        k: f64,
    },
    /// Absolute discounting, interpolated: a fixed amount is taken off every count.
    ///
    /// `p(w | h) = max(c(h w) - d, 0) / c(h) + d N(h) / c(h) p(w | h')` with `N(h)` the number of different words after
    /// h, and plain counts at every order. **Source**: Ney, Essen and Kneser 1994; Chen and Goodman 1998, equation (15).
    Absolute {
        /// What is taken off each count, above 0 and at most 1.
        discount: f64,
    },
    /// Witten-Bell: a context gives the shorter one as much weight as it was followed by different words.
    ///
    /// `p(w | h) = (c(h w) + N(h) p(w | h')) / (c(h) + N(h))`. **Source**: Witten and Bell 1991, method C; Chen and Goodman
    /// 1998, equation (13).
    WittenBell,
    /// Interpolated Kneser-Ney with one discount for each order.
    KneserNey,
    /// Interpolated Kneser-Ney with three discounts for each order: the best of these, and the default.
    ///
    /// An order whose discounts are undefined, on small or very regular texts, takes fixed ones:
    /// [`Discounts::fallback`](super::Discounts::fallback) says so.
    #[default]
    ModifiedKneserNey,
}

impl std::fmt::Display for Smoothing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MaximumLikelihood => f.write_str("none, maximum likelihood"),
            Self::AddK { k } => write!(f, "add-k with k = {k}"),
            Self::Absolute { discount } => write!(f, "absolute discounting by {discount}"),
            Self::WittenBell => f.write_str("Witten-Bell"),
            Self::KneserNey => f.write_str("Kneser-Ney"),
            Self::ModifiedKneserNey => f.write_str("modified Kneser-Ney"),
        }
    }
}

impl Smoothing {
    /// An error unless an n-gram of this order can be smoothed so.
    ///
    /// **Errors** for an order of 0, or a number out of its range.
    pub fn check(&self, order: usize) -> Result<(), NgramError> {
        if order == 0 {
            return Err(NgramError::Order { order });
        }
        if let Smoothing::AddK { k } = *self
            && !(k > 0.0 && k.is_finite())
        {
            return Err(NgramError::Added { k });
        }
        if let Smoothing::Absolute { discount } = *self
            && !(discount > 0.0 && discount <= 1.0)
        {
            return Err(NgramError::Discount { discount });
        }
        Ok(())
    }
}

/// Decides an n-gram model before it sees any text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NgramConfig {
    /// The longest n-gram: 3 predicts from two tokens of context.
    pub order: usize,
    /// The number of token ids.
    pub vocabulary: usize,
    /// The ids that no label can be, which get probability 0, such as PAD and SOS.
    pub never_predicted: Vec<TokenId>,
    /// What becomes of counts.
    pub smoothing: Smoothing,
}

/// Says why an n-gram model cannot be made.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum NgramError {
    /// An order below 1.
    #[error("the order of an n-gram model is {order}; it must be at least 1, usually 3 for words")]
    Order {
        /// The order as it was given.
        order: usize,
    },
    /// Add-k with a constant that is not positive.
    #[error("add-k smoothing with k = {k}; k must be above 0, or use maximum likelihood instead")]
    Added {
        /// The constant as it was given.
        k: f64,
    },
    /// A discount outside (0, 1].
    #[error("absolute discounting with a discount of {discount}; it must be above 0 and at most 1, usually 0.75")]
    Discount {
        /// The discount as it was given.
        discount: f64,
    },
    /// No token is left to be predicted.
    #[error("{never} of {vocabulary} token ids are never predicted; at least one must remain")]
    NothingToPredict {
        /// The number of token ids.
        vocabulary: usize,
        /// How many can never be a label.
        never: usize,
    },
    /// A saved table of counts breaks a rule.
    #[error("the saved counts are damaged at n-gram {node}: {rule}; train the model again or use another checkpoint")]
    Damaged {
        /// The number of the first n-gram that breaks the rule.
        node: usize,
        /// The rule.
        rule: &'static str,
    },
}

impl NgramConfig {
    /// Takes order and smoothing, and from a vocabulary the rest.
    pub fn new(order: usize, vocabulary: &Vocabulary, smoothing: Smoothing) -> NgramConfig {
        let never_predicted = vocabulary.never_predicted();
        NgramConfig {
            order,
            vocabulary: vocabulary.size(),
            never_predicted,
            smoothing,
        }
    }

    /// Gives the number of tokens that share the probability.
    pub(super) fn predictable(&self) -> usize {
        let never = &self.never_predicted;
        let again = |at: usize| never[..at].contains(&never[at]) || never[at] as usize >= self.vocabulary;
        self.vocabulary - (0..never.len()).filter(|&at| !again(at)).count()
    }

    pub(super) fn check(&self) -> Result<(), NgramError> {
        self.smoothing.check(self.order)?;
        if self.predictable() == 0 {
            let never = self.never_predicted.len();
            return Err(NgramError::NothingToPredict {
                vocabulary: self.vocabulary,
                never,
            });
        }
        Ok(())
    }
}
