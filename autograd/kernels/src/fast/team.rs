//! Threads that work together on the parallel parts of a step.
//!
//! A step of training is some hundred short parallel parts with little between them. A thread that falls asleep between
//! two of them takes longer to wake, some tens of microseconds, than many a part takes; so does one that falls asleep
//! while it waits for the others, as the threads of rayon's pool do. So for as long as a step runs they form a team: one
//! thread leads, the others watch for the next part, and the leader waits for the end of a part, all without sleeping.
//!
//! What it costs is that the threads are busy for the whole step, also where there is no work for them.
//! Outside a step the same parts run on the threads of the pool as they come.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, TryLockError};

use rayon::Yield;

/// Runs `step` inside the thread pool, with all its threads as a team.
///
/// The result is that of `step`; inside another call this one does nothing of its own. A panic of `step` is handed on.
/// Nothing is allocated.
pub fn with_team<R: Send>(step: impl FnOnce() -> R + Send) -> R {
    let inside_pool = || {
        let Some(_occupied) = Occupied::enter() else {
            return step();
        };
        let team = Team::default();
        let (mut step, mut result) = (Some(step), None);
        let mut lead = || {
            let _lead = Lead::of(&team);
            result = step.take().map(|step| step());
        };
        beside(rayon::current_num_threads() - 1, &|| team.watch(), &mut lead);
        result.expect("the step ran: `beside` calls it once")
    };
    rayon::join(inside_pool, || ()).0
}

/// Calls `lead`, and offers `other` to so many threads meanwhile.
fn beside(count: usize, other: &(dyn Fn() + Sync), lead: &mut (dyn FnMut() + Send)) {
    match count {
        0 => lead(),
        _ => {
            rayon::join(|| beside(count - 1, other, lead), other);
        }
    }
}

/// Calls `part` on the threads of the team inside a step, else on so many of the pool, as they come.
pub fn on_threads(threads: usize, part: &(dyn Fn() + Sync)) {
    match Busy::enter() {
        Some(busy) => busy.team().run(part),
        None => beside(threads - 1, part, &mut &*part),
    }
}

