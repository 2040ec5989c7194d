//! The graph as an indented list: scopes, and in them one line a node.

use std::fmt::Write;

use super::Picture;

/// The picture as text for a terminal or a screen reader.
pub fn tree(picture: &Picture) -> String {
    let mut out = String::new();
    let mut open: Vec<String> = Vec::new();
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
        let from: Vec<String> = picture
            .arrows
            .iter()
            .filter(|arrow| arrow.to == number)
            .map(|arrow| title(picture, arrow.from))
            .collect();
        let indent = 2 * one.scope.len();
        let from = if from.is_empty() {
            String::new()
        } else {
            format!(" <- {}", from.join(", "))
        };
        let rest = one.lines[1..].join(" ");
        let rest = if rest.is_empty() {
            String::new()
        } else {
            format!(": {rest}")
        };
        let _ = writeln!(out, "{:indent$}{}{rest}{from}", "", title(picture, number));
    }
    out
}

/// The name of a box, or its number.
fn title(picture: &Picture, number: usize) -> String {
    let one = &picture.boxes[number];
    if one.lines.len() > 1 {
        one.lines[0].clone()
    } else {
        format!("#{number} {}", one.lines[0])
    }
}
