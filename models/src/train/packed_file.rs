//! The file of a quantised model: one safetensors file with the codes and scales of each matrix.
//!
//! A matrix `NAME` of few bits is two arrays of bytes, `NAME.codes` and `NAME.scales`; other parameters are numbers of 32 bits.
//! Header and checksum are those of a checkpoint, and the header also says how many bits a weight has.

use super::checkpoint::{CheckpointError, Header};
use super::checksum::checksum;
use super::write_atomically;
use crate::model::Model;
use crate::packed_model::AnyPacked;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::path::Path;
use tapegrad_core::kernels::{Bits, PackedMatrix};
use tapegrad_core::params::Stored;

/// The name of the file in the folder of a run.
pub const FILE: &str = "packed.safetensors";
const HEADER: &str = "tapegrad";
const CHECKSUM: &str = "sha256";

#[derive(Serialize, Deserialize)]
struct PackedHeader {
    bits: u8,
    header: Header,
}

/// Writes a quantised model.
///
/// **Errors** if the file cannot be written.
pub fn save(path: &Path, model: &dyn AnyPacked, bits: Bits, header: &Header) -> Result<(), CheckpointError> {
    let (list, stored) = model.parameters();
    let mut arrays: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (spec, stored) in list.specs().iter().zip(stored) {
        match stored {
            Stored::Numbers(numbers) => {
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                arrays.push((spec.name.clone(), Dtype::F32, spec.shape.to_vec(), bytes));
            }
            Stored::Packed(matrix) => {
                for (part, bytes) in ["codes", "scales"].into_iter().zip(matrix.to_bytes()) {
                    arrays.push((format!("{}.{part}", spec.name), Dtype::U8, vec![bytes.len()], bytes));
                }
            }
        }
    }
    let views: Vec<(&str, TensorView<'_>)> = arrays
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes);
            (
                name.as_str(),
                view.expect("an array has as many bytes as its shape says"),
            )
        })
        .collect();
    let header = PackedHeader {
        bits: number(bits),
        header: header.clone(),
    };
    let header = serde_json::to_string(&header).expect("a header is numbers and strings");
    let checksum = checksum(&header, &views);
    let entries = [(HEADER.to_string(), header), (CHECKSUM.to_string(), checksum)];
    let bytes = safetensors::serialize(views, Some(entries.into())).expect("names and sizes fit the format");
    write_atomically(path, &bytes).map_err(|source| CheckpointError::Unwritable {
        path: path.display().to_string(),
        source,
    })
}

/// Reads a quantised model; `model` is one of the same recipe, whose own weights do not matter.
///
/// **Errors** if the file is missing, damaged, or of another model.
pub fn load(path: &Path, model: Model) -> Result<(Box<dyn AnyPacked>, Header), CheckpointError> {
    let at = || path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| CheckpointError::Unreadable { path: at(), source })?;
    let damaged = |why: String| CheckpointError::Damaged { path: at(), why };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|error| damaged(error.to_string()))?;
    let entry = |name: &str| {
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(name));
        entry.ok_or_else(|| damaged(format!("its header has no entry `{name}`")))
    };
    let header: PackedHeader =
        serde_json::from_str(entry(HEADER)?).map_err(|error| damaged(format!("its header: {error}")))?;
    let bits = match header.bits {
        8 => Bits::Eight,
        4 => Bits::Four,
        other => {
            return Err(damaged(format!(
                "its weights have {other} bits, and only 4 and 8 are known"
            )));
        }
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| damaged(error.to_string()))?;
    let named = tensors.tensors();
    let views: Vec<(&str, TensorView<'_>)> = named.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    if *entry(CHECKSUM)? != checksum(entry(HEADER)?, &views) {
        return Err(damaged(
            "its numbers are not those that were written: the checksum in its header is another".into(),
        ));
    }
    let list = model.param_list().ok_or_else(|| damaged("it is of a network".into()))?;
    let mut stored = Vec::new();
    for spec in list.specs() {
        let part = |part: &str| tensors.tensor(&format!("{}.{part}", spec.name)).ok();
        stored.push(match (part("codes"), part("scales"), spec.shape.to_vec().as_slice()) {
            (Some(codes), Some(scales), &[rows, cols]) => {
                let matrix = PackedMatrix::from_bytes(bits, [rows, cols], codes.data(), scales.data());
                Stored::Packed(matrix.ok_or_else(|| damaged(format!("`{}` has another size", spec.name)))?)
            }
            _ => {
                let tensor = tensors
                    .tensor(&spec.name)
                    .map_err(|_| damaged(format!("it has no array `{}`", spec.name)))?;
                let numbers = tensor
                    .data()
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|&four| f32::from_le_bytes(four));
                if tensor.dtype() != Dtype::F32 || tensor.shape() != spec.shape.to_vec() {
                    return Err(damaged(format!("`{}` has another size or type", spec.name)));
                }
                Stored::Numbers(numbers.collect())
            }
        });
    }
    let packed = model
        .with_packed(stored)
        .ok_or_else(|| damaged("its arrays are those of another model".into()))?;
    let header = Header {
        is_verified: true,
        ..header.header
    };
    Ok((packed, header))
}

fn number(bits: Bits) -> u8 {
    match bits {
        Bits::Eight => 8,
        Bits::Four => 4,
    }
}
