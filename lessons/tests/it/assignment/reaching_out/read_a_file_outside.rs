//@ tries: read a file of the user who grades
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{:?}", std::fs::read_to_string("{{canary}}"))
}
