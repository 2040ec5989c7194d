//! The type of every value beside its line.

use serde::Serialize;

use super::Study;
use super::names::{Definition, Role};
use crate::meaning::types::{Kind, Type};
use crate::span::Span;

/// A value where it is defined, with its type.
#[derive(Clone, Debug)]
pub struct TypedName<'s> {
    /// Its name; of a row the name with the place, such as `h[t]`.
    pub written: String,
    /// The place of its name.
    pub span: Span,
    /// Its type.
    pub ty: &'s Type,
}

/// The same as data; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Serialize)]
pub struct TypeReport {
    /// Its name; of a row the name with the place.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// The column of its name.
    pub column: usize,
    /// The type as text.
    pub r#type: String,
    /// Name and size of each axis.
    pub axes: Vec<AxisReport>,
    /// The kind of numbers: `real`, `data`, `bool`, `int` or `id`.
    pub kind: &'static str,
    /// Of how many things ids are.
    pub ids_of: Option<String>,
}

/// An axis as data.
#[derive(Clone, Debug, Serialize)]
pub struct AxisReport {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: String,
}

/// A type in words: `[T, D]`, `number`, `[T], id[V]`; what is not said of a kind is real numbers with a gradient.
pub fn text(ty: &Type) -> String {
    let axes = if ty.axes.is_empty() {
        "number".to_string()
    } else {
        ty.to_string()
    };
    match &ty.kind {
        Kind::Real | Kind::Unknown => axes,
        Kind::Id(of) => format!("{axes}, id[{of}]"),
        kind => format!("{axes}, {}", kind_word(kind)),
    }
}

/// The word of the language for a kind of numbers.
fn kind_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Real | Kind::Unknown => "real",
        Kind::Data => "data",
        Kind::Bool => "bool",
        Kind::Int => "int",
        Kind::Id(_) => "id",
    }
}

impl Study {
    /// Every value that the text itself defines, in the order of the text; not those of files that it uses.
    pub fn typed(&self) -> Vec<TypedName<'_>> {
        let is_value = |role: Role| matches!(role, Role::Input | Role::Param | Role::Constant | Role::Value);
        let symbols = self.names.symbols.iter().filter(|symbol| is_value(symbol.role));
        let own = symbols
            .flat_map(|symbol| &symbol.definitions)
            .filter(|one| self.is_own(one.name));
        let typed = own.filter_map(|one| {
            Some(TypedName {
                written: self.written(one),
                span: one.name,
                ty: self.opened.notes.type_at(one.name)?,
            })
        });
        let mut typed: Vec<TypedName<'_>> = typed.collect();
        typed.sort_by_key(|one| one.span.start);
        typed
    }

    /// The text with the types of its values as comments at the right, below each other.
    pub fn text_with_types(&self) -> String {
        let text = &self.opened.sources.files()[0].text;
        let mut beside: Vec<String> = vec![String::new(); text.lines().count()];
        for one in self.typed() {
            let line = self.opened.sources.position(one.span).line - 1;
            let between = if beside[line].is_empty() { "" } else { "; " };
            beside[line] += &format!("{between}{}: {}", one.written, self::text(one.ty));
        }
        let width = |line: &str| line.trim_end().chars().count();
        let typed = text.lines().zip(&beside).filter(|(_, types)| !types.is_empty());
        let column = typed.map(|(line, _)| width(line)).max().unwrap_or(0);
        let lines = text.lines().zip(&beside).map(|(line, types)| {
            let line = line.trim_end();
            match types.is_empty() {
                true => format!("{line}\n"),
                false => format!("{line}{}  // {types}\n", " ".repeat(column - width(line))),
            }
        });
        lines.collect()
    }

    /// The types as data.
    pub fn type_reports(&self) -> Vec<TypeReport> {
        let axis = |axis: &crate::meaning::types::Axis| AxisReport {
            name: axis.label.to_string(),
            size: axis.size.to_string(),
        };
        let report = |one: TypedName<'_>| {
            let position = self.opened.sources.position(one.span);
            TypeReport {
                name: one.written.clone(),
                line: position.line,
                column: position.column,
                r#type: text(one.ty),
                axes: one.ty.axes.iter().map(axis).collect(),
                kind: kind_word(&one.ty.kind),
                ids_of: match &one.ty.kind {
                    Kind::Id(of) => Some(of.to_string()),
                    _ => None,
                },
            }
        };
        self.typed().into_iter().map(report).collect()
    }

    /// A defined name; of a row the name with the place.
    pub(super) fn written(&self, one: &Definition) -> String {
        let name = self.opened.sources.text(one.name);
        one.place.map_or(name.to_string(), |place| {
            let place: Vec<&str> = self.opened.sources.text(place).split_whitespace().collect();
            format!("{name}[{}]", place.join(" "))
        })
    }

    /// True for a place in the text itself, not in a file that it uses.
    pub(super) fn is_own(&self, place: Span) -> bool {
        place.end as usize <= self.opened.sources.files()[0].text.len()
    }
}
