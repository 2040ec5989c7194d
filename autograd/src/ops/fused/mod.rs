//! Fused ops: each is defined by a formula over primitive ops, its composite twin, and computed faster than by it.
