//! The forward and backward table of the lecture, as formulas.
//!
//! **Source**: deck S0, "Backpropagation", example "Neural Network". The slide writes `y*` for the target, here `t`,
//! and begins its sums at 0, where `z_0 = x_0 = 1` carries a bias; without a bias they begin at 1.
//! Its J has no minus sign: it is a log-likelihood, which is maximised.
//! `g_u` stands for `dJ/du`.

/// One row of the table: a forward formula, and the backward formulas that belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlideRow {
    /// What the slide calls the row.
    pub name: &'static str,
    /// The letter of the result.
    pub symbol: &'static str,
    /// How the result is computed.
    pub forward: &'static str,
    /// How the gradients of what it is computed from follow from the gradient of the result.
    pub backward: &'static [SlideRule],
}

/// One backward formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlideRule {
    /// The letter of what the gradient is of.
    pub of: &'static str,
    /// The gradient, with the local derivative by its name.
    pub formula: &'static str,
    /// The local derivative, where the slide writes it apart.
    pub local: Option<&'static str>,
    /// The local derivative as an expression over the graph's names and the formula's indices.
    pub local_value: &'static str,
}

impl SlideRow {
    /// The index letters of the result: `j` of `a_j = ..`.
    pub fn indices(&self) -> &'static str {
        indices(self.forward, self.symbol)
    }
}

impl SlideRule {
    /// The index letters of the gradient: `ji` of `g_alpha_ji = ..`.
    pub fn indices(&self) -> &'static str {
        indices(self.formula.trim_start_matches("g_"), self.of)
    }
}

fn indices(formula: &'static str, letter: &str) -> &'static str {
    let (left, _) = formula.split_once(" = ").unwrap_or((formula, ""));
    left.strip_prefix(letter).unwrap_or("").trim_start_matches('_')
}

const fn row(
    name: &'static str,
    symbol: &'static str,
    forward: &'static str,
    backward: &'static [SlideRule],
) -> SlideRow {
    SlideRow {
        name,
        symbol,
        forward,
        backward,
    }
}

const fn rule(
    of: &'static str,
    formula: &'static str,
    local: Option<&'static str>,
    local_value: &'static str,
) -> SlideRule {
    SlideRule {
        of,
        formula,
        local,
        local_value,
    }
}

/// The table from the loss down to the input, as the slide has it.
#[rustfmt::skip]
pub const TWO_LAYER: [SlideRow; 5] = [
    row("Loss", "J", "J = t log y + (1 - t) log(1 - y)", &[
        rule("y", "g_y = t / y + (1 - t) / (y - 1)", None, "t / y + (1 - t) / (y - 1)"),
    ]),
    row("Sigmoid", "y", "y = 1 / (1 + exp(-b))", &[
        rule("b", "g_b = g_y dy/db", Some("dy/db = y (1 - y)"), "y * (1 - y)"),
    ]),
    row("Linear", "b", "b = sum_j beta_j z_j", &[
        rule("beta", "g_beta_j = g_b db/dbeta_j", Some("db/dbeta_j = z_j"), "z[j]"),
        rule("z", "g_z_j = g_b db/dz_j", Some("db/dz_j = beta_j"), "beta[j]"),
    ]),
    row("Sigmoid", "z", "z_j = 1 / (1 + exp(-a_j))", &[
        rule("a", "g_a_j = g_z_j dz_j/da_j", Some("dz_j/da_j = z_j (1 - z_j)"), "z[j] * (1 - z[j])"),
    ]),
    row("Linear", "a", "a_j = sum_i alpha_ji x_i", &[
        rule("alpha", "g_alpha_ji = g_a_j da_j/dalpha_ji", Some("da_j/dalpha_ji = x_i"), "x[i]"),
        rule("x", "g_x_i = sum_j g_a_j da_j/dx_i", Some("da_j/dx_i = alpha_ji"), "alpha[j, i]"),
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The formulas of the slide, row by row, in its own notation.
    const SLIDE: [(&str, &[&str]); 5] = [
        (
            r"Loss: J = y^* \log y + (1 - y^*) \log(1 - y)",
            &[r"g_y = \frac{y^*}{y} + \frac{(1 - y^*)}{y - 1}"],
        ),
        (
            r"Sigmoid: y = \frac{1}{1 + \exp(-b)}",
            &[r"g_b = g_y \frac{\partial y}{\partial b}, \frac{\partial y}{\partial b} = y(1 - y)"],
        ),
        (
            r"Linear: b = \sum_{j=0}^D \beta_j z_j",
            &[
                r"g_{\beta_j} = g_b \frac{\partial b}{\partial \beta_j}, \frac{\partial b}{\partial \beta_j} = z_j",
                r"g_{z_j} = g_b \frac{\partial b}{\partial z_j}, \frac{\partial b}{\partial z_j} = \beta_j",
            ],
        ),
        (
            r"Sigmoid: z_j = \frac{1}{1 + \exp(-a_j)}",
            &[r"g_{a_j} = g_{z_j} \frac{\partial z_j}{\partial a_j}, \frac{\partial z_j}{\partial a_j} = z_j(1 - z_j)"],
        ),
        (
            r"Linear: a_j = \sum_{i=0}^M \alpha_{ji} x_i",
            &[
                r"g_{\alpha_{ji}} = g_{a_j} \frac{\partial a_j}{\partial \alpha_{ji}},
                  \frac{\partial a_j}{\partial \alpha_{ji}} = x_i",
                r"g_{x_i} = \sum_{j=0}^D g_{a_j} \frac{\partial a_j}{\partial x_i},
                  \frac{\partial a_j}{\partial x_i} = \alpha_{ji}",
            ],
        ),
    ];

    /// A formula without the marks in which the two notations differ: braces, parentheses, spaces.
    fn bare(formula: &str) -> String {
        let notation = [
            (r"\sum_{j=0}^D", "sum_j"),
            (r"\sum_{i=0}^M", "sum_i"),
            ("y^*", "t"),
            (r"\frac", ""),
            ("}{", "/"),
            (r"\partial", "d"),
            (r"\", ""),
        ];
        let plain = notation
            .iter()
            .fold(formula.to_string(), |formula, (tex, ours)| formula.replace(tex, ours));
        plain
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '\n' | '{' | '}' | '(' | ')'))
            .collect()
    }

    #[test]
    fn the_formulas_are_those_of_the_slide() {
        for (row, (forward, backward)) in TWO_LAYER.iter().zip(SLIDE) {
            assert_eq!(bare(&format!("{}: {}", row.name, row.forward)), bare(forward));
            assert_eq!(row.backward.len(), backward.len());
            for (rule, slide) in row.backward.iter().zip(backward) {
                let local = rule.local.map_or(String::new(), |local| format!(", {local}"));
                assert_eq!(bare(&format!("{}{local}", rule.formula)), bare(slide));
            }
        }
    }
}
