//@ tries: read a file by an attribute
#![doc = include_str!("{{canary}}")]
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
