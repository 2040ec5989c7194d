//! The options of an n-gram's smoothing.

use clap::{Args, ValueEnum};
use tapegrad_models::ModelConfig;
use tapegrad_models::ngram::Smoothing;

use super::error::CliError;

/// What becomes of an n-gram's counts.
#[derive(Args, Debug, Clone, Default)]
pub struct SmoothingArgs {
    /// Smoothing of an n-gram [default: modified-kneser-ney]
    #[arg(long, value_enum)]
    smoothing: Option<SmoothingArg>,
    /// Number that `--smoothing add-k` adds to every count [default: 1]
    #[arg(long)]
    k: Option<f64>,
    /// Number that `--smoothing absolute` subtracts from every count [default: 0.75]
    #[arg(long, value_name = "D")]
    discount: Option<f64>,
}

/// A smoothing by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SmoothingArg {
    /// Relative frequencies; an n-gram without a count gets no probability
    MaximumLikelihood,
    /// Add a constant to every count
    AddK,
    /// Subtract a constant from every count and give the rest to shorter contexts
    Absolute,
    /// Give shorter contexts a share by the number of different words after the context
    WittenBell,
    /// Interpolated Kneser-Ney, one discount for each order
    KneserNey,
    /// Interpolated Kneser-Ney, three discounts for each order
    ModifiedKneserNey,
}

impl SmoothingArgs {
    /// Each option, and whether it was given.
    pub fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--smoothing", self.smoothing.is_some()),
            ("--k", self.k.is_some()),
            ("--discount", self.discount.is_some()),
        ]
    }

    /// Changes an n-gram as the options say.
    ///
    /// **Errors** if the model is none, or a number belongs to another smoothing.
    pub fn apply(&self, model: &mut ModelConfig) -> Result<(), CliError> {
        let name = model.name();
        let given = self.given().into_iter().find(|(_, given)| *given);
        let ModelConfig::Ngram { smoothing, .. } = model else {
            return given.map_or(Ok(()), |(option, _)| Err(CliError::meaningless(option, name)));
        };
        if self.k.is_some() && self.smoothing != Some(SmoothingArg::AddK) {
            return Err(CliError::option(
                "--k has a meaning only with `--smoothing add-k`",
                "leave it out, or write `--smoothing add-k`",
            ));
        }
        if self.discount.is_some() && self.smoothing != Some(SmoothingArg::Absolute) {
            return Err(CliError::option(
                "--discount has a meaning only with `--smoothing absolute`; Kneser-Ney estimates its own discounts",
                "leave it out, or write `--smoothing absolute`",
            ));
        }
        *smoothing = match self.smoothing {
            None => return Ok(()),
            Some(SmoothingArg::MaximumLikelihood) => Smoothing::MaximumLikelihood,
            Some(SmoothingArg::AddK) => Smoothing::AddK {
                k: self.k.unwrap_or(1.0),
            },
            Some(SmoothingArg::Absolute) => Smoothing::Absolute {
                discount: self.discount.unwrap_or(0.75),
            },
            Some(SmoothingArg::WittenBell) => Smoothing::WittenBell,
            Some(SmoothingArg::KneserNey) => Smoothing::KneserNey,
            Some(SmoothingArg::ModifiedKneserNey) => Smoothing::ModifiedKneserNey,
        };
        Ok(())
    }
}
