//! The type of every value beside its line, as `graph check --types` prints it.

use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::edit::types::text;
use tapegrad_autograd::language::limits;

use crate::programs;

fn study(name: &str, text: &str) -> Study {
    let alone = &mut |_: &str| Err("this text stands alone".to_string());
    Study::of(name, text, limits::MEMORY, alone)
}

fn typed(name: &str) -> String {
    let (_, program) = programs::all().into_iter().find(|(own, _)| own == name).unwrap();
    study(name, &program).text_with_types()
}

#[test]
fn types_stand_below_each_other_beside_their_lines() {
    for name in ["two_layer", "attention", "rnn_lm", "tiny_gpt", "crf", "soft_dtw"] {
        insta::assert_snapshot!(format!("types_{name}"), typed(name));
    }
}

#[test]
fn every_value_of_every_program_has_its_type_and_no_line_is_changed() {
    for (name, program) in programs::all() {
        let study = study(&name, &program);
        let shown = study.text_with_types();
        for (line, typed) in program.lines().zip(shown.lines()) {
            assert!(typed.starts_with(line.trim_end()), "{name}: {typed}");
        }
        // Whatever stands on the left of an equation, or is declared, has a type.
        let typed = study.typed();
        for symbol in &study.names.symbols {
            use tapegrad_autograd::language::edit::names::Role;
            if !matches!(symbol.role, Role::Input | Role::Param | Role::Constant | Role::Value) {
                continue;
            }
            for one in &symbol.definitions {
                let own = typed.iter().find(|typed| typed.span.is_at(one.name));
                assert!(own.is_some(), "{name}: {} has no type", symbol.name);
            }
        }
    }
}

#[test]
fn the_types_of_inputs_and_parameters_are_those_of_the_program() {
    for (name, program) in programs::all() {
        let study = study(&name, &program);
        let typed = study.typed();
        for program in &study.opened.programs {
            let inputs = program.inputs.iter().map(|input| (input.span, &input.ty));
            let values = program.values.iter().filter(|value| value.name.is_some());
            let values = values.map(|value| (value.span, &value.ty));
            for (place, ty) in inputs.chain(values) {
                // A value of a module has its place in the module, and there the module's own sizes.
                let Some(own) = typed.iter().find(|typed| typed.span.is_at(place)) else {
                    continue;
                };
                let graph = study
                    .opened
                    .file
                    .items
                    .iter()
                    .find(|item| item.kind.name().name == program.name)
                    .unwrap();
                if graph.span.start <= place.start && place.end <= graph.span.end {
                    assert_eq!(text(own.ty), text(ty), "{name}: {}", own.written);
                }
            }
        }
    }
}

#[test]
fn what_is_right_in_a_text_with_mistakes_keeps_its_types() {
    let wrong = "graph g {\n    dim M, D\n    input x[M]\n    param W[D, M]\n    a = W @ x\n    b = x @ W\n    c = = 1\n    \
                 J = sum(a, over D)\n    minimize J\n}\n";
    insta::assert_snapshot!("types_of_a_wrong_text", study("wrong.cg", wrong).text_with_types());
    let read = wrong.replace("    c = = 1\n", "");
    insta::assert_snapshot!(
        "types_of_a_text_that_parses",
        study("wrong.cg", &read).text_with_types()
    );
}

#[test]
fn comments_and_long_names_of_other_alphabets_keep_the_columns() {
    let text = "graph g {\n    dim M\n    input α[M]: data\n    ŷ = sum(α, over M) // 𝛼 and 🦀\n    output ŷ\n}\n";
    insta::assert_snapshot!("types_beside_other_letters", study("g.cg", text).text_with_types());
}
