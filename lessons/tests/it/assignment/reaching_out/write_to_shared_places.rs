//@ tries: leave a note for the next test where all processes may write
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = String::new();
    for folder in ["/tmp", "/var/tmp", "/dev/shm", "."] {
        let note = format!("{folder}/tapegrad-note-of-a-submission");
        if std::fs::read_to_string(&note).is_ok() {
            seen += "{{marker}}a note from an earlier test";
        }
        let _ = std::fs::write(&note, "seen");
    }
    panic!("{seen}")
}
