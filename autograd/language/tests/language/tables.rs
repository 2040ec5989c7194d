//! The lecture's table and the formulas of growth.

use std::collections::BTreeMap;

use tapegrad_autograd::language::count::{View, vary};
use tapegrad_autograd::language::table::{Format, Row, Spelling, Style, print, rows};

use crate::programs;
use crate::running::{different_sizes, opened, request};
use crate::tables_evaluated::sizes_of_loops;

fn text(name: &str) -> String {
    std::fs::read_to_string(programs::folder().join(name)).unwrap()
}

#[test]
fn a_row_is_never_called_like_a_value_of_another_row() {
    let text = "graph g {\n dim T\n input x\n h[0] = x\n h_2[0] = x\n for t = 1..T { h[t] = tanh(h[t-1]); h_2[t] = \
                h[t] * h_2[t-1] }\n J = h_2[T]\n minimize J\n}";
    let opened = opened("g", text);
    let given = [("T".to_string(), 2)].into();
    let rows = rows(&opened.programs[0], &given, Style::Indexed).unwrap();
    let names: Vec<String> = rows.iter().map(|row| row.forward.0.spell(Spelling::Text)).collect();
    for own in ["h_1", "h_2", "h2_1", "h2_2"] {
        assert!(names.iter().any(|name| name == own), "{own} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.starts_with("h_2_")), "{names:?}");
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
    {\renewcommand{\arraystretch}{1.8}
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
    \end{tabular}}
    ");
}

#[test]
fn the_table_with_matrices_has_indices_only_where_there_is_no_notation_without() {
    let opened = opened("softmax_regression", &text("softmax_regression.cg"));
    let rows = rows(&opened.programs[0], &BTreeMap::new(), Style::Matrix).unwrap();
    insta::assert_snapshot!(print(&rows, Format::Text), @r"
             Forward                  Backward
    Loss     J = mean(nll)            g_nll = 1 / B
    Neg      nll_i = -log(Y_{i,t_i})  g_Y_ik = -(g_nll_i / Y_{i,t_i}) [k = t_i]
    Softmax  Y = softmax(S, over K)   g_S = Y * (g_Y - sum(g_Y * Y, over K))
    Add      S = X @ W + b            g_X = g_S @ W^T
                                      g_W = X^T @ g_S
                                      g_b = sum(g_S, over B)
    ");
}

/// The programs' tables in both styles.
fn all_rows() -> Vec<(String, Vec<Row>)> {
    let mut all = Vec::new();
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let given = sizes_of_loops(program, &request);
            for style in [Style::Indexed, Style::Matrix] {
                all.push((name.clone(), rows(program, &given, style).unwrap()));
            }
        }
    }
    all
}

#[test]
fn every_program_has_a_table_in_every_format() {
    for (name, rows) in all_rows() {
        for format in [Format::Text, Format::Markdown, Format::Latex, Format::Html] {
            assert!(print(&rows, format).lines().count() > rows.len(), "{name}");
        }
    }
}

/// True if one thing has two superscripts or two subscripts, which LaTeX refuses: `a^b^c`.
fn has_two_of_one_script(formula: &str) -> bool {
    let letters: Vec<char> = formula.chars().collect();
    (0..letters.len())
        .filter(|&at| matches!(letters[at], '^' | '_'))
        .any(|at| {
            let is_escaped = at > 0 && letters[at - 1] == '\\';
            let mut end = at + 2;
            match letters.get(at + 1) {
                Some('{') => {
                    let mut depth = 1;
                    while depth > 0 && end < letters.len() {
                        depth += i32::from(letters[end] == '{') - i32::from(letters[end] == '}');
                        end += 1;
                    }
                }
                Some('\\') => {
                    end += letters[end..]
                        .iter()
                        .take_while(|letter| letter.is_alphabetic())
                        .count()
                }
                _ => {}
            }
            !is_escaped && letters.get(end) == Some(&letters[at])
        })
}

/// The cells of a line; what stands between dollar signs has its own columns.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    for (i, part) in line.split('$').enumerate() {
        let is_formula = i % 2 == 1;
        let mut columns = if is_formula {
            vec![part]
        } else {
            part.split(" & ").collect()
        }
        .into_iter();
        let last = cells.last_mut().unwrap();
        last.push_str(if i > 0 { "$" } else { "" });
        last.push_str(columns.next().unwrap_or_default());
        cells.extend(columns.map(str::to_string));
    }
    cells
}

/// True if all that LaTeX opens is closed again in each cell: braces, dollar signs, and `\left` by `\right`.
fn is_closed_latex(cell: &str) -> bool {
    let (mut depth, mut least) = (0i32, 0);
    for letter in cell.replace("\\{", "").replace("\\}", "").chars() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        least = least.min(depth);
    }
    let brackets = cell.matches("\\left").count() == cell.matches("\\right").count();
    let formulas = cell.split('$').skip(1).step_by(2);
    let twice = formulas.into_iter().any(has_two_of_one_script);
    let outside: String = cell.split('$').step_by(2).collect();
    let named = |name: &str| {
        name.split('}')
            .next()
            .is_some_and(|name| name.replace("\\_", "").contains('_'))
    };
    let bare = cell.split("\\operatorname{").skip(1).any(named);
    depth == 0
        && least == 0
        && brackets
        && !twice
        && !bare
        && cell.matches('$').count().is_multiple_of(2)
        && !outside.contains('_')
}

