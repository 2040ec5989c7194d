//@ tries: leave a changed root by the root of another process
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = String::new();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        for way in ["root", "cwd"] {
            seen += &std::fs::read_to_string(process.path().join(way).join("{{canary_relative}}")).unwrap_or_default();
        }
    }
    seen += &std::fs::read_to_string("../../../../../../../../../..{{canary}}").unwrap_or_default();
    panic!("{seen}")
}
