//@ tries: never answer
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    loop {
        std::hint::spin_loop()
    }
}