#[test]
fn every_cell_of_a_latex_table_closes_what_it_opens() {
    assert!(has_two_of_one_script("K^\\top^\\top") && has_two_of_one_script("a_{i_{j}}_k"));
    assert!(!has_two_of_one_script("a_{i_{j}}^\\top b_k"));
    assert!(!is_closed_latex("$\\frac{a}{b$") && !is_closed_latex("a_b") && !is_closed_latex("$\\left(a)$"));
    for (name, rows) in all_rows() {
        let latex = print(&rows, Format::Latex);
        let lines: Vec<&str> = latex.lines().collect();
        let (begin, end) = (lines[..2].concat(), lines[lines.len() - 1]);
        assert_eq!(
            begin, "{\\renewcommand{\\arraystretch}{1.8}\\begin{tabular}{lll}",
            "{name}"
        );
        assert_eq!(end, "\\end{tabular}}", "{name}");
        for line in lines[2..lines.len() - 1].iter().filter(|line| **line != "\\hline") {
            let cells = cells(line.strip_suffix(" \\\\").unwrap());
            assert!(cells.len() == 3 || line.starts_with(" & &"), "{name}: {line}");
            assert!(cells.iter().all(|cell| is_closed_latex(cell)), "{name}: {line}");
        }
    }
}

/// The elements of a page in order, each closed by its own name, and how many children each `mfrac` and the like has.
fn assert_well_formed(name: &str, page: &str) {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("{name}: {part}"));
        let element = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap();
        if tag.starts_with('!') || element == "meta" || element == "br" {
            continue;
        }
        if tag.starts_with('/') {
            let (own, children) = open.pop().unwrap_or_else(|| panic!("{name}: {tag}"));
            assert_eq!(own, element, "{name}");
            let two = ["mfrac", "msub", "msup", "munder"].contains(&own);
            let three = ["munderover", "msubsup"].contains(&own);
            assert!(!three || children == 3, "{name}: {own} has {children} parts");
            assert!(!two || children == 2, "{name}: {own} has {children} parts");
            continue;
        }
        if let Some((_, children)) = open.last_mut() {
            *children += 1;
        }
        if !tag.ends_with('/') {
            open.push((element, 0));
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} is open");
}

#[test]
fn every_page_with_a_table_is_well_formed_math_and_needs_no_network() {
    for (name, rows) in all_rows() {
        let page = print(&rows, Format::Html);
        assert_well_formed(&name, &page);
        assert!(!page.contains("http") && !page.contains("<script"), "{name}");
        let equations = rows.iter().map(|row| 1 + row.backward.len()).sum::<usize>();
        assert_eq!(page.matches("<math").count(), equations, "{name}");
    }
}

#[test]
fn the_formula_of_a_sigmoid_in_mathml() {
    let opened = opened("two_layer", &text("two_layer.cg"));
    let rows = rows(&opened.programs[0], &BTreeMap::new(), Style::Indexed).unwrap();
    let page = print(&rows[3..4], Format::Html);
    let first = page.split("<td><p>").nth(1).unwrap().split("</p>").next().unwrap();
    insta::assert_snapshot!(first, @r#"<math displaystyle="true"><msub><mi>z</mi><mrow><mi>j</mi></mrow></msub><mo>=</mo><mfrac><mrow><mn>1</mn></mrow><mrow><mrow><mn>1</mn><mo>+</mo><mrow><mi>exp</mi><mo>&#x2061;</mo><mrow><mo>(</mo><mrow><mo form="prefix">&minus;</mo><msub><mi>a</mi><mrow><mi>j</mi></mrow></msub></mrow><mo>)</mo></mrow></mrow></mrow></mrow></mfrac></math>"#);
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

/// `k - 1 == t[n]` and `t[n] == k - 1` are one statement, and the table writes it in one way.
#[test]
fn an_id_is_compared_with_a_position_in_one_way_on_both_sides() {
    let table = |condition: &str, format: Format| {
        let body = format!("Y[n, k:K] = if {condition} then 0.9 else 0.1 J = -sum(n, k: Y[n, k] * X[n, k]) minimize J");
        let program = opened(
            "ids",
            &format!("graph ids {{ dim N, K input t[N]: id[K], X[N, K] {body} }}"),
        );
        print(
            &rows(&program.programs[0], &BTreeMap::new(), Style::Indexed).unwrap(),
            format,
        )
    };
    for format in [Format::Text, Format::Latex] {
        for (own, other) in [("k - 1 == t[n]", "t[n] == k - 1"), ("k - 1 != t[n]", "t[n] != k - 1")] {
            assert_eq!(table(own, format), table(other, format));
        }
    }
    let text = table("k - 1 == t[n]", Format::Text);
    assert!(text.contains("if k = t_") && !text.contains("k - 1"), "{text}");
}
