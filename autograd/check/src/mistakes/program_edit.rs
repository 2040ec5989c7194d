//! The derived backward program with one edit, a mistake that is easily made when writing that program by hand.
//!
//! A factor or a term dropped, a sign or an operator exchanged, the operands of `-`, `/`, `@` or `^` the other way round,
//! a sum that is a mean or missing, another name in the place of a name. Edits that no longer fit in shape or type are
//! refused by the language itself. The sentence shows the line as it should be and as it behaves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Description, Shown};
use crate::guard::caught;
use crate::witness::reference::Reference;
use ndarray::ArrayD;
use tapegrad_language::ast::{Arg, Binary, Expr, ExprKind, File, Ident, ItemKind, Stmt, StmtKind};
use tapegrad_language::parse::parse;
use tapegrad_language::print::{print, print_expr};

/// One edit of the derived backward program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgramMistake {
    /// The line, the position in it and the edit: the same at all sizes.
    place: String,
    /// The line as it should be and as it behaves.
    sentence: Shown<String>,
}

impl ProgramMistake {
    pub(crate) fn description(&self) -> Description {
        let line = self.place.split(' ').next().unwrap_or_default();
        Description::new(1.75, format!("edit {}", self.place), self.sentence.0.clone()).with_hint(format!(
            "one place of the line for `{line}` were another: {}",
            self.edit_in_words()
        ))
    }

    /// What kind of edit it is, without saying where.
    fn edit_in_words(&self) -> &'static str {
        in_words(&self.place)
    }
}

/// What kind of edit it is, without saying where: the words for its name.
fn in_words(place: &str) -> &'static str {
    let edit = place.rsplit(' ').next().unwrap_or_default();
    let edit = edit.rsplit('.').next().unwrap_or_default();
    if place.contains("name ") {
        return "a name stands where another belongs";
    }
    if place.contains("axis ") {
        return "the sum runs over another axis";
    }
    if place.contains("all axes") {
        return "the sum runs over all axes";
    }
    match edit {
        "right" | "left" => "a term or a factor is missing",
        "minus" | "plus" | "sign" => "a sign is the other way round",
        "divide" | "times" => "it multiplies where it should divide, or the other way round",
        "swap" => "two sides are exchanged",
        "untransposed" => "a matrix is not transposed",
        "uncalled" => "a function or a sum is missing",
        "sum" | "mean" => "a sum stands for a mean, or the other way round",
        _ => "a comparison is another one",
    }
}

/// One edited program and the gradients it gives.
pub(crate) struct EditedProgram {
    /// The edit.
    pub mistake: ProgramMistake,
    /// The gradients of all operands.
    pub gradients: Vec<Option<ArrayD<f64>>>,
}

/// More edits than this take longer than a reader waits.
const EDITS_MAX: usize = 160;

/// All one-edit mutants of the derived backward program of a case; none if there is no such program.
pub(crate) fn all(reference: &Reference) -> Vec<EditedProgram> {
    let x = reference.case.values();
    let found = caught(|| {
        let (symbolic, names) = reference.function.program(&x)?;
        let derived = symbolic.derived()?;
        let edits = edits(&derived.text).into_iter().take(EDITS_MAX);
        let run = |(mistake, text): (ProgramMistake, String)| {
            let gradients = caught(|| derived.run(&text, &names, &x, &reference.g_y))
                .ok()
                .flatten()?;
            Some(EditedProgram { mistake, gradients })
        };
        Some(edits.filter_map(run).collect())
    });
    found.ok().flatten().unwrap_or_default()
}

/// Every single edit of the backward lines, with the whole text.
fn edits(text: &str) -> Vec<(ProgramMistake, String)> {
    let parsed = parse(text);
    let Some((item, stmts)) = parsed
        .file
        .items
        .iter()
        .enumerate()
        .find_map(|(i, item)| match &item.kind {
            ItemKind::Graph { body, .. } => Some((i, &body.stmts)),
            _ => None,
        })
    else {
        return Vec::new();
    };
    let mut names = names(&parsed.file);
    // What comes in is called g_y in reports, and is another name for the same.
    names.retain(|name| !name.starts_with("v_"));
    let defined = definitions(stmts);
    let mut all = Vec::new();
    for (line, stmt) in stmts.iter().enumerate() {
        let StmtKind::Equation(targets, expr, _) = &stmt.kind else {
            continue;
        };
        let [target] = &targets[..] else { continue };
        if !target.name.name.starts_with("g_") {
            continue;
        }
        for (key, edited) in variants(expr, &names) {
            let mut file = parsed.file.clone();
            let ItemKind::Graph { body, .. } = &mut file.items[item].kind else {
                continue;
            };
            let StmtKind::Equation(_, own, _) = &mut body.stmts[line].kind else {
                continue;
            };
            *own = edited.clone();
            let name = &target.name.name;
            let (right, wrong) = (print_expr(expr), print_expr(&edited));
            let meant = where_clauses(&[&right, &wrong], &defined);
            let words = in_words(&key);
            let sentence = format!("`{name} = {right}` were `{name} = {wrong}`{meant}: {words}");
            let mistake = ProgramMistake {
                place: format!("{name} {key}"),
                sentence: Shown(sentence),
            };
            all.push((mistake, print(&file)));
        }
    }
    all
}

