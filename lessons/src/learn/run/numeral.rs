//! Numbers and arrays as a learner reads them.

use ndarray::{ArrayD, ArrayViewD, Axis};

/// An array with more entries than this along an axis is shown by its shape and a summary.
pub const SIDE_MAX: usize = 12;

/// A number with at most four decimals, and at least three digits that count; a very small or large one with its power
/// of ten.
///
/// What is not 0 is never shown as 0, and what is shown is within half a per cent of what is meant.
pub fn numeral(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .into();
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = if size < 0.01 { 5 } else { 4 };
    let text = format!("{value:.decimals$}");
    match text.parse::<f64>() {
        Ok(back) if (back - value).abs() <= 1e-12 * size => text.trim_end_matches('0').trim_end_matches('.').into(),
        _ => text,
    }
}

/// An array on one line: `[[1, 2], [3, 4]]`; one that is too long by its shape and range.
pub fn inline(array: &ArrayD<f64>) -> String {
    match array.len() <= 2 * SIDE_MAX {
        true => nested(array.view()),
        false => summary(array),
    }
}

fn nested(array: ArrayViewD<'_, f64>) -> String {
    match array.ndim() {
        0 => array.first().copied().map_or_else(String::new, numeral),
        _ => {
            let parts: Vec<String> = array.axis_iter(Axis(0)).map(nested).collect();
            format!("[{}]", parts.join(", "))
        }
    }
}

/// An array with a line for each of its rows, columns aligned; one that is too large by its shape and range.
pub fn block(array: &ArrayD<f64>) -> String {
    match *array.shape() {
        [rows, columns] if rows <= SIDE_MAX && columns <= SIDE_MAX => {
            let cells: Vec<String> = array.iter().copied().map(numeral).collect();
            let wide: Vec<usize> = (0..columns)
                .map(|column| {
                    cells
                        .iter()
                        .skip(column)
                        .step_by(columns.max(1))
                        .map(String::len)
                        .max()
                        .unwrap_or(0)
                })
                .collect();
            let row = |row: &[String]| {
                let cells: Vec<String> = row
                    .iter()
                    .zip(&wide)
                    .map(|(cell, wide)| format!("{cell:>wide$}", wide = *wide))
                    .collect();
                format!("[{}]", cells.join(", "))
            };
            cells.chunks(columns.max(1)).map(row).collect::<Vec<_>>().join("\n")
        }
        [entries] if entries <= SIDE_MAX => nested(array.view()),
        [a, b, c] if a <= SIDE_MAX && b <= SIDE_MAX && c <= SIDE_MAX && a * b * c <= 6 * SIDE_MAX => {
            let blocks: Vec<String> = array.axis_iter(Axis(0)).map(|one| block(&one.to_owned())).collect();
            blocks.join("\n\n")
        }
        [] => nested(array.view()),
        _ => summary(array),
    }
}

/// Shape, least, mean and largest entry.
fn summary(array: &ArrayD<f64>) -> String {
    let shape = shape(array.shape());
    let finite: Vec<f64> = array.iter().copied().filter(|entry| entry.is_finite()).collect();
    if finite.is_empty() {
        return format!("{shape}, no finite entry");
    }
    let least = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    format!(
        "{shape} from {} to {}, mean {}",
        numeral(least),
        numeral(largest),
        numeral(mean)
    )
}

/// A shape as it is written: `[2, 3]`, or `a number`.
pub fn shape(sizes: &[usize]) -> String {
    if sizes.is_empty() {
        return "a number".into();
    }
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    format!("[{}]", sizes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_is_not_zero_is_never_shown_as_zero() {
        let shown = [0.0, 1e-9, -2e-5, 0.5, 2.0, -1.23456, 1e9, 0.3, 5.2e-5, 0.004567].map(numeral);
        assert_eq!(
            shown,
            [
                "0", "1.00e-9", "-2.00e-5", "0.5", "2", "-1.2346", "1.00e9", "0.3", "5.20e-5", "0.00457"
            ]
        );
        assert_eq!([f64::NEG_INFINITY, f64::NAN].map(numeral), ["-inf", "nan"]);
    }

    #[test]
    fn a_matrix_has_a_line_for_each_row_and_a_large_one_is_summed_up() {
        assert_eq!(
            block(&array![[1.0, -0.5], [10.0, 2.25]].into_dyn()),
            "[ 1, -0.5]\n[10, 2.25]"
        );
        assert_eq!(inline(&array![[1.0, 2.0], [3.0, 4.0]].into_dyn()), "[[1, 2], [3, 4]]");
        assert_eq!(block(&ArrayD::ones(vec![20, 20])), "[20, 20] from 1 to 1, mean 1");
    }
}
