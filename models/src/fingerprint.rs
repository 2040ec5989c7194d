//! Fingerprints: 16 hexadecimal digits that change with any change of what they stand for.
//!
//! They detect a mix-up of files; they do not resist forgery.

/// The fingerprint of some bytes.
///
/// **Formula**: FNV-1a with 64 bits, `h = (h xor byte) * 0x100000001b3` for each byte. **Source**: draft-eastlake-fnv,
/// section 2.
pub(crate) fn fingerprint(bytes: impl IntoIterator<Item = u8>) -> String {
    let hash = bytes.into_iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}
