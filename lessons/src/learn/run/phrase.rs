//! How a node is computed, in the names of its operands: `alpha @ x`, `log(y)`, `sum(W, over D)`.

use tapegrad_autograd::graph::{Graph, NodeId, Source};
use tapegrad_autograd::language::attributes;
use tapegrad_autograd::language::elaborate::Elaborated;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::ops::AnyOp;

use super::numeral::numeral;
use super::trace::Trace;

/// A part of a formula longer than this is left out.
const LENGTH_MAX: usize = 60;

/// What stands for a part that is left out.
const LEFT_OUT: &str = "…";

/// The names of the axes of each node: empty if the program does not know the node, `None` for an axis that no name tells
/// from the others.
pub type AxisNames = Vec<Vec<Option<String>>>;

/// The names of the axes of a recorded program.
pub fn axis_names(graph: &Graph, program: &Program, elaborated: &Elaborated) -> AxisNames {
    let of_node = |node: usize| {
        let value = elaborated.origins.get(node).copied().flatten();
        let axes = value.map_or(&[][..], |value| &program.values[value].ty.axes);
        let name = |axis: &tapegrad_autograd::language::types::Axis| axis.name_among(axes).map(str::to_string);
        axes.iter().map(name).collect()
    };
    (0..graph.len()).map(of_node).collect()
}

/// Says of each node of a trace how it is computed; `written` has the program's own text where that is better.
pub fn word(trace: &mut Trace, written: &[Option<String>]) {
    let named = trace.nodes.iter().map(|node| node.is_named.then(|| node.label.clone()));
    let naming = Naming {
        graph: &trace.graph,
        named: named.collect(),
        axes: &trace.axes,
        written,
    };
    let phrases: Vec<String> = (0..trace.nodes.len())
        .map(|node| naming.phrase(NodeId::new(node)))
        .collect();
    for (own, text) in trace.nodes.iter_mut().zip(phrases) {
        if !own.is_named {
            own.label.clone_from(&text);
        }
        own.phrase = text;
    }
}

/// The names in which phrases are written.
struct Naming<'g> {
    graph: &'g Graph,
    /// For each node its name in the program, if it has one.
    named: Vec<Option<String>>,
    axes: &'g AxisNames,
    /// The program's own text of what has no name, where that is better.
    written: &'g [Option<String>],
}

impl Naming<'_> {
    fn written(&self, node: NodeId) -> Option<&String> {
        self.written.get(node.index())?.as_ref()
    }

    /// How a node is computed; for one that is given, what it is.
    fn phrase(&self, node: NodeId) -> String {
        match self.graph.node(node).source {
            Source::Input => "an input".into(),
            Source::Data => "data, without a gradient".into(),
            Source::Param(_) => "a parameter".into(),
            Source::Constant(value) => numeral(*value),
            Source::Module(_) => "a module's own forward()".into(),
            Source::Op(op) => self.written(node).cloned().unwrap_or_else(|| self.of_op(node, op)),
        }
    }

    /// How an operand is called inside a phrase: its name, its number, or its own phrase, in parentheses if it binds
    /// less than `tight`.
    fn operand(&self, node: NodeId, tight: u8) -> String {
        if let Some(name) = &self.named[node.index()] {
            return name.clone();
        }
        match self.graph.node(node).source {
            Source::Constant(value) => numeral(*value),
            // Another shape of the same numbers needs no word of its own.
            Source::Op(op) if ["reshape", "broadcast"].contains(&op.name()) => {
                self.operand(self.graph.node(node).operands[0], tight)
            }
            Source::Op(op) => {
                let (inner, binds) = match self.written(node) {
                    Some(text) => (text.clone(), if text.contains(' ') { 0 } else { 9 }),
                    None => (self.of_op(node, op), infix(op.name()).map_or(9, |(_, binds)| binds)),
                };
                match (inner.chars().count() > LENGTH_MAX, binds < tight) {
                    (true, _) => LEFT_OUT.into(),
                    (false, true) => format!("({inner})"),
                    (false, false) => inner,
                }
            }
            _ => self.phrase(node),
        }
    }

    fn of_op(&self, node: NodeId, op: &AnyOp) -> String {
        let ids = self.graph.node(node).operands;
        let called = |position: usize, tight: u8| self.operand(ids[position], tight);
        match (op.name(), infix(op.name()), ids.len()) {
            ("neg", ..) => format!("-{}", called(0, 3)),
            (_, Some((sign, binds)), 2) => format!("{} {sign} {}", called(0, binds), called(1, binds + 1)),
            ("power", ..) => match attributes::encode(op).first().and_then(|(_, n)| n.first().copied()) {
                Some(n) => format!("{}^{}", called(0, 6), numeral(n)),
                None => format!("{}^n", called(0, 6)),
            },
            ("permute", ..) if is_transpose(op) => format!("{}.T", called(0, 6)),
            ("pick", _, 2) => format!("{}[i, {}[i]]", called(0, 6), called(1, 0)),
            ("embedding", _, 2) => format!("{}[{}]", called(0, 6), called(1, 0)),
            ("slice", ..) => slice(&called(0, 6), op),
            ("where", _, 3) => format!("if {} then {} else {}", called(0, 0), called(1, 0), called(2, 0)),
            (name, ..) => {
                let all: Vec<String> = (0..ids.len()).map(|position| called(position, 0)).collect();
                format!("{name}({}{})", all.join(", "), self.over(ids, op))
            }
        }
    }

    /// The axes of an op that goes over some of them, as the language writes them: `, over k`.
    ///
    /// They are left out where the language leaves them out, for an operand with a single axis.
    fn over(&self, operands: &[NodeId], op: &AnyOp) -> String {
        let (Some(positions), Some(&operand)) = (axes_of(op), operands.first()) else {
            return String::new();
        };
        let rank = self.graph.shape(operand).rank();
        if rank < 2 {
            return String::new();
        }
        let all = if positions.is_empty() {
            (0..rank).collect()
        } else {
            positions
        };
        let names = &self.axes[operand.index()];
        let name = |axis: &usize| names.get(*axis).cloned().flatten().filter(|_| names.len() == rank);
        match all.iter().map(name).collect::<Option<Vec<String>>>() {
            Some(names) => format!(", over {}", names.join(", ")),
            None if all.len() == rank => ", over all axes".into(),
            None => {
                let places: Vec<String> = all.iter().map(|axis| (axis + 1).to_string()).collect();
                format!(", over axis {}", places.join(", "))
            }
        }
    }
}

