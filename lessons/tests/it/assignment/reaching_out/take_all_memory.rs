//@ tries: take memory without end
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut held = Vec::new();
    while held.len() < 8192 {
        held.push(vec![1_u8; 1 << 20]);
    }
    panic!("{{marker}} {} MiB", held.len())
}
