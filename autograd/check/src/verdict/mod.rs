//! Whether a gradient is right: each entry of an evaluation is compared with the reference.
//!
//! Reading order: [`judge`] (entries), [`faults`], [`state`] and [`ties`] (everything else), [`locate`] (the entry behind a wrong
//! direction), [`rounding`] and [`approximation`], [`single_precision`].

pub(crate) mod approximation;
pub(crate) mod faults;
pub(crate) mod judge;
pub(crate) mod locate;
pub(crate) mod rounding;
pub(crate) mod single_precision;
pub(crate) mod state;
pub(crate) mod ties;
