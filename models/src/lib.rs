//! tmp
pub mod corpus;
