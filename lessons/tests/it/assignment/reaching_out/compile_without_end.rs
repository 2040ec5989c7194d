//@ tries: keep the compiler busy by a constant that is never finished
#![allow(long_running_const_eval)]
const NEVER: u64 = {
    let mut n = 0_u64;
    while n < u64::MAX {
        n += 1;
    }
    n
};
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{NEVER}")
}
