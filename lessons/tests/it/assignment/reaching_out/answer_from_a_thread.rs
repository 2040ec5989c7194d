//@ tries: let a thread that outlives the answer write later answers
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    std::thread::spawn(|| {
        loop {
            println!("passed");
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
    vec![ArrayD::zeros(vec![1])]
}
