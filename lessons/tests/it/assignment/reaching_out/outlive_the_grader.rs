//@ tries: leave a process behind that goes on in a session of its own
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    for way in ["/usr/bin/setsid", "/usr/bin/nohup"] {
        let _ = std::process::Command::new(way).args(["/bin/sleep", "54321"]).spawn();
    }
    panic!("left")
}
