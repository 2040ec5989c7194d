//@ tries: write a file outside its own folder
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let outcome = std::fs::write("{{outside}}/written-by-the-submission", "here");
    let _ = std::fs::write("{{canary}}", "overwritten");
    panic!("{outcome:?}")
}
