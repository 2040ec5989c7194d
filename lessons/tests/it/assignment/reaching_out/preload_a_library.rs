//@ tries: start itself again with LD_PRELOAD and LD_LIBRARY_PATH of its own
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let own = std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into());
    let output = std::process::Command::new(own)
        .env("LD_PRELOAD", "{{canary}}")
        .env("LD_DEBUG", "files")
        .env("LD_LIBRARY_PATH", "{{outside}}")
        .output();
    panic!("{output:?}")
}
