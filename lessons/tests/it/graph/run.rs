//! A program run on numbers from a file.

use serde_json::{Value, json};

use super::{document, file, graph, printed, program};

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
fn a_batch_gives_the_mean_or_the_sum_of_its_examples() {
    let params = r#""alpha": [[0.1, 0.2], [0.3, -0.1]], "beta": [0.5, -0.4]"#;
    let run = |name: &str, values: &str, options: &[&str]| {
        let bind = file(name, format!("{{\"values\": {{{values}, {params}}}}}"));
        document(&[&["run", &program("two_layer"), "--bind", &bind, "--grad"], options].concat())
    };
    let one = run("first.json", r#""x": [1, 2], "t": 1"#, &[]);
    let other = run("second.json", r#""x": [-1, 0.5], "t": 0"#, &[]);
    let both = r#""x": [[1, 2], [-1, 0.5]], "t": [1, 0]"#;
    let mean = run("both.json", both, &["--batch", "B"]);
    let sum = run("both.json", both, &["--batch", "B", "--reduce", "sum"]);
    let number = |value: &Value| value.as_f64().unwrap();
    for at in ["/objective", "/gradients/beta/1", "/gradients/alpha/0/1"] {
        let [one, other, mean, sum] = [&one, &other, &mean, &sum].map(|answer| number(answer.pointer(at).unwrap()));
        assert!((sum - one - other).abs() < 1e-15, "{at}");
        assert!((2.0 * mean - sum).abs() < 1e-15, "{at}");
    }
    assert_eq!(mean["values"]["y"], json!([one["values"]["y"], other["values"]["y"]]));

    // One input alone, with the program as text in between.
    let text = printed(&["batch", &program("two_layer"), "--over", "B", "--batched", "x"]);
    let batched = file("batched.cg", &text);
    let bind = file(
        "xs.json",
        format!("{{\"values\": {{\"x\": [[1, 2], [1, 2]], \"t\": 1, {params}}}}}"),
    );
    let again = document(&["run", &batched, "--bind", &bind]);
    assert!((number(&again["objective"]) - number(&one["objective"])).abs() < 1e-15);

    let (code, _, stderr) = graph(&["run", &program("two_layer"), "--reduce", "sum"]);
    assert!(code == 2 && stderr.contains("add `--batch B`"), "{code} {stderr}");
    let (code, _, stderr) = graph(&["batch", &program("two_layer"), "--over", "D"]);
    assert!(code == 1 && stderr.contains("choose another name"), "{code} {stderr}");
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
fn the_example_of_the_page_runs_and_its_schemas_name_every_field() {
    let page = include_str!("../../../../docs/graph-run.md");
    let blocks: Vec<Value> = page
        .split("```json")
        .skip(1)
        .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    let bind = file("page.json", blocks[0].to_string());
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
        let bind = file("field.json", json!({ field: empty }).to_string());
        let (_, _, stderr) = graph(&["run", &program("two_layer"), "--bind", &bind]);
        assert!(!stderr.contains("unknown field"), "{field}: {stderr}");
    }
}
