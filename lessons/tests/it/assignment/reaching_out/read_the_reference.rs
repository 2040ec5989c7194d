//@ tries: read the reference while it runs
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{:?}", std::fs::read_to_string("{{reference}}"))
}
