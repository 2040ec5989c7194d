//! The picture as a Mermaid flowchart, which Markdown pages draw.

use std::fmt::Write;

use super::{BoxKind, Picture};

/// The number of boxes beyond which viewers of Mermaid give up.
pub const BOXES_MAX: usize = 300;

/// The picture as Mermaid.
///
/// **Errors** if there are more boxes than viewers draw.
pub fn mermaid(picture: &Picture) -> Result<String, String> {
    if picture.boxes.len() > BOXES_MAX {
        let count = picture.boxes.len();
        return Err(format!(
            "{count} boxes are more than the {BOXES_MAX} that viewers of Mermaid draw; use `--depth 1`"
        ));
    }
    let mut out = String::from("flowchart BT\n");
    let mut open: Vec<String> = Vec::new();
    let mut scopes = 0;
    for (number, one) in picture.boxes.iter().enumerate() {
        let common = open
            .iter()
            .zip(&one.scope)
            .take_while(|(open, own)| open == own)
            .count();
        (common..open.len()).for_each(|_| out.push_str("  end\n"));
        open.truncate(common);
        for name in &one.scope[common..] {
            scopes += 1;
            let _ = writeln!(out, "  subgraph s{scopes} [\"{}\"]", escaped(name));
            open.push(name.clone());
        }
        let (left, right) = match one.kind {
            BoxKind::Input => ("([", "])"),
            BoxKind::Data => ("{{", "}}"),
            BoxKind::Param => ("[/", "\\]"),
            BoxKind::Constant => (">", "]"),
            BoxKind::Op => ("[", "]"),
            BoxKind::Scope => ("[[", "]]"),
        };
        let _ = writeln!(out, "  n{number}{left}\"{}\"{right}", escaped(&one.lines.join("<br>")));
    }
    open.iter().for_each(|_| out.push_str("  end\n"));
    for arrow in &picture.arrows {
        let _ = match &arrow.back {
            Some(round) => writeln!(out, "  n{} -.->|{}| n{}", arrow.from, escaped(round), arrow.to),
            None => writeln!(out, "  n{} -->|{}| n{}", arrow.from, arrow.port + 1, arrow.to),
        };
        if arrow.gradient {
            let _ = writeln!(out, "  n{} -.-> n{}", arrow.to, arrow.from);
        }
    }
    Ok(out)
}

fn escaped(text: &str) -> String {
    text.replace('"', "#quot;")
}
