//@ tries: recurse until the stack is full
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    fn deeper(n: u64) -> u64 {
        if n == u64::MAX { 0 } else { deeper(std::hint::black_box(n + 1)) + 1 }
    }
    panic!("{}", deeper(0))
}
