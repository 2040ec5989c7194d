//! What a learner types, brought into the language of answers: signs of other keyboards, per cents, decimal commas.
//!
//! A formula is looked over here before the language reads it, so that a slip of the pen is told in the learner's words.

/// The functions that a formula may use.
pub const FUNCTIONS: [&str; 14] = [
    "exp", "log", "ln", "sqrt", "tanh", "abs", "sigmoid", "relu", "sum", "mean", "max", "min", "softmax", "list",
];

/// Words of the graph language that no answer has.
const KEYWORDS: [&str; 9] = ["if", "then", "else", "for", "over", "as", "and", "or", "not"];

/// The text in the signs of the language: `−` is a minus, `×` a product, `²` a power.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for sign in text.trim().chars() {
        match sign {
            '−' | '–' | '—' | '‒' | '﹣' | '－' => out.push('-'),
            '×' | '·' | '⋅' | '∗' | '✕' => out.push('*'),
            '÷' | '∕' | '⁄' => out.push('/'),
            '→' | '⟶' | '⇒' | '≻' => out.push('>'),
            '²' => out += "^2",
            '³' => out += "^3",
            '½' => out += "(1/2)",
            '⅓' => out += "(1/3)",
            '¼' => out += "(1/4)",
            '¾' => out += "(3/4)",
            '∞' => out += "inf",
            '√' => out += "sqrt",
            'α' => out += "alpha",
            'β' => out += "beta",
            'σ' => out += "sigmoid",
            '，' => out.push(','),
            '`' => {}
            sign if sign.is_whitespace() => out.push(' '),
            sign => out.push(sign),
        }
    }
    out.replace("**", "^").replace("->", ">").trim().to_string()
}

/// What stands behind the `=` of `y = 0.5`, if a name stands before it; else the whole text.
pub fn right_side(text: &str) -> &str {
    let text = text.trim_start_matches(['≈', '~', '=', ' ']);
    let is_sign = |at: usize| !text[..at].ends_with(['<', '>', '!', '=', ':']);
    let Some(at) = text.find('=').filter(|&at| is_sign(at)) else {
        return text;
    };
    let is_name = text.starts_with(|sign: char| sign.is_alphabetic())
        && text[..at]
            .chars()
            .all(|sign| sign.is_alphanumeric() || "_[]., /".contains(sign));
    if is_name {
        text[at + 1..].trim_start_matches('=').trim()
    } else {
        text
    }
}

/// A number as it was typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TypedNumber {
    /// Its value.
    pub value: f64,
    /// How many of its digits count: those from the first that is not 0.
    pub digits: usize,
}

/// The number that a text is: `0.5`, `-.5`, `1e-3`, `52.5%`; `None` if it is none, or too large to be one.
pub fn number(text: &str) -> Option<TypedNumber> {
    let (text, hundredth) = match text.strip_suffix('%') {
        Some(text) => (text.trim_end(), 0.01),
        None => (text, 1.0),
    };
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start();
    if !unsigned.starts_with(|sign: char| sign.is_ascii_digit() || sign == '.') {
        return None;
    }
    let value: f64 = unsigned.parse().ok()?;
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.replace('.', "").trim_start_matches('0').len();
    let sign = if text.starts_with('-') { -hundredth } else { hundredth };
    value.is_finite().then_some(TypedNumber {
        value: sign * value,
        digits,
    })
}

/// A text that is one number with a decimal comma, `0,5`, with a point instead.
pub fn decimal_point(text: &str) -> Option<String> {
    let (whole, part) = text.trim_end_matches('%').trim_end().split_once(',')?;
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(|sign| sign.is_ascii_digit());
    let is_number = is_digits(whole.trim_start_matches(['-', '+']).trim_start()) && is_digits(part);
    is_number.then(|| text.replacen(',', ".", 1))
}

