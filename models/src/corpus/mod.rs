//! Corpora: where the text comes from that the models learn.

pub mod grammar;
