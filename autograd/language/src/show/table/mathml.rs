//! Formulas in MathML Core, which browsers draw without help.

use super::formula::{Along, Bound, Condition, Formula, GREEK, Range};
use super::spell::halves;
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
            Gradient(letter, of) => below("msub", &identifier(letter), &of.mathml()),
            Self::Range(from, to) => row(&format!("<mn>{from}</mn><mo>:</mo><mn>{to}</mn>")),
            Call(name, args, along) => call(name, args, along),
            Neg(of) => row(&format!(
                "<mo form=\"prefix\">&minus;</mo>{}",
                of.mathml_part(if matches!(**of, Over(..)) { 4 } else { 5 })
            )),
            Operator(sign, left, right) => operator(*sign, left, right),
            Over(reducer, bounds, body) => {
                let sign = match *reducer {
                    "sum" => "<mo>&sum;</mo>".to_string(),
                    "prod" => "<mo>&prod;</mo>".to_string(),
                    reducer => function(reducer),
                };
                row(&format!(
                    "{}{}",
                    with_bounds("munder", &sign, bounds),
                    body.mathml_part(5)
                ))
            }
            Partial(of, by) => {
                let [of, by] =
                    [of, by].map(|part| row(&format!("<mi mathvariant=\"normal\">&part;</mi>{}", part.mathml())));
                format!("<mfrac>{of}{by}</mfrac>")
            }
            Transposed(of) => format!("<msup>{}<mo>&top;</mo></msup>", of.mathml_part(8)),
            Cases(cases, otherwise) => choice(cases, otherwise),
            Truth(condition) => row(&format!("<mo>[</mo>{}<mo>]</mo>", condition.mathml())),
            Entry(of, indices) => {
                let of = match **of {
                    Call(..) => of.mathml(),
                    _ => bracketed(&of.mathml()),
                };
                below("msub", &of, &row(&places(indices)))
            }
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

impl Condition {
    fn mathml(&self) -> String {
        let rest = self.rest.iter().map(|(sign, side)| {
            let sign = match *sign {
                "<=" => "&le;",
                ">=" => "&ge;",
                "!=" => "&ne;",
                "<" => "&lt;",
                ">" => "&gt;",
                sign => sign,
            };
            format!("<mo>{sign}</mo>{}", side.mathml())
        });
        row(&format!("{}{}", self.first.mathml(), rest.collect::<String>()))
    }
}

/// A sign or function with the indices that it introduces below it.
fn with_bounds(element: &str, sign: &str, bounds: &[Bound]) -> String {
    let letters: Vec<String> = bounds.iter().map(|bound| identifier(&bound.letter)).collect();
    let letters = letters.join(COMMA);
    match &bounds[0].range {
        Range::Own => below(element, sign, &row(&letters)),
        Range::UpTo(end) => below(element, sign, &row(&format!("{letters}<mo>&le;</mo>{}", end.mathml()))),
        Range::To(end) => {
            let under = row(&format!("{letters}<mo>=</mo><mn>1</mn>"));
            let both = if element == "munder" { "munderover" } else { "msubsup" };
            format!("<{both}>{sign}{under}{}</{both}>", row(&end.mathml()))
        }
    }
}

fn call(name: &str, args: &[Formula], along: &Along) -> String {
    let args: Vec<String> = args.iter().map(Formula::mathml).collect();
    let args = args.join(COMMA);
    if name == "sqrt" {
        return format!("<msqrt>{args}</msqrt>");
    }
    let name = match along {
        Along::Whole => function(name),
        Along::Index(bound) => with_bounds("msub", &function(name), std::slice::from_ref(bound)),
        Along::Axes(axes) => {
            let axes: Vec<String> = axes
                .iter()
                .map(|axis| format!("<mtext>{}</mtext>", escaped(axis)))
                .collect();
            below("msub", &function(name), &row(&axes.join(COMMA)))
        }
    };
    row(&format!("{name}{APPLY}{}", bracketed(&args)))
}

fn choice(cases: &[(Formula, Condition)], otherwise: &Formula) -> String {
    let line = |value: &Formula, when: String| format!("<mtr><mtd>{}</mtd><mtd>{when}</mtd></mtr>", value.mathml());
    let mut lines: String = cases
        .iter()
        .map(|(value, condition)| line(value, row(&format!("<mtext>if&nbsp;</mtext>{}", condition.mathml()))))
        .collect();
    lines += &line(otherwise, "<mtext>otherwise</mtext>".to_string());
    row(&format!("<mo>{{</mo><mtable columnalign=\"left\">{lines}</mtable>"))
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

/// What follows an underscore is below the line, upright, before the indices.
fn symbol(name: &str, indices: &[Formula]) -> String {
    let (head, tail) = halves(name);
    let tail = (!tail.is_empty()).then(|| match GREEK.iter().any(|(own, _)| *own == tail) {
        true => identifier(tail),
        false => format!("<mtext>{}</mtext>", escaped(tail)),
    });
    let places = (!indices.is_empty()).then(|| places(indices));
    let parts: Vec<String> = tail.into_iter().chain(places).collect();
    match parts.is_empty() {
        true => identifier(head),
        false => below("msub", &identifier(head), &row(&parts.join(COMMA))),
    }
}

/// Indices side by side, with commas if they are not all letters.
fn places(indices: &[Formula]) -> String {
    let is_letter = |index: &Formula| matches!(index, Symbol(name, own) if own.is_empty() && name.chars().count() == 1);
    let places: Vec<String> = indices.iter().map(Formula::mathml).collect();
    places.join(if indices.iter().all(is_letter) { "" } else { COMMA })
}

fn operator(sign: char, left: &Formula, right: &Formula) -> String {
    let (l, r) = match sign {
        '+' => (4, 4),
        '-' => (4, 5),
        '^' => (8, 0),
        '/' => (0, 0),
        _ => (5, 6),
    };
    let operand = |of: &Formula, needed| match of.is_misread_beside(sign, true) {
        true => bracketed(&of.mathml()),
        false => of.mathml_part(needed),
    };
    let [a, b] = [operand(left, l), operand(right, r)];
    match sign {
        '*' if matches!(right, Number(_)) => row(&format!("{a}<mo>&sdot;</mo>{b}")),
        '*' | '@' => row(&format!("{a}{TIMES}{b}")),
        '.' => row(&format!("{a}<mo>&odot;</mo>{b}")),
        '/' => format!("<mfrac>{}{}</mfrac>", row(&a), row(&b)),
        '^' => format!("<msup>{a}{}</msup>", row(&b)),
        '-' => row(&format!("{a}<mo>&minus;</mo>{b}")),
        sign => row(&format!("{a}<mo>{sign}</mo>{b}")),
    }
}

/// A text in which no sign is markup.
fn escaped(text: &str) -> String {
    text.trim()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
