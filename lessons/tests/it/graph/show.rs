//! Pictures, derivatives, tables, counts, and the catalogue of ops.

use std::path::Path;

use serde_json::json;

use super::{document, file, graph, printed, program};

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

/// The answer of a run of attention on its values, in a file.
fn attention_trace(name: &str) -> String {
    let bind = program("attention").replace(".cg", ".json");
    let trace = printed(&[
        "run",
        &program("attention"),
        "--bind",
        &bind,
        "--grad",
        "--trace",
        "--json",
    ]);
    file(name, trace)
}

#[test]
fn the_numbers_of_a_run_are_drawn_and_those_of_another_are_refused() {
    let (attention, trace) = (program("attention"), attention_trace("drawn_trace.json"));
    for format in ["svg", "html", "dot", "tree", "json"] {
        assert!(
            printed(&["show", &attention, "--values", &trace, "--as", format]).len() > 500,
            "{format}"
        );
    }
    assert!(printed(&["show", &attention, "--values", &trace, "--as", "svg"]).contains("class=\"heat"));
    let (code, _, stderr) = graph(&["show", &attention, "--values", &trace, "--at", "T=5"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("trace[0].value") && stderr.contains("--grad --trace --json"),
        "{stderr}"
    );
    let (code, _, stderr) = graph(&["show", &program("two_layer"), "--at", "M=2,D=3", "--values", &trace]);
    assert_eq!(code, 1);
    assert!(stderr.contains("trace[0].name"), "{stderr}");
    let (code, _, stderr) = graph(&["show", &attention, "--values", &attention]);
    assert_eq!(code, 1);
    assert!(stderr.contains("write it with"), "{stderr}");
    assert_eq!(graph(&["show", &attention, "--values", &trace, "--rolled"]).0, 2);
}

#[test]
fn the_picture_of_attention_in_the_docs_is_what_the_command_draws() {
    let args = [
        "show",
        &program("attention"),
        "--values",
        &attention_trace("picture_trace.json"),
        "--detail",
        "values",
        "--as",
        "svg",
    ];
    let drawn = printed(&args);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images/attention-values.svg");
    if std::env::var_os("TAPEGRAD_PICTURES").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == drawn,
        "write it anew with TAPEGRAD_PICTURES=1"
    );
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
    assert!(printed(&["derive", &program("rnn_lm"), "--at", "T=2"]).contains("g_h_2"));
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
            "name": "mask", "kind": "mask", "arity": "optional", "meaning": "for each key, or each query and key, whether it may be seen; 1 for all"
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
