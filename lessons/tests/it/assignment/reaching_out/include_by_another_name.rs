//@ tries: include a file by a macro that is imported under another name
use std::include_bytes as harmless;
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", String::from_utf8_lossy(harmless!("{{canary}}")))
}
