//! The fast kernels of `f32` and `f64`.
//!
//! Each is the plain loop of the file of the same name one folder up, in vectors ([`dispatch`]) and on all threads.

mod adamw;
mod attention;
mod attention_backward;
mod attention_block;
mod cross_entropy;
mod dispatch;
mod elementwise;
mod float;
mod floats;
mod gemm;
mod gemv;
mod lane;
mod lanes;
mod linear;
mod lstm;
mod math;
mod matrix;
mod norm;
mod packed;
mod packed_matrix;
mod peak;
mod product;
mod reduce;
mod rnn;
mod share_out;
mod single_query;
mod softmax;
mod tasks;
mod team;
mod tile;
mod transpose;

pub use attention::{room_len, rooms};
pub use attention_backward::backward_room_len;
pub use dispatch::simd_level;
pub use packed::packed_len;
pub use peak::{chains_of_multiply_adds, read};
pub use tasks::{add, by_parts, rows_of_task};
pub use team::with_team;
