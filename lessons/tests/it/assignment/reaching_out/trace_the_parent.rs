//@ tries: attach a debugger of the system to the grader
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let parent = std::os::unix::process::parent_id().to_string();
    let mut seen = String::new();
    for debugger in [&["gdb", "-batch", "-p", &parent, "-ex", "info proc all"][..], &["strace", "-p", &parent]] {
        let output = std::process::Command::new(debugger[0]).args(&debugger[1..]).output();
        seen += &format!("{output:?}");
    }
    panic!("{seen}")
}
