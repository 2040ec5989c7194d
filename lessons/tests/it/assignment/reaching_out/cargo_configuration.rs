//@ tries: bring a compiler of its own by cargo's configuration
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
//@ file: .cargo/config.toml
[build]
rustc-wrapper = "{{submission}}/wrapper.sh"
[env]
TAPEGRAD_STOLEN = "1"
[target.x86_64-unknown-linux-gnu]
runner = "{{submission}}/wrapper.sh"
linker = "{{submission}}/wrapper.sh"
//@ file: rust-toolchain.toml
[toolchain]
path = "{{submission}}"
//@ file: wrapper.sh
#!/bin/sh
echo here > {{outside}}/written-by-the-submission
exec "$@"
