//! The texts that are open in the editor, each with what is known about it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lsp_types::{Position as LspPosition, Range, TextDocumentContentChangeEvent, Uri};
use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::edit::position::{Lines, Position};
use tapegrad_autograd::language::span::Span;

use super::super::files::beside;
use super::uris;

/// An open text.
#[derive(Debug)]
pub struct Document {
    /// Its address.
    pub uri: Uri,
    /// The text as the editor has it, saved or not.
    pub text: String,
    /// The number that the editor gave to this state of the text.
    pub version: i32,
    /// What is known about it; none after a change.
    study: Option<Study>,
    /// True until the editor was told about the mistakes of this state.
    is_news: bool,
}

/// All open texts.
#[derive(Debug)]
pub struct Documents {
    memory: u64,
    open: BTreeMap<String, Document>,
}

impl Documents {
    /// No open texts; what is made of one may take so many bytes of memory.
    pub fn new(memory: u64) -> Self {
        let open = BTreeMap::new();
        Self { memory, open }
    }

    /// The bytes that a program may take.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// A text is opened.
    pub fn open(&mut self, uri: Uri, text: String, version: i32) {
        let document = Document {
            uri,
            text,
            version,
            study: None,
            is_news: true,
        };
        self.open.insert(document.uri.as_str().to_string(), document);
        self.forget();
    }

    /// A text is changed, in these steps.
    pub fn change(&mut self, uri: &Uri, version: i32, changes: Vec<TextDocumentContentChangeEvent>) {
        let Some(document) = self.open.get_mut(uri.as_str()) else {
            return;
        };
        document.version = version;
        for change in changes {
            match change.range {
                None => document.text = change.text,
                Some(range) => {
                    let bytes = bytes_of(&document.text, range);
                    document.text.replace_range(bytes, &change.text);
                }
            }
        }
        self.forget();
    }

    /// A text is closed.
    pub fn close(&mut self, uri: &Uri) {
        self.open.remove(uri.as_str());
        self.forget();
    }

    /// A file or a text has changed: every program that may use it is looked at again.
    pub fn forget(&mut self) {
        for document in self.open.values_mut() {
            document.study = None;
            document.is_news = true;
        }
    }

    /// The text of this address.
    pub fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri.as_str())
    }

    /// What is known about the text of this address.
    pub fn study(&mut self, uri: &Uri) -> Option<&Study> {
        let document = self.open.get(uri.as_str())?;
        if document.study.is_none() {
            let name = shown(uri);
            let study = Study::of(&name, &document.text, self.memory, &mut self.loader(uri));
            self.open.get_mut(uri.as_str())?.study = Some(study);
        }
        self.open.get(uri.as_str())?.study.as_ref()
    }

    /// What gives the texts of files that a program uses: as they are in the editor, or else as they were saved.
    pub fn loader(&self, uri: &Uri) -> impl FnMut(&str) -> Result<String, String> + use<> {
        let path = uris::path(uri);
        let texts = self
            .open
            .values()
            .filter_map(|document| Some((uris::path(&document.uri)?, document.text.clone())));
        let texts: Vec<(PathBuf, String)> = texts.collect();
        move |name| {
            let own = path
                .as_deref()
                .ok_or("only a program that is saved as a file can use files")?;
            let wanted = used_file(own, name);
            let is_it = |path: &Path| {
                path == wanted
                    || path
                        .canonicalize()
                        .ok()
                        .is_some_and(|path| wanted.canonicalize().is_ok_and(|own| own == path))
            };
            match texts.iter().find(|(path, _)| is_it(path)) {
                Some((_, text)) => Ok(text.clone()),
                None => beside(own)(name),
            }
        }
    }

    /// The addresses of the texts of whose mistakes the editor was not told yet.
    pub fn news(&mut self) -> Vec<Uri> {
        let documents = self.open.values_mut();
        let news = documents.filter_map(|document| std::mem::take(&mut document.is_news).then(|| document.uri.clone()));
        news.collect()
    }
}

/// The name of a text in messages.
fn shown(uri: &Uri) -> String {
    uris::path(uri).map_or(uri.as_str().to_string(), |path| path.display().to_string())
}

/// The path of a file that a program uses by this name.
pub fn used_file(program: &Path, name: &str) -> PathBuf {
    program.parent().unwrap_or(Path::new("")).join(name)
}

/// The bytes of a range of a text.
pub fn bytes_of(text: &str, range: Range) -> std::ops::Range<usize> {
    let lines = Lines::of(text);
    let [start, end] = [range.start, range.end].map(|place| lines.byte(from_lsp(place)));
    start..end.max(start)
}

/// A place as the protocol has it.
pub fn from_lsp(place: LspPosition) -> Position {
    Position {
        line: place.line,
        unit: place.character,
    }
}

/// The range of some bytes of a text.
pub fn range(lines: &Lines<'_>, start: usize, end: usize) -> Range {
    let place = |byte: usize| {
        let place = lines.position(byte);
        LspPosition::new(place.line, place.unit)
    };
    Range::new(place(start), place(end))
}

/// A place of any file of a program, as address and range.
pub fn location(study: &Study, uri: &Uri, at: Span) -> Option<lsp_types::Location> {
    let files = study.opened.sources.files();
    let number = files.iter().rposition(|file| file.base <= at.start as usize)?;
    let file = &files[number];
    let address = match number {
        0 => uri.clone(),
        _ => uris::uri(&used_file(&uris::path(uri)?, &file.name))?,
    };
    let lines = Lines::of(&file.text);
    let range = range(&lines, at.start as usize - file.base, at.end as usize - file.base);
    Some(lsp_types::Location::new(address, range))
}
