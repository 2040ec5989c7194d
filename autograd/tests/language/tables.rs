//! The lecture's table and the formulas of growth.

use std::collections::BTreeMap;

use tapegrad_autograd::language::count::{View, vary};
use tapegrad_autograd::language::table::{Format, Style, print, rows};

use crate::programs;
use crate::running::opened;

fn text(name: &str) -> String {
    std::fs::read_to_string(programs::folder().join(name)).unwrap()
}

#[test]
fn the_table_of_the_two_layer_network_is_the_one_of_the_lecture() {
    let opened = opened("two_layer", &text("two_layer.cg"));
    let rows = rows(&opened.programs[0], &BTreeMap::new(), Style::Indexed).unwrap();
    insta::assert_snapshot!(print(&rows, Format::Text), @r"
             Forward                            Backward
    Loss     J = t log(y) + (1 - t) log(1 - y)  g_y = t / y + (1 - t) / (y - 1)
    Sigmoid  y = 1 / (1 + exp(-b))              g_b = g_y dy/db, dy/db = y (1 - y)
    Linear   b = sum_j beta_j z_j               g_beta_j = g_b db/dbeta_j, db/dbeta_j = z_j
                                                g_z_j = g_b db/dz_j, db/dz_j = beta_j
    Sigmoid  z_j = 1 / (1 + exp(-a_j))          g_a_j = g_z_j dz_j/da_j, dz_j/da_j = z_j (1 - z_j)
    Linear   a_j = sum_i alpha_ji x_i           g_alpha_ji = g_a_j da_j/dalpha_ji, da_j/dalpha_ji = x_i
                                                g_x_i = sum_j g_a_j da_j/dx_i, da_j/dx_i = alpha_ji
    ");
}

#[test]
fn the_table_has_the_same_rows_in_latex() {
    let opened = opened("two_layer", &text("two_layer.cg"));
    let rows = rows(&opened.programs[0], &BTreeMap::new(), Style::Indexed).unwrap();
    insta::assert_snapshot!(print(&rows, Format::Latex), @r"
    \begin{tabular}{lll}
     & Forward & Backward \\
    \hline
    Loss & $J = t \log\left(y\right) + \left(1 - t\right) \log\left(1 - y\right)$ & $g_{y} = \frac{t}{y} + \frac{1 - t}{y - 1}$ \\
    Sigmoid & $y = \frac{1}{1 + \exp\left(-b\right)}$ & $g_{b} = g_{y} \frac{\partial y}{\partial b}$, $\frac{\partial y}{\partial b} = y \left(1 - y\right)$ \\
    Linear & $b = \sum_{j} \beta_{j} z_{j}$ & $g_{\beta_{j}} = g_{b} \frac{\partial b}{\partial \beta_{j}}$, $\frac{\partial b}{\partial \beta_{j}} = z_{j}$ \\
     & & $g_{z_{j}} = g_{b} \frac{\partial b}{\partial z_{j}}$, $\frac{\partial b}{\partial z_{j}} = \beta_{j}$ \\
    Sigmoid & $z_{j} = \frac{1}{1 + \exp\left(-a_{j}\right)}$ & $g_{a_{j}} = g_{z_{j}} \frac{\partial z_{j}}{\partial a_{j}}$, $\frac{\partial z_{j}}{\partial a_{j}} = z_{j} \left(1 - z_{j}\right)$ \\
    Linear & $a_{j} = \sum_{i} \alpha_{ji} x_{i}$ & $g_{\alpha_{ji}} = g_{a_{j}} \frac{\partial a_{j}}{\partial \alpha_{ji}}$, $\frac{\partial a_{j}}{\partial \alpha_{ji}} = x_{i}$ \\
     & & $g_{x_{i}} = \sum_{j} g_{a_{j}} \frac{\partial a_{j}}{\partial x_{i}}$, $\frac{\partial a_{j}}{\partial x_{i}} = \alpha_{ji}$ \\
    \end{tabular}
    ");
}

#[test]
fn the_table_with_matrices_has_no_indices() {
    let opened = opened("softmax_regression", &text("softmax_regression.cg"));
    let rows = rows(&opened.programs[0], &BTreeMap::new(), Style::Matrix).unwrap();
    insta::assert_snapshot!(print(&rows, Format::Text), @r"
             Forward          Backward
    Loss     J = mean(nll)    g_nll = 1 / B
    Neg      nll = -log(Y_t)  g_Y = -g_nll / Y_t where(abs(t - (positions() - 1)), 0, 1)
    Softmax  Y = softmax(S)   g_S = Y (g_Y - sum(g_Y Y))
    Add      S = X @ W + b    g_X = g_S @ W^T
                              g_W = X^T @ g_S
                              g_b = sum(g_S)
    ");
}

#[test]
fn every_program_has_a_table_in_every_format() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let given = BTreeMap::from([("T".to_string(), 3), ("L".to_string(), 2)]);
            let given = given
                .into_iter()
                .filter(|(size, _)| program.dims.iter().any(|dim| &*dim.name == size))
                .collect();
            for style in [Style::Indexed, Style::Matrix] {
                let rows = rows(program, &given, style).unwrap();
                for format in [Format::Text, Format::Markdown, Format::Latex, Format::Html] {
                    assert!(print(&rows, format).lines().count() > rows.len(), "{name}");
                }
            }
        }
    }
}

#[test]
fn the_unrolled_language_model_grows_linearly_and_attention_remembers_a_square() {
    let formulas = |name: &str, sizes: &[(&str, i64)]| -> Vec<String> {
        let opened = opened(name, &text(name));
        let dims = sizes.iter().map(|(name, size)| ((*name).to_string(), *size)).collect();
        let growth = vary(&opened.programs[0], &dims, "T", 1..=16, View::Unrolled).unwrap();
        growth
            .iter()
            .map(|one| format!("{}(T) = {}", one.what, one.formula.clone().unwrap()))
            .collect()
    };
    let rnn = formulas("rnn_lm.cg", &[("V", 5), ("E", 3), ("H", 4)]);
    let attention = formulas("attention.cg", &[("D", 3), ("dk", 2)]);
    insta::assert_snapshot!(format!("rnn: {}\nattention: {}", rnn.join(", "), attention.join(", ")), @r"
    rnn: nodes(T) = 16 T + 11, edges(T) = 25 T + 1, flops(T) = 141 T, remembered(T) = 15 T
    attention: nodes(T) = 30, edges(T) = 31, flops(T) = 17 T^2 + 42 T + 1, remembered(T) = 2 T^2 + 8 T + 1
    ");
}
