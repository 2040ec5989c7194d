//! Programs of `docs/graphs` against the answers of PyTorch that `tests/oracle/programs.py` has stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, loop_sizes, numbers, plain, renamed};
use crate::programs;
use crate::running::opened;

/// Both compute in double precision, with additions in another order: some thousand roundings of 1.1e-16.
const NEAR: f64 = 1e-10;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/programs")
}

/// The programs that have stored answers.
pub fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Entry by entry, relative to the largest entry of the answer, or to 1.
fn assert_answer(what: &str, stored: &Value, own: &Value) {
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    numbers(stored, &mut expected);
    numbers(own, &mut found);
    assert_eq!(expected.len(), found.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |scale, entry| scale.max(entry.abs()));
    for (e, f) in expected.iter().zip(&found) {
        assert!((e - f).abs() <= NEAR * scale, "{what}: {e} is stored, {f} was computed");
    }
}

#[test]
fn programs_give_the_stored_values_and_gradients_and_so_do_their_derivatives() {
    let mut compared = 0;
    for name in names() {
        let text = std::fs::read_to_string(programs::folder().join(format!("{name}.cg"))).unwrap();
        let stored = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(stored["program"], name.as_str());
        let opened_program = opened(&name, &text);
        let program = opened_program.program(None).unwrap();
        for (number, case) in stored["cases"].as_array().unwrap().iter().enumerate() {
            let what = |of: &str| format!("{name}, case {}: {of}", number + 1);
            let request = Request {
                dims: serde_json::from_value(case["dims"].clone()).unwrap(),
                values: serde_json::from_value(case["values"].clone()).unwrap(),
                ..Request::default()
            };
            let answer = run::<f64>(program, &request, WITH_GRADIENTS);
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error:?}", what("refused")));
            assert_answer(&what("objective"), &case["objective"], &answer["objective"]);
            for (output, value) in case["outputs"].as_object().unwrap() {
                assert_answer(&what(output), value, &answer["values"][output]);
            }

            let fixed = loop_sizes(program, &request.dims);
            let derivative = derive(program, &fixed).unwrap_or_else(|error| panic!("{}: {error:?}", what("derived")));
            let backward = opened(&name, &derivative.text);
            let again = run::<f64>(&backward.programs[0], &renamed(&request, &fixed), Wanted::default());
            let again = again.unwrap_or_else(|error| panic!("{}: {error:?}\n{}", what("derived"), derivative.text));
            let names: BTreeMap<&str, &str> = derivative
                .gradients
                .iter()
                .map(|(of, own)| (of.as_str(), own.as_str()))
                .collect();
            for (value, gradient) in case["gradients"].as_object().unwrap() {
                assert_answer(&what(value), gradient, &answer["gradients"][value]);
                assert_answer(&what(value), gradient, &again["values"][names[plain(value).as_str()]]);
                compared += 1;
            }
        }
    }
    assert!(compared >= 20, "{compared} gradients");
}
