//! Every code is produced by its program, whose sizes may all be equal, and its suggestion mends it.

use tapegrad_autograd::language::code::{Code, Severity};
use tapegrad_autograd::language::explain;
use tapegrad_autograd::language::open;

#[test]
fn every_code_has_a_program_that_produces_it() {
    let mut all = String::new();
    for &code in Code::ALL {
        let message = explain::message(code)
            .unwrap_or_else(|| panic!("no {code:?}:\n{}", open("p", explain::program(code)).render()));
        all.push_str(&message);
        all.push('\n');
    }
    insta::assert_snapshot!("messages", all);
}

#[test]
fn a_program_of_the_catalogue_has_no_other_mistake_than_its_own() {
    for &code in Code::ALL {
        let opened = open("p.cg", explain::program(code));
        let others: Vec<&str> = opened
            .diagnostics
            .iter()
            .filter(|found| found.code != code && found.code.severity() == Severity::Error)
            .map(|found| found.code.name())
            .collect();
        assert!(others.is_empty(), "{code:?}: {}", opened.render());
    }
}

#[test]
fn every_suggested_change_mends_the_program() {
    let mut mended = 0;
    for &code in Code::ALL {
        let opened = open("p.cg", explain::program(code));
        for found in &opened.diagnostics {
            let Some(text) = found.mended(&opened.sources) else {
                continue;
            };
            let again = open("p.cg", &text);
            assert!(
                again.diagnostics.iter().all(|other| other.code != code),
                "{text}\n{}",
                again.render()
            );
            assert!(again.is_correct(), "{text}\n{}", again.render());
            mended += 1;
        }
    }
    assert!(mended >= 6, "{mended} suggestions");
}

#[test]
fn every_page_shows_its_program_and_its_message() {
    for &code in Code::ALL {
        let page = explain::explain(code);
        assert!(
            page.contains(explain::program(code)) && page.contains(&explain::message(code).unwrap()),
            "{page}"
        );
    }
}

#[test]
fn a_slice_is_as_long_as_the_difference_of_its_ends_and_lies_inside() {
    let program = |start: &str, end: &str| {
        format!(
            "graph gates {{ dim D, S input a[4 * D], g[D] \
             part = engine.slice(a, axis => [0], start => [{start}], end => [{end}]) as [D] \
             J = sum(part * g, over D) minimize J }}"
        )
    };
    assert!(open("gates", &program("2 * D", "3 * D")).is_correct());
    assert!(open("gates", &program("0", "D")).is_correct());
    // As long as S, not as D; and beyond the end for some sizes, though not for all.
    for (start, end, why) in [("0", "S", "need not lie within"), ("D", "3 * D", "changes a size")] {
        let opened = open("gates", &program(start, end));
        assert!(opened.render().contains(why), "{}", opened.render());
    }
}
