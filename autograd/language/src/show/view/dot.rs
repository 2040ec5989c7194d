//! The picture in the DOT language of Graphviz, scopes as clusters.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{BoxKind, Picture, PictureBox};

/// The picture as DOT; gradients are dashed arrows against the direction of the forward pass.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph g {\n  rankdir=BT;\n  node [fontname=\"sans-serif\"];\n");
    let mut open: Vec<String> = Vec::new();
    let mut clusters = 0;
    let names = names(picture);
    for (number, one) in picture.boxes.iter().enumerate() {
        let common = open
            .iter()
            .zip(&one.scope)
            .take_while(|(open, own)| open == own)
            .count();
        (common..open.len()).for_each(|_| out.push_str("  }\n"));
        open.truncate(common);
        for name in &one.scope[common..] {
            clusters += 1;
            let _ = writeln!(out, "  subgraph cluster_{clusters} {{\n  label={};", quoted(name));
            open.push(name.clone());
        }
        let shape = match one.kind {
            BoxKind::Input => "ellipse",
            BoxKind::Data => "diamond",
            BoxKind::Param => "house",
            BoxKind::Constant => "plaintext",
            BoxKind::Op => "box",
            BoxKind::Scope => "box3d",
        };
        let _ = writeln!(
            out,
            "  {} [shape={shape}, label={}];",
            names[number],
            quoted(&one.lines.join("\n"))
        );
    }
    open.iter().for_each(|_| out.push_str("  }\n"));
    for arrow in &picture.arrows {
        let label = match &arrow.back {
            Some(round) => format!("label={}, style=dashed", quoted(round)),
            None => format!("label=\"{}\"", arrow.port + 1),
        };
        let (from, to) = (&names[arrow.from], &names[arrow.to]);
        let _ = writeln!(out, "  {from} -> {to} [{label}];");
        if arrow.gradient {
            let _ = writeln!(
                out,
                "  {to} -> {from} [style=dashed, constraint=false, color=\"#b03030\"];"
            );
        }
    }
    out.push_str("}\n");
    out
}

/// The boxes by the names of the program; of several with one name, each further one with a number.
fn names(picture: &Picture) -> Vec<String> {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut name = |one: &PictureBox| {
        let path = one.path();
        let count = used.entry(path.clone()).or_default();
        *count += 1;
        match count {
            1 => quoted(&path),
            count => quoted(&format!("{path} #{count}")),
        }
    };
    picture.boxes.iter().map(&mut name).collect()
}

fn quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    )
}
