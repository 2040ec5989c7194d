//! Which arrays share memory: a slot is given again as soon as the array in it has been read for the last time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::liveness::{Holds, Life};
use crate::graph::NodeId;

/// The slot of each array, and how long each slot must be; single numbers have slots of their own, of length 1.
#[derive(Debug, Default)]
pub(super) struct Slots {
    numbers: Shared,
    arrays: Shared,
}

impl Slots {
    /// Gives every array a slot; those of nodes of which `is_number` is true are numbers.
    pub fn assign(lives: Vec<Life>, is_number: impl Fn(NodeId) -> bool) -> Self {
        let is_number = |life: &Life| match life.holds {
            Holds::Value(id) | Holds::Gradient(id) => is_number(id),
            Holds::Notes(_) | Holds::Contributions(_) => false,
        };
        let (numbers, arrays) = lives.into_iter().partition(is_number);
        Self {
            numbers: Shared::assign(numbers),
            arrays: Shared::assign(arrays),
        }
    }

    /// Puts an array where another one is: the first is written over the second.
    pub fn share(&mut self, holds: Holds, other: Holds) {
        if let Some(slot) = self.get(other) {
            self.arrays.slot_of.insert(holds, slot);
        }
    }

    /// The position of a number; `None` for any other array.
    pub fn number(&self, holds: Holds) -> Option<u32> {
        let position = self.numbers.slot_of.get(&holds)?;
        Some(u32::try_from(*position).expect("a plan has fewer than 2^32 numbers"))
    }

    /// The slot of an array that is not a number; `None` for an array without entries.
    pub fn get(&self, holds: Holds) -> Option<usize> {
        self.arrays.slot_of.get(&holds).copied()
    }

    /// The length of the array of all numbers, then that of each slot.
    pub fn lens(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.numbers.lens.len()).chain(self.arrays.lens.iter().copied())
    }
}

/// Slots that arrays share.
#[derive(Debug, Default)]
struct Shared {
    slot_of: BTreeMap<Holds, usize>,
    lens: Vec<usize>,
}

impl Shared {
    /// Gives every array a slot, the tightest free one first.
    ///
    /// Arrays are taken in the order in which they begin. A free slot fits if it is long enough; if all are too short
    /// the longest is extended. Greedy, deterministic, and `O(n log n)`.
    fn assign(mut lives: Vec<Life>) -> Self {
        lives.retain(|life| life.len > 0);
        lives.sort_by_key(|life| (life.begin, life.holds));
        let mut this = Self::default();
        let mut free: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut busy: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
        for life in lives {
            while let Some(&Reverse((end, slot))) = busy.peek()
                && end < life.begin
            {
                busy.pop();
                free.insert((this.lens[slot], slot));
            }
            let fitting = free.range((life.len, 0)..).next().or(free.iter().next_back()).copied();
            let slot = match fitting {
                Some(found) => {
                    free.remove(&found);
                    found.1
                }
                None => {
                    this.lens.push(0);
                    this.lens.len() - 1
                }
            };
            this.lens[slot] = this.lens[slot].max(life.len);
            this.slot_of.insert(life.holds, slot);
            busy.push(Reverse((life.end, slot)));
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_that_live_at_the_same_time_never_share_a_slot() {
        let life = |i: usize, len, begin, end| Life {
            holds: Holds::Value(NodeId::new(i)),
            len,
            begin,
            end,
        };
        let lives = vec![
            life(0, 4, 0, 2),
            life(1, 8, 1, 3),
            life(2, 4, 3, 9),
            life(3, 2, 4, 5),
            life(4, 9, 4, 4),
        ];
        let slots = Slots::assign(lives.clone(), |_| false);
        for a in &lives {
            for b in lives
                .iter()
                .filter(|b| b.holds > a.holds && a.begin <= b.end && b.begin <= a.end)
            {
                assert_ne!(slots.get(a.holds), slots.get(b.holds));
            }
        }
        assert_eq!(slots.get(lives[2].holds), slots.get(lives[0].holds));
        assert!(slots.lens().sum::<usize>() < 27);
    }
}
