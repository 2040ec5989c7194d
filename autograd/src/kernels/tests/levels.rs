//! The same tests at the lower levels of vector instructions, in a process of their own.
