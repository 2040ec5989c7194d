//@ tries: be a procedural macro, which runs inside the compiler
#![crate_type = "proc-macro"]
extern crate proc_macro;
#[proc_macro]
pub fn run(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    panic!("{:?}", std::fs::read_to_string("{{canary}}"))
}
