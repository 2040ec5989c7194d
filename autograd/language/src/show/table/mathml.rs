//! Formulas in MathML Core, which browsers draw without help.

use super::formula::{Formula, GREEK};
use crate::show::view::escaped;
use crate::syntax::print;

use Formula::*;

/// A product is written without a sign, with a little space.
const TIMES: &str = "<mo>&#x2062;</mo><mspace width=\"0.17em\"/>";

/// Before the arguments of a function.
const APPLY: &str = "<mo>&#x2061;</mo>";

/// An equation as a `math` element.
pub(super) fn equation((left, right): &(Formula, Formula)) -> String {
    format!(
        "<math displaystyle=\"true\">{}<mo>=</mo>{}</math>",
        left.mathml(),
        right.mathml()
    )
}

impl Formula {
    /// The formula as one element, or several that belong to a row.
    fn mathml(&self) -> String {
        match self {
            Number(value) => number(*value),
            Symbol(name, indices) => symbol(name, indices),
            Call(name, args, along) => {
                let args: Vec<String> = args.iter().map(Self::mathml).collect();
                let name = match along {
                    Some(index) => below("msub", &function(name), &identifier(index)),
                    None => function(name),
                };
                row(&format!("{name}{APPLY}{}", bracketed(&args.join(COMMA))))
            }
            Neg(of) => row(&format!("<mo form=\"prefix\">&minus;</mo>{}", of.mathml_part(6))),
            Operator(sign, left, right) => operator(*sign, left, right),
            Over(reducer, index, body) => {
                let sign = match *reducer {
                    "sum" => "<mo>&sum;</mo>".to_string(),
                    reducer => function(reducer),
                };
                let indices: Vec<String> = index.split(',').map(identifier).collect();
                let under = below("munder", &sign, &row(&indices.join(COMMA)));
                row(&format!("{under}{}", body.mathml_part(5)))
            }
            Partial(of, by) => {
                let [of, by] =
                    [of, by].map(|part| row(&format!("<mi mathvariant=\"normal\">&part;</mi>{}", part.mathml())));
                format!("<mfrac>{of}{by}</mfrac>")
            }
            Transposed(of) => format!("<msup>{}<mo>&top;</mo></msup>", of.mathml_part(8)),
        }
    }

    fn mathml_part(&self, needed: u8) -> String {
        if self.strength() < needed {
            bracketed(&self.mathml())
        } else {
            self.mathml()
        }
    }
}

const COMMA: &str = "<mo separator=\"true\">,</mo>";

fn row(inside: &str) -> String {
    format!("<mrow>{inside}</mrow>")
}

fn bracketed(inside: &str) -> String {
    format!("<mrow><mo>(</mo>{inside}<mo>)</mo></mrow>")
}

fn below(element: &str, head: &str, index: &str) -> String {
    format!("<{element}>{head}{index}</{element}>")
}

fn number(value: f64) -> String {
    let digits = print::number(value.abs()).replace("inf", "&infin;");
    match value < 0.0 {
        true => row(&format!("<mo form=\"prefix\">&minus;</mo><mn>{digits}</mn>")),
        false => format!("<mn>{digits}</mn>"),
    }
}

/// A name, as a Greek letter if it is the name of one.
fn identifier(name: &str) -> String {
    let letter = GREEK.iter().find(|(own, _)| *own == name).map(|(_, letter)| *letter);
    let text = escaped(letter.unwrap_or(name));
    match text.chars().count() {
        1 => format!("<mi>{text}</mi>"),
        _ => format!("<mi class=\"name\">{text}</mi>"),
    }
}

/// The name of a function, upright.
fn function(name: &str) -> String {
    format!("<mi>{}</mi>", escaped(name))
}

/// What follows an underscore is below the line; of a gradient `g_z_j`, the name of its value with its own indices.
fn symbol(name: &str, indices: &[Formula]) -> String {
    let (head, tail) = name.split_once('_').unwrap_or((name, ""));
    if head == "g" && !tail.is_empty() {
        return below("msub", &identifier(head), &symbol(tail, indices));
    }
    let is_letter = |index: &Formula| matches!(index, Symbol(name, own) if own.is_empty() && name.chars().count() == 1);
    let places: Vec<String> = indices.iter().map(Formula::mathml).collect();
    let joined = places.join(if indices.iter().all(is_letter) { "" } else { COMMA });
    let tail = (!tail.is_empty()).then(|| identifier(&tail.replace('_', " ")));
    let parts: Vec<String> = tail.into_iter().chain((!joined.is_empty()).then_some(joined)).collect();
    match parts.is_empty() {
        true => identifier(head),
        false => below("msub", &identifier(head), &row(&parts.join(COMMA))),
    }
}

fn operator(sign: char, left: &Formula, right: &Formula) -> String {
    let (l, r) = match sign {
        '+' => (4, 4),
        '-' => (4, 5),
        '^' => (8, 0),
        '/' => (0, 0),
        _ => (5, 6),
    };
    let [a, b] = [left.mathml_part(l), right.mathml_part(r)];
    match sign {
        '*' | '@' => row(&format!("{a}{TIMES}{b}")),
        '/' => format!("<mfrac>{}{}</mfrac>", row(&a), row(&b)),
        '^' => format!("<msup>{a}{}</msup>", row(&b)),
        '-' => row(&format!("{a}<mo>&minus;</mo>{b}")),
        sign => row(&format!("{a}<mo>{sign}</mo>{b}")),
    }
}
