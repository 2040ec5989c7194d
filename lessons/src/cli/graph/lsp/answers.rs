//! The answers to what an editor asks about an open text.

use lsp_types::{
    CompletionItem, CompletionItemKind, DocumentSymbol, Hover, HoverContents, Location, MarkupContent, MarkupKind,
    Position, PrepareRenameResponse, SymbolKind, TextEdit, Uri, WorkspaceEdit,
};
use tapegrad_autograd::language::edit::complete::completions;
use tapegrad_autograd::language::edit::hover::Target;
use tapegrad_autograd::language::edit::names::Role;
use tapegrad_autograd::language::edit::outline::Part;
use tapegrad_autograd::language::edit::position::Lines;
use tapegrad_autograd::language::print::format;

use super::diagnostics::workspace_edit;
use super::documents::{Documents, from_lsp, location, range, used_file};
use super::uris;

impl Documents {
    /// The byte at a place of an open text.
    fn byte(&self, uri: &Uri, place: Position) -> Option<u32> {
        let byte = Lines::of(&self.get(uri)?.text).byte(from_lsp(place));
        u32::try_from(byte).ok()
    }

    /// What is known about what stands at a place.
    pub fn hover(&mut self, uri: &Uri, place: Position) -> Option<Hover> {
        let byte = self.byte(uri, place)?;
        let study = self.study(uri)?;
        let found = study.hover(byte)?;
        Some(Hover {
            contents: HoverContents::Markup(MarkupContent {
                kind: MarkupKind::Markdown,
                value: found.text,
            }),
            range: Some(location(study, uri, found.at)?.range),
        })
    }

    /// Where the meaning of what stands at a place is written.
    pub fn definitions(&mut self, uri: &Uri, place: Position) -> Option<Vec<Location>> {
        let byte = self.byte(uri, place)?;
        let study = self.study(uri)?;
        let target = |target: Target| match target {
            Target::Place(at) => location(study, uri, at),
            Target::File(name) => {
                let file = uris::uri(&used_file(&uris::path(uri)?, &name))?;
                Some(Location::new(file, lsp_types::Range::default()))
            }
        };
        Some(study.definitions(byte).into_iter().filter_map(target).collect())
    }

    /// Every place where the name at a place stands with the same meaning.
    pub fn references(&mut self, uri: &Uri, place: Position) -> Option<Vec<Location>> {
        let byte = self.byte(uri, place)?;
        let study = self.study(uri)?;
        Some(
            study
                .references(byte)
                .iter()
                .filter_map(|&at| location(study, uri, at))
                .collect(),
        )
    }

    /// The name at a place, if it can be renamed; the reason if it cannot.
    pub fn renameable(&mut self, uri: &Uri, place: Position) -> Result<Option<PrepareRenameResponse>, String> {
        let Some(byte) = self.byte(uri, place) else {
            return Ok(None);
        };
        let Some(study) = self.study(uri) else { return Ok(None) };
        let at = study.renameable(byte)?;
        Ok(location(study, uri, at).map(|place| PrepareRenameResponse::Range(place.range)))
    }

    /// The changes that give a name another one; the reason if the program would not mean the same.
    pub fn rename(&mut self, uri: &Uri, place: Position, to: &str) -> Result<Option<WorkspaceEdit>, String> {
        let Some(byte) = self.byte(uri, place) else {
            return Ok(None);
        };
        let Some(study) = self.study(uri) else { return Ok(None) };
        let edits = study.rename(byte, to)?;
        Ok(workspace_edit(study, uri, &edits))
    }

    /// What can stand at a place.
    pub fn completions(&self, uri: &Uri, place: Position) -> Option<Vec<CompletionItem>> {
        let byte = self.byte(uri, place)?;
        let text = &self.get(uri)?.text;
        let found = completions("text", text, byte as usize, self.memory(), &mut self.loader(uri));
        let item = |one: tapegrad_autograd::language::edit::complete::Completion| CompletionItem {
            kind: Some(one.role.map_or(CompletionItemKind::KEYWORD, completion_kind)),
            detail: Some(one.detail).filter(|detail| !detail.is_empty()),
            label: one.word,
            ..CompletionItem::default()
        };
        Some(found.into_iter().map(item).collect())
    }

    /// The graphs, modules and functions of a text, with what they define.
    pub fn symbols(&mut self, uri: &Uri) -> Option<Vec<DocumentSymbol>> {
        let study = self.study(uri)?;
        let lines = Lines::of(&study.opened.sources.files()[0].text);
        Some(study.outline().into_iter().map(|part| symbol(part, &lines)).collect())
    }

    /// The change that brings a text into canonical form; none if it does not parse.
    pub fn formatted(&mut self, uri: &Uri) -> Option<Vec<TextEdit>> {
        let study = self.study(uri)?;
        let text = &study.opened.sources.files()[0].text;
        let formatted = format(&study.opened.sources, 0).ok()?;
        if formatted == *text {
            return Some(Vec::new());
        }
        let whole = range(&Lines::of(text), 0, text.len());
        Some(vec![TextEdit::new(whole, formatted)])
    }
}

// The protocol's struct has a field that is deprecated, and must be written.
#[allow(deprecated)]
fn symbol(part: Part, lines: &Lines<'_>) -> DocumentSymbol {
    let place = |span: tapegrad_autograd::language::span::Span| range(lines, span.start as usize, span.end as usize);
    DocumentSymbol {
        kind: symbol_kind(part.role),
        detail: Some(part.detail).filter(|detail| !detail.is_empty()),
        range: place(part.whole),
        selection_range: place(part.at),
        children: Some(part.parts.into_iter().map(|part| symbol(part, lines)).collect()),
        name: part.name,
        tags: None,
        deprecated: None,
    }
}

fn symbol_kind(role: Role) -> SymbolKind {
    match role {
        Role::Graph => SymbolKind::NAMESPACE,
        Role::Module => SymbolKind::CLASS,
        Role::Function | Role::Word => SymbolKind::FUNCTION,
        Role::Size | Role::Axis => SymbolKind::NUMBER,
        Role::Input | Role::Argument => SymbolKind::FIELD,
        Role::Param => SymbolKind::PROPERTY,
        Role::Constant => SymbolKind::CONSTANT,
        Role::Layer => SymbolKind::OBJECT,
        Role::Value | Role::Position | Role::Index | Role::Summed => SymbolKind::VARIABLE,
    }
}

fn completion_kind(role: Role) -> CompletionItemKind {
    match role {
        Role::Graph => CompletionItemKind::MODULE,
        Role::Module => CompletionItemKind::CLASS,
        Role::Function | Role::Word => CompletionItemKind::FUNCTION,
        Role::Size | Role::Axis => CompletionItemKind::TYPE_PARAMETER,
        Role::Input | Role::Argument => CompletionItemKind::FIELD,
        Role::Param => CompletionItemKind::PROPERTY,
        Role::Constant => CompletionItemKind::CONSTANT,
        Role::Layer => CompletionItemKind::METHOD,
        Role::Value | Role::Position | Role::Index | Role::Summed => CompletionItemKind::VARIABLE,
    }
}
