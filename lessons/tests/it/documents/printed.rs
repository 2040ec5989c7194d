//! Whether a text of a page is what a command prints.

use regex::Regex;

/// True if the lines of `wanted` stand in `printed`, one after the other.
///
/// A line `...` stands for any lines. With `figures_vary` a number equals every other number, and the width of columns
/// does not count.
pub fn is_printed(wanted: &str, printed: &str, figures_vary: bool) -> bool {
    let lines = |text: &str| -> Vec<String> {
        let form = |line: &str| match figures_vary {
            true => without_figures(line),
            false => line.trim_end().to_string(),
        };
        text.lines().map(form).collect()
    };
    let (printed, wanted) = (lines(printed), lines(wanted));
    let mut parts = wanted.split(|line| line == "...").filter(|part| !part.is_empty());
    let mut from = 0;
    parts.all(|part| {
        let found = (from..=printed.len().saturating_sub(part.len())).find(|&at| printed[at..].starts_with(part));
        from = found.unwrap_or_default() + part.len();
        found.is_some()
    })
}

/// A line with each number as `#`, each rule as `-`, and single blanks.
fn without_figures(line: &str) -> String {
    let numbers = Regex::new(r"[+-]?\d[\d.]*( \d{3})*( [kMGT])?").unwrap();
    let rules = Regex::new(r"-{2,}").unwrap();
    let line = rules.replace_all(line, "-");
    let line = numbers.replace_all(&line, "#");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_text_is_compared_line_by_line() {
    let printed = "a\nb 1.5 \nc\nd\n";
    for (wanted, figures_vary, is_so) in [
        ("b 1.5\nc", false, true),
        ("a\n...\nd", false, true),
        ("d\n...\na", false, false),
        ("b 2.5\nc", false, false),
        ("b   12 345\nc", true, true),
        ("b\nc", true, false),
    ] {
        assert_eq!(is_printed(wanted, printed, figures_vary), is_so, "{wanted}");
    }
}
