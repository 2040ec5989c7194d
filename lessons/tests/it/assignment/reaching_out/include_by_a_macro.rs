//@ tries: include a file by a macro whose name is passed to another macro
macro_rules! call {
    ($name:ident, $($argument:tt)*) => { std::$name!($($argument)*) };
}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", call!(include_str, "{{canary}}"))
}
