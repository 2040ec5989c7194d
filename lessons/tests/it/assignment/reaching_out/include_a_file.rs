//@ tries: put a file of the machine into the program by include_str!
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", include_str!("{{canary}}"))
}
