//! Room that a kernel works in, kept by each thread from one op to the next.
//!
//! A step of training after the first allocates nothing, and notes would be the wrong place: they live until backward.
//! A thread keeps as much as its largest op needed.

use std::any::Any;
use std::cell::RefCell;

use crate::numbers::Real;

thread_local! {
    /// One `Vec<T>` for each number type this thread has computed in.
    static ROOMS: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// What `work` makes of `len` numbers of room; their contents are arbitrary.
pub fn with_scratch<T: Real, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> R {
    let mut room: Vec<T> = in_room(std::mem::take);
    if room.len() < len {
        room.resize(len, T::ZERO);
    }
    if cfg!(debug_assertions) {
        // A kernel that reads its scratch before writing it shows at once.
        room[..len].fill(T::from_f64(f64::NAN));
    }
    let result = work(&mut room[..len]);
    in_room(|kept| *kept = room);
    result
}

/// Hands the thread's room for this number type to `visit`.
fn in_room<T: Real, R>(visit: impl FnOnce(&mut Vec<T>) -> R) -> R {
    ROOMS.with_borrow_mut(|rooms| {
        let known = rooms.iter().position(|room| room.is::<Vec<T>>());
        let index = known.unwrap_or_else(|| {
            rooms.push(Box::new(Vec::<T>::new()));
            rooms.len() - 1
        });
        let room = rooms[index].downcast_mut();
        visit(room.expect("the room at this index was found, or made, as one of this number type"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_type_keeps_its_own_room() {
        let first = with_scratch(8, |room: &mut [f64]| room.as_ptr());
        with_scratch(100, |room: &mut [f32]| room.fill(1.0));
        with_scratch(4, |room: &mut [f64]| {
            assert_eq!(room.len(), 4);
            assert_eq!(room.as_ptr(), first, "a smaller need is met by the room that is there");
        });
    }

    #[test]
    fn room_inside_room_is_other_room() {
        with_scratch(2, |outer: &mut [f64]| {
            outer.fill(1.0);
            with_scratch(2, |inner: &mut [f64]| inner.fill(2.0));
            assert_eq!(outer, [1.0, 1.0]);
        });
    }
}
