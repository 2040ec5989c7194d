//! Subjects side by side, on threads of their own.

use std::sync::Arc;

use rayon::prelude::*;
use tapegrad_autograd::check::Subject;

/// What `f` says of each subject, in their order.
///
/// The checker waits for a module that it watches, and a kernel of that module may ask the common threads for help. If
/// those were the ones that wait, all would wait for each other; so the subjects have threads of their own.
///
/// **Panics** if the system gives no threads.
pub fn side_by_side<T: Send>(
    subjects: &[Arc<dyn Subject>],
    f: impl Fn(&Arc<dyn Subject>) -> T + Sync + Send,
) -> Vec<T> {
    let own = rayon::ThreadPoolBuilder::new()
        .num_threads(rayon::current_num_threads())
        .build()
        .unwrap_or_else(|error| panic!("the system gives no threads: {error}"));
    own.install(|| subjects.par_iter().map(f).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_autograd::check::OpSubject;

    /// Each asks the common threads from a thread of its own, as the checker does, and waits for the answer.
    #[test]
    fn who_waits_for_the_common_threads_does_not_hold_them() {
        let subject: Arc<dyn Subject> = Arc::new(OpSubject::new("tanh").unwrap());
        let many = vec![subject; 4 * rayon::current_num_threads()];
        let sums = side_by_side(&many, |_| {
            let (to, heard) = std::sync::mpsc::channel();
            std::thread::spawn(move || to.send((0..1000_u64).into_par_iter().sum::<u64>()));
            heard.recv_timeout(std::time::Duration::from_secs(20))
        });
        assert!(sums.iter().all(|sum| *sum == Ok(499_500)), "{sums:?}");
    }
}
