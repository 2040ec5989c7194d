//@ tries: start threads without end
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut threads = 0;
    while threads < 5000 {
        let thread = std::thread::Builder::new().stack_size(16 << 10);
        match thread.spawn(|| std::thread::sleep(std::time::Duration::from_secs(54321))) {
            Ok(_) => threads += 1,
            Err(_) => break,
        }
    }
    if threads >= 5000 {
        panic!("{{marker}} {threads} threads")
    }
    panic!("{threads} threads")
}
