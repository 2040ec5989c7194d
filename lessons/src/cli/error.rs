//! What can go wrong with a command, for a person and for a program.

use std::fmt;

use serde_json::{Value, json};

/// Why a command could not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    code: &'static str,
    message: String,
    place: Option<String>,
    help: Option<String>,
    rendered: Option<String>,
    exit_code: u8,
}

impl CliError {
    /// An error with a name for programs and a sentence for people.
    pub fn new(code: &'static str, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            place: None,
            help: None,
            rendered: None,
            exit_code: 1,
        }
    }

    /// The same error, at a place: a file, a line, an option.
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self {
            place: Some(place.to_string()),
            ..self
        }
    }

    /// The same error, with what would be right.
    pub fn help(self, help: impl fmt::Display) -> Self {
        Self {
            help: Some(help.to_string()),
            ..self
        }
    }

    /// The same error, with another exit code of the program.
    pub fn exit(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// The same error, which a person reads as this text: mistakes with the lines of the source under them.
    pub fn rendered(self, text: impl fmt::Display) -> Self {
        Self {
            rendered: Some(text.to_string()),
            ..self
        }
    }

    /// An option that cannot be meant so, with what would be right.
    pub fn option(message: impl fmt::Display, help: impl fmt::Display) -> Self {
        Self {
            exit_code: 2,
            ..Self::new("usage", message).help(help)
        }
    }

    /// A failure that the result on standard output tells already: only the exit code is left to give.
    pub fn said() -> Self {
        Self::new("said", "")
    }

    /// True if nothing is to be printed for this error.
    pub fn is_said(&self) -> bool {
        self.code == "said"
    }

    /// A command line that clap could not read.
    pub fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        // Without any argument clap gives the whole help, which has its own form.
        let (message, help) = match text.split_once("\n\n") {
            Some((message, help))
                if error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand =>
            {
                (message, help)
            }
            _ => ("a command is missing", text),
        };
        let error = Self::new("usage", message).help(help);
        Self { exit_code: 2, ..error }
    }

    /// The exit code of the program: 2 for a wrong command line, else 1.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// The error as a JSON document: `{"error":{"code":..,"message":..,"where":..|null,"help":..|null}}`.
    pub fn document(&self) -> Value {
        json!({"error": {"code": self.code, "message": self.message, "where": self.place, "help": self.help}})
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.rendered {
            return write!(f, "{text}");
        }
        match &self.place {
            Some(place) => writeln!(f, "error: {place}: {}", self.message)?,
            None => writeln!(f, "error: {}", self.message)?,
        }
        match &self.help {
            Some(help) => writeln!(f, "\n{help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CliError {}

#[cfg(test)]
mod tests {
    use super::{CliError, json};

    #[test]
    fn an_error_reads_well_and_has_all_its_parts_as_json() {
        let error = CliError::new("empty_text", "the text is empty")
            .at("story.txt")
            .help("give a file with text");
        insta::assert_snapshot!(error.to_string(), @r"
        error: story.txt: the text is empty

        give a file with text
        ");
        let parts = json!({
            "code": "empty_text",
            "message": "the text is empty",
            "where": "story.txt",
            "help": "give a file with text",
        });
        assert_eq!(error.document(), json!({ "error": parts }));
        assert_eq!(error.exit_code(), 1);
    }
}
