//! The command `learn`: what it prints, its files, its exit codes.

use serde_json::Value;

use crate::tapegrad;

#[test]
fn a_step_is_shown_as_text_and_as_json() {
    let (code, text, _) = tapegrad(&["learn", "1", "--at", "backward b"]);
    assert_eq!(code, 0);
    assert!(
        text.contains("Lesson 1: The ledger\nstep 19 of 22, backward: b = beta @ z"),
        "{text}"
    );
    let (code, json, _) = tapegrad(&["learn", "1", "--at", "19", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, &json["node"], &json["phase"]),
        (0, &"b".into(), &"backward".into())
    );
}

#[test]
fn answers_from_a_file_are_judged_with_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let right = file("right.toml", include_str!("../../../01-ledger/solution.toml"));
    let report = folder.path().join("report.json").to_string_lossy().into_owned();
    let (code, text, _) = tapegrad(&["learn", "check", "1", "--answers", &right, "--report", &report]);
    assert_eq!((code, text.as_str()), (0, "9 of 9 right\n"));
    let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    assert_eq!(
        (&report["right"], &report["prompts"][0]["verdict"]),
        (&9.into(), &"right".into())
    );
    let wrong = file("wrong.toml", "[answers]\ny = \"sigmoid(-b)\"\nq = \"1\"\n");
    let (code, text, _) = tapegrad(&["learn", "check", "1", "--answers", &wrong]);
    assert_eq!(code, 1);
    assert!(
        text.contains("0 of 9 right") && text.contains("other label") && text.contains("q: the lesson has no such")
    );
    let broken = file("broken.toml", "y = 3 =");
    assert_eq!(tapegrad(&["learn", "check", "1", "--answers", &broken]).0, 2);
    assert_eq!(tapegrad(&["learn", "check", "1", "--answers", "missing.toml"]).0, 1);
}

#[test]
fn a_new_lesson_is_healthy_and_a_damaged_one_is_exit_code_3() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("99-square").to_string_lossy().into_owned();
    let (code, text, err) = tapegrad(&["learn", "new", &own]);
    assert_eq!((code, err.as_str()), (0, ""), "{text}");
    let (code, text, _) = tapegrad(&["learn", "doctor", &own]);
    assert!(code == 0 && text.contains("healthy"), "{text}");
    assert_eq!(tapegrad(&["learn", &own, "--at", "1"]).0, 0);
    assert_eq!(
        tapegrad(&["learn", "new", &own]).0,
        1,
        "an existing folder is left alone"
    );
    let page = folder.path().join("page.html").to_string_lossy().into_owned();
    assert_eq!(tapegrad(&["learn", "export", &own, "--html", &page]).0, 0);
    std::fs::write(
        folder.path().join("99-square/model.cg"),
        "graph square { input x J = x + q minimize J }",
    )
    .unwrap();
    let (code, _, err) = tapegrad(&["learn", &own, "--at", "1"]);
    assert!(code == 3 && err.contains("model.cg"), "{code} {err}");
    assert_eq!(tapegrad(&["learn", "doctor", &own]).0, 3);
}

#[test]
fn what_does_not_exist_is_a_wrong_command_line() {
    for args in [
        ["learn", "17", "--at", "1"],
        ["learn", "1", "--at", "99"],
        ["learn", "1", "--at", "forward qqq"],
    ] {
        let (code, _, err) = tapegrad(&args);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains("there") || err.contains("no value"), "{err}");
    }
}
