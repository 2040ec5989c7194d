//! The pieces of a vocabulary as a tree of bytes: all pieces that begin at one place of a text are found in one walk.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::fold_hash::FoldHasher;
use crate::tokenizer::TokenId;

/// A tree of bytes; the piece that ends in a node is the path from the root to it.
#[derive(Clone, Debug)]
pub struct Trie {
    children: HashMap<u64, u32, BuildHasherDefault<FoldHasher>>,
    pieces: Vec<Option<TokenId>>,
}

/// The node where every walk begins.
pub const ROOT: u32 = 0;

impl Trie {
    /// The tree of some pieces; of two that are the same the later one counts.
    pub fn new<'a>(pieces: impl IntoIterator<Item = (&'a str, TokenId)>) -> Self {
        let mut trie = Self {
            children: HashMap::default(),
            pieces: vec![None],
        };
        for (piece, id) in pieces {
            let end = piece.bytes().fold(ROOT, |node, byte| {
                let new = trie.pieces.len() as u32;
                let child = *trie.children.entry(key(node, byte)).or_insert(new);
                if child == new {
                    trie.pieces.push(None);
                }
                child
            });
            trie.pieces[end as usize] = Some(id);
        }
        trie
    }

    /// The node at the end of a text from another node.
    pub fn walk(&self, from: u32, text: &str) -> Option<u32> {
        text.bytes()
            .try_fold(from, |node, byte| self.children.get(&key(node, byte)).copied())
    }

    /// The lengths and ids of the pieces that begin a text, the shortest first, on the way from a node.
    pub fn prefixes<'t>(&'t self, from: u32, text: &'t [u8]) -> impl Iterator<Item = (usize, TokenId)> + 't {
        let mut node = Some(from);
        let nodes = text.iter().map_while(move |&byte| {
            node = self.children.get(&key(node?, byte)).copied();
            node
        });
        nodes
            .enumerate()
            .filter_map(|(at, node)| Some((at + 1, self.pieces[node as usize]?)))
    }
}

fn key(node: u32, byte: u8) -> u64 {
    u64::from(node) << 8 | u64::from(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_at_a_place_are_found_the_shortest_first() {
        let trie = Trie::new([("a", 0), ("ab", 1), ("abcd", 2), ("b", 3)]);
        let found: Vec<_> = trie.prefixes(ROOT, b"abcx").collect();
        assert_eq!(found, [(1, 0), (2, 1)]);
        assert_eq!(trie.prefixes(ROOT, b"x").count(), 0);
        let behind = trie.walk(ROOT, "ab").unwrap();
        assert_eq!(trie.prefixes(behind, b"cd").collect::<Vec<_>>(), [(2, 2)]);
    }
}
