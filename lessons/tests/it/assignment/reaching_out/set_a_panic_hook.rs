//@ tries: turn its panics into success by a hook
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    std::panic::set_hook(Box::new(|_| {
        println!("passed");
        std::process::exit(0)
    }));
    panic!("caught")
}
