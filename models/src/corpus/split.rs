//! The split into a training part and a held-out part.
//!
//! The held-out part is the end of the text, so that no neighbour of a held-out sentence was trained on. It must not
//! reach training, the tokenizer's vocabulary included.

/// The two parts of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<T> {
    /// What models are trained on.
    pub training: T,
    /// What they are measured on, and never trained on.
    pub heldout: T,
}

/// The three parts of a text, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextParts<'a> {
    /// What models are trained on.
    pub training: &'a str,
    /// What is chosen by, if anything.
    pub validation: Option<&'a str>,
    /// What the reported loss is measured on.
    pub heldout: &'a str,
}

/// Says why a text cannot be split.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// The fraction is not strictly between 0 and 1.
    #[error("the training fraction is {fraction}; it must be between 0 and 1, for example 0.9")]
    Fraction {
        /// The fraction as it was given.
        fraction: f64,
    },
    /// One of the two parts would be empty.
    #[error(
        "the text is too short: of its {size} {unit}, a training fraction of {fraction} leaves {training} for training \
         and {heldout} to hold out; give a longer text, or a fraction that leaves some for both"
    )]
    TooShort {
        /// How long the text is.
        size: usize,
        /// What is counted: characters or sentences.
        unit: &'static str,
        /// The fraction as it was given.
        fraction: f64,
        /// How many would be in the training part.
        training: usize,
        /// How many would be held out.
        heldout: usize,
    },
    /// One of three parts would be empty.
    #[error(
        "the text is too short: its {size} characters give {training} for training, {validation} for validation and \
         {heldout} to hold out; give a longer text"
    )]
    TooShortForThree {
        /// How many characters the text has.
        size: usize,
        /// How many would be in the training part.
        training: usize,
        /// How many would be in the validation part.
        validation: usize,
        /// How many would be held out.
        heldout: usize,
    },
    /// The validation part is no fraction, or leaves nothing to hold out.
    #[error(
        "the validation fraction is {validation}; it must be at least 0, and together with the training fraction of \
         {fraction} below 1, for example 0.05"
    )]
    Validation {
        /// The validation fraction as it was given.
        validation: f64,
        /// The training fraction.
        fraction: f64,
    },
}

/// Splits a text after a fraction of its characters, customarily 0.9.
///
/// **Formula**: the training part has `floor(fraction * characters)` characters.
///
/// **Errors** when the fraction is not between 0 and 1, or a part would be empty.
///
/// ```
/// use tapegrad_models::corpus::split_characters;
/// let parts = split_characters("漢字と仮名の文章です", 0.9)?;
/// assert_eq!((parts.training, parts.heldout), ("漢字と仮名の文章で", "す"));
/// # Ok::<(), tapegrad_models::corpus::SplitError>(())
/// ```
pub fn split_characters(text: &str, fraction: f64) -> Result<Parts<&str>, SplitError> {
    check_fraction(fraction)?;
    let size = text.chars().count();
    let training = (fraction * size as f64).floor() as usize;
    check_parts(size, "characters", fraction, training)?;
    let at = text.char_indices().nth(training).map_or(text.len(), |(at, _)| at);
    let (training, heldout) = text.split_at(at);
    Ok(Parts { training, heldout })
}

/// Splits a text into a part to train on, one to choose by and one to hold out; a validation fraction of 0 leaves out
/// the second.
///
/// **Formula**: the first has `floor(fraction * n)` of the n characters, the second `floor(validation * n)`.
///
/// **Errors** when a fraction is none, or a part would be empty.
///
/// ```
/// use tapegrad_models::corpus::split_text;
/// let parts = split_text("abcdefghij", 0.7, 0.1)?;
/// assert_eq!((parts.training, parts.validation, parts.heldout), ("abcdefg", Some("h"), "ij"));
/// # Ok::<(), tapegrad_models::corpus::SplitError>(())
/// ```
pub fn split_text(text: &str, fraction: f64, validation: f64) -> Result<TextParts<'_>, SplitError> {
    let Parts { training, heldout } = split_characters(text, fraction)?;
    if validation == 0.0 {
        return Ok(TextParts {
            training,
            validation: None,
            heldout,
        });
    }
    if !(validation > 0.0 && fraction + validation < 1.0) {
        return Err(SplitError::Validation { validation, fraction });
    }
    let size = text.chars().count();
    let chosen_by = (validation * size as f64).floor() as usize;
    let at = heldout
        .char_indices()
        .nth(chosen_by)
        .map_or(heldout.len(), |(at, _)| at);
    let (validation, rest) = heldout.split_at(at);
    if validation.is_empty() || rest.is_empty() {
        return Err(SplitError::TooShortForThree {
            size,
            training: training.chars().count(),
            validation: validation.chars().count(),
            heldout: rest.chars().count(),
        });
    }
    Ok(TextParts {
        training,
        validation: Some(validation),
        heldout: rest,
    })
}

