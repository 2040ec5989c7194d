//! The options that say how a token is chosen.

use clap::Args;
use tapegrad_models::decode::{Sampling, SamplingError};

use super::super::error::CliError;

/// How each token is chosen.
#[derive(Args, Debug, Clone)]
pub struct ChoiceArgs {
    /// Take the likeliest token each time
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "min_p", "beams", "exhaustive"])]
    greedy: bool,
    /// Temperature: lower values favour likely tokens, 0 is --greedy, inf makes all tokens equally likely [default: 1,
    /// which samples from the model]
    #[arg(long, value_name = "T", conflicts_with_all = ["beams", "exhaustive"])]
    temperature: Option<f64>,
    /// Sample only from the K likeliest tokens
    #[arg(long, value_name = "K", conflicts_with_all = ["beams", "exhaustive"])]
    top_k: Option<usize>,
    /// Sample only from the smallest set of likeliest tokens with a total probability above P
    #[arg(long, value_name = "P", conflicts_with_all = ["beams", "exhaustive"])]
    top_p: Option<f64>,
    /// Sample only from tokens with at least P times the probability of the likeliest
    #[arg(long, value_name = "P", conflicts_with_all = ["beams", "exhaustive"])]
    min_p: Option<f64>,
    /// Make tokens that occurred before less likely: divide their logits by X where they are above 0, multiply them below
    #[arg(long, value_name = "X", conflicts_with_all = ["beams", "exhaustive"])]
    repetition_penalty: Option<f64>,
}

impl ChoiceArgs {
    /// The sampling that the options ask for.
    ///
    /// **Errors** if a number makes no sense.
    pub fn sampling(&self) -> Result<Sampling, CliError> {
        let temperature = if self.greedy {
            0.0
        } else {
            self.temperature.unwrap_or(1.0)
        };
        let made = || -> Result<Sampling, SamplingError> {
            Sampling::new(temperature, self.top_k, self.top_p)?
                .with_min_p(self.min_p.unwrap_or(0.0))?
                .with_repetition_penalty(self.repetition_penalty.unwrap_or(1.0))
        };
        made().map_err(|error| CliError::from(error).exit(2))
    }
}
