//! Infinities, NaN and numbers at the ends of the range.
