//@ tries: read the environment in which it is compiled
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{:?} {:?} {:?}", option_env!("TAPEGRAD_SECRET"), option_env!("HOME"), option_env!("PATH"))
}
