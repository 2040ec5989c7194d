//! Mistakes as the editor shows them, and the changes that mend them.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Diagnostic, DiagnosticRelatedInformation,
    DiagnosticSeverity, NumberOrString, Range, TextEdit, Uri, WorkspaceEdit,
};
use tapegrad_autograd::language::diagnostic::{self, Edit};
use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::edit::position::Lines;
use tapegrad_autograd::language::fix;
use tapegrad_autograd::language::parse::parse_file;
use tapegrad_autograd::language::span::Span;

use super::documents::{Documents, location, range};

/// The mistakes and warnings of a program.
///
/// One in a file that it uses stands at the `use`, with the place in that file beside it.
pub fn all(study: &Study, uri: &Uri) -> Vec<Diagnostic> {
    study
        .opened
        .diagnostics
        .iter()
        .map(|found| one(found, study, uri))
        .collect()
}

fn one(found: &diagnostic::Diagnostic, study: &Study, uri: &Uri) -> Diagnostic {
    let related = |label: &diagnostic::Label| {
        let message = match label.text.is_empty() {
            true => found.code.title().to_string(),
            false => label.text.clone(),
        };
        let location = location(study, uri, label.span)?;
        Some(DiagnosticRelatedInformation { location, message })
    };
    let mut others: Vec<DiagnosticRelatedInformation> = found.others.iter().filter_map(related).collect();
    let (mut at, mut begin) = (found.primary.span, String::new());
    if let Some(used) = used_at(study, at) {
        others.splice(0..0, related(&found.primary));
        begin = format!("in {}: ", study.opened.sources.position(at).file);
        at = used;
    }
    let notes = found.notes.iter().map(|note| format!("\n{note}"));
    let help = found.help.iter().map(|help| format!("\nhelp: {help}"));
    let more: String = notes.chain(help).collect();
    Diagnostic {
        range: place(study, at),
        severity: Some(match found.is_error() {
            true => DiagnosticSeverity::ERROR,
            false => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(found.code.name().to_string())),
        source: Some("tapegrad".to_string()),
        message: format!("{begin}{}: {}{more}", found.code.title(), found.primary.text),
        related_information: (!others.is_empty()).then_some(others),
        ..Diagnostic::default()
    }
}

/// Of a place in a file that the program uses, the `use` through which it came.
fn used_at(study: &Study, at: Span) -> Option<Span> {
    let sources = &study.opened.sources;
    if (at.start as usize) <= sources.files()[0].text.len() {
        return None;
    }
    let name = sources.position(at).file;
    let uses = parse_file(sources, 0).file.uses;
    let own = uses.iter().find(|used| used.name == name);
    own.or(uses.first()).map(|used| used.span)
}

fn place(study: &Study, at: Span) -> Range {
    range(
        &Lines::of(&study.opened.sources.files()[0].text),
        at.start as usize,
        at.end as usize,
    )
}

/// Changes of the files of a program, by file.
pub fn workspace_edit(study: &Study, uri: &Uri, edits: &[Edit]) -> Option<WorkspaceEdit> {
    // The protocol has addresses as keys, which compare by their text.
    #[allow(clippy::mutable_key_type)]
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for edit in edits {
        let place = location(study, uri, edit.span)?;
        let change = TextEdit::new(place.range, edit.text.clone());
        changes.entry(place.uri).or_default().push(change);
    }
    Some(WorkspaceEdit::new(changes))
}

/// The changes that mend mistakes in a range, and one that makes all that are offered, if the editor asks for it.
pub fn actions(documents: &mut Documents, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let uri = &params.text_document.uri;
    let mut loader = documents.loader(uri);
    let memory = documents.memory();
    let wants = |kind: &CodeActionKind| {
        let only = params.context.only.as_ref();
        only.is_none_or(|only| only.iter().any(|own| kind.as_str().starts_with(own.as_str())))
    };
    let Some(study) = documents.study(uri) else {
        return Vec::new();
    };
    let mut actions = Vec::new();
    for found in &study.opened.diagnostics {
        let shown = one(found, study, uri);
        let touches = shown.range.start <= params.range.end && params.range.start <= shown.range.end;
        if !touches || found.edits.is_empty() || !wants(&CodeActionKind::QUICKFIX) {
            continue;
        }
        actions.push(CodeAction {
            title: found
                .help
                .clone()
                .unwrap_or_else(|| "make the offered change".to_string()),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: workspace_edit(study, uri, &found.edits),
            diagnostics: Some(vec![shown]),
            is_preferred: Some(true),
            ..CodeAction::default()
        });
    }
    let asks_for_all = params.context.only.is_some() && wants(&CodeActionKind::SOURCE_FIX_ALL);
    if asks_for_all && study.opened.diagnostics.iter().any(|found| !found.edits.is_empty()) {
        let file = &study.opened.sources.files()[0];
        let fixed = fix(&file.name, &file.text, memory, &mut loader);
        let whole = Edit {
            span: Span::new(0, file.text.len()),
            text: fixed.text,
        };
        actions.push(CodeAction {
            title: "make every change that is offered".to_string(),
            kind: Some(CodeActionKind::SOURCE_FIX_ALL),
            edit: workspace_edit(study, uri, &[whole]),
            ..CodeAction::default()
        });
    }
    actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
}
