//! A renamed program means the same, or the new name is refused.

use std::collections::BTreeMap;

use serde_json::Value;
use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::edit::names::Role;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use super::{cursor, program, study};
use crate::programs;
use crate::running::{different_sizes, request};

/// The text with the name at a byte renamed, or the reason why not.
fn renamed(study: &Study, byte: u32, to: &str) -> Result<String, String> {
    let edits = study.rename(byte, to)?;
    Ok(study
        .opened
        .sources
        .changed(&edits)
        .map_or(study.opened.sources.files()[0].text.clone(), |(_, text)| text))
}

/// Objective, values and gradients of a program, in the order of its declarations.
fn numbers(program: &Program, request: &Request) -> String {
    let wanted = Wanted {
        gradients: true,
        trace: false,
    };
    match run::<f64>(program, request, wanted) {
        Ok(answer) => {
            let lists = ["values", "gradients"].map(|key| {
                let entries = answer[key].as_object().into_iter().flatten();
                entries.map(|(_, value)| value.to_string()).collect::<Vec<_>>()
            });
            format!("{} {lists:?}", answer.get("objective").unwrap_or(&Value::Null))
        }
        Err(_) => "refused".to_string(),
    }
}

/// What is given to one program, under the names of the other.
fn under_names(request: &Request, a: &Program, b: &Program) -> Request {
    let dims = a.dims.iter().zip(&b.dims);
    let dims: BTreeMap<String, &str> = dims.map(|(a, b)| (a.name.to_string(), &*b.name)).collect();
    let inputs = a
        .inputs
        .iter()
        .zip(&b.inputs)
        .map(|(a, b)| (a.name.as_str(), b.name.as_str()));
    let params = a
        .params
        .iter()
        .zip(&b.params)
        .map(|(a, b)| (a.path.as_str(), b.path.as_str()));
    let names: BTreeMap<&str, &str> = inputs.chain(params).collect();
    let value = |(name, value): (&String, &Value)| {
        // `block[2].W` is the second of `block[].W`.
        let numbers: Vec<&str> = name
            .split('[')
            .skip(1)
            .filter_map(|rest| rest.split(']').next())
            .collect();
        let path = numbers.iter().fold(name.clone(), |path, number| {
            path.replacen(&format!("[{number}]"), "[]", 1)
        });
        let other = numbers.iter().fold(names[path.as_str()].to_string(), |path, number| {
            path.replacen("[]", &format!("[{number}]"), 1)
        });
        (other, value.clone())
    };
    Request {
        dims: request
            .dims
            .iter()
            .map(|(name, size)| (dims[name].to_string(), *size))
            .collect(),
        values: request.values.iter().map(value).collect(),
        ..request.clone()
    }
}

/// True if both texts give the same bits.
fn assert_same_numbers(what: &str, before: &Study, after: &Study) -> bool {
    let mut is_run = false;
    for (a, b) in before.opened.programs.iter().zip(&after.opened.programs) {
        let request = request(a, different_sizes(a));
        let (own, other) = (numbers(a, &request), numbers(b, &under_names(&request, a, b)));
        assert_eq!(own, other, "{what}");
        is_run |= own != "refused";
    }
    is_run
}

#[test]
fn every_name_of_every_program_can_be_renamed_and_the_program_means_the_same() {
    let (mut count, mut run, mut refused) = (0, 0, Vec::new());
    for (name, text) in programs::all() {
        let before = study(&text);
        for (number, symbol) in before.names.symbols.iter().enumerate() {
            let Some(place) = symbol.definitions.first().map(|one| one.name.start) else {
                continue;
            };
            let what = format!("{name}: {} {:?}", symbol.name, symbol.role);
            let fresh = format!("{}ŷ9", symbol.name);
            let changed = match renamed(&before, place, &fresh) {
                Ok(changed) => changed,
                Err(why) => {
                    refused.push(format!("{what}: {why}"));
                    continue;
                }
            };
            count += 1;
            let after = study(&changed);
            assert!(after.opened.is_correct(), "{what}\n{}", after.opened.render());
            // Of every fifth name the numbers as well, which take the time of this test.
            if number % 5 == 0 {
                run += usize::from(assert_same_numbers(&what, &before, &after));
            }
            // Nothing was forgotten and nothing else was changed: the way back leads to the same text.
            let (_, moved) = after
                .names
                .symbols
                .iter()
                .enumerate()
                .find(|(_, one)| one.name == fresh)
                .unwrap();
            let back = renamed(&after, moved.definitions[0].name.start, &symbol.name);
            assert_eq!(back.as_deref(), Ok(text.as_str()), "{what}");
        }
    }
    println!("{count} names renamed, {run} of them with numbers that were compared");
    assert_eq!(refused, Vec::<String>::new());
    assert!(count > 1500 && run > 250, "{count} {run}");
}

