//@ tries: fill the grader's memory and its report with output
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    loop {
        println!("{}", "x".repeat(1 << 16));
        eprintln!("{}", "y".repeat(1 << 16));
    }
}
