//! The graph as an indented list: scopes, and in them one line a node.

use std::fmt::Write;

use super::{Arrow, Picture};

/// The picture as text for a terminal or a screen reader.
pub fn tree(picture: &Picture) -> String {
    let mut out = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut incoming: Vec<Vec<&Arrow>> = vec![Vec::new(); picture.boxes.len()];
    let mut arrows: Vec<&Arrow> = picture.arrows.iter().collect();
    arrows.sort_by_key(|arrow| (arrow.to, arrow.port));
    arrows.into_iter().for_each(|arrow| incoming[arrow.to].push(arrow));
    for (number, one) in picture.boxes.iter().enumerate() {
        let common = open
            .iter()
            .zip(&one.scope)
            .take_while(|(open, own)| open == own)
            .count();
        for (depth, name) in one.scope.iter().enumerate().skip(common) {
            let _ = writeln!(out, "{:1$}{name}/", "", 2 * depth);
        }
        open.clone_from(&one.scope);
        let operand = |arrow: &&Arrow| match &arrow.back {
            Some(round) => format!("{} of {round}", title(picture, arrow.from)),
            None => title(picture, arrow.from),
        };
        let from: Vec<String> = incoming[number].iter().map(operand).collect();
        let indent = 2 * one.scope.len();
        let from = if from.is_empty() {
            String::new()
        } else {
            format!(" <- {}", from.join(", "))
        };
        let own = if one.lines.len() > 1 {
            format!("{}: {}", one.lines[0], one.lines[1..].join(" "))
        } else {
            format!("#{number} {}", one.lines[0])
        };
        let _ = writeln!(out, "{:indent$}{own}{from}", "");
    }
    out
}

/// The name of a box, or its number and op.
fn title(picture: &Picture, number: usize) -> String {
    let one = &picture.boxes[number];
    if one.lines.len() > 1 {
        one.lines[0].clone()
    } else {
        format!("#{number} {}", one.lines[0].split(" [").next().unwrap_or_default())
    }
}