#[test]
fn a_name_that_would_clash_is_refused_or_changes_nothing() {
    let (mut kept, mut refused) = (0, 0);
    for (name, text) in programs::all() {
        let before = study(&text);
        let names: Vec<&str> = before.names.symbols.iter().map(|symbol| symbol.name.as_str()).collect();
        for (number, symbol) in before.names.symbols.iter().enumerate() {
            let Some(place) = symbol.definitions.first().map(|one| one.name.start) else {
                continue;
            };
            // Two other names of the program for each.
            for step in [1, 7] {
                let other = names[(number + step) % names.len()];
                match renamed(&before, place, other) {
                    Err(_) => refused += 1,
                    Ok(changed) => {
                        let after = study(&changed);
                        let what = format!("{name}: {} as {other}", symbol.name);
                        assert!(after.opened.is_correct(), "{what}\n{}", after.opened.render());
                        assert_same_numbers(&what, &before, &after);
                        kept += 1;
                    }
                }
            }
        }
    }
    println!("{kept} renamed, {refused} refused");
    assert!(refused > 500, "{refused}");
}

/// The reason for which a name at the cursor is refused.
fn why(text: &str, to: &str) -> String {
    let (text, byte) = cursor(text);
    renamed(&study(&text), byte, to).expect_err(to)
}

#[test]
fn a_refused_name_has_its_reason() {
    let text = "graph g {\n dim M\n input x[M]\n |y = exp(x)\n z = y + x\n output z\n}\n";
    let reasons: Vec<String> = [
        why(text, "x"),
        why(text, "2y"),
        why(text, "over"),
        why(text, "a b"),
        why(text, "g_x"),
        why("graph g { dim M input x[M] y = e|xp(x) output y }", "f"),
        why("graph g { | }", "f"),
        why("graph g { dim T, D input X[T, D] y = sum(X, over D) S = X |@ X.T output y, S }", "f"),
        why("module S[T](x[T]) -> y[k:T] { y = x as [|k:T] } graph g { dim T input x[T] layer s = S[T] z = sum(s(x), over k) output z }", "q"),
        why("graph g { dim T, D input X[q|:T, D] output X }", "D"),
    ]
    .into();
    insta::assert_snapshot!("refused_names", reasons.join("\n"));
    let file = study(&cursor(text).0);
    assert_eq!(
        file.rename(cursor(text).1, "y").unwrap().len(),
        0,
        "the name that it has"
    );
}

#[test]
fn a_name_of_another_file_is_renamed_there() {
    let (text, byte) = cursor("use \"lib.cg\"\ngraph g { dim M input x[M] y = swi|sh(x) output y }");
    let library = "fn swish(x) = x * sigmoid(x)\n";
    let study = Study::of("g.cg", &text, 1 << 30, &mut |_| Ok(library.to_string()));
    assert_eq!(
        study.rename(byte, "silu2").unwrap_err(),
        "`swish` is defined in lib.cg; rename it there"
    );
    let value = u32::try_from(text.find("y =").unwrap()).unwrap();
    assert_eq!(
        study.rename(value, "z").unwrap().len(),
        2,
        "what the text defines itself can be renamed"
    );
}

#[test]
fn a_text_with_a_mistake_can_be_renamed_as_far_as_it_is_read() {
    let text = program("two_layer").replacen("maximize J", "maximise J", 1);
    let before = study(&text);
    let place = u32::try_from(text.find("alpha[D").unwrap()).unwrap();
    let changed = renamed(&before, place, "weights").unwrap();
    assert_eq!(changed, text.replace("alpha", "weights"));
    assert_eq!(
        before
            .names
            .symbols
            .iter()
            .filter(|one| one.role == Role::Param)
            .count(),
        2
    );
}
