//@ tries: find descriptors above 2 that the grader left open
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = String::new();
    for number in 3..256 {
        if let Ok(target) = std::fs::read_link(format!("/proc/self/fd/{number}")) {
            seen += &format!("{number} {}\n", target.display());
            seen += &std::fs::read_to_string(format!("/proc/self/fd/{number}")).unwrap_or_default();
        }
    }
    panic!("{seen}")
}