/// What the names of a program stand for, but for its gradients.
fn definitions(stmts: &[Stmt]) -> BTreeMap<String, String> {
    let definition = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Equation(targets, expr, _) => match &targets[..] {
            [target] if !target.name.name.starts_with("g_") => Some((target.name.name.clone(), print_expr(expr))),
            _ => None,
        },
        _ => None,
    };
    stmts.iter().filter_map(definition).collect()
}

/// What the numbered names in these texts stand for: `, where v3 = tanh(x)`.
fn where_clauses(texts: &[&str], defined: &BTreeMap<String, String>) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_numbered = |name: &str| {
        let number = name.strip_prefix('v').unwrap_or_default();
        !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
    };
    let mut known: Vec<(String, String)> = Vec::new();
    let mut open: Vec<String> = texts.iter().map(|text| (*text).to_string()).collect();
    while let Some(text) = open.pop() {
        for name in text.split(|c| !is_part(c)).filter(|name| is_numbered(name)) {
            if known.len() < CLAUSES_MAX
                && !known.iter().any(|(own, _)| own == name)
                && let Some(formula) = defined.get(name)
            {
                known.push((name.to_string(), formula.clone()));
                open.push(formula.clone());
            }
        }
    }
    known.sort();
    let clauses: Vec<String> = known
        .iter()
        .map(|(name, formula)| format!("{name} = {formula}"))
        .collect();
    match clauses.is_empty() {
        true => String::new(),
        false => format!(", where {}", clauses.join(", ")),
    }
}

/// A sentence says what at most so many names stand for.
const CLAUSES_MAX: usize = 4;

/// Every name that is given or defined: what may stand in the place of another.
fn names(file: &File) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in &file.items {
        let ItemKind::Graph { body, .. } = &item.kind else {
            continue;
        };
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Input(given) => names.extend(given.iter().map(|decl| decl.name.name.clone())),
                StmtKind::Equation(targets, ..) => names.extend(targets.iter().map(|t| t.name.name.clone())),
                _ => {}
            }
        }
    }
    names
}

/// The expression with one edit, for every place, with the name of the edit.
fn variants(expr: &Expr, names: &BTreeSet<String>) -> Vec<(String, Expr)> {
    let with = |kind: ExprKind| Expr { kind, span: expr.span };
    let mut all: Vec<(String, Expr)> = Vec::new();
    match &expr.kind {
        ExprKind::Binary(op, a, b) => {
            let binary =
                |op: Binary, a: &Expr, b: &Expr| with(ExprKind::Binary(op, Box::new(a.clone()), Box::new(b.clone())));
            for (key, edited) in operator_edits(*op, a, b) {
                all.push((
                    key.to_string(),
                    edited.map_or_else(|other| binary(other.0, other.1, other.2), Clone::clone),
                ));
            }
            all.extend(
                variants(a, names)
                    .into_iter()
                    .map(|(key, a)| (format!("l.{key}"), binary(*op, &a, b))),
            );
            all.extend(
                variants(b, names)
                    .into_iter()
                    .map(|(key, b)| (format!("r.{key}"), binary(*op, a, &b))),
            );
        }
        ExprKind::Neg(a) => {
            all.push(("sign".to_string(), (**a).clone()));
            let negated = |(key, a): (String, Expr)| (format!("n.{key}"), with(ExprKind::Neg(Box::new(a))));
            all.extend(variants(a, names).into_iter().map(negated));
        }
        ExprKind::Field(x, _) => all.push(("untransposed".to_string(), (**x).clone())),
        ExprKind::Call(function, args) => all.extend(call_edits(expr, function, args, names)),
        ExprKind::Name(own) => {
            let other = |name: &String| (format!("name {name}"), with(ExprKind::Name(name.clone())));
            all.extend(names.iter().filter(|name| *name != own).map(other));
        }
        _ => {}
    }
    all
}

