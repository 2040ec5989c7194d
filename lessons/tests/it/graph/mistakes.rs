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
fn fix_makes_the_changes_that_are_offered_and_says_which() {
    let slips = "graph g {\n    # sizes\n    dim M\n    input x[M], t: data\n    param w[M]\n    let y = np.exp(w @ x)\n    \
                 J = (y - t)**2\n    minimise J\n}\n";
    let path = file("slips.cg", slips);
    assert_eq!(graph(&["check", &path]).0, 1);
    let (code, stdout, _) = graph(&["check", "--fix", &path]);
    assert_eq!(code, 0, "{stdout}");
    insta::assert_snapshot!(stdout.replace(&path, "slips.cg"), @r"
    slips.cg:2: mended: a comment begins with `//`
    slips.cg:6: mended: an equation begins with the name that it defines: `y = ..`
    slips.cg:7: mended: a power is written `^`
    slips.cg:8: mended: the word is `minimize`
    slips.cg:6: mended: write `exp(..)`
    slips.cg: no mistakes; graphs: g
    ");
    insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r"
    graph g {
        // sizes
        dim M
        input x[M], t: data
        param w[M]
        y = exp(w @ x)
        J = (y - t)^2
        minimize J
    }
    ");
    // What is not sure is left to a person, and nothing is written.
    let unsure = "graph g { dim T, K input S[T, K] A = softmax(S) output A }";
    let path = file("unsure.cg", unsure);
    let (code, stdout, _) = graph(&["check", "--fix", &path, "--json"]);
    let checked: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (code, &checked["fixed"], &checked["text"]),
        (1, &json!([]), &json!(unsure))
    );
    assert_eq!(checked["diagnostics"][0]["code"], "E04");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), unsure);
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
        dim M // size
        input x[M]
        J = sum(x, over M)
        minimize J
    }
    ");
    assert_eq!(printed(&["fmt", "--check", &path]), "");
    #[cfg(unix)]
    {
        let link = std::path::Path::new(&path).with_file_name("linked.cg");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink("loose.cg", &link).unwrap();
        std::fs::write(&path, "graph g { dim M input x[M] J = sum(x, over M) minimize J }").unwrap();
        assert_eq!(printed(&["fmt", link.to_str().unwrap()]), "");
        assert!(link.is_symlink(), "a link stays a link");
        assert_eq!(printed(&["fmt", "--check", &path]), "");
    }
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
    assert_eq!(printed(&["explain"]).lines().count(), 33);
}
