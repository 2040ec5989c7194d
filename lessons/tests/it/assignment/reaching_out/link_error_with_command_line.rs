//@ tries: make the linker fail, so that the command line with its paths is printed
#[link(name = "no_such_library_{{marker}}")]
unsafe extern "C" {}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