/// The entries of a list: between commas or semicolons that stand in no brackets, or between numbers side by side;
/// `None` if the text is no list.
pub fn entries(text: &str) -> Option<Vec<String>> {
    let inner = bracketed(text);
    let body = inner.unwrap_or(text);
    let semicolons = parts(body, ';');
    if semicolons.len() > 1 {
        let with_point = |part: &&str| decimal_point(part.trim()).unwrap_or_else(|| part.trim().to_string());
        return Some(semicolons.iter().map(with_point).collect());
    }
    let commas = parts(body, ',');
    if commas.len() > 1 || inner.is_some() {
        let by_spaces: Vec<&str> = body.split_whitespace().collect();
        if commas.len() == 1 && by_spaces.len() > 1 && by_spaces.iter().all(|part| number(part).is_some()) {
            return Some(by_spaces.into_iter().map(String::from).collect());
        }
        return Some(commas.iter().map(|part| part.trim().to_string()).collect());
    }
    let by_spaces: Vec<&str> = text.split_whitespace().collect();
    let is_list = by_spaces.len() > 1 && by_spaces.iter().all(|part| number(part).is_some());
    is_list.then(|| by_spaces.into_iter().map(String::from).collect())
}

/// What stands between a bracket at the beginning and the one at the end that belongs to it.
fn bracketed(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut depth = 0;
    for sign in inner.chars() {
        match sign {
            '[' => depth += 1,
            ']' if depth == 0 => return None,
            ']' => depth -= 1,
            _ => {}
        }
    }
    Some(inner)
}

