//! Expressions that are computed entry by entry, with kinks, conditions and repeated operands.

use super::author::{Author, Axis, Known, is_part};

/// Smooth functions of one number.
const SMOOTH: [&str; 18] = [
    "tanh(X)",
    "sigmoid(X)",
    "-X",
    "X^2",
    "X^1",
    "tanh(X)^3",
    "log(1 + X^2)",
    "sqrt(1 + X^2)",
    "1 / (1 + X^2)",
    "softplus(X)",
    "silu(X)",
    "gelu(X)",
    "gelu_tanh(X)",
    "sin(X)",
    "erf(X)",
    "cos(X)",
    "(1.5 + sigmoid(X))^-2",
    "log1p(X^2)",
];

/// Functions with kinks, or with steps.
const KINKED: [&str; 9] = [
    "relu(X)",
    "abs(X)",
    "sign(X) * X",
    "exp(-abs(X))",
    "clip(X, -1, 1)",
    "clip(X, 0, 0.5)",
    "floor(X) + X",
    "(0.5 * X + round(X))",
    "max(X, 0)",
];

impl Author {
    /// An expression with these axes over values that the caller offers besides the known ones.
    pub fn entrywise(&mut self, axes: &[Axis], offered: &[Known], depth: usize) -> String {
        if depth == 0 {
            return self.whole(axes, offered);
        }
        let form = if self.smooth {
            self.one_of(&[0, 0, 4, 4, 9, 11])
        } else {
            self.below(12)
        };
        match form {
            0..4 => {
                let form = if self.smooth || self.chance(0.5) {
                    self.one_of(&SMOOTH)
                } else {
                    self.one_of(&KINKED)
                };
                let inner = self.entrywise(axes, offered, depth - 1);
                let inner = if form.matches('X').count() > 1 && inner.len() > 40 {
                    self.whole(axes, offered)
                } else {
                    inner
                };
                form.replace('X', &format!("({inner})"))
            }
            4..8 => {
                let sign = self.one_of(&["+", "-", "*", "+", "-"]);
                let [l, r] = self.pair(axes, offered, depth);
                if sign == "*" {
                    format!("tanh({l}) * ({r})")
                } else {
                    format!("({l} {sign} ({r}))")
                }
            }
            8 => {
                let function = self.one_of(&["max", "min"]);
                let [l, r] = self.pair(axes, offered, depth);
                format!("{function}({l}, {r})")
            }
            9 => {
                let [l, r] = self.pair(axes, offered, depth);
                format!("({l}) / (1.5 + tanh({r}))")
            }
            10 => {
                let [a, b] = self.pair(axes, offered, 1);
                let [yes, no] = self.pair(axes, offered, depth);
                let sign = self.one_of(&["<", "<=", "==", "!=", ">=", ">"]);
                let more = if self.chance(0.3) {
                    let [c, d] = self.pair(axes, offered, 1);
                    let word = self.one_of(&["and", "or"]);
                    format!(" {word} {c} >= {d}")
                } else {
                    String::new()
                };
                format!("(if {a} {sign} {b}{more} then {yes} else {no})")
            }
            _ => {
                let base = self.entrywise(axes, offered, depth - 1);
                let exponent = self.part(axes, offered);
                format!("(1.2 + tanh({base}))^(tanh({exponent}))")
            }
        }
    }

    /// Two operands in random order, of which one has all axes.
    fn pair(&mut self, axes: &[Axis], offered: &[Known], depth: usize) -> [String; 2] {
        let whole = self.entrywise(axes, offered, depth - 1);
        let part = self.part(axes, offered);
        if self.chance(0.5) { [whole, part] } else { [part, whole] }
    }

    /// A value with all of the axes.
    fn whole(&mut self, axes: &[Axis], offered: &[Known]) -> String {
        if axes.is_empty() && self.chance(0.1) {
            return self.one_of(&["0", "1", "0.5", "2", "-1"]).to_string();
        }
        let mine = offered.iter().filter(|one| one.axes == axes);
        let fitting: Vec<String> = mine.map(|one| one.name.clone()).collect();
        if !fitting.is_empty() && self.chance(0.75) {
            return self.one_of(&fitting);
        }
        let all = self.known.iter().chain(offered).filter(|one| one.axes == axes);
        let all: Vec<String> = all.map(|one| one.name.clone()).collect();
        if all.is_empty() || self.chance(0.05) {
            let part = self.part(axes, offered);
            return if axes.is_empty() {
                part
            } else {
                format!("broadcast({part}, to => {})", super::author::shape(axes))
            };
        }
        self.one_of(&all)
    }

    /// A value with some of the axes, or a number.
    fn part(&mut self, axes: &[Axis], offered: &[Known]) -> String {
        // Of two axes with one size and different names, only the whole lines up without doubt.
        let all = self.known.iter().chain(offered).filter(|one| is_part(&one.axes, axes));
        let all: Vec<String> = all.map(|one| one.name.clone()).collect();
        if all.is_empty() || self.chance(0.2) {
            return self.one_of(&["0", "1", "0.5", "2", "-1"]).to_string();
        }
        self.one_of(&all)
    }
}

/// A neighbour of a position that exists only under its condition: in the derivative, the condition splits the loop.
pub fn neighbour_of(x: &str, t: &str, end: &str, kind: usize) -> Option<String> {
    Some(match kind {
        0 => format!("(if {t} > 1 then {x}[{t}-1] else {x}[{t}])"),
        1 => format!("(if {t} <= 1 then {x}[{t}] else {x}[{t}-1])"),
        2 => format!("(if {t} < {end} then {x}[{t}+1] else 0.5 * {x}[{t}])"),
        3 => format!("(if {t} >= {end} or {t} <= 1 then {x}[{t}] else {x}[{t}+1] * {x}[{t}-1])"),
        _ => return None,
    })
}
