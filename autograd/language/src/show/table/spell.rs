//! Two spellings of formulas: plain text and LaTeX.
//!
//! Both can be read back. In LaTeX the part of a name below the line is upright, as in `W_{\mathrm{q},ij}`, and so are
//! the names of axes; indices are in italics. In plain text, several indices stand side by side if all are letters, and
//! else in braces with commas: `x_{2,i}`. A value that is called like a function stands in brackets there, `(sum)_ij`:
//! `sum_ij` would be a sum over i and j.

use super::formula::{Along, Bound, Condition, Formula, GREEK, Range};
use crate::meaning::words;
use crate::syntax::print;

use Formula::*;

/// How a formula is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Plain text.
    Text,
    /// LaTeX, without dollar signs.
    Latex,
}

use Spelling::{Latex, Text};

impl Formula {
    /// The formula in one of the spellings.
    pub fn spell(&self, spelling: Spelling) -> String {
        crate::stack::deeper(|| self.spelled(spelling))
    }

    fn spelled(&self, spelling: Spelling) -> String {
        match self {
            Number(value) => number(*value, spelling),
            Symbol(name, indices) => symbol(name, indices, spelling),
            Gradient(letter, of) => match spelling {
                Text => format!("{letter}_{}", of.behind_letter()),
                Latex => format!("{}_{{{}}}", name(letter), of.spell(Latex)),
            },
            Self::Range(from, to) => format!("{from}:{to}"),
            Call(name, args, along) => call(name, args, along, spelling),
            Neg(of) => match **of {
                Over(..) => format!("-{}", of.spell(spelling)),
                _ => format!("-{}", of.part(5, spelling)),
            },
            Operator(sign, left, right) => operator(*sign, left, right, spelling),
            Over(reducer, bounds, body) => over(reducer, bounds, body, spelling),
            Partial(of, by) => match spelling {
                Text => format!("d{}/d{}", of.behind_letter(), by.behind_letter()),
                Latex => format!(
                    "\\frac{{\\partial {}}}{{\\partial {}}}",
                    of.spell(Latex),
                    by.spell(Latex)
                ),
            },
            Transposed(of) => match spelling {
                Text => format!("{}^T", of.part(8, Text)),
                Latex => format!("{}^\\top", of.part(8, Latex)),
            },
            Cases(cases, otherwise) => choice(cases, otherwise, spelling),
            Truth(condition) => match spelling {
                Text => format!("[{}]", condition.spell(Text)),
                Latex => format!("\\left[{}\\right]", condition.spell(Latex)),
            },
            Entry(of, indices) => {
                let of = match **of {
                    Call(..) => of.spell(spelling),
                    _ => bracketed(&of.spell(spelling), spelling),
                };
                format!("{of}{}", below(indices, spelling))
            }
        }
    }

    /// A symbol in plain text, behind a letter that tells it from a function.
    fn behind_letter(&self) -> String {
        match self {
            Symbol(name, indices) if !indices.is_empty() => format!("{name}{}", below(indices, Text)),
            own => own.spell(Text),
        }
    }

    fn part(&self, needed: u8, spelling: Spelling) -> String {
        let own = self.spell(spelling);
        let strength = match self {
            // `1e-5` is a power in LaTeX, `2.5e-7` a product.
            Number(_) if spelling == Latex && own.contains('^') => 5,
            _ => self.strength(),
        };
        if strength < needed {
            bracketed(&own, spelling)
        } else {
            own
        }
    }
}

impl Condition {
    pub(super) fn spell(&self, spelling: Spelling) -> String {
        let mut text = self.first.spell(spelling);
        for (sign, side) in &self.rest {
            let sign = match (*sign, spelling) {
                ("!=", Latex) => "\\ne",
                ("<=", Latex) => "\\le",
                (">=", Latex) => "\\ge",
                (sign, _) => sign,
            };
            text += &format!(" {sign} {}", side.spell(spelling));
        }
        text
    }
}

/// What begins with a minus sign stands in brackets behind another sign.
fn signed(text: String, spelling: Spelling) -> String {
    match text.starts_with('-') {
        true => bracketed(&text, spelling),
        false => text,
    }
}

