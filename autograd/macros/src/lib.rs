//! The graph language inside Rust: `graph!` and `graph_file!` check programs when the Rust code is compiled.
//!
//! Reading order: `written`, from Rust's tokens to the text that the language reads, with the way back from a place
//! in it to a token; `expand`, from a checked program to Rust code; `field`, its inputs and parameters as fields.
//!
//! It is the same parser and the same checker as for a text, so a mistake has the same code and the same words; it is
//! shown at the token where it stands. There is one `compile_error!` for each mistake.
//!
//! ```
//! use ndarray::{arr1, arr2};
//! tapegrad_macros::graph! {
//!     graph two_layer {
//!         dim M, D
//!         input x[M], t: data
//!         param alpha[D, M], beta[D]
//!         y = sigmoid(beta @ sigmoid(alpha @ x))
//!         J = t * log(y) + (1 - t) * log(1 - y)
//!         maximize J
//!     }
//! }
//! let alpha = arr2(&[[0.1, 0.2], [0.3, -0.1]]);
//! let values = two_layer::Values { x: arr1(&[1.0, 2.0]), t: 1.0, alpha, beta: arr1(&[0.5, -0.4]) };
//! let answer = values.run()?;
//! assert!(answer.objective.unwrap() < 0.0);
//! assert_eq!(answer.gradients.alpha.unwrap().shape(), [2, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A mistake is one of the Rust code; here `alpha` is transposed, and M is not D whatever their numbers are:
//!
//! ```compile_fail
//! tapegrad_macros::graph! {
//!     graph wrong {
//!         dim M, D
//!         input x[M]
//!         param alpha[D, M]
//!         J = sum(x @ alpha, over M)
//!         minimize J
//!     }
//! }
//! ```
//!
//! A value that is forgotten, or of another rank, is one too:
//!
//! ```compile_fail
//! tapegrad_macros::graph! { graph square { dim M input x[M] J = sum(x^2, over M) minimize J } }
//! let values = square::Values { x: 1.0 };
//! ```

#![forbid(unsafe_code)]

mod expand;
mod field;
mod written;

use proc_macro::TokenStream;

/// Makes a module of each graph of a program.
///
/// The module has the name of the graph, and in it the canonical `TEXT`, `program()`, and `Values` with a field for
/// each input and parameter, whose `run()` gives objective, values and gradients. A size that no value tells is a field
/// too, unless it is given by a constant of the surrounding code: `dim D = #HIDDEN`.
#[proc_macro]
pub fn graph(tokens: TokenStream) -> TokenStream {
    expand::graph(tokens.into()).into()
}

/// The same for a file, whose path is looked for beside the `Cargo.toml` of the package.
///
/// The package is compiled again when the file changes. Mistakes are shown at the path, with their place in the file.
#[proc_macro]
pub fn graph_file(tokens: TokenStream) -> TokenStream {
    expand::graph_file(tokens.into()).into()
}
