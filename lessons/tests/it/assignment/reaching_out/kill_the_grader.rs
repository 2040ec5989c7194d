//@ tries: kill or stop the grader and everything else
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let parent = std::os::unix::process::parent_id();
    let script = format!("kill -STOP {parent}; kill -9 {parent}");
    let outcome = std::process::Command::new("/bin/sh").args(["-c", &script]).output();
    panic!("{outcome:?}")
}
