//! The checksum of a checkpoint: SHA-256 over its header and all its arrays.
//!
//! One flipped bit in a weight changes every loss a little, and nobody sees it. So a checkpoint says what its numbers
//! were, and is read only if they still are.

use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};

/// The checksum of a header and of arrays by name, type, shape and bytes; their order does not matter.
pub(super) fn checksum(header: &str, arrays: &[(&str, TensorView<'_>)]) -> String {
    let mut arrays: Vec<_> = arrays.iter().collect();
    arrays.sort_by_key(|(name, _)| *name);
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // The length comes first, so that no two lists of parts are the same bytes.
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(header.as_bytes());
    for (name, view) in arrays {
        let sizes = view.shape().iter().flat_map(|&size| (size as u64).to_le_bytes());
        part(name.as_bytes());
        part(format!("{:?}", view.dtype()).as_bytes());
        part(&sizes.collect::<Vec<u8>>());
        part(view.data());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
