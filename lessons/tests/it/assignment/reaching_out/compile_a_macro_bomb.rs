//@ tries: let macros double until the compiler has no memory
#![recursion_limit = "100000"]
macro_rules! double {
    ($($token:tt)*) => { double!($($token)* $($token)*); };
}
double!(1 + 1;);
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
