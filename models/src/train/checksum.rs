//! The checksum of a checkpoint: SHA-256 over its header and all its arrays.
//!
//! One flipped bit in a weight changes every loss a little, and nobody sees it. So a checkpoint says what its numbers
//! were, and is read only if they still are.

use sha2::{Digest, Sha256};

/// The checksum of a header and of arrays by name, type, shape and bytes; their order does not matter.
pub(super) fn checksum<'a>(
    header: &str,
    arrays: impl Iterator<Item = (&'a str, String, &'a [usize], &'a [u8])>,
) -> String {
    let mut arrays: Vec<_> = arrays.collect();
    arrays.sort_by_key(|(name, ..)| *name);
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        // The length comes first, so that no two lists of parts are the same bytes.
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(header.as_bytes());
    for (name, dtype, shape, bytes) in arrays {
        part(name.as_bytes());
        part(dtype.as_bytes());
        part(
            &shape
                .iter()
                .flat_map(|&size| (size as u64).to_le_bytes())
                .collect::<Vec<u8>>(),
        );
        part(bytes);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
