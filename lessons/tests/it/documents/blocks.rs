//! The fenced blocks of a page, and the marks above them that say how a test treats them.
//!
//! A mark is an HTML comment on the line above a block, so a reader of the page does not see it:
//!
//! - `<!-- slow: WHY -->`: the commands run only if `TAPEGRAD_SLOW` is set.
//! - `<!-- exits 1: WHY -->`: the last command of the block ends with this exit code.
//! - `<!-- not run: WHY -->`: no test can run the commands.
//! - `<!-- prints: COMMAND -->`: the text below is what this command prints, or a part of it.
//! - `<!-- prints, figures vary: COMMAND -->`: the same up to numbers, because they depend on the machine.
//! - `<!-- form: WHY -->`: the text below is no output that a test could compare.
//!
//! Kinds are combined with a comma: `<!-- exits 1, slow: WHY -->`.

use std::path::Path;

/// A fenced block of a page.
#[derive(Debug)]
pub struct Block {
    /// `README.md:42`, for messages.
    pub place: String,
    /// What stands behind the fence: `sh`.
    pub language: String,
    pub text: String,
    /// What the mark above it says.
    pub mark: Mark,
}

/// How a test treats a block.
#[derive(Debug, Default)]
pub struct Mark {
    pub is_slow: bool,
    pub is_not_run: bool,
    pub is_form: bool,
    pub is_printed: bool,
    pub figures_vary: bool,
    pub exit_code: i32,
    /// The reason, or the command that prints the text.
    pub text: String,
}

impl Mark {
    /// The mark that a line is; nothing for any other line.
    fn read(line: &str, place: &str) -> Option<Self> {
        let inside = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
        let (kinds, text) = inside
            .split_once(": ")
            .unwrap_or_else(|| panic!("{place}: a mark gives a reason or a command, `<!-- slow: WHY -->`"));
        let mut mark = Self {
            text: text.trim().to_string(),
            ..Self::default()
        };
        for kind in kinds.split(',').map(str::trim) {
            match kind {
                "slow" => mark.is_slow = true,
                "not run" => mark.is_not_run = true,
                "form" => mark.is_form = true,
                "prints" => mark.is_printed = true,
                "figures vary" => mark.figures_vary = true,
                _ => {
                    let code = kind.strip_prefix("exits ").and_then(|code| code.parse().ok());
                    mark.exit_code = code.unwrap_or_else(|| panic!("{place}: there is no mark `{kind}`"));
                }
            }
        }
        Some(mark)
    }
}

/// The blocks of a page in their order.
pub fn blocks(root: &Path, page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let mut lines = text.lines().enumerate();
    let (mut found, mut above) = (Vec::new(), "");
    while let Some((index, line)) = lines.next() {
        let place = format!("{page}:{}", index + 1);
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let indent = line.len() - line.trim_start().len();
            let inside = lines.by_ref().map(|(_, line)| line);
            let inside = inside.take_while(|line| !line.trim_start().starts_with("```"));
            let text: Vec<&str> = inside.map(|line| line.get(indent..).unwrap_or_default()).collect();
            found.push(Block {
                mark: Mark::read(above, &place).unwrap_or_default(),
                place,
                language: language.trim().to_string(),
                text: text.join("\n"),
            });
        }
        above = line;
    }
    found
}

/// The commands `tapegrad ..` that stand in the sentences and tables of a page, each with its place.
pub fn commands_in_sentences(root: &Path, page: &str) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let (mut found, mut is_inside) = (Vec::new(), false);
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_inside = !is_inside;
        }
        if is_inside {
            continue;
        }
        for code in line.split('`').skip(1).step_by(2) {
            let run = ["tapegrad ", "cargo run -- ", "cargo run --release -- "];
            if let Some(command) = run.iter().find_map(|run| code.strip_prefix(run)) {
                found.push((format!("{page}:{}", index + 1), command.to_string()));
            }
        }
    }
    found
}