/// True if a permutation swaps the last two axes.
fn is_transpose(op: &AnyOp) -> bool {
    let order = attribute(op, "order").unwrap_or_default();
    let swapped = |(at, &from): (usize, &f64)| {
        let to = match order.len() - at {
            1 => at - 1,
            2 => at + 1,
            _ => at,
        };
        from == to as f64
    };
    order.len() >= 2 && order.iter().enumerate().all(swapped)
}

/// The axes that an op goes over; no axis stands for all of them.
fn axes_of(op: &AnyOp) -> Option<Vec<usize>> {
    let numbers = attribute(op, "over").or_else(|| attribute(op, "axis"))?;
    Some(numbers.into_iter().map(|axis| axis as usize).collect())
}

/// The sign of an op that stands between its operands, or before its only one, and how tightly it binds.
fn infix(op: &str) -> Option<(&'static str, u8)> {
    let signs = [
        ("add", "+", 1),
        ("sub", "-", 1),
        ("neg", "-", 2),
        ("mul", "*", 3),
        ("div", "/", 3),
        ("matmul", "@", 3),
        ("pow", "^", 5),
    ];
    signs
        .into_iter()
        .find_map(|(name, sign, binds)| (name == op).then_some((sign, binds)))
}

fn attribute(op: &AnyOp, field: &str) -> Option<Vec<f64>> {
    let attributes = attributes::encode(op);
    attributes
        .into_iter()
        .find_map(|(name, numbers)| (name == field).then_some(numbers))
}

fn slice(a: &str, op: &AnyOp) -> String {
    let one = |field: &str| attribute(op, field).and_then(|numbers| numbers.first().copied());
    match (one("axis"), one("start"), one("end")) {
        (Some(0.0), Some(start), Some(end)) if end == start + 1.0 => format!("{a}[{}]", numeral(start + 1.0)),
        (_, Some(start), Some(end)) => format!("slice({a}, {} to {})", numeral(start + 1.0), numeral(end)),
        _ => format!("slice({a})"),
    }
}

/// A formula of an op with its letters replaced by the names of a node and its operands.
///
/// `letters` pairs each letter with a name; `g_` before a letter stays in front of the name.
pub fn localised(formula: &str, letters: &[(String, String)]) -> String {
    let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
    let named = |word: &str| {
        let of = |letter: &str| {
            letters
                .iter()
                .find(|(own, _)| own == letter)
                .map(|(_, name)| name.clone())
        };
        of(word)
            .or_else(|| Some(format!("g_{}", of(word.strip_prefix("g_")?)?)))
            .unwrap_or_else(|| word.to_string())
    };
    let (mut out, mut word) = (String::new(), String::new());
    for sign in formula.chars() {
        if is_word(sign) {
            word.push(sign);
            continue;
        }
        out += &named(&std::mem::take(&mut word));
        out.push(sign);
    }
    out + &named(&word)
}

/// The equations of a backward formula for the operands that get a gradient, and for what these need.
pub fn wanted(formula: &str, unwanted: &[String]) -> String {
    let mut equations: Vec<String> = Vec::new();
    for part in formula.split(", ") {
        match equations.last_mut() {
            Some(last) if !(part.starts_with("g_") && part.contains(" = ")) => *last += &format!(", {part}"),
            _ => equations.push(part.to_string()),
        }
    }
    let is_wanted = |equation: &String| {
        let left = equation.trim_start_matches("g_");
        !unwanted
            .iter()
            .any(|letter| left.starts_with(&format!("{letter} =")) || left.starts_with(&format!("{letter}[")))
    };
    equations.into_iter().filter(is_wanted).collect::<Vec<_>>().join(", ")
}

/// The letter that a forward formula gives its result.
pub fn result_letter(forward: &str) -> String {
    forward
        .chars()
        .take_while(|sign| sign.is_alphanumeric() || *sign == '_')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_told_in_the_names_of_the_graph() {
        let letters = [("c", "b"), ("a", "beta"), ("b", "z")].map(|(a, b)| (a.to_string(), b.to_string()));
        assert_eq!(
            localised("g_a = g_c @ b.T, g_b = a.T @ g_c", &letters),
            "g_beta = g_b @ z.T, g_z = beta.T @ g_b"
        );
        assert_eq!(result_letter("y[i] = x[start + i]"), "y");
        let both = "g_a = g_z * b, g_b = g_z * a";
        assert_eq!(wanted(both, &["a".to_string()]), "g_b = g_z * a");
    }
}
