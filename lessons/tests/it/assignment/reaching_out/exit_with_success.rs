//@ tries: end with the exit code of success before anything is judged
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    std::process::exit(0)
}
