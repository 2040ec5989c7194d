//! What can go wrong with a command, for a person and for a program.

mod causes;

use std::any::Any;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// The code of an error, by which programs know it: in JSON its name in snake case, `unreadable_file`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    Batch,
    Bench,
    BrokenLesson,
    CorpusChanged,
    Coverage,
    DamagedCheckpoint,
    DamagedRun,
    Data,
    Decoding,
    Derivative,
    Diverged,
    EmptyText,
    Exchange,
    File,
    FolderInUse,
    FolderTaken,
    Grammar,
    GrammarTooLarge,
    Graph,
    Input,
    Internal,
    Memory,
    MissingFile,
    Model,
    NewLesson,
    NoCheckpoint,
    NoGraph,
    NoProject,
    NoRun,
    NoTools,
    NotFinite,
    NotUtf8,
    Oracle,
    OtherModel,
    OtherRecipe,
    OtherVocabulary,
    Output,
    Peer,
    Progress,
    Refused,
    Sampling,
    ShortText,
    Terminal,
    Text,
    Threads,
    Tokenizer,
    TooManyBoxes,
    Train,
    UnknownAssignment,
    UnreadableFile,
    UnwritableFile,
    Usage,
    WrongAnswersFile,
    WrongValues,
    /// The result on standard output tells the failure already, so nothing else is printed.
    Reported,
    /// A mistake in a program of the graph language, by its own code: `E07`.
    #[serde(untagged)]
    Mistake(&'static str),
}

/// Why a command could not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    code: ErrorCode,
    message: String,
    place: Option<Box<str>>,
    help: Option<Box<str>>,
    rendered: Option<Box<str>>,
    exit_code: u8,
}

impl CliError {
    /// An error with a code for programs and a sentence for people.
    pub fn new(code: ErrorCode, message: impl fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            place: None,
            help: None,
            rendered: None,
            exit_code: 1,
        }
    }

    /// An error of another package, taken apart: its sentence is `PLACE: what is wrong; what mends it`.
    fn told(code: ErrorCode, error: &impl fmt::Display, place: Option<&str>) -> Self {
        let told = error.to_string();
        let without = place.and_then(|place| told.strip_prefix(place)?.strip_prefix(": "));
        let (what, mend) = match without.unwrap_or(&told).rsplit_once("; ") {
            Some((what, mend)) => (what, Some(mend)),
            None => (without.unwrap_or(&told), None),
        };
        Self {
            place: without.and(place).map(Box::from),
            help: mend.map(Box::from),
            ..Self::new(code, what)
        }
    }

    /// The same error, at a place: a file, a line, an option.
    pub fn at(self, place: impl fmt::Display) -> Self {
        Self {
            place: Some(place.to_string().into()),
            ..self
        }
    }

    /// The same error, with what would be right.
    pub fn help(self, help: impl fmt::Display) -> Self {
        Self {
            help: Some(help.to_string().into()),
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
            rendered: Some(text.to_string().into()),
            ..self
        }
    }

    /// An option that cannot be meant so, with what would be right.
    pub fn option(message: impl fmt::Display, help: impl fmt::Display) -> Self {
        Self {
            exit_code: 2,
            ..Self::new(ErrorCode::Usage, message).help(help)
        }
    }

    /// An option that has no meaning for a model: it is refused, because who gave it meant something.
    pub fn meaningless(option: &str, model: &str) -> Self {
        Self::option(
            format!("{option} has no meaning for the model `{model}`"),
            format!("leave {option} out, or name another model"),
        )
    }

    /// A failure that the result on standard output tells already: only the exit code is left to give.
    pub fn reported() -> Self {
        Self::new(ErrorCode::Reported, "")
    }

    /// True if nothing is to be printed for this error.
    pub fn is_reported(&self) -> bool {
        self.code == ErrorCode::Reported
    }

    /// A fault of `tapegrad` itself: the payload of a panic.
    pub fn internal(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or(panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Self::new(ErrorCode::Internal, format!("this is a bug in tapegrad: {text}"))
            .help("please report it, with the command and its files")
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
        let error = Self::new(ErrorCode::Usage, message).help(help);
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
    use super::{CliError, ErrorCode, json};

    #[test]
    fn an_error_reads_well_and_has_all_its_parts_as_json() {
        let error = CliError::new(ErrorCode::EmptyText, "the text is empty")
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
    #[test]
    fn a_code_is_written_in_snake_case_and_a_mistake_by_its_own_code() {
        let code = |code| CliError::new(code, "").document()["error"]["code"].clone();
        assert_eq!(code(ErrorCode::NotUtf8), "not_utf8");
        assert_eq!(code(ErrorCode::UnreadableFile), "unreadable_file");
        assert_eq!(code(ErrorCode::Mistake("E07")), "E07");
    }
}
