//! The language server as an editor meets it.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::{Client, changed, place, text_in};

const URI: &str = "untitled:two_layer.cg";

/// A program with names of other alphabets, and a character of two units in a comment.
const PROGRAM: &str = "/// Two layers.
graph two_layer {
    dim M, D
    input x[M], t: data
    param α[D, M] ~ glorot, β[D] ~ zeros
    a = α @ x // 🦀 ŷ
    J = (t - β @ sigmoid(a))^2
    minimize J
}
";

fn labels(result: &Value) -> Vec<&str> {
    result
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["label"].as_str().unwrap())
        .collect()
}

#[test]
fn an_editor_opens_a_text_edits_it_and_asks_about_it() {
    let (mut client, can) = Client::start();
    for ability in [
        "hoverProvider",
        "definitionProvider",
        "documentSymbolProvider",
        "documentFormattingProvider",
    ] {
        assert_eq!(can[ability], json!(true), "{ability}");
    }
    let text = PROGRAM.to_string();
    client.open(URI, &text);
    assert_eq!(client.mistakes(URI, 1), Vec::<Value>::new());

    // Hover and definition, on a line with characters of several bytes before the name.
    let hover = client.at("textDocument/hover", URI, &text, "β @ |sigmoid").unwrap();
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("The logistic sigmoid"),
        "{hover}"
    );
    let hover = client.at("textDocument/hover", URI, &text, "(t - |β @").unwrap();
    assert_eq!(
        hover["contents"]["value"],
        json!("```cg\nβ: [D]\nparam β[D] ~ zeros\n```\n")
    );
    assert_eq!(text_in(&text, &hover["range"]), "β");
    let found = client.at("textDocument/definition", URI, &text, "(t - |β @").unwrap();
    assert_eq!(
        (found[0]["uri"].as_str(), text_in(&text, &found[0]["range"])),
        (Some(URI), "β")
    );
    assert_eq!(found[0]["range"]["start"], place(&text, "|β[D]"));
    let asked = json!({
        "textDocument": {"uri": URI},
        "position": place(&text, "minimize |J"),
        "context": {"includeDeclaration": true},
    });
    let places = client.ask("textDocument/references", asked).unwrap();
    assert_eq!(places.as_array().unwrap().len(), 2);

    // Rename, and what is refused.
    let at = json!({"textDocument": {"uri": URI}, "position": place(&text, "|α[D"), "newName": "𝛼"});
    let edit = client.ask("textDocument/rename", at).unwrap();
    assert_eq!(changed(&text, &edit["changes"][URI]), text.replace('α', "𝛼"));
    let at = json!({"textDocument": {"uri": URI}, "position": place(&text, "|α[D"), "newName": "a"});
    assert_eq!(
        client.ask("textDocument/rename", at),
        Err("`a` has a meaning already, on line 6".to_string())
    );
    let name = client.at("textDocument/prepareRename", URI, &text, "|α @").unwrap();
    assert_eq!(text_in(&text, &name), "α");
    let word = client.at("textDocument/prepareRename", URI, &text, "|sigmoid");
    assert_eq!(word, Err("`sigmoid` is a word of the language".to_string()));

    // An edit in steps, behind the crab; it makes a mistake, which has its mend.
    let change = |at: Value, text: &str| json!({"range": {"start": at, "end": at}, "text": text});
    let document = json!({"uri": URI, "version": 2});
    let changes = json!([
        change(place(&text, "sigm|oid"), "x"),
        change(place(&text, "🦀| ŷ"), "é")
    ]);
    client.tell(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": changes}),
    );
    let text = text.replace("sigmoid", "sigmxoid").replace('🦀', "🦀é");
    let mistakes = client.mistakes(URI, 2);
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert_eq!(
        (&mistakes[0]["code"], text_in(&text, &mistakes[0]["range"])),
        (&json!("E09"), "sigmxoid")
    );
    assert_eq!(mistakes[0]["severity"], json!(1));
    let asked =
        json!({"textDocument": {"uri": URI}, "range": mistakes[0]["range"], "context": {"diagnostics": mistakes}});
    let actions = client.ask("textDocument/codeAction", asked).unwrap();
    assert_eq!(
        (&actions[0]["title"], &actions[0]["kind"]),
        (&json!("did you mean `sigmoid`?"), &json!("quickfix"))
    );
    let mended = changed(&text, &actions[0]["edit"]["changes"][URI]);
    assert_eq!(mended, text.replace("sigmxoid", "sigmoid"));

    // Completion in a statement that is not complete.
    let text = mended.replace("    minimize J\n}\n", "    y = softmax(α, over ");
    client.replace(URI, 3, &text);
    assert!(!client.mistakes(URI, 3).is_empty());
    let offered = client.at("textDocument/completion", URI, &text, "(α, over |").unwrap();
    assert_eq!(labels(&offered), ["D", "M"]);

    // Formatting and symbols.
    let text = "graph g{dim M,D\ninput x[M]\ny=x*2 // twice\noutput y}";
    client.replace(URI, 4, text);
    client.mistakes(URI, 4);
    let asked = json!({"textDocument": {"uri": URI}, "options": {"tabSize": 4, "insertSpaces": true}});
    let edits = client.ask("textDocument/formatting", asked).unwrap();
    let formatted = changed(text, &edits);
    assert!(
        formatted.starts_with("graph g {\n    dim M, D\n    input x[M]\n    y = x * 2"),
        "{formatted}"
    );
    let symbols = client
        .ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}))
        .unwrap();
    let names: Vec<&str> = symbols[0]["children"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        (symbols[0]["name"].as_str(), names),
        (Some("g"), vec!["M", "D", "x", "y"])
    );

    // What the server does not know, or cannot read, is an error, and it goes on.
    assert!(client.ask("textDocument/foo", json!({})).is_err());
    assert!(client.ask("textDocument/hover", json!({"where": 1})).is_err());
    client.tell("textDocument/didChange", json!({"nothing": 1}));
    let closed = client.ask(
        "textDocument/hover",
        json!({"textDocument": {"uri": "untitled:other"}, "position": {"line": 0, "character": 0}}),
    );
    assert_eq!(closed, Ok(Value::Null));
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    assert_eq!(client.end(), Some(0));
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn a_file_that_is_used_counts_as_it_is_in_the_editor() {
    let folder = tempfile::tempdir().unwrap();
    let (program, library) = (folder.path().join("main.cg"), folder.path().join("lib.cg"));
    std::fs::write(&library, "fn twice(x) = 2 * x\n").unwrap();
    let text = "use \"lib.cg\"\ngraph g {\n    dim M\n    input x[M]\n    y = twice(x)\n    output y\n}\n";
    let (mut client, _) = Client::start();
    client.open(&address(&program), text);
    assert_eq!(client.mistakes(&address(&program), 1), Vec::<Value>::new());
    let found = client
        .at("textDocument/definition", &address(&program), text, "|twice(x)")
        .unwrap();
    assert_eq!(
        (&found[0]["uri"], &found[0]["range"]["start"]["character"]),
        (&json!(address(&library)), &json!(3))
    );
    let file = client
        .at("textDocument/definition", &address(&program), text, "\"li|b.cg\"")
        .unwrap();
    assert_eq!(file[0]["uri"], json!(address(&library)));
    // The library is opened and changed, not saved: the program that uses it is looked at again.
    client.open(&address(&library), "fn twice(x) = 2 * y\n");
    let mistakes = client.mistakes(&address(&library), 1);
    assert_eq!(mistakes[0]["code"], json!("E08"));
    let mistakes = client.mistakes(&address(&program), 1);
    assert_eq!(text_in(text, &mistakes[0]["range"]), "\"lib.cg\"");
    assert!(
        mistakes[0]["message"].as_str().unwrap().starts_with("in lib.cg: "),
        "{mistakes:?}"
    );
    assert_eq!(
        mistakes[0]["relatedInformation"][0]["location"]["uri"],
        json!(address(&library))
    );
    client.replace(&address(&library), 2, "fn twice(x) = 3 * x\n");
    assert_eq!(client.mistakes(&address(&program), 1), Vec::<Value>::new());
    assert_eq!(client.end(), Some(0));
}

