//@ tries: compile to a program of many gigabytes
static HUGE: [u8; 1 << 33] = [1; 1 << 33];
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", HUGE[std::hint::black_box(7)])
}
