//! The options of the optimiser.

use clap::{Args, ValueEnum};
use tapegrad_models::ModelConfig;
use tapegrad_models::neural::{Decay, DecayedParams, Training};

use super::error::CliError;

/// How Adam moves the weights; what is left out is as the model's recipe says.
#[derive(Args, Debug, Clone, Default)]
pub struct OptimizerArgs {
    /// Betas of Adam, as in 0.9,0.99
    #[arg(long, value_name = "B1,B2", value_parser = two_numbers)]
    betas: Option<[f64; 2]>,
    /// Epsilon of Adam [default: 1e-8]
    #[arg(long)]
    epsilon: Option<f64>,
    /// Strength of the weight decay
    #[arg(long, value_name = "LAMBDA")]
    weight_decay: Option<f64>,
    /// Kind of weight decay [default: decoupled]
    #[arg(long, value_enum)]
    decay: Option<DecayArg>,
    /// Which parameters decay [default: matrices]
    #[arg(long, value_enum)]
    decay_on: Option<DecayOnArg>,
    /// Scale gradients with a larger norm down to this norm
    #[arg(long, value_name = "NORM")]
    clip: Option<f64>,
}

/// A kind of weight decay by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DecayArg {
    /// Subtract the decay from the weights, apart from the step: AdamW
    Decoupled,
    /// Add the decay to the gradient: L2 regularisation
    L2,
}

/// Parameters by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DecayOnArg {
    /// Parameters with two or more axes
    Matrices,
    /// All parameters
    All,
    /// No parameter
    None,
}

/// `0.9,0.99`.
fn two_numbers(text: &str) -> Result<[f64; 2], String> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let two = text.split_once(',');
    two.and_then(|(one, other)| Some([number(one)?, number(other)?]))
        .ok_or_else(|| "write two numbers, such as 0.9,0.99".to_string())
}

impl OptimizerArgs {
    /// Each option, and whether it was given.
    pub fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("--betas", self.betas.is_some()),
            ("--epsilon", self.epsilon.is_some()),
            ("--weight-decay", self.weight_decay.is_some()),
            ("--decay", self.decay.is_some()),
            ("--decay-on", self.decay_on.is_some()),
            ("--clip", self.clip.is_some()),
        ]
    }

    /// Changes the numbers of a training as the options say.
    ///
    /// **Errors** if the model has no optimiser.
    pub fn apply(&self, model: &ModelConfig, training: &mut Training) -> Result<(), CliError> {
        if let Some((option, _)) = self.given().iter().find(|(_, given)| *given && model.counts()) {
            return Err(CliError::meaningless(option, model.name()));
        }
        training.betas = self.betas.unwrap_or(training.betas);
        training.epsilon = self.epsilon.unwrap_or(training.epsilon);
        training.weight_decay = self.weight_decay.unwrap_or(training.weight_decay);
        training.clip = self.clip.unwrap_or(training.clip);
        match self.decay {
            Some(DecayArg::Decoupled) => training.decay = Decay::Decoupled,
            Some(DecayArg::L2) => training.decay = Decay::L2,
            None => {}
        }
        match self.decay_on {
            Some(DecayOnArg::Matrices) => training.decayed = DecayedParams::Matrices,
            Some(DecayOnArg::All) => training.decayed = DecayedParams::All,
            Some(DecayOnArg::None) => training.decayed = DecayedParams::None,
            None => {}
        }
        Ok(())
    }
}