fn bracketed(inside: &str, spelling: Spelling) -> String {
    match spelling {
        Text => format!("({inside})"),
        Latex => format!("\\left({inside}\\right)"),
    }
}

fn number(value: f64, spelling: Spelling) -> String {
    let text = print::number(value);
    match (spelling, text.split_once('e')) {
        (Latex, _) if text == "inf" => "\\infty".to_string(),
        (Latex, Some(("1", exponent))) => format!("10^{{{exponent}}}"),
        (Latex, Some((digits, exponent))) => format!("{digits} \\cdot 10^{{{exponent}}}"),
        _ => text,
    }
}

/// True for an index of one letter.
fn is_letter(index: &Formula) -> bool {
    index
        .as_name()
        .is_some_and(|name| name.len() == 1 && name.chars().all(|letter| letter.is_ascii_lowercase()))
}

/// Indices as they stand side by side, without the sign that puts them below the line.
fn places(indices: &[Formula], spelling: Spelling) -> String {
    let compact = |index: &Formula| index.spell(spelling).replace(" + ", "+").replace(" - ", "-");
    let texts: Vec<String> = indices.iter().map(compact).collect();
    texts.join(if indices.iter().all(is_letter) { "" } else { "," })
}

/// Indices below the line.
fn below(indices: &[Formula], spelling: Spelling) -> String {
    let text = places(indices, spelling);
    let is_plain = !text.is_empty() && text.chars().all(char::is_alphanumeric);
    match spelling {
        Text if is_plain => format!("_{text}"),
        _ => format!("_{{{text}}}"),
    }
}

/// A name with what follows its first underscore below the line, before the indices.
fn symbol(of: &str, indices: &[Formula], spelling: Spelling) -> String {
    if spelling == Text {
        return match indices {
            [] => of.to_string(),
            indices if words::has(of) => format!("({of}){}", below(indices, Text)),
            indices => format!("{of}{}", below(indices, Text)),
        };
    }
    let (head, tail) = halves(of);
    let tail = (!tail.is_empty()).then(|| match is_greek(tail) {
        true => format!("\\{tail}"),
        false => format!("\\mathrm{{{}}}", tail.replace('_', "\\_")),
    });
    let places = (!indices.is_empty()).then(|| places(indices, Latex));
    let parts: Vec<String> = tail.into_iter().chain(places).collect();
    match parts.is_empty() {
        true => name(head),
        false => format!("{}_{{{}}}", name(head), parts.join(",")),
    }
}

/// What stands on the line, and what below it.
pub(super) fn halves(name: &str) -> (&str, &str) {
    match name.split_once('_') {
        Some((head, tail)) if !head.is_empty() && !tail.is_empty() => (head, tail),
        _ => (name, ""),
    }
}

fn is_greek(name: &str) -> bool {
    GREEK.iter().any(|(own, _)| *own == name)
}

/// A name in LaTeX: a Greek letter, a letter, or several in italics.
fn name(name: &str) -> String {
    match name.chars().count() {
        _ if is_greek(name) => format!("\\{name}"),
        1 if name != "_" => name.to_string(),
        _ => format!("\\mathit{{{}}}", name.replace('_', "\\_")),
    }
}

fn call(name: &str, args: &[Formula], along: &Along, spelling: Spelling) -> String {
    let args: Vec<String> = args.iter().map(|arg| arg.spell(spelling)).collect();
    let mut args = args.join(", ");
    if spelling == Text {
        let index = match along {
            Along::Index(bound) => index_below(std::slice::from_ref(bound), Text),
            _ => String::new(),
        };
        if let Along::Axes(axes) = along {
            args += &format!(", over {}", axes.join(", "));
        }
        return format!("{name}{index}({args})");
    }
    let name = match name {
        "sqrt" => return format!("\\sqrt{{{args}}}"),
        "log" | "exp" | "tanh" | "sin" | "cos" | "max" | "min" => format!("\\{name}"),
        name => format!("\\operatorname{{{}}}", name.replace('_', "\\_")),
    };
    let index = match along {
        Along::Whole => String::new(),
        Along::Index(bound) => index_below(std::slice::from_ref(bound), Latex),
        Along::Axes(axes) => {
            let axes: Vec<String> = axes
                .iter()
                .map(|axis| format!("\\mathrm{{{}}}", axis.replace('_', "\\_")))
                .collect();
            format!("_{{{}}}", axes.join(","))
        }
    };
    format!("{name}{index}\\left({args}\\right)")
}

