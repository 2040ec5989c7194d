//@ tries: print the compiler's environment by an error message
{{starter}}
compile_error!(env!("TAPEGRAD_SECRET"));

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