/// The threads that work on one step.
#[derive(Default)]
struct Team {
    /// What every thread is to call now. Those that call it hold the lock to read.
    part: RwLock<Option<&'static (dyn Fn() + Sync)>>,
    /// How many parts there have been.
    parts: AtomicUsize,
    /// The step is over.
    over: AtomicBool,
    /// A panic of a thread that does not lead.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Team {
    /// Calls `part` on this thread and on those of the others that come in time; returns when all have.
    fn run(&self, part: &(dyn Fn() + Sync)) {
        // SAFETY: `Open` takes the reference back before this function ends, also by a panic, and waits for those who
        // use it: they hold the lock as long as they do.
        let part_of_team: &'static (dyn Fn() + Sync) = unsafe { std::mem::transmute(part) };
        let open = Open::new(self, part_of_team);
        part();
        drop(open);
        let panic = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Takes part in every part until the step is over.
    fn watch(&self) {
        // A thread that runs a step itself must not wait for the end of another one: the two could wait for each other.
        let Some(_occupied) = Occupied::enter() else { return };
        let (mut seen, mut patience) = (0, Patience::default());
        while !self.over.load(Ordering::Acquire) {
            let parts = self.parts.load(Ordering::Acquire);
            if parts != seen {
                self.take_part();
                (seen, patience) = (parts, Patience::default());
            } else if !patience.wait() && rayon::yield_now() != Some(Yield::Executed) {
                std::thread::yield_now();
            }
        }
    }

    /// Calls the part that is open, if one still is.
    fn take_part(&self) {
        let Ok(part) = self.part.try_read() else { return };
        let Some(part) = *part else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(part)) {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
    }

    /// Exchanges the part as soon as nobody uses the one before.
    fn set_part(&self, part: Option<&'static (dyn Fn() + Sync)>) {
        let mut patience = Patience::default();
        loop {
            match self.part.try_write() {
                Ok(mut place) => return *place = part,
                Err(TryLockError::Poisoned(place)) => return *place.into_inner() = part,
                Err(TryLockError::WouldBlock) if patience.wait() => {}
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
    }
}

/// The part of a team, open as long as this lives; its end is waited for.
struct Open<'t>(&'t Team);

impl<'t> Open<'t> {
    fn new(team: &'t Team, part: &'static (dyn Fn() + Sync)) -> Self {
        team.set_part(Some(part));
        team.parts.fetch_add(1, Ordering::Release);
        Self(team)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.set_part(None);
    }
}

/// Waiting that takes no turn from other programs only as long as it is short.
#[derive(Default)]
struct Patience {
    rounds: u32,
}

impl Patience {
    /// Waits some tens of nanoseconds; false when that has been done so often that other programs should get a turn.
    fn wait(&mut self) -> bool {
        const ROUNDS: u32 = 10_000;
        let patient = self.rounds < ROUNDS;
        if patient {
            self.rounds += 1;
            std::hint::spin_loop();
        }
        patient
    }
}

thread_local! {
    /// True while this thread runs a step, or watches for the work of one.
    static OCCUPIED: Cell<bool> = const { Cell::new(false) };
    /// The team that this thread leads and that is not busy, or null.
    static IDLE_TEAM: Cell<*const Team> = const { Cell::new(null()) };
}

/// The thread is occupied as long as this lives.
struct Occupied;

impl Occupied {
    /// `None` if the thread is occupied already.
    fn enter() -> Option<Self> {
        (!OCCUPIED.replace(true)).then_some(Self)
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        OCCUPIED.set(false);
    }
}

/// This thread leads the team as long as this lives; then the step is over, also when it panics.
struct Lead<'t>(&'t Team);

impl<'t> Lead<'t> {
    fn of(team: &'t Team) -> Self {
        IDLE_TEAM.set(team);
        Self(team)
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        IDLE_TEAM.set(null());
        self.0.over.store(true, Ordering::Release);
    }
}

/// The team that this thread leads is busy as long as this lives.
struct Busy(*const Team);

impl Busy {
    /// `None` if this thread leads no team, or one that is busy already.
    fn enter() -> Option<Self> {
        let team = IDLE_TEAM.replace(null());
        (!team.is_null()).then_some(Self(team))
    }

    fn team(&self) -> &Team {
        // SAFETY: `Lead` put it there and outlives every `Busy`: both live on the stack of this thread, this one above.
        unsafe { &*self.0 }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        IDLE_TEAM.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::fast::share_out::tests::{fill, in_pool};

    #[test]
    fn steps_inside_and_beside_each_other_come_to_an_end() {
        let sum = |n: usize| {
            with_team(|| {
                let mut x = vec![0; n];
                fill(&mut x, |i| i);
                x.iter().sum::<usize>()
            })
        };
        for threads in [1, 2, 4] {
            let sums: Vec<usize> = in_pool(threads, || {
                let steps = (0..64usize).into_par_iter().with_max_len(1);
                steps.map(|i| with_team(|| sum(1000) + i)).collect()
            });
            assert!(sums.into_iter().eq((0..64).map(|i| 499_500 + i)), "{threads} threads");
        }
    }

    #[test]
    fn a_panic_leaves_the_pool_as_it_was() {
        for threads in [1, 2, 4] {
            in_pool(threads, || {
                let mut x = [0; 100];
                let panicked = catch_unwind(AssertUnwindSafe(|| with_team(|| panic!("a step fails"))));
                assert!(panicked.is_err());
                for place in 0..100 {
                    let step = || {
                        with_team(|| {
                            fill(&mut x, |i| if i == place { panic!("item {i} fails") } else { i });
                        });
                    };
                    assert!(
                        catch_unwind(AssertUnwindSafe(step)).is_err(),
                        "item {place} on {threads} threads"
                    );
                }
                with_team(|| fill(&mut x, |i| i));
                assert!(x.into_iter().eq(0..100));
            });
        }
    }
}
