//@ tries: call the C library
unsafe extern "C" {
    safe fn getppid() -> i32;
}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{{marker}} {}", getppid())
}
