//! A ledger as plain text, line by line.

use super::ledger::{
    DifferenceVerdict, GradientEntry, Ledger, LedgerArray, LedgerContribution, LedgerGradient, LedgerOp, LedgerRow,
    Term,
};

/// The ledger as plain text: the slide's table, then each row with its numbers, its check and its ops.
pub fn render_plain(ledger: &Ledger) -> String {
    let values = &ledger.values;
    let mut text = "The two-layer sigmoid network, forward and backward (lecture S0, Backpropagation)\n\n".to_string();
    let alpha: Vec<String> = values.alpha.iter().map(|weights| given(weights)).collect();
    let (x, alpha, beta) = (given(&values.x), alpha.join(", "), given(&values.beta));
    text += &format!(
        "x = {x}, t = {}, alpha = [{alpha}], beta = {beta}
",
        values.t
    );
    text += "t is y* on the slide, and g_u means dJ/du. Sums begin at 1, because there is no bias.\n";
    text += "J is a log-likelihood, as on the slide: it has no minus sign, and training makes it larger.\n\n";
    text += &table(ledger);
    for (index, row) in ledger.rows.iter().enumerate() {
        text += &format!("\n{}. {}: {}\n", index + 1, row.name, row.forward);
        text += &numbers_of_row(row);
        row.gradients
            .iter()
            .for_each(|gradient| text += &gradient_lines(gradient));
        text += "   ops of the tape, from last to first\n";
        row.ops.iter().for_each(|op| text += &op_lines(op));
    }
    text + &summary(ledger)
}

/// The table of the slide: two columns of formulas.
fn table(ledger: &Ledger) -> String {
    let mut text = format!("{:<10}{:<36}{}\n", "", "Forward", "Backward");
    for row in &ledger.rows {
        let (mut name, mut forward) = (row.name.as_str(), row.forward.as_str());
        for gradient in &row.gradients {
            text += &format!("{name:<10}{forward:<36}{}\n", formula(gradient));
            (name, forward) = ("", "");
        }
    }
    text
}

fn formula(gradient: &LedgerGradient) -> String {
    match &gradient.local {
        Some(local) => format!("{}, {local}", gradient.formula),
        None => gradient.formula.clone(),
    }
}

fn numbers_of_row(row: &LedgerRow) -> String {
    let symbol = &row.symbol;
    let numbers = [(symbol.clone(), &row.result), (format!("g_{symbol}"), &row.incoming)];
    let [forward, incoming] = numbers.map(|(name, numbers)| format!("{name} = {}", array(numbers)));
    format!(
        "   forward   {forward}, shape {:?}\n   incoming  {incoming}\n",
        row.result.shape
    )
}

fn gradient_lines(gradient: &LedgerGradient) -> String {
    let shape = &gradient.gradient.shape;
    let mut text = format!("   backward  {}, shape {shape:?}\n", formula(gradient));
    let header = [
        "outgoing",
        "incoming times local derivative",
        "finite difference",
        "error",
    ]
    .map(str::to_string);
    let mut cells = vec![header];
    cells.extend(gradient.entries.iter().flat_map(entry_cells));
    let [a, b, c] = [0, 1, 2].map(|column| cells.iter().map(|row| row[column].len()).max().unwrap_or(0));
    for [outgoing, product, difference, error] in &cells {
        let line = format!("     {outgoing:<a$}   {product:<b$}   {difference:>c$}   {error}");
        text += line.trim_end();
        text += "\n";
    }
    text
}

/// A line for the first term of the sum with the numbers of the entry, and one for each further term.
fn entry_cells(entry: &GradientEntry) -> Vec<[String; 4]> {
    let term = |(index, term): (usize, &Term)| {
        let (incoming, local) = (number(term.incoming_value), number(term.local_value));
        let product = format!("{} {} = {incoming} * {local}", term.incoming, term.local);
        match index {
            0 => [
                format!("{} = {}", entry.name, number(entry.gradient)),
                product,
                entry.difference.value.map_or("-".into(), number),
                error(entry),
            ],
            _ => [String::new(), format!("+ {product}"), String::new(), String::new()],
        }
    };
    entry.terms.iter().enumerate().map(term).collect()
}

/// Errors far below the bound differ from machine to machine and say nothing more.
fn error(entry: &GradientEntry) -> String {
    let said = match entry.difference.relative_error {
        Some(error) if error < 1e-8 => "below 1e-8".into(),
        Some(error) => format!("{error:.0e}"),
        None => String::new(),
    };
    match entry.difference.verdict {
        DifferenceVerdict::Agrees => said,
        DifferenceVerdict::Differs => format!("{said} DIFFERS"),
        DifferenceVerdict::Unchecked => "unchecked: rounding hides the difference".into(),
    }
}

fn op_lines(op: &LedgerOp) -> String {
    let mut text = format!("     {} = {}   {}, {}\n", op.node, array(&op.result), op.op, op.file);
    let Some(incoming) = &op.incoming else {
        return text
            + &format!(
                "       {}; no gradient: it depends on no input that has one\n",
                op.forward
            );
    };
    text += &format!("       {}; {}; incoming {}\n", op.forward, op.backward, array(incoming));
    op.contributions
        .iter()
        .for_each(|contribution| text += &contribution_line(contribution));
    text
}

fn contribution_line(contribution: &LedgerContribution) -> String {
    let (letter, operand, value) = (&contribution.letter, &contribution.operand, array(&contribution.value));
    let sum = match &contribution.before {
        None if contribution.uses == 1 => String::new(),
        None => format!(", the first of {} uses", contribution.uses),
        Some(before) => format!(", added to {} gives {}", array(before), array(&contribution.after)),
    };
    format!("       to {operand} (as {letter}): {value}{sum}\n")
}

fn summary(ledger: &Ledger) -> String {
    let [agrees, differs, unchecked] = [
        DifferenceVerdict::Agrees,
        DifferenceVerdict::Differs,
        DifferenceVerdict::Unchecked,
    ]
    .map(|v| ledger.count(v));
    let mut text = format!(
        "\n{agrees} of {} gradient entries agree with the central difference of J",
        ledger.entries().count()
    );
    if differs > 0 {
        text += &format!("; {differs} DIFFER");
    }
    if unchecked > 0 {
        text += &format!("; {unchecked} unchecked");
    }
    text + ".\n"
}

/// Numbers as they were given.
fn given(numbers: &[f64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

fn array(numbers: &LedgerArray) -> String {
    let rows = |entries: &[f64]| {
        entries
            .iter()
            .map(|&entry| number(entry))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match numbers.shape.as_slice() {
        [] => rows(&numbers.entries),
        [_, columns] => {
            let rows: Vec<String> = numbers
                .entries
                .chunks(*columns)
                .map(|row| format!("[{}]", rows(row)))
                .collect();
            format!("[{}]", rows.join(", "))
        }
        _ => format!("[{}]", rows(&numbers.entries)),
    }
}

/// A number with four decimals; one too small or too large for that with its power of ten.
fn number(value: f64) -> String {
    let size = value.abs();
    match value {
        0.0 => "0".into(),
        _ if !(5e-5..1e6).contains(&size) => format!("{value:.3e}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_zero_is_never_shown_as_zero() {
        assert_eq!(
            [number(0.0), number(1e-9), number(-2e-5)],
            ["0", "1.000e-9", "-2.000e-5"]
        );
        assert_eq!(
            [number(0.5), number(-1.23456), number(1e9)],
            ["0.5000", "-1.2346", "1.000e9"]
        );
    }
}
