//@ tries: print a backtrace with the grader's files
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", std::backtrace::Backtrace::force_capture())
}
