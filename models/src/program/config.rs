//! What a recipe holds of a program: its text, so that a run can be opened anywhere, and numbers for its sizes.

use super::ProgramError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tapegrad_language::ast::{ExprKind, ItemKind, StmtKind};
use tapegrad_language::span::Span;
use tapegrad_language::{Opened, open};

/// A program as a model: text and sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramConfig {
    /// The name of its file, for messages.
    pub file: String,
    /// The graph in it; the last one if absent.
    #[serde(default)]
    pub graph: Option<String>,
    /// The text, with those of all files that it uses.
    pub text: String,
    /// Numbers for its sizes; those that the program itself gives may be left out.
    #[serde(default)]
    pub dims: BTreeMap<String, i64>,
    /// What is minimised.
    #[serde(default)]
    pub loss: ProgramLoss,
}

/// What the training of a program minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramLoss {
    /// The mean cross-entropy of the next tokens, attached to the logits as for every model.
    #[default]
    CrossEntropy,
    /// The objective of the program.
    Program,
}

impl ProgramConfig {
    /// A program of this text, trained on the cross-entropy of the next tokens.
    pub fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.to_string(),
            graph: None,
            text: text.to_string(),
            dims: BTreeMap::new(),
            loss: ProgramLoss::CrossEntropy,
        }
    }

    /// The same with numbers for some sizes.
    pub fn with_dims<'a>(mut self, dims: impl IntoIterator<Item = (&'a str, i64)>) -> Self {
        self.dims
            .extend(dims.into_iter().map(|(name, size)| (name.to_string(), size)));
        self
    }

    /// The program, opened with its sizes.
    ///
    /// A size that the program gives as a number, `dim H = 64`, is a default: where the recipe has another number, it
    /// takes the place of that one before the program is checked.
    ///
    /// **Errors** with the first mistake of the text.
    pub fn open(&self) -> Result<Opened, ProgramError> {
        let opened = open(&self.file, &self.text);
        let mut defaults = defaults(&opened);
        defaults.retain(|(name, _)| self.dims.contains_key(name));
        let opened = match defaults.is_empty() {
            true => opened,
            false => {
                let mut text = self.text.clone();
                for (name, span) in defaults.into_iter().rev() {
                    text.replace_range(span.start as usize..span.end as usize, &self.dims[&name].to_string());
                }
                open(&self.file, &text)
            }
        };
        match opened.diagnostics.iter().find(|found| found.is_error()) {
            Some(found) => Err(ProgramError::mistake(&opened.sources, found)),
            None => Ok(opened),
        }
    }

    /// An error unless the text is that of a program.
    ///
    /// **Errors** with its first mistake, or if it has no such graph.
    pub fn check(&self) -> Result<(), ProgramError> {
        let opened = self.open()?;
        self.program(&opened).map(|_| ())
    }

    /// The graph that is meant.
    pub(super) fn program<'o>(
        &self,
        opened: &'o Opened,
    ) -> Result<&'o tapegrad_language::program::Program, ProgramError> {
        opened.program(self.graph.as_deref()).ok_or_else(|| match &self.graph {
            Some(name) => {
                let names: Vec<&str> = opened.programs.iter().map(|program| program.name.as_str()).collect();
                let mend = format!("it has: {}", names.join(", "));
                ProgramError::of_file(&self.file, format!("the file has no graph {name}"), mend)
            }
            None => ProgramError::of_file(&self.file, "the file has no graph", "a graph is `graph NAME { ... }`"),
        })
    }
}

/// The sizes of graphs that are given as a number, with the place of the number, in the order of the text.
fn defaults(opened: &Opened) -> Vec<(String, Span)> {
    let graphs = opened.file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Graph { body, .. } => Some(&body.stmts),
        _ => None,
    });
    let dims = graphs.flatten().filter_map(|stmt| match &stmt.kind {
        StmtKind::Dim(dims) => Some(dims),
        _ => None,
    });
    let number = |(name, value): &(tapegrad_language::ast::Ident, Option<tapegrad_language::ast::Expr>)| {
        let value = value.as_ref()?;
        matches!(value.kind, ExprKind::Number(_)).then(|| (name.name.clone(), value.span))
    };
    dims.flatten().filter_map(number).collect()
}