/// Splits sentences so that the training part has a fraction of all tokens.
///
/// A sentence goes to the training part, in order, while the tokens before it are fewer than the fraction of all; it
/// is never cut.
///
/// **Errors** when the fraction is not between 0 and 1, or a part would be empty.
pub fn split_sentences<T>(sentences: Vec<Vec<T>>, fraction: f64) -> Result<Parts<Vec<Vec<T>>>, SplitError> {
    check_fraction(fraction)?;
    let tokens: usize = sentences.iter().map(Vec::len).sum();
    let mut before = 0;
    let training = sentences.iter().take_while(|sentence| {
        let goes_to_training = (before as f64) < fraction * tokens as f64;
        before += sentence.len();
        goes_to_training
    });
    let training = training.count();
    check_parts(sentences.len(), "sentences", fraction, training)?;
    let mut training_part = sentences;
    let heldout = training_part.split_off(training);
    Ok(Parts {
        training: training_part,
        heldout,
    })
}

fn check_fraction(fraction: f64) -> Result<(), SplitError> {
    if fraction > 0.0 && fraction < 1.0 {
        Ok(())
    } else {
        Err(SplitError::Fraction { fraction })
    }
}

fn check_parts(size: usize, unit: &'static str, fraction: f64, training: usize) -> Result<(), SplitError> {
    let heldout = size - training;
    if training == 0 || heldout == 0 {
        return Err(SplitError::TooShort {
            size,
            unit,
            fraction,
            training,
            heldout,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn too_short_a_text_says_what_is_missing() {
        insta::assert_snapshot!(
            split_characters("a", 0.9).unwrap_err(),
            @"the text is too short: of its 1 characters, a training fraction of 0.9 leaves 0 for training and 1 to hold out; give a longer text, or a fraction that leaves some for both"
        );
        let one_sentence = split_sentences(vec![vec!["I", "am"]], 0.9).unwrap_err();
        assert!(matches!(
            one_sentence,
            SplitError::TooShort {
                unit: "sentences",
                training: 1,
                heldout: 0,
                ..
            }
        ));
    }

    #[test]
    fn a_fraction_outside_zero_to_one_is_refused() {
        for fraction in [0.0, 1.0, -0.5, 90.0, f64::NAN] {
            assert!(matches!(
                split_characters("long enough", fraction),
                Err(SplitError::Fraction { .. })
            ));
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_a_text_join_to_the_text(text in "\\PC{2,50}", fraction in 0.5..0.95f64) {
            let parts = split_characters(&text, fraction).unwrap();
            prop_assert_eq!([parts.training, parts.heldout].concat(), text.clone());
            let training = (fraction * text.chars().count() as f64).floor() as usize;
            prop_assert_eq!(parts.training.chars().count(), training);
        }

        #[test]
        fn three_parts_of_a_text_join_to_the_text(text in "\\PC{60,120}", fraction in 0.5..0.8f64, validation in 0.05..0.1f64) {
            let parts = split_text(&text, fraction, validation).unwrap();
            let chosen_by = parts.validation.unwrap();
            prop_assert_eq!([parts.training, chosen_by, parts.heldout].concat(), text.clone());
            prop_assert!([parts.training, chosen_by, parts.heldout].iter().all(|part| !part.is_empty()));
            // The training part is the same with and without a part to choose by.
            let two = split_text(&text, fraction, 0.0).unwrap();
            prop_assert_eq!((two.training, two.validation), (parts.training, None));
        }

        #[test]
        fn no_sentence_is_lost_or_shared(lengths in prop::collection::vec(1..9usize, 3..40), fraction in 0.1..0.6f64) {
            let sentences: Vec<Vec<usize>> = lengths.iter().enumerate().map(|(i, &n)| vec![i; n]).collect();
            match split_sentences(sentences.clone(), fraction) {
                Ok(parts) => {
                    let tokens = |part: &[Vec<usize>]| part.iter().map(Vec::len).sum::<usize>() as f64;
                    let wanted = fraction * tokens(&sentences);
                    let last = parts.training.last().map_or(0, Vec::len) as f64;
                    prop_assert!(tokens(&parts.training) >= wanted && tokens(&parts.training) - last < wanted);
                    prop_assert_eq!([parts.training, parts.heldout].concat(), sentences);
                }
                Err(error) => prop_assert!(matches!(error, SplitError::TooShort { heldout: 0, .. }), "{}", error),
            }
        }
    }
}
