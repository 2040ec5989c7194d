//@ tries: wait without using the processor
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    std::thread::sleep(std::time::Duration::from_secs(54321));
    vec![]
}
