//! The roles of a program's inputs and values, by their types: tokens, logits, rows and positions.

use super::{ProgramConfig, ProgramError};
use tapegrad_language::program::{DeclaredInput, Program, ValueId};
use tapegrad_language::run::RunError;
use tapegrad_language::size::Size;
use tapegrad_language::span::{Sources, Span};
use tapegrad_language::types::{Kind, Type};

/// The name of the result that holds the logits.
pub(super) const LOGITS: &str = "logits";

/// True for ids along positions, or rows and positions.
pub(super) fn holds_tokens(ty: &Type) -> bool {
    matches!(ty.kind, Kind::Id(_)) && matches!(ty.axes.len(), 1 | 2)
}

/// The inputs that differ from row to row: those of the type of the tokens.
pub(super) fn same_type(program: &Program, tokens: &DeclaredInput) -> Vec<String> {
    let own = program.inputs.iter().filter(|input| input.ty == tokens.ty);
    own.map(|input| input.name.clone()).collect()
}

/// A name for the size of a batch that means nothing yet in the program.
pub(super) fn free_name(program: &Program) -> String {
    let is_taken = |name: &str| {
        program.dims.iter().any(|dim| &*dim.name == name)
            || program.values.iter().any(|value| value.name.as_deref() == Some(name))
            || program.families.iter().any(|family| family.name == name)
            || program.inputs.iter().any(|input| input.name == name)
            || program.params.iter().any(|param| param.path == name)
    };
    let names = std::iter::once("B".to_string()).chain((2..).map(|number| format!("B{number}")));
    let mut free = names.filter(|name| !is_taken(name));
    free.next().expect("a program has finitely many names")
}

/// The value that holds the logits: the output or the value of this name, or the only output.
pub(super) fn logits(config: &ProgramConfig, sources: &Sources, program: &Program) -> Result<ValueId, ProgramError> {
    let named = program
        .outputs
        .iter()
        .chain(&program.names)
        .find(|(name, _)| name == LOGITS);
    match (named, program.outputs.as_slice()) {
        (Some((_, value)), _) | (None, [(_, value)]) => Ok(*value),
        (None, outputs) => {
            let what = match outputs {
                [] => "the program does not say which value holds the logits".to_string(),
                several => {
                    let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
                    format!(
                        "the program has the outputs {}, and none is called `logits`",
                        names.join(", ")
                    )
                }
            };
            let mend = "call the scores before the softmax `logits`, one for each token id, and write `output logits`";
            match outputs.first() {
                Some((_, value)) => Err(ProgramError::at(sources, program.values[*value].span, what, mend)),
                None => Err(ProgramError::of_file(&config.file, what, mend)),
            }
        }
    }
}

/// Whether the logits have positions before rows; they are `[B, T, V]` or `[T, B, V]`.
pub(super) fn order(
    sources: &Sources,
    span: Span,
    ty: &Type,
    [rows, time, ids]: &[Size; 3],
) -> Result<bool, ProgramError> {
    let own: Vec<&Size> = ty.axes.iter().map(|axis| &axis.size).collect();
    let shown = |sizes: &[&Size]| {
        let names: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        format!("[{}]", names.join(", "))
    };
    match own.as_slice() {
        [b, t, v] if [*b, *t, *v] == [rows, time, ids] => Ok(false),
        [t, b, v] if [*t, *b, *v] == [time, rows, ids] => Ok(true),
        own => {
            let mend = match own.last() {
                Some(last) if *last != ids && own.contains(&ids) => {
                    format!("the vocabulary {ids} is the last axis of logits: exchange the axes with `.T` or `order`")
                }
                Some(last) if *last != ids => format!(
                    "the last axis of logits is the vocabulary {ids}, one score for each token id: multiply with a \
                     `param W[{last}, {ids}]`"
                ),
                _ => format!("logits have one row of {ids} scores for each position of the tokens"),
            };
            let what = format!(
                "for a batch of tokens {} the logits are {}, not {}",
                shown(&[rows, time]),
                shown(own),
                shown(&[rows, time, ids])
            );
            Err(ProgramError::at(sources, span, what, mend))
        }
    }
}

/// The error for a program without an input of ids along one axis or two.
pub(super) fn no_tokens(config: &ProgramConfig, sources: &Sources, program: &Program) -> ProgramError {
    let mend =
        "declare the tokens as `input w[T]: id[V]`, with `dim T, V`: the run gives T, its block, and V, its vocabulary";
    let ids = program.inputs.iter().find(|input| matches!(input.ty.kind, Kind::Id(_)));
    match ids.or(program.inputs.first()) {
        None => ProgramError::of_file(&config.file, "the program has no input for the tokens", mend),
        Some(input) => {
            let what = match ids {
                Some(_) => format!(
                    "the input `{}` holds ids along {} axes; tokens have one axis or two",
                    input.name,
                    input.ty.axes.len()
                ),
                None => format!("the program has no input for the tokens: `{}` holds no ids", input.name),
            };
            ProgramError::at(sources, input.span, what, mend)
        }
    }
}

/// A program that the language does not lift to a batch.
pub(super) fn told(sources: &Sources, error: RunError) -> ProgramError {
    match error {
        RunError::Program(found) => ProgramError::mistake(sources, &found),
        RunError::Data { place, message } => ProgramError {
            place,
            what: message,
            mend: "write the program for a batch, with tokens `w[B, T]: id[V]`".into(),
        },
    }
}
