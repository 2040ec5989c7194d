//! The table of what the lectures mention: each row with the lessons, tests and source files that cover it.
//!
//! What lessons cover they say themselves (`covers` in their `lesson.toml`); the rest is said in `coverage.toml`. A row
//! that nothing covers is listed as such.

use serde::{Deserialize, Serialize};

use super::bundled;
use super::load::{Lesson, LessonError};
use crate::learn::run::record::FiniteDifferences;

/// One row of the lectures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageRow {
    /// The row's id.
    pub id: String,
    /// What it is, in our own words.
    pub what: String,
    /// The lessons that cover it, with what they do for it.
    #[serde(default)]
    pub lessons: Vec<String>,
    /// Tests that hold it: `file: name`.
    #[serde(default)]
    pub tests: Vec<String>,
    /// The source files it lives in.
    #[serde(default)]
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
struct CoverageFile {
    row: Vec<CoverageRow>,
}

/// All rows, with what the lessons cover.
///
/// **Errors** if a lesson cannot be opened, or covers a row that there is not.
pub fn rows() -> Result<Vec<CoverageRow>, String> {
    let listed: CoverageFile = toml::from_str(include_str!("coverage.toml")).map_err(|error| error.to_string())?;
    let mut rows = listed.row;
    for (id, folder) in bundled::lessons() {
        let lesson =
            Lesson::open(&folder, FiniteDifferences::Skipped).map_err(|error: LessonError| format!("{id}: {error}"))?;
        for (row, what) in &lesson.about.covers {
            let found = rows.iter_mut().find(|own| own.id == *row);
            let found = found.ok_or_else(|| format!("{id} covers the row {row}, which there is not"))?;
            found.lessons.push(format!("{id}: {what}"));
        }
    }
    Ok(rows)
}

/// The table as Markdown.
pub fn table(rows: &[CoverageRow]) -> String {
    let is_open = |row: &&CoverageRow| row.lessons.is_empty() && row.tests.is_empty() && row.sources.is_empty();
    let open: Vec<&str> = rows.iter().filter(is_open).map(|row| row.id.as_str()).collect();
    let taught = rows.iter().filter(|row| !row.lessons.is_empty()).count();
    let mut text = format!(
        "# What the lectures mention, and where it is\n\nMade by `tapegrad learn coverage`; a test compares it with what \
         that prints.\nOf {} rows, {taught} have a lesson, {} have code and tests, and {} have neither yet: {}.\n\n\
         | row | what | lesson | test | source |\n|---|---|---|---|---|\n",
        rows.len(),
        rows.iter().filter(|row| !row.sources.is_empty()).count(),
        open.len(),
        if open.is_empty() {
            "none".into()
        } else {
            open.join(", ")
        }
    );
    for row in rows {
        let code = |items: &[String]| {
            items
                .iter()
                .map(|item| format!("`{item}`"))
                .collect::<Vec<_>>()
                .join("<br>")
        };
        let lessons = match (row.lessons.is_empty(), is_open(&row)) {
            (false, _) => row.lessons.join("<br>"),
            (true, true) => "not covered yet".into(),
            (true, false) => String::new(),
        };
        text += &format!(
            "| {} | {} | {lessons} | {} | {} |\n",
            row.id,
            row.what,
            code(&row.tests),
            code(&row.sources)
        );
    }
    text
}
