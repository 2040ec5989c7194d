//! The command `tapegrad graph` from its arguments to its output and exit code.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};
use tapegrad_lessons::cli;

/// The exit code, standard output and standard error of `tapegrad graph ARGS`.
fn graph(args: &[&str]) -> (u8, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let args = ["tapegrad", "graph"].iter().chain(args).map(OsString::from);
    let code = cli::run(args, &mut stdout, &mut stderr);
    (
        code,
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

/// What a command that must succeed prints.
fn printed(args: &[&str]) -> String {
    let (code, stdout, stderr) = graph(args);
    assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}\n{stdout}");
    stdout
}

fn document(args: &[&str]) -> Value {
    serde_json::from_str(&printed(&[args, &["--json"]].concat())).unwrap()
}

/// A program of the project.
fn program(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/graphs/{name}.cg"));
    path.to_str().unwrap().to_string()
}

/// A file of its own for a test.
fn file(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

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
fn a_loop_is_drawn_rolled_unrolled_and_its_axes_exploded() {
    insta::assert_snapshot!(printed(&["show", &program("rnn_lm")]), @r"
    w: data [T]
    next: data [T]
    emb: param [V, E]
    W_hy: param [V, H]
    b_y: param [V]
    h0: param [H]
    step.W_xh: param [H, E]
    step.W_hh: param [H, H]
    step.b_h: param [H]
    for t = 1..T/
      #9 position <- w
      x[t]: embedding [E] <- emb, #9 position
      step/
        #11 matmul [H] <- step.W_xh, x[t]
        #12 matmul [H] <- step.W_hh, h0, h[t] of t - 1
        #13 add [H] <- #11 matmul, #12 matmul
        #14 add [H] <- #13 add, step.b_h
        h[t]: tanh [H] <- #14 add
      #16 matmul [V] <- W_hy, h[t]
      #17 add [V] <- #16 matmul, b_y
      y[t]: softmax [V] <- #17 add
      #19 position <- next
      #20 pick <- y[t], #19 position
      #21 log <- #20 pick
      l[t]: neg <- #21 log
    l: stack [T] <- l[t]
    J: sum <- l
    ");
    insta::assert_snapshot!(
        printed(&["show", &program("attention"), "--at", "T=2,D=3,dk=2", "--explode", "T"]), @r"
    X[1]: input
    X[2]: input
    G[1]: input
    G[2]: input
    att_W_q: param
    att_W_k: param
    att_W_v: param
    att_Q[1]: matmul <- X[1], att_W_q
    att_Q[2]: matmul <- X[2], att_W_q
    att_K[1]: matmul <- X[1], att_W_k
    att_K[2]: matmul <- X[2], att_W_k
    att_V[1]: matmul <- X[1], att_W_v
    att_V[2]: matmul <- X[2], att_W_v
    att_S[1, 1]: div <- att_Q[1], att_K[1]
    att_S[2, 1]: div <- att_Q[2], att_K[1]
    att_S[2, 2]: div <- att_Q[2], att_K[2]
    att_A[1]: softmax <- att_S[1, 1]
    att_A[2]: softmax <- att_S[2, 1], att_S[2, 2]
    att_O[1]: matmul <- att_V[1], att_A[1]
    att_O[2]: matmul <- att_V[1], att_V[2], att_A[2]
    J: sum <- G[1], G[2], att_O[1], att_O[2]
    ");
    let sizes = ["--at", "T=2,V=5,E=3,H=4"];
    let unrolled = printed(&[&["show", &program("rnn_lm")][..], &sizes].concat());
    assert_eq!(unrolled.matches("tanh").count(), 2);
    let rnn = program("rnn_lm");
    for format in ["dot", "mermaid", "svg", "html", "json"] {
        for view in [&["--rolled"][..], &["--unrolled", "--gradients"], &["--explode", "T"]] {
            let args = [&["show", &rnn, "--as", format][..], &sizes, view].concat();
            assert!(printed(&args).len() > 500, "{args:?}");
        }
    }
}

#[test]
fn a_picture_goes_to_a_file() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two_layer.svg");
    let args = [
        "show",
        &program("two_layer"),
        "--rolled",
        "--as",
        "svg",
        "--out",
        out.to_str().unwrap(),
    ];
    assert_eq!(printed(&args), "");
    assert!(std::fs::read_to_string(out).unwrap().starts_with("<svg"));
}

#[test]
fn the_derivative_is_a_program_that_can_be_derived_again() {
    let once = printed(&["derive", &program("two_layer")]);
    assert!(once.contains("graph two_layer_backward") && once.contains("Remembered from forward: z, y."));
    let path = file("once.cg", &once);
    printed(&["check", &path]);
    let twice = document(&["derive", &program("two_layer"), "--times", "2"]);
    assert!(twice["gradients"]["alpha"].is_string() && twice["text"].as_str().unwrap().contains("v_g_alpha"));
    assert!(printed(&["derive", &program("rnn_lm")]).contains("for t = T..1 down {"));
    assert!(printed(&["derive", &program("rnn_lm"), "--at", "T=2"]).contains("g_step_h_2"));
    let (code, _, stderr) = graph(&["derive", &program("two_layer_rnn")]);
    assert_eq!(code, 1);
    assert!(stderr.contains("--at"), "{stderr}");
}

#[test]
fn the_table_has_the_lectures_rows_in_every_format() {
    let text = printed(&["table", &program("two_layer")]);
    assert!(
        text.lines()
            .nth(1)
            .unwrap()
            .starts_with("Loss     J = t log(y) + (1 - t) log(1 - y)"),
        "{text}"
    );
    let forward = printed(&["table", &program("two_layer"), "--order", "forward"]);
    assert!(forward.lines().nth(1).unwrap().starts_with("Linear   a_j"), "{forward}");
    assert!(printed(&["table", &program("two_layer"), "--as", "latex"]).contains("\\begin{tabular}"));
    assert!(printed(&["table", &program("two_layer"), "--as", "md", "--style", "matrix"]).contains("| Linear |"));
    assert!(printed(&["table", &program("two_layer"), "--as", "html"]).contains("<th>Sigmoid</th>"));
    assert_eq!(
        document(&["table", &program("two_layer")])["rows"][1]["label"],
        "Sigmoid"
    );
}

#[test]
fn growth_is_a_polynomial_that_holds_at_every_size() {
    let rnn = printed(&["count", &program("rnn_lm"), "--vary", "T=1..64", "--at", "V=5,E=3,H=4"]);
    assert!(
        rnn.starts_with("nodes(T) = 16 T + 11    for every T in 1..64\n"),
        "{rnn}"
    );
    let attention = [
        "count",
        &program("attention"),
        "--vary",
        "T=1..64",
        "--at",
        "D=3,dk=2",
        "--explode",
        "T",
    ];
    assert!(printed(&attention).starts_with("nodes(T) = 1/2 T^2 + 15/2 T + 4    for every T in 1..64\n"));
    let counts = document(&["count", &program("rnn_lm"), "--vary", "T=2..9", "--at", "V=5,E=3,H=4"]);
    assert_eq!(counts["counts"][0]["points"][0], json!([2, 43]));
    let (code, _, stderr) = graph(&["count", &program("rnn_lm"), "--vary", "Q=1..3"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("its sizes are: T, V, E, H"), "{stderr}");
}

#[test]
fn a_run_gives_numbers_that_can_be_read_back_unchanged() {
    let bind = file(
        "two_layer.json",
        r#"{"values": {"x": [1, 2], "t": 1, "alpha": [[0.1, 0.2], [0.3, -0.1]], "beta": [0.5, -0.4]}}"#,
    );
    let answer = document(&["run", &program("two_layer"), "--bind", &bind, "--grad", "--trace"]);
    assert!(
        (answer["objective"].as_f64().unwrap() - -0.6440).abs() < 1e-3,
        "{answer}"
    );
    assert_eq!(answer["gradients"]["alpha"].as_array().unwrap().len(), 2);
    assert_eq!(answer["trace"].as_array().unwrap().len(), 17);
    let single = document(&["run", &program("two_layer"), "--bind", &bind, "--dtype", "f32"]);
    let difference = single["objective"].as_f64().unwrap() - answer["objective"].as_f64().unwrap();
    assert!(difference != 0.0 && difference.abs() < 1e-6);
    let text = printed(&["run", &program("two_layer"), "--bind", &bind, "--grad"]);
    assert!(
        text.contains("objective = -0.6") && text.contains("gradient of beta = ["),
        "{text}"
    );
}

#[test]
fn wrong_data_is_an_error_with_its_place() {
    let cases = [
        (r#"{"values": {"x": [1, 2]}}"#, "data", "values.t"),
        (r#"{"values": {"x": [1, [2]], "t": 1}}"#, "data", "values.x"),
        (r#"{"values": {"x": [1, 2], "t": 1, "y": 2}}"#, "data", "values.y"),
        (r#"{"valves": {}}"#, "data", "data.json"),
        ("{", "data", "data.json"),
        (
            r#"{"dims": {"Q": 2}, "values": {"x": [1], "t": 1, "alpha": [[1]], "beta": [1]}}"#,
            "E14",
            "two_layer.cg",
        ),
    ];
    for (text, code, place) in cases {
        let bind = file("data.json", text);
        let (exit, stdout, _) = graph(&["run", &program("two_layer"), "--at", "D=2", "--bind", &bind, "--json"]);
        let error = serde_json::from_str::<Value>(&stdout).unwrap()["error"].clone();
        assert_eq!((exit, &error["code"]), (1, &json!(code)), "{text}: {error}");
        assert!(error["where"].as_str().unwrap().contains(place), "{text}: {error}");
    }
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
fn the_catalogue_names_inputs_and_attributes_of_every_op() {
    let all = document(&["ops"]);
    let entries = all["ops"].as_array().unwrap();
    let attention = entries
        .iter()
        .find(|entry| entry["name"] == "engine.attention")
        .unwrap();
    assert_eq!(
        attention["inputs"][3],
        json!({
            "name": "mask", "kind": "mask", "arity": "optional", "meaning": "for each key, whether it may be seen at all"
        })
    );
    assert_eq!(attention["attributes"][2]["name"], "causal");
    for name in tapegrad_autograd::ops::NAMES {
        assert!(
            entries
                .iter()
                .any(|entry| entry["op"] == *name && entry["kind"] == "op"),
            "{name}"
        );
    }
    insta::assert_snapshot!(printed(&["ops", "log_softmax"]), @r"
    log_softmax(x, over k)
      shapes      the result has the axes of x
      forward     y = a - log(sum(exp(a), over i))
      backward    g_a = g_y - exp(y) * sum(g_y, over i)
      input       a (real): logits
      attribute   axis (whole number): the axis along which the weights sum to 1, counted from 0; written axis => [1]
      example     L = log_softmax(S, over k)
      file        autograd/core/src/ops/log_softmax.rs

    engine.log_softmax(a, axis => [...])
      shapes      [..] -> [..]
      forward     y = a - log(sum(exp(a), over i))
      backward    g_a = g_y - exp(y) * sum(g_y, over i)
      input       a (real): logits
      attribute   axis (whole number): the axis along which the weights sum to 1, counted from 0; written axis => [1]
      example     y = engine.log_softmax(a, axis => [...])
      file        autograd/core/src/ops/log_softmax.rs
    ");
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

#[test]
fn the_example_of_the_page_runs_and_its_schemas_name_every_field() {
    let page = include_str!("../../docs/graph-run.md");
    let blocks: Vec<Value> = page
        .split("```json")
        .skip(1)
        .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    let bind = file("page.json", &blocks[0].to_string());
    let answer = document(&["run", &program("two_layer"), "--bind", &bind, "--grad"]);
    assert_eq!(answer, blocks[1]);
    let traced = document(&["run", &program("two_layer"), "--bind", &bind, "--grad", "--trace"]);
    let names = |of: &Value| {
        of.as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(&traced), names(&blocks[3]["properties"]));
    assert_eq!(
        names(&traced["trace"][0]),
        names(&blocks[3]["properties"]["trace"]["items"]["properties"])
    );
    for field in blocks[2]["properties"].as_object().unwrap().keys() {
        let empty = if field == "seed" { json!(1) } else { json!({}) };
        let bind = file("field.json", &json!({ field: empty }).to_string());
        let (_, _, stderr) = graph(&["run", &program("two_layer"), "--bind", &bind]);
        assert!(!stderr.contains("unknown field"), "{field}: {stderr}");
    }
}