/// The parts between the separators that stand in no brackets.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut begin, mut parts) = (0, 0, Vec::new());
    for (at, sign) in text.char_indices() {
        match sign {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            _ if sign == separator && depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + sign.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// A piece of a formula.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(String),
    Name(String),
    /// `.T` behind a bracket.
    Field(String),
    Sign(char),
}

impl Token {
    fn text(&self) -> String {
        match self {
            Self::Number(text) | Self::Name(text) | Self::Field(text) => text.clone(),
            Self::Sign(sign) => sign.to_string(),
        }
    }
}

/// A formula as the language reads it.
///
/// **Errors** with a sentence that says what to type instead.
pub fn formula(text: &str) -> Result<String, String> {
    let tokens = tokens(text)?;
    let mut out: Vec<String> = Vec::new();
    let mut open: Vec<(char, char)> = Vec::new();
    let mut before: Option<&Token> = None;
    for token in &tokens {
        let ends = before.is_some_and(|one| !matches!(one, Token::Sign(sign) if *sign != ')' && *sign != ']'));
        match token {
            Token::Number(_) | Token::Name(_) if ends => return Err(side_by_side(before, token)),
            Token::Field(field) => match out.last_mut().filter(|_| ends) {
                Some(last) => {
                    *last += field;
                    continue;
                }
                None => return Err(missing(before, "before", field)),
            },
            Token::Name(name) if KEYWORDS.contains(&name.as_str()) => return Err(no_place(name)),
            Token::Sign('(') if ends => match before {
                Some(Token::Name(name)) if FUNCTIONS.contains(&name.as_str()) => open.push(('(', ')')),
                Some(Token::Name(name)) => {
                    return Err(format!(
                        "`{name}` is no function here. A product is written `{name} * (...)`; the functions are {}.",
                        FUNCTIONS.join(", ")
                    ));
                }
                _ => return Err(side_by_side(before, token)),
            },
            Token::Sign('(') => open.push(('(', ')')),
            Token::Sign('[') if ends => open.push(('[', ']')),
            // A list inside a formula.
            Token::Sign('[') => {
                out.push("list(".into());
                open.push(('[', ')'));
                before = Some(token);
                continue;
            }
            Token::Sign(sign @ (')' | ']')) => {
                let Some((begin, end)) = open.pop() else {
                    return Err(format!("There is one `{sign}` too many: no bracket is open before it."));
                };
                if (begin == '(') != (*sign == ')') {
                    return Err(format!(
                        "`{begin}` is closed by `{sign}`. Brackets come in pairs: ( ) and [ ]."
                    ));
                }
                if !ends {
                    return Err(missing(before, "before", &sign.to_string()));
                }
                out.push(end.to_string());
                before = Some(token);
                continue;
            }
            // A plus that changes nothing.
            Token::Sign('+') if !ends => continue,
            Token::Sign('-') if !ends => {}
            Token::Sign(sign) if !ends => return Err(missing(before, "before", &sign.to_string())),
            _ => {}
        }
        out.push(token.text());
        before = Some(token);
    }
    if let Some(Token::Sign(sign)) = before
        && !matches!(sign, ')' | ']')
    {
        return Err(format!("Something is missing at the end, after `{sign}`."));
    }
    if let Some((begin, _)) = open.last() {
        let end = if *begin == '(' { ')' } else { ']' };
        return Err(format!("A `{begin}` is not closed: `{end}` is missing."));
    }
    if before.is_none() {
        return Err("Type an answer first.".into());
    }
    Ok(out.join(" "))
}

fn missing(before: Option<&Token>, place: &str, sign: &str) -> String {
    match before {
        Some(before) => format!("Something is missing between `{}` and `{sign}`.", before.text()),
        None => format!("Something is missing {place} `{sign}`."),
    }
}

fn no_place(word: &str) -> String {
    if word == "over" {
        return "In an answer the axis is a number, counted from 1, as in `softmax(S, 2)`.".into();
    }
    format!("`{word}` has no place in an answer: type a number, or a formula of names, + - * / ^ and functions.")
}

fn side_by_side(before: Option<&Token>, now: &Token) -> String {
    let (first, second) = (before.map_or_else(String::new, Token::text), now.text());
    match (before, now) {
        (_, Token::Name(word)) if KEYWORDS.contains(&word.as_str()) => no_place(word),
        (Some(Token::Name(name)), _) if KEYWORDS.contains(&name.as_str()) => no_place(name),
        (Some(Token::Name(name)), _) if FUNCTIONS.contains(&name.as_str()) => {
            format!("A function takes brackets: `{name}({second})`.")
        }
        (Some(Token::Number(_)), Token::Number(_)) => {
            format!("No sign stands between `{first}` and `{second}`. A list is written `[{first}, {second}]`.")
        }
        (Some(Token::Name(_)), Token::Name(_)) => {
            format!(
                "No sign stands between `{first}` and `{second}`. Type a number or a formula, such as `0.5` or `{first} * {second}`."
            )
        }
        _ => format!("No sign stands between `{first}` and `{second}`. A product is written with `*`."),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let signs: Vec<char> = text.chars().collect();
    let is_digit = |at: usize| signs.get(at).is_some_and(char::is_ascii_digit);
    let is_letter = |at: usize| signs.get(at).is_some_and(|sign| sign.is_alphabetic() || *sign == '_');
    let digits = |mut at: usize| {
        while is_digit(at) {
            at += 1;
        }
        at
    };
    let (mut at, mut tokens) = (0, Vec::new());
    while let Some(&sign) = signs.get(at) {
        let begin = at;
        if is_digit(at) || (sign == '.' && is_digit(at + 1)) {
            at = digits(at);
            if signs.get(at) == Some(&'.') && !is_letter(at + 1) {
                at = digits(at + 1);
            }
            let exponent = at + 1 + usize::from(matches!(signs.get(at + 1), Some('+' | '-')));
            if matches!(signs.get(at), Some('e' | 'E')) && is_digit(exponent) {
                at = digits(exponent);
            }
            let typed: String = signs[begin..at].iter().collect();
            let per_cent = signs.get(at) == Some(&'%');
            at += usize::from(per_cent);
            let found = number(&typed).ok_or_else(|| format!("`{typed}` is too large for a number."))?;
            tokens.push(Token::Number(match (per_cent, sign) {
                (true, _) => format!("({} / 100)", found.value),
                (false, '.') => format!("0{typed}"),
                (false, _) => typed.trim_end_matches('.').into(),
            }));
        } else if is_letter(at) {
            while is_letter(at) || is_digit(at) || (signs.get(at) == Some(&'.') && is_letter(at + 1)) {
                at += 1;
            }
            tokens.push(Token::Name(signs[begin..at].iter().collect()));
        } else if "+-*/^@()[],".contains(sign) {
            tokens.push(Token::Sign(sign));
            at += 1;
        } else if sign == '.' && is_letter(at + 1) {
            at += 1;
            while is_letter(at) {
                at += 1;
            }
            tokens.push(Token::Field(signs[begin..at].iter().collect()));
        } else if sign.is_whitespace() {
            at += 1;
        } else {
            return Err(match sign {
                '%' => "`%` stands right behind a number, as in 52.5%.".into(),
                '=' | '<' | '>' => format!("`{sign}` has no place in an answer: type the value alone."),
                _ => format!("`{sign}` has no meaning in an answer."),
            });
        }
    }
    Ok(tokens)
}
