//! The parameters of a network as NumPy's `.npz`: an archive with one `.npy` file for each array.
//!
//! A `.npy` file is a magic word, a version, and a line of Python that says type, order and shape, then the numbers.
//! Source: `numpy.lib.format`, versions 1.0 to 3.0.

use super::archive::{self, File};
use super::error::{ExchangeError, Exchanged};
use super::number::NumberType;
use std::path::Path;
use tapegrad_core::{ParamList, Params};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The ending of an array's file.
const ENDING: &str = ".npy";

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
struct Array {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

/// The bytes of an archive with every parameter under its name.
///
/// **Errors** if they are more than 4 GB.
pub fn write(params: &Params<f32>) -> Exchanged<Vec<u8>> {
    let list = params.list();
    let file = |param| {
        let name = &list.spec(param).name;
        let numbers: Vec<f32> = params.value(param).iter().copied().collect();
        File {
            name: format!("{name}{ENDING}"),
            bytes: npy(&param.shape().to_vec(), &numbers),
        }
    };
    let files: Vec<File> = list.params().map(file).collect();
    archive::write(&files).map_err(ExchangeError::Unlike)
}

/// The values of all parameters of a list, flat in its order.
///
/// **Errors** if an array is missing, has another shape, is damaged or holds a number that is not finite, or one is left
/// over.
pub fn read(path: &Path, bytes: &[u8], list: &ParamList) -> Exchanged<Vec<f32>> {
    let wrong = |what: String| ExchangeError::wrong(path, what);
    let mut files = archive::read(path, bytes)?;
    let mut values = Vec::with_capacity(list.len());
    for spec in list.specs() {
        let name = format!("{}{ENDING}", spec.name);
        let at = files.iter().position(|file| file.name == name);
        let file = files.swap_remove(at.ok_or_else(|| wrong(format!("there is no array `{}`", spec.name)))?);
        let array = array(&file.bytes).map_err(|what| wrong(format!("`{}`: {what}", spec.name)))?;
        let needed = spec.shape.to_vec();
        if array.shape != needed {
            let found = array.shape;
            return Err(wrong(format!(
                "`{}` has the shape {found:?}; this model needs {needed:?}",
                spec.name
            )));
        }
        if let Some(x) = array.numbers.iter().find(|x| !x.is_finite()) {
            return Err(wrong(format!(
                "`{}` holds {x}; a model needs finite weights",
                spec.name
            )));
        }
        values.extend(array.numbers);
    }
    match files.first() {
        None => Ok(values),
        Some(other) => Err(wrong(format!(
            "`{}` is no parameter of this model",
            other.name.escape_debug()
        ))),
    }
}

fn npy(shape: &[usize], numbers: &[f32]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    // Python writes a list of one with a comma.
    let sizes = sizes.join(", ") + if shape.len() == 1 { "," } else { "" };
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The numbers begin at a multiple of 64 bytes, behind a line end.
    let before = MAGIC.len() + 4;
    let padding = (before + header.len() + 1).next_multiple_of(64) - before - header.len() - 1;
    header += &" ".repeat(padding);
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    bytes
}

/// The array in the bytes of a `.npy` file.
fn array(bytes: &[u8]) -> Result<Array, String> {
    let no_array = || "this is no `.npy` file, or it is cut off".to_string();
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(no_array)?;
    let (length, start) = match rest {
        [1, 0, a, b, ..] => (usize::from(u16::from_le_bytes([*a, *b])), 4),
        [2 | 3, 0, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
        [major, minor, ..] => return Err(format!("the version {major}.{minor} of the format is not known")),
        _ => return Err(no_array()),
    };
    let header = rest.get(start..start + length).ok_or_else(no_array)?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is not UTF-8".to_string())?;
    let number = match field(header, "descr")?.trim_matches(['\'', '"']) {
        "<f4" => NumberType::F32,
        "<f8" => NumberType::F64,
        "<f2" => NumberType::F16,
        other => {
            let other = other.escape_debug();
            return Err(format!(
                "the type `{other}` holds no weights; known are <f4, <f8 and <f2"
            ));
        }
    };
    let is_by_columns = match field(header, "fortran_order")? {
        "False" => false,
        "True" => true,
        other => {
            return Err(format!(
                "`fortran_order` is {}; it is True or False",
                other.escape_debug()
            ));
        }
    };
    let sizes = field(header, "shape")?.trim_start_matches('(').trim_end_matches(')');
    let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape: Vec<usize> = sizes
        .map(|size| {
            size.parse()
                .map_err(|_| format!("the size `{}` is no number", size.escape_debug()))
        })
        .collect::<Result<_, _>>()?;
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    let needed = count.and_then(|count| count.checked_mul(number.bytes()));
    let data = &rest[start + length..];
    if needed != Some(data.len()) {
        return Err(format!(
            "the shape {shape:?} does not fit its {} bytes of numbers",
            data.len()
        ));
    }
    let numbers = number.decode(data).expect("its type is one of weights");
    let numbers = if is_by_columns {
        by_rows(&shape, &numbers)
    } else {
        numbers
    };
    Ok(Array { shape, numbers })
}

/// The value of a field in a line such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn field<'h>(header: &'h str, name: &str) -> Result<&'h str, String> {
    let key = format!("'{name}':");
    let missing = || format!("its header has no `{name}`");
    let (_, rest) = header.split_once(&key).ok_or_else(missing)?;
    let rest = rest.trim_start();
    let end = match rest.starts_with('(') {
        true => rest.find(')').map(|end| end + 1),
        false => rest.find([',', '}']),
    };
    end.map(|end| rest[..end].trim()).ok_or_else(missing)
}

/// The numbers of an array that was stored with its first axis running fastest, the last axis running fastest.
fn by_rows(shape: &[usize], numbers: &[f32]) -> Vec<f32> {
    let place = |mut at: usize| {
        // From the last axis: its index, and how far it is from one number to the next in the stored order.
        let mut stride = numbers.len();
        let mut place = 0;
        for &size in shape.iter().rev() {
            stride /= size;
            place += at % size * stride;
            at /= size;
        }
        place
    };
    (0..numbers.len()).map(|at| numbers[place(at)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_core::Init;

    #[test]
    fn an_array_by_columns_is_turned() {
        // 0 1 2 / 3 4 5, column by column.
        assert_eq!(
            by_rows(&[2, 3], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        );
    }

    #[test]
    fn parameters_come_back_and_what_differs_is_named() {
        let mut list = ParamList::new();
        list.add("w", [2, 3], Init::Glorot);
        list.add("b", [3], Init::Zeros);
        let params = Params::<f32>::new(&list, 1);
        let bytes = write(&params).unwrap();
        let path = Path::new("x.npz");
        assert_eq!(read(path, &bytes, &list).unwrap(), params.values());
        let mut other = ParamList::new();
        other.add("w", [3, 2], Init::Zeros);
        let error = read(path, &bytes, &other).unwrap_err().to_string();
        assert_eq!(error, "x.npz: `w` has the shape [2, 3]; this model needs [3, 2]");
        let mut fewer = ParamList::new();
        fewer.add("w", [2, 3], Init::Zeros);
        let error = read(path, &bytes, &fewer).unwrap_err().to_string();
        assert_eq!(error, "x.npz: `b.npy` is no parameter of this model");
    }

    #[test]
    fn headers_that_lie_are_refused() {
        let good = npy(&[2], &[1.0, 2.0]);
        assert_eq!(array(&good).unwrap().numbers, [1.0, 2.0]);
        let text = |from: &str, to: &str| {
            let at = good.windows(from.len()).position(|own| own == from.as_bytes()).unwrap();
            let mut changed = good.clone();
            changed.splice(at..at + from.len(), to.bytes());
            array(&changed).unwrap_err()
        };
        assert_eq!(
            text("(2,)", "(3,)"),
            "the shape [3] does not fit its 8 bytes of numbers"
        );
        assert_eq!(
            text("<f4", "<i4"),
            "the type `<i4` holds no weights; known are <f4, <f8 and <f2"
        );
        assert_eq!(text("shape", "shapr"), "its header has no `shape`");
        assert_eq!(
            text("NUMPY\u{1}", "NUMPY\u{9}"),
            "the version 9.0 of the format is not known"
        );
        assert!((0..good.len()).all(|end| array(&good[..end]).is_err()));
    }
}
