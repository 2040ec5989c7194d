//@ tries: link crates of the grader that are no crates of the assignment
extern crate tapegrad_lessons;
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
