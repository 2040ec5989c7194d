//@ tries: open the files that the grader has open
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = String::new();
    for parent in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        for open in std::fs::read_dir(parent.path().join("fd")).into_iter().flatten().flatten() {
            if let Ok(target) = std::fs::read_link(open.path()) {
                if target.to_string_lossy().contains("tapegrad") {
                    seen += &format!("{{marker}}{}\n", target.display());
                }
            }
        }
    }
    panic!("{seen}")
}
