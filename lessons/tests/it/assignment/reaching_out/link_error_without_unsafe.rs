//@ tries: make the linker fail without the keyword that is refused
#![crate_type = "bin"]
#![no_main]
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
