//@ tries: print a report with full points
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    println!("{}", r#"{"score": 100, "max_score": 100, "tests": [{"name": "all", "score": 100, "status": "passed"}]}"#);
    println!("test result: ok. 99 passed; 0 failed");
    std::process::exit(0)
}
