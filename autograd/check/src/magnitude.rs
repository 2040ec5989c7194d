//! How large numbers are: what errors are measured against.

/// The largest of the numbers without their signs; 0 of none, and NaN is passed over.
pub(crate) fn largest<'x>(numbers: impl IntoIterator<Item = &'x f64>) -> f64 {
    numbers.into_iter().fold(0.0, |most, x| most.max(x.abs()))
}
