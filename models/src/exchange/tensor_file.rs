//! Reading a safetensors file that anybody may have written.
//!
//! The file is 8 bytes with the length of its header, a header of JSON, and the bytes of the arrays one behind the
//! other. Everything that the header says is held against the length of the file before a byte is made room for: an
//! array never takes more memory than the file has bytes for it. Source: the format's description, version 0.4 and later.

use super::error::{ExchangeError, Exchanged};
use super::number::NumberType;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The longest header that the format allows. **Units**: bytes.
const HEADER_MAX: u64 = 100_000_000;
/// More axes than any array of weights has.
const AXES_MAX: usize = 8;
/// The entry of a header that is no array.
const METADATA: &str = "__metadata__";

/// A file of arrays, whose header has been read and found right.
#[derive(Debug)]
pub struct TensorFile {
    path: PathBuf,
    file: File,
    /// Where the first array begins.
    start: u64,
    arrays: BTreeMap<String, Entry>,
}

/// What a header says of one array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The type of its numbers.
    pub number: NumberType,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Its bytes, counted from the first array.
    bytes: Range<u64>,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// **Errors** with the place in the file and what is wrong there.
    pub fn open(path: &Path) -> Exchanged<Self> {
        let unreadable = |source| ExchangeError::Unreadable {
            path: path.display().to_string(),
            source,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let wrong = |what: String| ExchangeError::wrong(path, what);
        let mut eight = [0; 8];
        if length < 8 {
            return Err(wrong(format!(
                "this is no safetensors file: it has {length} bytes, and its first 8 should say how long its header is"
            )));
        }
        file.read_exact(&mut eight).map_err(unreadable)?;
        let header_length = u64::from_le_bytes(eight);
        if header_length > HEADER_MAX || header_length > length - 8 {
            return Err(wrong(format!(
                "bytes 0 to 8: a header of {header_length} bytes does not fit this file of {length}; it is cut off or no \
                 safetensors file"
            )));
        }
        // At most the length of the file, so it can be made room for.
        let mut header = vec![0; header_length as usize];
        file.read_exact(&mut header).map_err(unreadable)?;
        let header = std::str::from_utf8(&header)
            .map_err(|error| wrong(format!("byte {}: the header is not UTF-8", 8 + error.valid_up_to())))?;
        let Header(entries) = serde_json::from_str(header).map_err(|error| wrong(format!("the header: {error}")))?;
        let start = 8 + header_length;
        let mut arrays = BTreeMap::new();
        for (name, said) in entries {
            let entry = said
                .entry()
                .map_err(|what| wrong(format!("`{}`: {what}", name.escape_debug())))?;
            arrays.insert(name, entry);
        }
        covers(&arrays, length - start).map_err(wrong)?;
        let path = path.to_path_buf();
        Ok(Self {
            path,
            file,
            start,
            arrays,
        })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The arrays by name.
    pub fn arrays(&self) -> &BTreeMap<String, Entry> {
        &self.arrays
    }

    /// The numbers of an array, in the order of its axes.
    ///
    /// **Errors** if there is none of this name, its numbers are no weights, or one of them is not finite.
    pub fn numbers(&mut self, name: &str) -> Exchanged<Vec<f32>> {
        let (path, shown) = (&self.path, name.escape_debug());
        let wrong = |what: String| ExchangeError::wrong(path, format!("`{shown}`: {what}"));
        let entry = self.arrays.get(name);
        let Entry { number, shape, bytes } = entry.ok_or_else(|| wrong("there is no such array".into()))?;
        if let NumberType::Other(_) = number {
            return Err(wrong("weights must be F32, F16, BF16 or F64".into()));
        }
        let mut room = vec![0; (bytes.end - bytes.start) as usize];
        let read = self.file.seek(SeekFrom::Start(self.start + bytes.start));
        read.and_then(|_| self.file.read_exact(&mut room))
            .map_err(|source| ExchangeError::Unreadable {
                path: path.display().to_string(),
                source,
            })?;
        let numbers = number.decode(&room).expect("other types were refused above");
        match numbers.iter().position(|x| !x.is_finite()) {
            None => Ok(numbers),
            Some(at) => Err(wrong(format!(
                "the number at {:?} is {}; a model needs finite weights",
                place(at, shape),
                numbers[at]
            ))),
        }
    }
}

/// The indices of an entry of an array.
fn place(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = at;
    let mut indices: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let index = rest % size;
            rest /= size;
            index
        })
        .collect();
    indices.reverse();
    indices
}

/// An error unless the arrays lie one behind the other and fill the file.
fn covers(arrays: &BTreeMap<String, Entry>, length: u64) -> Result<(), String> {
    let mut in_order: Vec<(&String, &Entry)> = arrays.iter().collect();
    in_order.sort_by_key(|(_, entry)| (entry.bytes.start, entry.bytes.end));
    let mut at = 0;
    for (name, entry) in in_order {
        let Range { start, end } = entry.bytes;
        let name = name.escape_debug();
        if start != at {
            return Err(format!(
                "`{name}`: its bytes begin at {start}, but the array before it ends at {at}; arrays may neither overlap nor \
                 leave gaps"
            ));
        }
        if end > length {
            return Err(format!(
                "`{name}`: its bytes end at {end}, but the file has {length} bytes of arrays; it is cut off"
            ));
        }
        at = end;
    }
    if at != length {
        return Err(format!(
            "the arrays end at byte {at}, but the file has {length} bytes of arrays"
        ));
    }
    Ok(())
}

/// The entries of a header in their order.
struct Header(Vec<(String, Said)>);

/// What a header says of an array, word by word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Said {
    fn entry(self) -> Result<Entry, String> {
        let Self {
            dtype,
            shape,
            data_offsets: [start, end],
        } = self;
        let number = NumberType::named(&dtype);
        let number = number.ok_or_else(|| format!("the type `{}` is not known", dtype.escape_debug()))?;
        if shape.len() > AXES_MAX {
            return Err(format!("{} axes are more than any weights have", shape.len()));
        }
        let entries = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        let bytes = entries.and_then(|entries| entries.checked_mul(number.bytes() as u64));
        let Some(bytes) = bytes else {
            return Err(format!("the shape {shape:?} has more entries than can be counted"));
        };
        if start > end || end - start != bytes {
            return Err(format!(
                "the shape {shape:?} of {dtype} needs {bytes} bytes, but its place is {start} to {end}"
            ));
        }
        Ok(Entry {
            number,
            // A shape with a 0 may hold another size of any length.
            shape: shape
                .into_iter()
                .map(|size| usize::try_from(size).map_err(|_| format!("an axis of {size} is too long")))
                .collect::<Result<_, _>>()?,
            bytes: start..end,
        })
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with an entry for each array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let (mut entries, mut seen) = (Vec::new(), HashMap::new());
                while let Some(name) = map.next_key::<String>()? {
                    if seen.insert(name.clone(), ()).is_some() {
                        return Err(A::Error::custom(format!(
                            "`{}` stands in it twice",
                            name.escape_debug()
                        )));
                    }
                    if name == METADATA {
                        map.next_value::<HashMap<String, String>>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
