//! The table as text, Markdown, LaTeX and HTML.

use super::formula::Formula;
use super::spell::Spelling;
use super::{Format, Row, mathml};

/// The table in a file format.
pub fn print(rows: &[Row], format: Format) -> String {
    match format {
        Format::Text => text(rows),
        Format::Markdown => markdown(rows),
        Format::Latex => latex(rows),
        Format::Html => html(rows),
    }
}

fn equation((left, right): &(Formula, Formula), spelling: Spelling) -> String {
    format!("{} = {}", left.spell(spelling), right.spell(spelling))
}

/// Label, forward formula, and the lines of the backward column.
type Cells = (String, String, Vec<String>);

fn text(rows: &[Row]) -> String {
    let cells: Vec<Cells> = rows
        .iter()
        .map(|row| {
            let forward = equation(&row.forward, Spelling::Text);
            let backward: Vec<String> = row.backward.iter().map(|one| equation(one, Spelling::Text)).collect();
            (row.label.clone(), forward, lines_of(&row.backward, &backward))
        })
        .collect();
    let wide = |of: &dyn Fn(&Cells) -> usize| cells.iter().map(of).max().unwrap_or(0);
    let label = wide(&|cell| cell.0.chars().count());
    let forward = wide(&|cell| cell.1.chars().count()).max("Forward".len());
    let mut out = format!("{:label$}  {:forward$}  Backward\n", "", "Forward");
    for (name, left, right) in &cells {
        let mut right = right.iter();
        let first = right.next().map_or("", String::as_str);
        out.push_str(format!("{name:label$}  {left:forward$}  {first}").trim_end());
        out.push('\n');
        for more in right {
            out.push_str(&format!("{:label$}  {:forward$}  {more}\n", "", ""));
        }
    }
    out
}

/// A gradient and its local derivative stand on one line.
fn lines_of(equations: &[(Formula, Formula)], spelled: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for ((left, _), text) in equations.iter().zip(spelled) {
        match (left, lines.last_mut()) {
            (Formula::Partial(..), Some(line)) => line.push_str(&format!(", {text}")),
            _ => lines.push(text.clone()),
        }
    }
    lines
}

fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| | Forward | Backward |\n|---|---|---|\n");
    for row in rows {
        let backward: Vec<String> = row
            .backward
            .iter()
            .map(|one| format!("${}$", equation(one, Spelling::Latex)))
            .collect();
        let lines = lines_of(&row.backward, &backward).join("<br>");
        out.push_str(&format!(
            "| {} | ${}$ | {lines} |\n",
            row.label,
            equation(&row.forward, Spelling::Latex)
        ));
    }
    out
}

fn latex(rows: &[Row]) -> String {
    let mut out = String::from(
        "{\\renewcommand{\\arraystretch}{1.8}\n\\begin{tabular}{lll}\n & Forward & Backward \\\\\n\\hline\n",
    );
    for row in rows {
        let backward: Vec<String> = row
            .backward
            .iter()
            .map(|one| format!("${}$", equation(one, Spelling::Latex)))
            .collect();
        let mut lines = lines_of(&row.backward, &backward).into_iter();
        let first = lines.next().unwrap_or_default();
        out.push_str(&format!(
            "{} & ${}$ & {first} \\\\\n",
            row.label,
            equation(&row.forward, Spelling::Latex)
        ));
        lines.for_each(|line| out.push_str(&format!(" & & {line} \\\\\n")));
    }
    out.push_str("\\end{tabular}}\n");
    out
}

/// How the page looks: lines between rows; names of several letters are in italics, as those of one letter are.
const STYLE: &str = "body { font: 17px/1.9 serif; margin: 1.5em } table { border-collapse: collapse }\n\
    th, td { padding: .25em 1.2em; border-bottom: 1px solid #bbb; text-align: left; vertical-align: top }\n\
    th { font: bold 15px/2.1 sans-serif } mi.name { font-style: italic } p { margin: .3em 0 }";

fn html(rows: &[Row]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Forward and backward</title>\n\
         <style>{STYLE}</style></head><body>\n<table>\n<tr><th></th><th>Forward</th><th>Backward</th></tr>\n"
    );
    for row in rows {
        let backward: Vec<String> = row.backward.iter().map(mathml::equation).collect();
        let lines = lines_of(&row.backward, &backward).join("</p><p>");
        let forward = mathml::equation(&row.forward);
        out.push_str(&format!(
            "<tr><th>{}</th><td><p>{forward}</p></td><td><p>{lines}</p></td></tr>\n",
            row.label
        ));
    }
    out.push_str("</table>\n</body></html>\n");
    out
}
