//@ tries: start itself again and again
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut children = Vec::new();
    for _ in 0..2000 {
        match std::process::Command::new("/bin/sleep").arg("54321").spawn() {
            Ok(child) => children.push(child),
            Err(_) => break,
        }
    }
    if children.len() > 200 {
        panic!("{{marker}} {} processes", children.len())
    }
    panic!("{} processes", children.len())
}
