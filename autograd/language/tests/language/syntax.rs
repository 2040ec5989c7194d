//! Text to tree and back.

use proptest::prelude::*;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::parse::{DEPTH_MAX, parse};
use tapegrad_autograd::language::print::{WIDTH, format, print};
use tapegrad_autograd::language::span::Sources;

use crate::{programs, random_programs};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn printing_and_parsing_a_random_program_gives_it_back(file in random_programs::file()) {
        let text = print(&file);
        let parsed = parse(&text);
        prop_assert!(parsed.diagnostics.is_empty(), "{text}\n{:?}", parsed.diagnostics);
        prop_assert_eq!(&parsed.file, &file, "{}", text);
        prop_assert_eq!(print(&parsed.file), text);
    }

    #[test]
    fn line_breaks_carry_no_meaning(file in random_programs::file()) {
        let text = print(&file);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("///")).collect();
        let joined = parse(&lines.join(" "));
        prop_assert!(joined.diagnostics.is_empty(), "{text}");
        let broken = parse(&lines.join(" ").replace(' ', "\n"));
        prop_assert_eq!(print(&joined.file), lines.join("\n") + if lines.is_empty() { "" } else { "\n" });
        prop_assert_eq!(joined.file, broken.file);
    }

    #[test]
    fn any_text_is_parsed_or_refused_with_a_place_inside_it(text in "(\\PC|\n){0,80}") {
        let parsed = parse(&text);
        for mistake in parsed.diagnostics {
            prop_assert!(mistake.primary.span.end as usize <= text.len());
            prop_assert!(!mistake.render(&Sources::of("text", &text)).is_empty());
        }
    }

    #[test]
    fn any_row_of_tokens_is_parsed_or_refused(tokens in prop::collection::vec(
        prop::sample::select(vec!["graph", "g", "{", "}", "x", "=", "[", "]", "(", ")", "sum", ":", ",", "for", "..",
            "1", "if", "then", "else", "<=", "as", "dim", "input", "-", "^", "=>", "over", "module", "->", "\n"]), 0..60)) {
        let text = tokens.join(" ");
        let parsed = parse(&text);
        prop_assert!(parsed.diagnostics.iter().all(|mistake| mistake.primary.span.end as usize <= text.len()));
    }
}

#[test]
fn the_programs_of_the_project_are_in_canonical_form() {
    for (name, text) in programs::all() {
        let formatted = format(&Sources::of(&name, &text), 0).unwrap_or_else(|m| panic!("{name}: {m:?}"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(programs::folder().join(format!("{name}.cg")), &formatted).unwrap();
        }
        assert!(
            formatted == text || std::env::var_os("BLESS").is_some(),
            "{name} formatted:\n{formatted}"
        );
    }
}

#[test]
fn one_run_shows_several_independent_mistakes() {
    let text = "graph g {\n    dim T,\n    input x[T\n    y = sigmoid(x\n    z = 2 +\n    J = sum(y, over T)\n    minimize J\n}\n\
                graph h { input = 3 }\n";
    let sources = Sources::of("g.cg", text);
    let shown: Vec<String> = parse(text).diagnostics.iter().map(|m| m.render(&sources)).collect();
    insta::assert_snapshot!(shown.concat(), @r"
    E00 this does not follow the grammar
      --> g.cg:2:10
    2 |     dim T,
      |          ^ nothing follows this comma
    help: drop the comma
    E00 this does not follow the grammar
      --> g.cg:3:14
    3 |     input x[T
      |              ^ `]` is missing: it was expected after the axes
    E00 this does not follow the grammar
      --> g.cg:4:18
    4 |     y = sigmoid(x
      |                  ^ `)` is missing: it was expected after the arguments
    E00 this does not follow the grammar
      --> g.cg:6:7
    6 |     J = sum(y, over T)
      |       ^ a statement was expected here, not `=`
    E00 this does not follow the grammar
      --> g.cg:9:17
    9 | graph h { input = 3 }
      |                 ^ a name was expected here, not `=`
    ");
}

/// A chain is not nested: it may be as long as one likes, in every pass.
#[test]
fn a_chain_of_a_hundred_thousand_operators_is_an_expression_like_others() {
    for (item, operator) in [
        ("x", " + "),
        ("x", " - "),
        ("x", " * "),
        ("x / 2", " + "),
        ("x^2", " - "),
    ] {
        let chain = vec![item; 100_000].join(operator);
        let text = format!("graph g {{\n    input x\n    y = {chain}\n    minimize y\n}}\n");
        let parsed = parse(&text);
        assert!(parsed.diagnostics.is_empty(), "{operator}");
        assert!(parsed.file.clone() == parsed.file, "{operator}");
        let printed = print(&parsed.file);
        assert!(printed.split_whitespace().eq(text.split_whitespace()), "{operator}");
        assert!(printed.lines().all(|line| line.len() <= WIDTH), "{operator}");
        assert!(open("chain", &text).is_correct(), "{operator}");
    }
    let sizes = vec!["T"; 100_000].join(" + ");
    let conditions = vec!["k < 3"; 1_000].join(" and ");
    let text = format!(
        "graph g {{ dim T, S = {sizes} input x[T] require {} y[k:T] = if {conditions} then x[k] else 0 \
         J = sum(y, over k) minimize J }}",
        vec!["T > 0"; 10_000].join(" and ")
    );
    let opened = open("chain", &text);
    assert!(
        opened.is_correct(),
        "{}",
        opened.render().chars().take(400).collect::<String>()
    );
}

#[test]
fn a_hundred_thousand_levels_are_a_mistake_and_not_an_overflow() {
    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("f(", ")"),
        ("x[", "]"),
        ("2^", ""),
        ("if 1 < 2 then ", ""),
    ] {
        let text = format!("graph g {{ y = {}1{} }}", open.repeat(100_000), close.repeat(100_000));
        let parsed = parse(&text);
        assert!(
            parsed.diagnostics[0].primary.text.contains("levels deep"),
            "{open}: {:?}",
            parsed.diagnostics[0]
        );
        let message = parsed.diagnostics[0].render(&Sources::of("deep", &text));
        assert!(message.len() < 1000 && message.contains('^'), "{open}: {message}");
        let shallow = format!(
            "graph g {{ y = {}1{} }}",
            open.repeat(DEPTH_MAX / 2),
            close.repeat(DEPTH_MAX / 2)
        );
        if open != "if 1 < 2 then " {
            assert!(parse(&shallow).diagnostics.is_empty(), "{open}");
        }
    }
    let blocks = format!("graph g {{ {}", "for t = 1..2 { ".repeat(100_000));
    assert!(!parse(&blocks).diagnostics.is_empty());
}
