//! The crate that students copy to check a module of their own compiles against this engine, and its test passes.

#[path = "../../templates/check/src/lib.rs"]
mod module;
pub use module::subject;

#[path = "../../templates/check/tests/gradient.rs"]
mod gradient;

#[test]
fn its_manifest_names_the_module_and_what_it_needs() {
    let manifest = include_str!("../../templates/check/Cargo.toml");
    for line in ["name = \"my-module\"", "tapegrad-autograd = ", "ndarray = "] {
        assert!(manifest.contains(line), "{line} is missing");
    }
}
