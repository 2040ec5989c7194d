//! What a learner sees, as blocks with a meaning; how they look is the matter of three renderers.
//!
//! A renderer may drop decoration, never a block: a test looks for the text of every block in all three.

use serde::{Serialize, Serializer};

use crate::learn::lesson::prose::Paragraph;
use crate::learn::session::status::{Status, Tone};

/// Everything that is to be seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Screen {
    /// The blocks from top to bottom.
    pub blocks: Vec<Block>,
}

/// One part of a screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "block", rename_all = "lowercase")]
pub enum Block {
    /// Where the learner is.
    Title {
        /// The lesson.
        lesson: String,
        /// The step, of how many.
        place: String,
        /// What happens in it.
        what: String,
    },
    /// Text to read.
    Prose {
        /// The heading.
        title: String,
        /// The paragraphs.
        paragraphs: Vec<Paragraph>,
    },
    /// Formulas, one a line.
    Equation {
        /// What each line is, and the formula.
        lines: Vec<(String, Cell)>,
    },
    /// Numbers in rows.
    Table {
        /// What the table shows.
        caption: String,
        /// The headings of its columns.
        header: Vec<String>,
        /// The rows.
        rows: Vec<Vec<Cell>>,
    },
    /// Where in the graph the step is.
    Graph {
        /// The nodes in order, those that are given left out.
        nodes: Vec<Mark>,
    },
    /// A question.
    Prompt(Prompt),
    /// What is said to the learner's last action.
    Feedback {
        /// How it is meant.
        tone: Tone,
        /// The sentence.
        text: String,
    },
    /// How far the learner is.
    Progress {
        /// The sentence.
        text: String,
    },
    /// What can be pressed.
    Keys {
        /// Keys and what they do.
        keys: Vec<(String, String)>,
    },
}

/// A text that may be hidden until a prediction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// True as long as it would give the answer away.
    pub is_hidden: bool,
}

impl Cell {
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

    /// What is to be seen: the text, or a question mark.
    pub fn shown(&self) -> &str {
        if self.is_hidden { "?" } else { &self.text }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// A node of the graph and whether its turn is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The node's label.
    pub label: String,
    /// When its turn in this direction is.
    pub when: When,
}

/// When a node's turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// It was.
    Done,
    /// It is now.
    Now,
    /// It will be.
    Later,
}

/// A question with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// What answers are filed under.
    pub key: String,
    /// The question.
    pub ask: String,
    /// What an answer looks like.
    pub form: String,
    /// The options to choose from, with their letters.
    pub options: Vec<String>,
    /// What was answered so far.
    pub attempts: Vec<String>,
    /// The hints that were earned so far.
    pub hints: Vec<String>,
    /// What became of it.
    pub status: Status,
    /// The right answer and why, once it is settled.
    pub worked: Option<String>,
    /// True if what is typed goes here.
    pub is_asked: bool,
}

impl When {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Now => "now",
            Self::Later => "to come",
        }
    }
}

impl Block {
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
                texts.extend([
                    prompt.ask.clone(),
                    prompt.form.clone(),
                    prompt.status.word().to_string(),
                ]);
                texts.extend(
                    prompt
                        .options
                        .iter()
                        .chain(&prompt.attempts)
                        .chain(&prompt.hints)
                        .cloned(),
                );
                texts.extend(prompt.worked.clone());
            }
            Self::Feedback { tone, text } => texts.extend([tone.word().to_string(), text.clone()]),
            Self::Progress { text } => texts.push(text.clone()),
            Self::Keys { keys } => texts.extend(keys.iter().flat_map(|(key, what)| [key.clone(), what.clone()])),
        }
        texts.retain(|text| !text.trim().is_empty());
        texts
    }
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
                Block::Equation { lines } => lines.iter_mut().for_each(|(_, cell)| cell.is_hidden = false),
                Block::Table { rows, .. } => rows.iter_mut().flatten().for_each(|cell| cell.is_hidden = false),
                _ => {}
            }
        }
    }
}
