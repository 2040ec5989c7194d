//@ tries: write until the disk is full
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    use std::io::Write;
    let block = vec![1_u8; 1 << 20];
    let mut written = 0_u64;
    for folder in [".", "/tmp", "/dev/shm", "/var/tmp"] {
        if let Ok(mut file) = std::fs::File::create(format!("{folder}/tapegrad-fill")) {
            while written < 4096 && file.write_all(&block).is_ok() {
                written += 1;
            }
        }
    }
    if written > 1024 {
        panic!("{{marker}} {written} MiB")
    }
    panic!("{written} MiB")
}
