//@ tries: let the manifest point to the reference, and bring dependencies
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
//@ file: Cargo.toml
[package]
name = "a"
version = "0.1.0"
edition = "2024"
[lib]
path = "{{reference}}"
[build-dependencies]
evil = { path = "evil" }
[package.metadata.tapegrad]
assignment = "01-modules"
