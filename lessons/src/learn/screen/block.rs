//! What a learner sees, as blocks with a meaning. Three renderers decide how they look.
//!
//! A renderer may drop decoration, never a block: a test looks for the text of every block in all three.

use serde::{Serialize, Serializer};

use crate::learn::lesson::prose::{Paragraph, spans};
use crate::learn::session::status::{Status, Tone};

/// Everything that the learner sees at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Screen {
    /// The blocks from top to bottom.
    pub blocks: Vec<ScreenBlock>,
}

/// One part of a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "block", rename_all = "lowercase")]
pub enum ScreenBlock {
    /// Where the learner is.
    Title {
        /// The number and title of the lesson.
        lesson: String,
        /// The number of the step and of all steps.
        place: String,
        /// The name of the step.
        what: String,
    },
    /// Text to read.
    Prose {
        /// The heading.
        title: String,
        /// What stands below it.
        paragraphs: Vec<Paragraph>,
    },
    /// Formulas, one a line.
    Equation {
        /// What each line is, and the formula.
        lines: Vec<(String, ScreenCell)>,
    },
    /// Numbers in rows.
    Table {
        /// What the table shows.
        caption: String,
        /// The headings of its columns.
        header: Vec<String>,
        /// Its rows, each with a cell for each column.
        rows: Vec<Vec<ScreenCell>>,
    },
    /// Where in the graph the step is.
    Graph {
        /// The nodes in order, those that are given left out.
        nodes: Vec<NodeMark>,
    },
    /// A question.
    Prompt(Prompt),
    /// The reply to the learner's last action.
    Feedback {
        /// Whether it judges, and how.
        tone: Tone,
        /// The sentence.
        text: String,
    },
    /// How far the learner is.
    Progress {
        /// The sentence.
        text: String,
    },
    /// The keys that work now.
    Keys {
        /// Keys and what they do.
        keys: Vec<(String, String)>,
    },
}

/// A text that may be hidden until a prediction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenCell {
    pub text: String,
    /// True as long as it would give the answer away.
    pub is_hidden: bool,
}

impl ScreenCell {
    /// A text that everyone may see.
    pub fn open(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_hidden: false,
        }
    }

    /// A text that is hidden or not.
    pub fn secret(text: impl Into<String>, is_hidden: bool) -> Self {
        Self {
            text: text.into(),
            is_hidden,
        }
    }

    /// The visible text: the text itself, or a question mark.
    pub fn shown(&self) -> &str {
        if self.is_hidden { "?" } else { &self.text }
    }
}

impl Serialize for ScreenCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// A node of the graph and whether its step is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeMark {
    /// The node's label.
    pub label: String,
    /// Whether its step in this direction is over.
    pub when: When,
}

/// Whether the step of a node is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Its step is over.
    Done,
    /// Its step is the current one.
    Now,
    /// Its step comes later.
    Later,
}

/// A question with its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// The key of the question in `lesson.toml`.
    pub key: String,
    /// The question.
    pub ask: String,
    /// What an answer looks like.
    pub form: String,
    /// The options to choose from, with their letters.
    pub options: Vec<String>,
    /// The values that the question needs, by name, while it is open.
    pub given: Vec<(String, String)>,
    /// The answers given so far.
    pub attempts: Vec<String>,
    /// The hints that were earned so far.
    pub hints: Vec<String>,
    pub status: Status,
    /// The right answer and why, once it is settled.
    pub worked: Option<String>,
    /// True if the learner is typing the answer to this question.
    pub is_asked: bool,
}

impl When {
    /// The word for screens without colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Later => "to come",
        }
    }
}

impl ScreenBlock {
    /// Every piece of text of the block that a learner must be able to read.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        match self {
            Self::Title { lesson, place, what } => texts.extend([lesson.clone(), place.clone(), what.clone()]),
            Self::Prose { title, paragraphs } => {
                texts.push(title.clone());
                paragraphs
                    .iter()
                    .for_each(|paragraph| paragraph_texts(paragraph, &mut texts));
            }
            Self::Equation { lines } => {
                for (name, formula) in lines {
                    texts.push(name.clone());
                    texts.extend(formula.shown().lines().map(str::to_string));
                }
            }
            Self::Table { caption, header, rows } => {
                texts.push(caption.clone());
                texts.extend(header.iter().cloned());
                let cells = rows.iter().flatten();
                texts.extend(cells.flat_map(|cell| cell.shown().lines().map(str::to_string)));
            }
            Self::Graph { nodes } => texts.extend(nodes.iter().map(|mark| mark.label.clone())),
            Self::Prompt(prompt) => {
                texts.extend([prompt.form.clone(), prompt.status.word().to_string()]);
                texts.extend(
                    prompt
                        .given
                        .iter()
                        .flat_map(|(name, value)| [name.clone(), value.clone()]),
                );
                texts.extend(prompt.attempts.iter().cloned());
                let marked = [&prompt.ask].into_iter().chain(&prompt.options).chain(&prompt.hints);
                texts.extend(marked.chain(&prompt.worked).flat_map(|text| pieces(text)));
            }
            Self::Feedback { tone, text } => {
                texts.push(tone.word().to_string());
                texts.extend(pieces(text));
            }
            Self::Progress { text } => texts.push(text.clone()),
            Self::Keys { keys } => texts.extend(keys.iter().flat_map(|(key, what)| [key.clone(), what.clone()])),
        }
        texts.retain(|text| !text.trim().is_empty());
        texts
    }
}

/// The pieces of a text, without its markup.
fn pieces(text: &str) -> Vec<String> {
    spans(text).iter().map(|span| span.text().trim().to_string()).collect()
}

fn paragraph_texts(paragraph: &Paragraph, texts: &mut Vec<String>) {
    match paragraph {
        Paragraph::Text(spans) | Paragraph::Item(spans) => {
            texts.extend(spans.iter().map(|span| span.text().trim().to_string()));
        }
        Paragraph::Code(code) => texts.extend(code.lines().map(str::to_string)),
    }
}

impl Screen {
    /// Uncovers everything that is hidden.
    pub fn show_all(&mut self) {
        for block in &mut self.blocks {
            match block {
                ScreenBlock::Equation { lines } => lines.iter_mut().for_each(|(_, cell)| cell.is_hidden = false),
                ScreenBlock::Table { rows, .. } => rows.iter_mut().flatten().for_each(|cell| cell.is_hidden = false),
                _ => {}
            }
        }
    }
}
