//@ tries: use features of the compiler that are not stable
#![feature(asm_experimental_arch, rustc_private)]
extern crate rustc_driver;
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
