//! How the heads of an attention look: how many there are, and what a query sees.

use crate::op::prelude::*;

/// The op of [`attention`](super::attention), and how its heads look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Query heads, `H`.
    pub heads: usize,
    /// Key and value heads, `KV`; divides `H`.
    pub kv_heads: usize,
    /// Which keys a query sees.
    pub sees: Sees,
    /// The factor of the scores; `1/√D` if there is none.
    pub scale: Option<f64>,
    /// How many keys up to its own place a query sees; all if there is none.
    pub window: Option<usize>,
    /// The size that no score exceeds; scores stay as they are if there is none.
    pub cap: Option<f64>,
    /// What a query gets that may see no key.
    pub blind: Blind,
}

/// Which keys a query sees, before any mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Every key.
    All,
    /// The keys up to its own place; the last query stands beside the last key.
    Past,
}

/// What a query gets that may see no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    /// Nothing: it is an error.
    Refused,
    /// The result 0, and no gradient.
    Zero,
}

flag!(Blind: yes Zero, no Refused);

impl Attention {
    /// Heads whose queries see no later key: for a language model.
    pub const fn causal(heads: usize) -> Self {
        Self {
            heads,
            kv_heads: heads,
            sees: Sees::Past,
            scale: None,
            window: None,
            cap: None,
            blind: Blind::Refused,
        }
    }

    /// Heads whose queries see every key.
    pub const fn full(heads: usize) -> Self {
        Self {
            sees: Sees::All,
            ..Self::causal(heads)
        }
    }

    /// The same with fewer key and value heads, each read by several query heads.
    pub const fn with_kv_heads(self, kv_heads: usize) -> Self {
        Self { kv_heads, ..self }
    }

    /// The same with this factor of the scores, in place of `1/√D`.
    pub const fn with_scale(self, scale: f64) -> Self {
        Self {
            scale: Some(scale),
            ..self
        }
    }

    /// The same where a query sees this many keys up to its own place, and, if it may look ahead, from there on.
    pub const fn with_window(self, window: usize) -> Self {
        Self {
            window: Some(window),
            ..self
        }
    }

    /// The same with scores bent to lie between `-cap` and `cap`.
    pub const fn with_cap(self, cap: f64) -> Self {
        Self { cap: Some(cap), ..self }
    }

    /// The same where a query that may see no key gets 0, and is no error.
    pub const fn blind_is_zero(self) -> Self {
        Self {
            blind: Blind::Zero,
            ..self
        }
    }
}

impl AttributeType for Sees {
    const VALUES: &'static str = "true or false";
    const EXPECTED: &'static str = "true or false";
    const WRITTEN: &'static str = "[1] or [0]";

    fn to_value(&self) -> AttributeValue {
        AttributeValue::Flag(*self == Self::Past)
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Flag(true) | AttributeValue::Count(1) | AttributeValue::Number(1.0) => Some(Self::Past),
            AttributeValue::Flag(false) | AttributeValue::Count(0) | AttributeValue::Number(0.0) => Some(Self::All),
            _ => None,
        }
    }
}
