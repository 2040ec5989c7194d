//! Random programs that are right by construction, made from types up: they check, run for all sizes, agree with their
//! derivative, and their derivative with finite differences.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::elaborate::bind;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::numbers;
use crate::programs;
use crate::running::{opened, request};
use crate::well_typed::{SIZES, program, sizes};

/// Every number moved by so much in a direction that has no pattern.
fn moved(value: &Value, step: f64, seed: &mut f64) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| moved(item, step, seed)).collect(),
        number => {
            *seed += 1.0;
            (number.as_f64().unwrap() + step * (*seed * 1.7).sin()).into()
        }
    }
}

fn objective(program: &Program, request: &Request) -> f64 {
    run::<f64>(program, request, Wanted::default()).unwrap()["objective"]
        .as_f64()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_program_made_from_types_up_checks_and_runs_for_all_sizes(seed in any::<u64>(), other in any::<u64>()) {
        let text = program(seed);
        let opened = open("made", &text);
        prop_assert!(opened.is_correct(), "{}\n{}", opened.render(), text);
        let made = &opened.programs[0];
        for dims in [sizes(other), sizes(other ^ 1), SIZES.iter().map(|name| ((*name).to_string(), 1)).collect()] {
            let request = request(made, dims);
            let answer = run::<f64>(made, &request, Wanted { gradients: true, trace: false });
            prop_assert!(answer.is_ok(), "{:?}\n{}", answer, text);
        }
    }

    #[test]
    fn the_gradient_of_a_random_program_is_its_slope_and_its_derivative_says_the_same(seed in any::<u64>()) {
        let text = program(seed);
        let opened = opened("made", &text);
        let made = &opened.programs[0];
        let request = request(made, sizes(seed));
        let answer = run::<f64>(made, &request, Wanted { gradients: true, trace: false }).unwrap();
        let gradients = answer["gradients"].as_object().unwrap();
        let (mut along, mut scale) = (0.0, 0.0f64);
        let mut turn = 0.0;
        for (name, value) in &request.values {
            let mut direction = Vec::new();
            numbers(&moved(&zeros(value), 1.0, &mut turn), &mut direction);
            let mut gradient = Vec::new();
            if gradients[name].is_null() {
                continue;
            }
            numbers(&gradients[name], &mut gradient);
            along += gradient.iter().zip(&direction).map(|(g, d)| g * d).sum::<f64>();
            scale = scale.max(gradient.iter().fold(0.0, |largest: f64, g| largest.max(g.abs())));
        }
        let at = |step: f64| {
            let mut turn = 0.0;
            let mut request = request.clone();
            for value in request.values.values_mut() {
                *value = moved(value, step, &mut turn);
            }
            objective(made, &request)
        };
        let numeric = (8.0 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 1.2e-3;
        prop_assert!((along - numeric).abs() <= 1e-6 * (1.0 + scale), "{} and {}\n{}", along, numeric, text);

        let fixed = BTreeMap::from([("T".to_string(), request.dims["T"])]);
        let derivative = derive(made, &fixed).unwrap();
        let backward = open("derivative", &derivative.text);
        prop_assert!(backward.is_correct(), "{}\n{}\n{}", backward.render(), derivative.text, text);
        let mut given = request.clone();
        given.dims.remove("T");
        let values = run::<f64>(&backward.programs[0], &given, Wanted::default());
        prop_assert!(values.is_ok(), "{:?}\n{}", values, derivative.text);
        let values = values.unwrap();
        for (of, own) in &derivative.gradients {
            let (mut by_tape, mut by_text) = (Vec::new(), Vec::new());
            numbers(&gradients[of], &mut by_tape);
            numbers(&values["values"][own], &mut by_text);
            prop_assert_eq!(by_tape.len(), by_text.len());
            for (a, b) in by_tape.iter().zip(&by_text) {
                prop_assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{}: {} and {}\n{}", of, a, b, derivative.text);
            }
        }
    }

    #[test]
    fn what_is_checked_never_meets_a_shape_error_even_if_nobody_meant_it(
        program in 0..19usize, seed in any::<u64>(),
        changes in prop::collection::vec((0..10_000usize, 0..10_000usize, 0..3u8), 1..4)
    ) {
        let all = programs::all();
        let text = crate::robustness::changed(&all[program % all.len()].1, &changes);
        let opened = open("changed", &text);
        for program in &opened.programs {
            let free = program.dims.iter().filter(|dim| dim.value.is_none());
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let dims: BTreeMap<String, i64> =
                free.map(|dim| (dim.name.to_string(), rng.random_range(1..=4))).collect();
            if bind(program, &dims).is_err() {
                continue;
            }
            let graph = graph_of(program, &dims);
            prop_assert!(graph.is_ok(), "{:?}\n{:?}\n{}", graph.err(), dims, text);
        }
    }
}

fn zeros(like: &Value) -> Value {
    match like {
        Value::Array(items) => items.iter().map(zeros).collect(),
        _ => 0.0.into(),
    }
}
