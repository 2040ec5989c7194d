//@ tries: replace the program that the next test starts
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let own = std::env::current_exe().unwrap_or_default();
    let moved = std::fs::rename(&own, own.with_extension("old"));
    let written = std::fs::write(&own, "#!/bin/sh\necho {{marker}}\n");
    if written.is_ok() {
        panic!("{{marker}} {moved:?}")
    }
    panic!("{moved:?} {written:?}")
}
