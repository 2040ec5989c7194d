//! The table of replacements that SentencePiece models carry: a double-array trie of bytes, and the texts that it leads to.
//!
//! The table is base64 in the file: the size of the trie in bytes, its units of 32 bits, then the texts, each ended by a
//! zero byte. A unit holds the byte that leads to it, the offset of its children, and whether a text ends there.
//!
//! **Source**: darts-clone, and the reader in SentencePiece's `normalizer.cc`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use unicode_segmentation::UnicodeSegmentation;

use super::super::aligned::{Aligned, Change};

/// A table of replacements.
#[derive(Clone, Debug)]
pub struct Precompiled {
    units: Vec<u32>,
    texts: String,
}

/// Longer clusters are replaced character by character.
const CLUSTER_MAX: usize = 5;

impl Precompiled {
    /// Reads a table.
    ///
    /// **Errors** with a sentence if the bytes are none.
    pub fn new(base64: &str) -> Result<Self, String> {
        let bytes = STANDARD
            .decode(base64)
            .map_err(|error| format!("this is not base64: {error}"))?;
        let (size, rest) = bytes.split_first_chunk::<4>().ok_or("the table is empty")?;
        let size = u32::from_le_bytes(*size) as usize;
        if size > rest.len() || !size.is_multiple_of(4) || size == 0 {
            let rest = rest.len();
            return Err(format!(
                "the table says that its trie has {size} bytes, and {rest} bytes follow"
            ));
        }
        let (trie, texts) = rest.split_at(size);
        let unit = |unit: &[u8]| u32::from_le_bytes(unit.try_into().expect("chunks of four bytes"));
        let texts = std::str::from_utf8(texts).map_err(|_| "the replacements of the table are not UTF-8")?;
        Ok(Self {
            units: trie.chunks_exact(4).map(unit).collect(),
            texts: texts.to_string(),
        })
    }

    /// The most characters that stand for one, at most.
    pub fn growth(&self) -> usize {
        let counts = self.texts.split('\0').map(|text| text.chars().count());
        counts.max().unwrap_or(1).max(1)
    }

    /// What stands for a text; of several beginnings of it that the table has, the shortest counts.
    pub fn replacement(&self, text: &str) -> Option<&str> {
        let offset = |unit: u32| ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize;
        let mut at = offset(*self.units.first()?);
        for byte in text.bytes().take_while(|&byte| byte != 0) {
            at ^= usize::from(byte);
            let unit = *self.units.get(at)?;
            if unit & (1 << 31 | 0xff) != u32::from(byte) {
                return None;
            }
            at ^= offset(unit);
            if unit >> 8 & 1 == 1 {
                let start = (*self.units.get(at)? & 0x7fff_ffff) as usize;
                let text = self.texts.get(start..)?;
                return Some(text.split('\0').next().unwrap_or(text));
            }
        }
        None
    }

    /// Makes all replacements: of whole clusters of characters where the table has them, else of single ones.
    pub fn apply(&self, text: &mut Aligned) {
        let mut changes = Vec::with_capacity(text.text().len());
        let mut removed = 0;
        let mut put = |old: &str, new: &str| {
            let (old, new_count) = (old.chars().count(), new.chars().count());
            for (at, character) in new.chars().enumerate() {
                changes.push((character, if at < old { Change::Replaces(0) } else { Change::PutIn }));
            }
            if new_count < old {
                match changes.last_mut() {
                    Some((_, Change::Replaces(also))) => *also += old - new_count,
                    // Behind a character that was put in, or at the beginning, nothing can say what was removed.
                    Some((_, change)) => *change = Change::Replaces(old - new_count - 1),
                    None => removed += old,
                }
            }
        };
        for cluster in text.text().graphemes(true) {
            if cluster.len() <= CLUSTER_MAX
                && let Some(new) = self.replacement(cluster)
            {
                put(cluster, new);
                continue;
            }
            for (at, character) in cluster.char_indices() {
                let own = &cluster[at..at + character.len_utf8()];
                put(own, self.replacement(own).unwrap_or(own));
            }
        }
        text.change(changes, removed);
    }
}
