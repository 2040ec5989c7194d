//! Mistakes in programs and on the command line, and the form of a program.

use serde_json::{Value, json};

use super::{document, file, graph, printed, program};

const WRONG: &str = "graph wrong {\n    dim M, D\n    input x[M]\n    param alpha[D, M]\n    a = x @ alpha\n    \
                     J = sum(sigmod(a), over M)\n    minimize J\n}\n";

#[test]
fn a_program_without_mistakes_passes_the_check() {
    assert!(printed(&["check", &program("two_layer")]).ends_with("two_layer.cg: no mistakes; graphs: two_layer\n"));
    let checked = document(&["check", &program("tiny_gpt")]);
    assert_eq!(
        (&checked["correct"], &checked["graphs"]),
        (&json!(true), &json!(["tiny_gpt"]))
    );
}

#[test]
fn a_mistake_is_shown_with_its_place_and_its_mend() {
    let path = file("wrong.cg", WRONG);
    let (code, stdout, stderr) = graph(&["check", &path]);
    assert_eq!((code, stderr.as_str()), (1, ""));
    insta::assert_snapshot!(stdout.replace(&path, "wrong.cg"), @r"
    E01 axes do not meet
      --> wrong.cg:5:11
    4 |     param alpha[D, M]
      |                 - the first axis of alpha, D, comes from here
    5 |     a = x @ alpha
      |         - ^ @ joins the last axis of x [M] with the first axis of alpha [D, M]: M is not D
      = two sizes that happen to be equal in a run would hide this from a check of numbers
    help: `alpha @ x` has type [D]
    E09 unknown function
      --> wrong.cg:6:13
    6 |     J = sum(sigmod(a), over M)
      |             ^^^^^^ there is no function `sigmod`
    help: did you mean `sigmoid`?
    ");
    let (code, stdout, _) = graph(&["check", &path, "--json"]);
    let checked: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &checked["correct"]), (1, &json!(false)));
    let first = &checked["diagnostics"][0];
    assert_eq!(
        (&first["code"], &first["severity"], &first["primary"]["line"]),
        (&json!("E01"), &json!("error"), &json!(5))
    );
}

#[test]
fn the_other_commands_refuse_a_program_with_mistakes() {
    let path = file("refused.cg", WRONG);
    for args in [
        &["show"][..],
        &["derive"],
        &["table"],
        &["count", "--vary", "M=1..3"],
        &["run"],
    ] {
        let args = [args, &[path.as_str()]].concat();
        let (code, stdout, stderr) = graph(&args);
        assert_eq!((code, stdout.as_str()), (1, ""), "{args:?}");
        assert!(
            stderr.contains("E01 axes do not meet") && stderr.contains("E09"),
            "{stderr}"
        );
        let (code, stdout, _) = graph(&[&args[..], &["--json"]].concat());
        let error = serde_json::from_str::<Value>(&stdout).unwrap()["error"].clone();
        assert_eq!((code, &error["code"]), (1, &json!("E01")), "{args:?}");
        assert!(error["where"].as_str().unwrap().ends_with("refused.cg:5:11"), "{error}");
    }
}

#[test]
fn a_file_is_formatted_as_a_whole_and_check_only_tells() {
    let path = file(
        "loose.cg",
        "graph g { dim M // size\n input x[M] J=sum(x,over M) minimize J }",
    );
    let (code, stdout, _) = graph(&["fmt", "--check", &path]);
    assert_eq!(code, 1);
    assert!(stdout.ends_with("loose.cg: not in canonical form\n"));
    assert_eq!(printed(&["fmt", &path]), "");
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r"
    graph g {
        dim M       // size
        input x[M]
        J = sum(x, over M)
        minimize J
    }
    ");
    assert_eq!(printed(&["fmt", "--check", &path]), "");
    let broken = file("broken.cg", "graph g { y = ");
    assert_eq!(graph(&["fmt", &broken]).0, 1);
    assert_eq!(std::fs::read_to_string(&broken).unwrap(), "graph g { y = ");
}

#[test]
fn a_file_finds_the_files_that_it_uses_beside_it() {
    file("part.cg", "module Twice[M](x[M]) -> y[M] { y = 2 * x }");
    let path = file(
        "whole.cg",
        "use \"part.cg\" graph g { dim M input x[M] layer twice = Twice[M] J = sum(twice(x), over M) minimize J }",
    );
    let bind = file("whole.json", r#"{"values": {"x": [1, 2, 3]}}"#);
    assert_eq!(document(&["run", &path, "--bind", &bind])["objective"], 12.0);
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let two_layer = program("two_layer");
    for args in [
        &["show", &two_layer, "--at", "T"][..],
        &["show", &two_layer, "--as", "png"],
        &["show", &two_layer, "--graph", "three_layer"],
        &["count", &two_layer, "--vary", "M"],
        &["explain", "E99"],
        &["ops", "sigmod"],
        &["draw"],
    ] {
        let (code, stdout, stderr) = graph(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
    let (code, _, stderr) = graph(&["check", "no/such.cg"]);
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("error: no/such.cg: the file cannot be read"),
        "{stderr}"
    );
}

#[test]
fn every_code_is_explained() {
    let page = printed(&["explain", "e05"]);
    assert!(
        page.starts_with("E05 two axes have this name") && page.contains("softmax(S, over T)"),
        "{page}"
    );
    assert_eq!(document(&["explain", "W02"])["severity"], "warning");
    assert_eq!(printed(&["explain"]).lines().count(), 30);
}
