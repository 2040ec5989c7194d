//! What runs beside an editor: the language server, spoken to by a client, and `--watch`, both as processes; and the
//! grammar by which editors colour programs.

mod client;
mod grammar;
mod picture;
mod server;
#[cfg(unix)]
mod watch;
