//@ tries: find out who runs it, by arguments, environment, program and place
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let arguments: Vec<_> = std::env::args().collect();
    let environment: Vec<_> = std::env::vars().collect();
    let (program, folder) = (std::env::current_exe(), std::env::current_dir());
    panic!("{arguments:?} {environment:?} {program:?} {folder:?} {} {}", file!(), std::panic::Location::caller())
}
