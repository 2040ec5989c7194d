//! A fast hash of one 64-bit key.

use std::hash::Hasher;

/// Multiplies the key and folds the high half of the product onto the low one.
///
/// The default hash of the standard library resists attackers and takes several times as long.
/// **Formula**: `hi(p) xor lo(p)` where `p = key * 0x9e3779b97f4a7c15`, 2^64 over the golden ratio.
#[derive(Default)]
pub(crate) struct FoldHasher(u64);

impl Hasher for FoldHasher {
    fn write_u64(&mut self, key: u64) {
        let product = u128::from(key) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are u64");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
