//! The text of a lesson: sections with a key, paragraphs with a little markup, and `{{expr}}` filled from the trace.

use serde::Serialize;

use super::evaluate::{Environment, evaluate};
use crate::learn::run::numeral::inline;

/// A section of a lesson's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The key by which stops name it.
    pub key: String,
    /// Its heading.
    pub title: String,
    /// Its paragraphs as they are written.
    pub paragraphs: Vec<String>,
}

/// A paragraph, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "lowercase")]
pub enum Paragraph {
    /// Running text.
    Text(Vec<TextSpan>),
    /// One item of a list.
    Item(Vec<TextSpan>),
    /// Lines to be shown as they are.
    Code(String),
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "text", rename_all = "lowercase")]
pub enum TextSpan {
    /// Text as it is.
    Plain(String),
    /// A formula or a name, between backticks.
    Code(String),
    /// Stressed, between two stars.
    Strong(String),
}

impl TextSpan {
    /// The text without its markup.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Code(text) | Self::Strong(text) => text,
        }
    }
}

/// The sections of a text: each begins with `## Title {#key}`.
///
/// **Errors** with a sentence that names the line.
pub fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut sections: Vec<Section> = Vec::new();
    let (mut open, mut in_code) = (String::new(), false);
    for (line, text) in text.lines().enumerate() {
        if let Some(heading) = text.strip_prefix("## ").filter(|_| !in_code) {
            let (title, key) = heading
                .trim()
                .strip_suffix('}')
                .and_then(|heading| heading.split_once("{#"))
                .ok_or_else(|| format!("text.md line {}: a section begins with `## Title {{#key}}`", line + 1))?;
            close(&mut sections, &mut open);
            sections.push(Section {
                key: key.trim().into(),
                title: title.trim().into(),
                paragraphs: Vec::new(),
            });
            continue;
        }
        if text.starts_with("```") {
            in_code = !in_code;
        }
        let begins = text.trim().is_empty() || text.starts_with("- ");
        if begins && !in_code {
            close(&mut sections, &mut open);
        }
        if !text.trim().is_empty() || in_code {
            if sections.is_empty() {
                return Err(format!("text.md line {}: text before the first section", line + 1));
            }
            open += text;
            open.push('\n');
        }
    }
    if in_code {
        return Err("text.md: a block of code is not closed".into());
    }
    close(&mut sections, &mut open);
    Ok(sections)
}

fn close(sections: &mut [Section], open: &mut String) {
    if let (Some(section), false) = (sections.last_mut(), open.is_empty()) {
        section.paragraphs.push(std::mem::take(open));
    }
}

/// A paragraph with its expressions filled in.
///
/// **Errors** with a sentence that names the expression.
pub fn filled(paragraph: &str, names: &dyn Environment) -> Result<Paragraph, String> {
    let text = fill(paragraph, names)?;
    if let Some(code) = text.strip_prefix("```") {
        let code = code.split_once('\n').map_or("", |(_, code)| code);
        return Ok(Paragraph::Code(
            code.trim_end().trim_end_matches("```").trim_end().into(),
        ));
    }
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(match joined.strip_prefix("- ") {
        Some(item) => Paragraph::Item(spans(item)),
        None => Paragraph::Text(spans(&joined)),
    })
}

/// A text with `{{expr}}` replaced by its value.
///
/// **Errors** with a sentence that names the expression.
pub fn fill(text: &str, names: &dyn Environment) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once("{{") {
        let (expr, after) = behind.split_once("}}").ok_or("`{{` without `}}`")?;
        let value = evaluate(expr.trim(), names).map_err(|why| format!("{{{{{expr}}}}}: {why}"))?;
        out += before;
        out += &inline(&value);
        rest = after;
    }
    Ok(out + rest)
}

/// A line of text without its markup.
pub fn unmarked(text: &str) -> String {
    spans(text).iter().map(TextSpan::text).collect()
}

/// A line of text in pieces, by its backticks and double stars.
pub fn spans(text: &str) -> Vec<TextSpan> {
    let mut spans = Vec::new();
    for (i, part) in text.split('`').enumerate() {
        if i % 2 == 1 {
            spans.push(TextSpan::Code(part.into()));
            continue;
        }
        for (i, part) in part.split("**").enumerate().filter(|(_, part)| !part.is_empty()) {
            spans.push(if i % 2 == 1 {
                TextSpan::Strong(part.into())
            } else {
                TextSpan::Plain(part.into())
            });
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;

    struct One;
    impl Environment for One {
        fn value(&self, name: &str) -> Result<ArrayD<f64>, String> {
            match name {
                "y" => Ok(ArrayD::from_elem(vec![], 0.5)),
                _ => Err(format!("nothing here is called `{name}`")),
            }
        }
    }

    #[test]
    fn a_text_has_sections_of_paragraphs_with_numbers_filled_in() {
        let text = "## The end {#end}\nOne `y` is\n{{1 - y}}.\n\n- **first**\n- second\n";
        let found = sections(text).unwrap();
        assert_eq!((found[0].key.as_str(), found[0].title.as_str()), ("end", "The end"));
        let shown: Vec<Paragraph> = found[0]
            .paragraphs
            .iter()
            .map(|one| filled(one, &One).unwrap())
            .collect();
        assert_eq!(shown[0], Paragraph::Text(spans("One `y` is 0.5.")));
        assert_eq!(shown[1], Paragraph::Item(vec![TextSpan::Strong("first".into())]));
        assert_eq!(shown.len(), 3);
    }

    #[test]
    fn a_mistake_names_its_place() {
        assert!(sections("lost\n").unwrap_err().contains("line 1"));
        assert!(sections("## No key\n").unwrap_err().contains("line 1"));
        assert_eq!(fill("{{q}}", &One).unwrap_err(), "{{q}}: nothing here is called `q`");
    }
}
