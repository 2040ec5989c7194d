//@ tries: call the C library, to end the grader
unsafe extern "C" {
    safe fn getppid() -> i32;
    safe fn kill(process: i32, signal: i32) -> i32;
    safe fn socket(domain: i32, kind: i32, protocol: i32) -> i32;
    safe fn fork() -> i32;
}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    if kill(getppid(), 0) == 0 || socket(2, 2, 0) >= 0 || fork() >= 0 {
        panic!("{{marker}}")
    }
    panic!("nothing")
}
