//! Arrays as text, exact to the bit: the format between the grader and the program with a submission.
//!
//! This file is compiled twice: into the grader, and into that program.
//! An array is `shape:values`, each value being the 16 hexadecimal digits of its bits: `2,1:3ff0000000000000,…`.

use ndarray::{ArrayD, IxDyn};

/// The text of an array.
pub fn text(x: &ArrayD<f64>) -> String {
    let sizes: Vec<String> = x.shape().iter().map(ToString::to_string).collect();
    let values: Vec<String> = x.iter().map(|x| format!("{:016x}", x.to_bits())).collect();
    format!("{}:{}", sizes.join(","), values.join(","))
}

/// The texts of arrays, separated by spaces.
pub fn texts(x: &[ArrayD<f64>]) -> String {
    x.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The array of a text, if it is one.
pub fn array(text: &str) -> Option<ArrayD<f64>> {
    let (sizes, values) = text.split_once(':')?;
    let parts = |text: &str| -> Vec<String> {
        text.split(',')
            .filter(|part| !part.is_empty())
            .map(str::to_string)
            .collect()
    };
    let sizes: Option<Vec<usize>> = parts(sizes).iter().map(|size| size.parse().ok()).collect();
    let bits = |value: &String| u64::from_str_radix(value, 16).ok().map(f64::from_bits);
    let values: Option<Vec<f64>> = parts(values).iter().map(bits).collect();
    ArrayD::from_shape_vec(IxDyn(&sizes?), values?).ok()
}

/// The arrays of texts that are separated by spaces, if all are arrays.
pub fn arrays(text: &str) -> Option<Vec<ArrayD<f64>>> {
    text.split_whitespace().map(array).collect()
}