/// The edits of one operator: one side alone, another operator, or the operands exchanged.
fn operator_edits<'e>(
    op: Binary,
    a: &'e Expr,
    b: &'e Expr,
) -> Vec<(&'static str, Result<&'e Expr, (Binary, &'e Expr, &'e Expr)>)> {
    match op {
        Binary::Add => vec![
            ("drop right", Ok(a)),
            ("drop left", Ok(b)),
            ("minus", Err((Binary::Sub, a, b))),
        ],
        Binary::Sub => vec![
            ("drop right", Ok(a)),
            ("drop left", Ok(b)),
            ("plus", Err((Binary::Add, a, b))),
            ("swap", Err((Binary::Sub, b, a))),
        ],
        Binary::Mul => vec![
            ("drop right", Ok(a)),
            ("drop left", Ok(b)),
            ("divide", Err((Binary::Div, a, b))),
        ],
        Binary::Div => vec![
            ("drop right", Ok(a)),
            ("times", Err((Binary::Mul, a, b))),
            ("swap", Err((Binary::Div, b, a))),
        ],
        Binary::Matmul => vec![("swap", Err((Binary::Matmul, b, a)))],
        Binary::Pow => vec![("drop right", Ok(a))],
        Binary::Less => vec![("<=", Err((Binary::LessEqual, a, b)))],
        Binary::LessEqual => vec![("<", Err((Binary::Less, a, b)))],
        Binary::Greater => vec![
            (">=", Err((Binary::GreaterEqual, a, b))),
            ("swap", Err((Binary::Greater, b, a))),
        ],
        Binary::GreaterEqual => vec![(">", Err((Binary::Greater, a, b)))],
        _ => Vec::new(),
    }
}

/// A call with its function left out or exchanged, or one argument edited.
fn call_edits(expr: &Expr, function: &Expr, args: &[Arg], names: &BTreeSet<String>) -> Vec<(String, Expr)> {
    let with = |kind: ExprKind| Expr { kind, span: expr.span };
    let mut all = Vec::new();
    if let [Arg::Value(only), ..] = args {
        all.push(("uncalled".to_string(), only.clone()));
    }
    let twin = match function.as_name() {
        Some("sum") => Some("mean"),
        Some("mean") => Some("sum"),
        _ => None,
    };
    if let Some(twin) = twin {
        let function = Expr {
            kind: ExprKind::Name(twin.to_string()),
            span: function.span,
        };
        all.push((
            twin.to_string(),
            with(ExprKind::Call(Box::new(function), args.to_vec())),
        ));
    }
    for (i, arg) in args.iter().enumerate() {
        if let Arg::Over(own) = arg {
            all.extend(axis_edits(own).into_iter().map(|(key, over)| {
                let mut args = args.to_vec();
                match over {
                    Some(over) => args[i] = Arg::Over(over),
                    None => drop(args.remove(i)),
                }
                (key, with(ExprKind::Call(Box::new(function.clone()), args)))
            }));
        }
        let Arg::Value(value) = arg else { continue };
        for (key, edited) in variants(value, names) {
            let mut args = args.to_vec();
            args[i] = Arg::Value(edited);
            all.push((
                format!("{i}.{key}"),
                with(ExprKind::Call(Box::new(function.clone()), args)),
            ));
        }
    }
    all
}

/// The axes that a sum may be taken over instead: one of its neighbours, or all.
fn axis_edits(own: &[Ident]) -> Vec<(String, Option<Vec<Ident>>)> {
    let [only] = own else { return Vec::new() };
    let number = only
        .name
        .strip_prefix('p')
        .and_then(|number| number.parse::<usize>().ok());
    let named = |number: usize| Ident {
        name: format!("p{number}"),
        ..only.clone()
    };
    let other = |number: usize| (format!("axis p{number}"), Some(vec![named(number)]));
    let neighbours = number.into_iter().flat_map(|own| [own.wrapping_sub(1), own + 1]);
    let neighbours = neighbours.filter(|number| (1..=4).contains(number)).map(other);
    neighbours.chain([("all axes".to_string(), None)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_edit_changes_one_place_of_one_line() {
        let text = "graph f_backward {\n    input a[p1:3], v_y[p1:3]\n    y = tanh(a)\n    g_a = v_y * (1 - y^2)\n    output g_a\n}\n";
        let sentences: Vec<String> = edits(text).into_iter().map(|(mistake, _)| mistake.sentence.0).collect();
        for wanted in [
            "`g_a = v_y * (1 - y^2)` were `g_a = v_y`",
            "were `g_a = v_y * (1 + y^2)`",
            "were `g_a = v_y * (1 - y)`",
        ] {
            assert!(
                sentences.iter().any(|s| s.contains(wanted)),
                "{wanted} is not among {sentences:#?}"
            );
        }
    }
}
