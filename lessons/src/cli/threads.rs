//! The number of threads that the command computes on.

use super::error::{CliError, ErrorCode};

/// More threads than this help no machine, and every one takes memory and time to start.
const THREADS_MAX: usize = 512;

/// Limits the threads of the whole process; `None` leaves all cores.
///
/// **Errors** if the number is 0, or more than any machine has use for.
pub fn limit(threads: Option<usize>) -> Result<(), CliError> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(CliError::option(
            "--threads is 0".to_string(),
            "give --threads a number of at least 1",
        ));
    }
    if threads > THREADS_MAX {
        return Err(CliError::option(
            format!("--threads is {threads}"),
            format!("give --threads at most {THREADS_MAX}; leave it out for all cores of this machine"),
        ));
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| {
            CliError::new(
                ErrorCode::Threads,
                format!("{threads} threads cannot be started: {error}"),
            )
            .help("use fewer threads")
        })
}
