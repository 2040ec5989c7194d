//@ tries: read environment and command line of every process
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = String::new();
    for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        for name in ["environ", "cmdline"] {
            let text = std::fs::read(process.path().join(name)).unwrap_or_default();
            if let Some(at) = text.windows(8).position(|window| window == b"TAPEGRAD") {
                seen += &String::from_utf8_lossy(&text[at..(at + 200).min(text.len())]);
            }
        }
    }
    panic!("{seen}")
}
