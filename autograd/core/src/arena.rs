//! Where a tape keeps its numbers: chunks that never move, filled in the order of recording.
//!
//! A node's value lies behind the values of all its operands, so one chunk can be split into what is done and what is
//! being written, and no value is ever copied because another one arrived.

use crate::numbers::Real;

/// The entries of the first chunk.
const CHUNK_FIRST: usize = 1 << 10;
/// The entries of the largest chunk that is shared by several values.
const CHUNK_LAST: usize = 1 << 18;

/// Where a run of numbers lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub chunk: u32,
    pub offset: u32,
    pub len: u32,
}

/// A growing store of numbers that stay where they are.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    chunks: Vec<Vec<T>>,
    used: usize,
}

impl<T: Real> Arena<T> {
    pub fn new() -> Self {
        Self {
            chunks: Vec::new(),
            used: 0,
        }
    }

    /// Room for `len` numbers, all 0.
    #[inline]
    pub fn reserve(&mut self, len: usize) -> Place {
        let fits = self.chunks.last().is_some_and(|chunk| self.used + len <= chunk.len());
        if !fits {
            let regular = self
                .chunks
                .last()
                .map_or(CHUNK_FIRST, |chunk| (2 * chunk.len()).min(CHUNK_LAST));
            self.chunks.push(vec![T::ZERO; regular.max(len)]);
            self.used = 0;
        }
        let offset = self.used;
        self.used += len;
        assert!(
            u32::try_from(self.used).is_ok(),
            "a value with its notes has fewer than 2^32 entries"
        );
        Place {
            chunk: self.chunks.len() as u32 - 1,
            offset: offset as u32,
            len: len as u32,
        }
    }

    #[inline]
    pub fn get(&self, place: Place) -> &[T] {
        &self.chunks[place.chunk as usize][place.offset as usize..][..place.len as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, place: Place) -> &mut [T] {
        &mut self.chunks[place.chunk as usize][place.offset as usize..][..place.len as usize]
    }

    /// The numbers at `place` to be written, and everything that was reserved before them to be read.
    #[inline]
    pub fn split(&mut self, place: Place) -> (Earlier<'_, T>, &mut [T]) {
        let (full, from_here) = self.chunks.split_at_mut(place.chunk as usize);
        let (partial, rest) = from_here[0].split_at_mut(place.offset as usize);
        (Earlier { full, partial }, &mut rest[..place.len as usize])
    }

    /// The sizes of the chunks, for a second arena that mirrors this one.
    pub fn chunk_sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.chunks.iter().map(Vec::len)
    }
}

/// The part of an arena that is already written.
#[derive(Clone, Copy)]
pub(crate) struct Earlier<'a, T> {
    full: &'a [Vec<T>],
    partial: &'a [T],
}

impl<'a, T> Earlier<'a, T> {
    #[inline]
    pub fn get(&self, place: Place) -> &'a [T] {
        let chunk = self.full.get(place.chunk as usize).map_or(self.partial, |chunk| chunk);
        &chunk[place.offset as usize..][..place.len as usize]
    }
}

/// Numbers at the places of another arena, each chunk made when it is first touched.
#[derive(Debug)]
pub(crate) struct Mirror<T> {
    sizes: Vec<usize>,
    chunks: Vec<Vec<T>>,
}

impl<T: Real> Mirror<T> {
    pub fn of(arena: &Arena<T>) -> Self {
        let sizes: Vec<usize> = arena.chunk_sizes().collect();
        let chunks = sizes.iter().map(|_| Vec::new()).collect();
        Self { sizes, chunks }
    }

    #[inline]
    pub fn get(&self, place: Place) -> &[T] {
        &self.chunks[place.chunk as usize][place.offset as usize..][..place.len as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, place: Place) -> &mut [T] {
        let index = place.chunk as usize;
        if self.chunks[index].is_empty() {
            self.chunks[index] = vec![T::ZERO; self.sizes[index]];
        }
        &mut self.chunks[index][place.offset as usize..][..place.len as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_where_they_are_and_earlier_ones_can_be_read_while_the_last_is_written() {
        let mut arena = Arena::<f64>::new();
        let places: Vec<Place> = (0..100).map(|k| arena.reserve(k * 7)).collect();
        for (k, &place) in places.iter().enumerate() {
            let (earlier, fresh) = arena.split(place);
            fresh.fill(k as f64);
            assert!(
                places[..k]
                    .iter()
                    .enumerate()
                    .all(|(j, &p)| earlier.get(p).iter().all(|&x| x == j as f64))
            );
        }
        assert!(places.iter().enumerate().all(|(k, &p)| arena.get(p).len() == k * 7));
    }
}
