//! Formulas of the lecture's table, and two spellings: plain text and LaTeX.

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// A number.
    Number(f64),
    /// A name with indices.
    Symbol(String, Vec<Formula>),
    /// A function, perhaps along an index.
    Call(String, Vec<Formula>, Option<String>),
    /// A negation.
    Neg(Box<Formula>),
    /// A binary operator: `+ - * / ^ @`.
    Operator(char, Box<Formula>, Box<Formula>),
    /// A sum or another reduction over an index.
    Over(&'static str, String, Box<Formula>),
    /// `∂y/∂x`.
    Partial(Box<Formula>, Box<Formula>),
    /// The transpose.
    Transposed(Box<Formula>),
}

/// How a formula is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Plain text.
    Text,
    /// LaTeX, without dollar signs.
    Latex,
}

use crate::syntax::print;
use Formula::*;

impl Formula {
    /// An operator between two formulas.
    pub fn operator(sign: char, left: Self, right: Self) -> Self {
        Operator(sign, Box::new(left), Box::new(right))
    }

    /// The formula in one of the spellings.
    pub fn spell(&self, spelling: Spelling) -> String {
        match self {
            Number(value) => print::number(*value).replace("inf", infinity(spelling)),
            Symbol(name, indices) => symbol(name, indices, spelling),
            Call(name, args, along) => call(name, args, along.as_deref(), spelling),
            Neg(of) => format!("-{}", of.part(6, spelling)),
            Operator(sign, left, right) => operator(*sign, left, right, spelling),
            Over(reducer, index, body) => over(reducer, index, body, spelling),
            Partial(of, by) => partial(of, by, spelling),
            Transposed(of) => match spelling {
                Spelling::Text => format!("{}^T", of.part(8, spelling)),
                Spelling::Latex => format!("{}^\\top", of.part(8, spelling)),
            },
        }
    }

    pub(super) fn strength(&self) -> u8 {
        match self {
            Operator('+' | '-', ..) => 4,
            Over(..) => 4,
            Operator('*' | '/' | '@', ..) => 5,
            Neg(_) => 5,
            Operator(..) | Transposed(_) => 7,
            _ => 9,
        }
    }

    fn part(&self, needed: u8, spelling: Spelling) -> String {
        let own = self.spell(spelling);
        match (self.strength() < needed, spelling) {
            (false, _) => own,
            (true, Spelling::Latex) => format!("\\left({own}\\right)"),
            (true, _) => format!("({own})"),
        }
    }
}

fn infinity(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Text => "inf",
        Spelling::Latex => "\\infty",
    }
}

/// Names that are spelled as a letter.
pub(super) const GREEK: &[(&str, &str)] = &[
    ("alpha", "α"),
    ("beta", "β"),
    ("gamma", "γ"),
    ("delta", "δ"),
    ("epsilon", "ε"),
    ("zeta", "ζ"),
    ("eta", "η"),
    ("theta", "θ"),
    ("lambda", "λ"),
    ("mu", "μ"),
    ("nu", "ν"),
    ("xi", "ξ"),
    ("pi", "π"),
    ("rho", "ρ"),
    ("sigma", "σ"),
    ("tau", "τ"),
    ("phi", "φ"),
    ("chi", "χ"),
    ("psi", "ψ"),
    ("omega", "ω"),
];

/// A name: what follows an underscore is below the line, a gradient `g_z_j` has its value's name below.
fn symbol(name: &str, indices: &[Formula], spelling: Spelling) -> String {
    let mut below: Vec<String> = Vec::new();
    let (head, tail) = name.split_once('_').unwrap_or((name, ""));
    let places: Vec<String> = indices.iter().map(|index| index.spell(spelling)).collect();
    let is_letter = |index: &Formula| index.spell(Spelling::Text).chars().count() == 1;
    let joined = places.join(if indices.iter().all(is_letter) { "" } else { "," });
    if spelling == Spelling::Text {
        let index = if places.is_empty() {
            String::new()
        } else {
            format!("_{joined}")
        };
        return format!("{name}{index}");
    }
    if head == "g" && !tail.is_empty() {
        below.push(symbol(tail, indices, spelling));
    } else {
        below.extend((!tail.is_empty()).then(|| letter(&tail.replace('_', " "), spelling)));
        below.extend((!joined.is_empty()).then_some(joined));
    }
    let head = letter(head, spelling);
    match below.is_empty() {
        true => head,
        false => format!("{head}_{{{}}}", below.join(",")),
    }
}

fn letter(name: &str, spelling: Spelling) -> String {
    let greek = GREEK.iter().any(|(own, _)| *own == name);
    match spelling {
        Spelling::Latex if greek => format!("\\{name}"),
        Spelling::Latex if name.chars().count() > 1 => format!("\\mathit{{{}}}", name.replace('_', "\\_")),
        _ => name.to_string(),
    }
}

fn call(name: &str, args: &[Formula], along: Option<&str>, spelling: Spelling) -> String {
    let args: Vec<String> = args.iter().map(|arg| arg.spell(spelling)).collect();
    let args = args.join(", ");
    match (spelling, along) {
        (Spelling::Text, None) => format!("{name}({args})"),
        (Spelling::Text, Some(index)) => format!("{name}_{index}({args})"),
        (Spelling::Latex, along) => {
            let name = match name {
                "log" | "exp" | "tanh" => format!("\\{name}"),
                name => format!("\\operatorname{{{}}}", name.replace('_', "\\_")),
            };
            let index = along.map_or(String::new(), |index| format!("_{{{index}}}"));
            format!("{name}{index}\\left({args}\\right)")
        }
    }
}

fn operator(sign: char, left: &Formula, right: &Formula, spelling: Spelling) -> String {
    let (l, r) = match sign {
        '+' => (4, 4),
        '-' => (4, 5),
        '^' => (8, 8),
        _ => (5, 6),
    };
    let [a, b] = [left.part(l, spelling), right.part(r, spelling)];
    match (sign, spelling) {
        ('*', _) | ('@', Spelling::Latex) => format!("{a} {b}"),
        ('/', Spelling::Latex) => format!("\\frac{{{}}}{{{}}}", left.spell(spelling), right.spell(spelling)),
        ('^', Spelling::Latex) => format!("{a}^{{{}}}", right.spell(spelling)),
        ('^', _) => format!("{a}^{b}"),
        (sign, _) => format!("{a} {sign} {b}"),
    }
}

fn over(reducer: &str, index: &str, body: &Formula, spelling: Spelling) -> String {
    let body = body.part(5, spelling);
    match (reducer, spelling) {
        ("sum", Spelling::Latex) => format!("\\sum_{{{index}}} {body}"),
        (reducer, Spelling::Latex) => format!("\\operatorname{{{reducer}}}_{{{index}}} {body}"),
        (reducer, Spelling::Text) => format!("{reducer}_{index} {body}"),
    }
}

fn partial(of: &Formula, by: &Formula, spelling: Spelling) -> String {
    let [of, by] = [of, by].map(|part| part.spell(spelling));
    match spelling {
        Spelling::Text => format!("d{of}/d{by}"),
        Spelling::Latex => format!("\\frac{{\\partial {of}}}{{\\partial {by}}}"),
    }
}