#[test]
fn all_programs_of_the_project_can_be_typed_letter_by_letter_at_their_ends() {
    let (mut client, _) = Client::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/graphs");
    for name in ["attention", "lstm", "crf"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.cg"))).unwrap();
        let uri = format!("untitled:{name}");
        client.open(&uri, "");
        let letters: Vec<(usize, char)> = text.char_indices().collect();
        for (version, (at, letter)) in letters.iter().enumerate() {
            let written = &text[..at + letter.len_utf8()];
            client.replace(&uri, version as i64 + 2, written);
            if version % 7 == 0 {
                let end = json!({"textDocument": {"uri": uri}, "position": {"line": written.matches('\n').count(), "character": 10000}});
                for method in [
                    "textDocument/hover",
                    "textDocument/completion",
                    "textDocument/definition",
                ] {
                    client.ask(method, end.clone()).unwrap();
                }
            }
        }
        assert_eq!(
            client.mistakes(&uri, letters.len() as i64 + 1),
            Vec::<Value>::new(),
            "{name}"
        );
    }
    assert_eq!(client.end(), Some(0));
}

#[test]
fn an_editor_that_is_gone_ends_the_server_with_an_error() {
    use std::process::{Command, Stdio};
    let mut process = Command::new(env!("CARGO_BIN_EXE_tapegrad"));
    let process = process
        .args(["graph", "lsp"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let output = process.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: standard input: the editor did not keep to the protocol"),
        "{said}"
    );
}