/// The indices of a sum: `_i`, `_{i,j}`, `_{t=1..T}`, `_{s<=t}`; those with an end stand alone.
fn index_below(bounds: &[Bound], spelling: Spelling) -> String {
    let letters: Vec<&str> = bounds.iter().map(|bound| bound.letter.as_str()).collect();
    let letters = letters.join(",");
    match (&bounds[0].range, spelling) {
        (Range::Own, Text) if bounds.len() == 1 => format!("_{letters}"),
        (Range::Own, _) => format!("_{{{letters}}}"),
        (Range::To(end), Text) => format!("_{{{letters}=1..{}}}", end.spell(Text)),
        (Range::To(end), Latex) => format!("_{{{letters}=1}}^{{{}}}", end.spell(Latex)),
        (Range::UpTo(end), Text) => format!("_{{{letters}<={}}}", end.spell(Text)),
        (Range::UpTo(end), Latex) => format!("_{{{letters} \\le {}}}", end.spell(Latex)),
    }
}

fn over(reducer: &str, bounds: &[Bound], body: &Formula, spelling: Spelling) -> String {
    let body = signed(body.part(5, spelling), spelling);
    let sign = match (reducer, spelling) {
        ("sum", Latex) => "\\sum".to_string(),
        ("prod", Latex) => "\\prod".to_string(),
        ("max" | "min", Latex) => format!("\\{reducer}"),
        (reducer, Latex) => format!("\\operatorname{{{reducer}}}"),
        (reducer, Text) => reducer.to_string(),
    };
    format!("{sign}{} {body}", index_below(bounds, spelling))
}

fn operator(sign: char, left: &Formula, right: &Formula, spelling: Spelling) -> String {
    let (l, r) = match sign {
        '+' => (4, 4),
        '-' => (4, 5),
        '^' => (8, 8),
        _ => (5, 6),
    };
    if let ('/', Latex) = (sign, spelling) {
        return format!("\\frac{{{}}}{{{}}}", left.spell(Latex), right.spell(Latex));
    }
    let operand = |of: &Formula, needed| match of.is_misread_beside(sign, spelling == Latex) {
        true => bracketed(&of.spell(spelling), spelling),
        false => of.part(needed, spelling),
    };
    let [a, b] = [operand(left, l), signed(operand(right, r), spelling)];
    let begins_with_digit = b.starts_with(|first: char| first.is_ascii_digit());
    match (sign, spelling) {
        ('^', Latex) => format!("{a}^{{{}}}", right.spell(Latex)),
        // `x^T` is the transpose.
        ('^', _) if right.as_whole().is_none() => format!("{a}^({})", right.spell(Text)),
        ('^', _) => format!("{a}^{}", right.spell(Text)),
        ('*', Latex) if begins_with_digit => format!("{a} \\cdot {b}"),
        ('*', Text) if begins_with_digit => format!("{a} * {b}"),
        ('*', _) | ('@', Latex) => format!("{a} {b}"),
        ('.', Latex) => format!("{a} \\odot {b}"),
        ('.', Text) => format!("{a} * {b}"),
        (sign, _) => format!("{a} {sign} {b}"),
    }
}

fn choice(cases: &[(Formula, Condition)], otherwise: &Formula, spelling: Spelling) -> String {
    let otherwise = otherwise.spell(spelling);
    if spelling == Text {
        let cases = cases
            .iter()
            .map(|(value, condition)| format!("{} if {}; ", value.spell(Text), condition.spell(Text)));
        return format!("{{{}{otherwise} otherwise}}", cases.collect::<String>());
    }
    let case = |(value, condition): &(Formula, Condition)| {
        format!(
            "{} & \\text{{if }} {} \\\\ ",
            value.spell(Latex),
            condition.spell(Latex)
        )
    };
    let cases: String = cases.iter().map(case).collect();
    format!("\\begin{{cases}} {cases}{otherwise} & \\text{{otherwise}} \\end{{cases}}")
}
