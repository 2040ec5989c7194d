//@ tries: run a build script
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
//@ file: build.rs
fn main() {
    std::fs::write("{{outside}}/written-by-the-submission", "here").unwrap();
    println!("cargo::rustc-env=STOLEN={{marker}}");
}
//@ file: Cargo.toml
[package]
name = "a"
version = "0.1.0"
edition = "2024"
build = "build.rs"
