//! Opening a program: its file and the files that it uses are read, parsed and checked.

mod offered;

use crate::derive::inside;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits;
use crate::meaning::check::{Checked, check};
use crate::meaning::notes::Notes;
use crate::meaning::program::Program;
use crate::span::{Sources, Span};
use crate::stack;
use crate::syntax::ast::File;
use crate::syntax::parse::{DEPTH_MAX, parse_file};
use offered::{Faults, idle_sizes, settle};

/// An opened text: its sources, tree, checked graphs and diagnostics.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The source texts, for messages.
    pub sources: Sources,
    /// The items of all files, used ones first.
    pub file: File,
    /// The graphs without mistakes.
    pub programs: Vec<Program>,
    /// Mistakes and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What is known about places of the text; nothing if it does not parse.
    pub notes: Notes,
}

impl Opened {
    /// True if there are no mistakes; there may be warnings.
    pub fn is_correct(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The graph of this name, or the last one of the file.
    pub fn program(&self, name: Option<&str>) -> Option<&Program> {
        match name {
            Some(name) => self.programs.iter().find(|program| program.name == name),
            None => self.programs.last(),
        }
    }

    /// All diagnostics as text.
    pub fn render(&self) -> String {
        self.diagnostics
            .iter()
            .map(|diagnostic| diagnostic.render(&self.sources))
            .collect()
    }
}

/// Opens a text that uses no other files.
pub fn open(name: &str, text: &str) -> Opened {
    open_with(name, text, &mut |_| {
        Err("this text stands alone; only a file can use files".to_string())
    })
}

/// Opens a text; `load` gives the text of each file that it uses, or the reason why it cannot.
pub fn open_with(name: &str, text: &str, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Opened {
    open_within(name, text, limits::MEMORY, load)
}

/// Opens a text as [`open_with`] does; its programs, and whatever is made of them, may take so many bytes of memory.
pub fn open_within(
    name: &str,
    text: &str,
    memory: u64,
    load: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Opened {
    let mut opened = examined(name, text, memory, load);
    if opened.diagnostics.iter().all(|found| found.choices.is_empty()) {
        return opened;
    }
    let sources = &opened.sources;
    let now = faults(&opened);
    settle(&mut opened.diagnostics, sources, now, &mut |file, changed| {
        let text_of = |number: usize| match number {
            number if number == file => changed,
            number => &sources.files()[number].text,
        };
        faults(&examined(name, text_of(0), memory, &mut |used| {
            let known = sources.files().iter().position(|file| file.name == used);
            known.map(|number| text_of(number).to_string()).ok_or_else(String::new)
        }))
    });
    opened
}

/// How wrong an opened text is.
fn faults(opened: &Opened) -> Faults {
    let count = |is_it: &dyn Fn(&Diagnostic) -> bool| opened.diagnostics.iter().filter(|found| is_it(found)).count();
    let first = opened
        .diagnostics
        .iter()
        .filter(|found| found.code == Code::E00)
        .min_by_key(|found| found.primary.span.start);
    let unread = first.map_or(0, |found| {
        let place = opened.sources.position(found.primary.span);
        let file = opened.sources.files().iter().find(|file| file.name == place.file);
        file.map_or(0, |file| file.text.lines().count() + 1 - place.line)
    });
    Faults {
        unread,
        grammar: count(&|found| found.code == Code::E00),
        mistakes: count(&|found| found.is_error() && found.code != Code::E00),
        warnings: count(&|found| !found.is_error()),
        idle: opened.programs.iter().map(idle_sizes).sum(),
    }
}

/// A text read and checked, with all changes that come into question.
fn examined(name: &str, text: &str, memory: u64, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Opened {
    let mut reader = Reader {
        sources: Sources::default(),
        file: File::default(),
        diagnostics: Vec::new(),
        seen: vec![name.to_string()],
        load,
    };
    reader.read(name, text, 0);
    let Reader {
        sources,
        file,
        mut diagnostics,
        ..
    } = reader;
    let (mut programs, mut notes) = (Vec::new(), Notes::default());
    if diagnostics.is_empty() {
        let checked: Checked = check(&file, &sources, memory);
        (diagnostics, notes) = (checked.diagnostics, checked.notes);
        for program in checked.programs {
            match inside::written_out(program) {
                Ok(program) => programs.push(program),
                Err(error) => diagnostics.push(*error),
            }
        }
        diagnostics.sort_by_key(|found| found.primary.span.start);
    }
    Opened {
        sources,
        file,
        programs,
        diagnostics,
        notes,
    }
}

struct Reader<'l> {
    sources: Sources,
    file: File,
    diagnostics: Vec<Diagnostic>,
    seen: Vec<String>,
    load: &'l mut dyn FnMut(&str) -> Result<String, String>,
}

impl Reader<'_> {
    /// Reads a file after the files that it uses; each file once.
    fn read(&mut self, name: &str, text: &str, depth: usize) {
        let number = self.sources.add(name, text);
        let parsed = parse_file(&self.sources, number);
        self.diagnostics.extend(parsed.diagnostics);
        for used in &parsed.file.uses {
            if self.seen.contains(&used.name) {
                continue;
            }
            self.seen.push(used.name.clone());
            if depth == DEPTH_MAX {
                let why = format!("files use each other more than {DEPTH_MAX} levels deep");
                return self.cannot_load(&used.name, used.span, &why);
            }
            match (self.load)(&used.name) {
                Ok(text) if self.sources.has_room_for(&text) => {
                    stack::deeper(|| self.read(&used.name, &text, depth + 1));
                }
                Ok(_) => self.cannot_load(&used.name, used.span, "all files together are too large"),
                Err(why) => self.cannot_load(&used.name, used.span, &why),
            }
        }
        self.file.items.extend(parsed.file.items);
    }

    fn cannot_load(&mut self, name: &str, span: Span, why: &str) {
        self.diagnostics
            .push(Diagnostic::new(Code::E08, span, format!("cannot read {name}: {why}")));
    }
}
