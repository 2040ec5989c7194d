//! The number of threads that the command computes on.

use super::error::{CliError, ErrorCode};

/// Limits the threads of the whole process; `None` leaves all cores.
///
/// **Errors** if the number is 0.
pub fn limit(threads: Option<usize>) -> Result<(), CliError> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(CliError::option(
            "--threads is 0".to_string(),
            "give --threads a number of at least 1",
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
            .help("take fewer")
        })
}
