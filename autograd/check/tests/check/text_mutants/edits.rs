//! One edit of a text at a time, by its tokens alone.

/// Functions that stand for each other.
const FUNCTIONS: [&[&str]; 2] = [&["exp", "log", "tanh", "sigmoid", "sqrt"], &["sum", "mean"]];
/// Words that are no names of values.
const WORDS: [&str; 1] = ["over"];

/// Every edit of some lines `name = formula`: what was done, and the lines with it.
pub fn edits(lines: &str) -> Vec<(String, String)> {
    let tokens = tokens(lines);
    let names: Vec<String> = {
        let mut names: Vec<String> = (0..tokens.len())
            .filter(|&i| is_value(&tokens, i))
            .map(|i| tokens[i].clone())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let mut all = Vec::new();
    let mut replace = |i: usize, count: usize, by: &str| {
        let mut edited = tokens.clone();
        edited.splice(i..i + count, [by.to_string()]);
        let old = tokens[i..i + count].join(" ");
        let line = tokens[..i].iter().filter(|token| *token == "\n").count();
        let what = match by.is_empty() {
            true => format!("`{old}` deleted in line {}", line + 1),
            false => format!("`{old}` -> `{by}` in line {}", line + 1),
        };
        all.push((what, edited.join(" ").replace(" . ", ".")));
    };
    for i in 0..tokens.len() {
        let token = tokens[i].as_str();
        let in_formula = tokens[..i].iter().rposition(|t| t == "\n").map_or(0, |at| at + 1) + 1 < i;
        if !in_formula {
            continue;
        }
        match token {
            "+" | "-" | "*" | "/" => {
                ["+", "-", "*", "/"]
                    .iter()
                    .filter(|other| **other != token)
                    .for_each(|other| replace(i, 1, other));
                if let Some(length) = operand(&tokens, i + 1) {
                    replace(i, 1 + length, "");
                }
            }
            "^" => replace(i, 2, ""),
            "." => replace(i, 2, ""),
            number if number.parse::<f64>().is_ok() => {
                let value: f64 = number.parse().unwrap_or_default();
                replace(i, 1, &format!("{}", value + 1.0));
                replace(i, 1, "0");
            }
            function if FUNCTIONS.iter().any(|of| of.contains(&function)) => {
                let twins = FUNCTIONS
                    .iter()
                    .filter(|of| of.contains(&function))
                    .flat_map(|of| of.iter());
                twins
                    .filter(|other| **other != function)
                    .for_each(|other| replace(i, 1, other));
            }
            _ if is_value(&tokens, i) => {
                names
                    .iter()
                    .filter(|other| *other != token)
                    .for_each(|other| replace(i, 1, other));
            }
            _ => {}
        }
        if token == "over" {
            let other = if tokens[i + 1] == "R" { "C" } else { "R" };
            replace(i + 1, 1, other);
        }
    }
    all
}

/// True if a token is the name of a value: no function, word or axis.
fn is_value(tokens: &[String], i: usize) -> bool {
    let token = &tokens[i];
    let is_name = token.starts_with(|c: char| c.is_lowercase());
    let is_called = tokens.get(i + 1).is_some_and(|next| next == "(");
    is_name && !is_called && !WORDS.contains(&token.as_str()) && tokens.get(i + 1).is_none_or(|next| next != "=")
}

/// How many tokens the operand that begins here has.
fn operand(tokens: &[String], start: usize) -> Option<usize> {
    let mut at = start;
    while at < tokens.len() {
        if tokens[at] == "(" {
            let mut depth = 0;
            loop {
                match tokens.get(at)?.as_str() {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        } else {
            at += 1;
        }
        match tokens.get(at).map(String::as_str) {
            Some("(") => {}
            Some("^" | ".") => at += 1,
            _ => return Some(at - start),
        }
    }
    None
}

/// Names, numbers, signs and ends of lines.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut token = c.to_string();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if is_word(c) {
            while let Some(&next) = chars.peek() {
                let is_point = next == '.' && token.chars().all(|c| c.is_ascii_digit());
                if !is_word(next) && !is_point {
                    break;
                }
                token.push(next);
                chars.next();
            }
        }
        if c == '\n' || !c.is_whitespace() {
            tokens.push(token);
        }
    }
    tokens
}

#[test]
fn an_edit_changes_one_place() {
    let found = edits("gx = gy * (1 - y)");
    let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
    for wanted in [
        "gx = gy / ( 1 - y )",
        "gx = gy ",
        "gx = gy * ( 2 - y )",
        "gx = gy * ( 1 - gy )",
    ] {
        assert!(texts.contains(&wanted), "{wanted} is not among {texts:#?}");
    }
}
