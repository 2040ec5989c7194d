//@ tries: take away what the program around it stands on
#![no_std]
#![no_implicit_prelude]
#![no_core]
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
