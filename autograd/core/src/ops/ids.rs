//! Ids as operands: whole numbers that travel as floating-point numbers, and what can be wrong with them.

use super::elementwise::place;
use crate::numbers::Real;
use crate::op::ValueError;
use crate::shape::{Shape, ShapeError};

/// The most classes or rows that ids can name: above it, `f32` does not hold every whole number.
pub const IDS_MAX: usize = 1 << 24;

/// An error if there are more rows than ids can name.
pub fn nameable(rows: usize) -> Result<(), ShapeError> {
    if rows > IDS_MAX {
        return Err(ShapeError::new(format!(
            "{rows} rows are more than ids can name: ids travel as f32, which holds every whole number up to 2^24 = \
             {IDS_MAX} only"
        )));
    }
    Ok(())
}

/// The shape of the ids that name one entry in each row of `x: [.., V]`, or what is wrong with the two shapes.
pub fn one_per_row(x: Shape, ids: Shape) -> Result<Shape, ShapeError> {
    if x.rank() == 0 || x.remove(x.rank() - 1) != ids {
        return Err(ShapeError::new(
            "each row along the last axis needs one id: [.., V] and ids [..] must be equal but for V",
        ));
    }
    nameable(x.last())?;
    Ok(ids)
}

/// The row that an id names; the op has [checked](check) it before.
pub fn row<T: Real>(id: T) -> usize {
    id.to_f64() as usize
}

/// An error that names the first id which is not a whole number below `end`, save the `ignored` one.
pub fn check<T: Real>(ids: &[T], shape: Shape, end: usize, ignored: Option<usize>) -> Result<(), ValueError> {
    let bad = ids.iter().position(|id| {
        let id = id.to_f64();
        let whole = id >= 0.0 && id < end as f64 && id.fract() == 0.0;
        !whole && !is_ignored(id, ignored)
    });
    match bad {
        None => Ok(()),
        Some(i) => Err(ValueError::new(format!(
            "ids{} is {}, which is not a whole number from 0 to V - 1, where V = {end}; places in an array are counted from 0",
            place(shape, i),
            ids[i].to_f64()
        ))),
    }
}

/// True if the id is the ignored one.
pub fn is_ignored(id: f64, ignored: Option<usize>) -> bool {
    ignored.is_some_and(|ignored| id == ignored as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_id_is_named_with_its_place() {
        let shape = Shape::new(&[2, 3]);
        let says = |ids: [f64; 6]| check(&ids, shape, 5, Some(9)).err().map(|error| error.to_string());
        assert_eq!(says([0.0, 1.0, 2.0, 3.0, 4.0, 9.0]), None);
        for (bad, printed) in [(5.0, "5"), (-1.0, "-1"), (1.5, "1.5"), (f64::NAN, "NaN")] {
            let expected = format!(
                "ids[1, 1] is {printed}, which is not a whole number from 0 to V - 1, where V = 5; \
                 places in an array are counted from 0"
            );
            assert_eq!(says([0.0, 1.0, 2.0, 3.0, bad, 9.0]), Some(expected));
        }
    }

    #[test]
    fn more_rows_than_f32_can_count_are_refused() {
        assert!(nameable(IDS_MAX).is_ok());
        let error = nameable(IDS_MAX + 1).expect_err("one too many").to_string();
        assert!(error.contains("16777217 rows") && error.contains("f32"), "{error}");
    }
}
