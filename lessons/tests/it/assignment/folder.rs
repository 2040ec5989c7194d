//! An assignment of a lecturer's own: the one that the documentation prints, file by file, made in a folder from there.

use std::path::Path;

use tapegrad_lessons::assignment::folder::FILES;

use crate::program;

/// Writes the files that `docs/assignments.md` prints below their names.
fn from_the_documentation(folder: &Path) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/assignments.md");
    let page = std::fs::read_to_string(page).unwrap();
    std::fs::create_dir_all(folder).unwrap();
    for name in FILES {
        let (_, section) = page
            .split_once(&format!("### `{name}`\n"))
            .unwrap_or_else(|| panic!("no section on {name}"));
        let (_, block) = section.split_once("\n```").unwrap();
        let (text, _) = block.split_once("\n```").unwrap();
        let (_, text) = text.split_once('\n').unwrap();
        std::fs::write(folder.join(name), text.to_string() + "\n").unwrap();
    }
}

#[test]
fn the_assignment_of_the_documentation_is_built_handed_out_and_graded() {
    let folder = tempfile::tempdir().unwrap();
    let (own, mine) = (folder.path().join("statistics"), folder.path().join("mine"));
    from_the_documentation(&own);
    let (own, mine) = (own.to_str().unwrap(), mine.to_str().unwrap());
    let (code, stdout, stderr) = program(&["assignment", "build", own]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(
        stdout.starts_with("statistics: starter 0 of 10, solution 10 of 10"),
        "{stdout}"
    );

    let (code, _, stderr) = program(&["assignment", "new", own, mine]);
    assert_eq!(code, 0, "{stderr}");
    let grade = [
        "assignment",
        "grade",
        mine,
        "--id",
        own,
        "--unisolated",
        "--student",
        "ada",
        "--hidden",
    ];
    let (code, stdout, stderr) = program(&grade);
    assert!(
        code == 1 && stdout.contains("Mean and variance (statistics)"),
        "{stdout}{stderr}"
    );
    assert!(
        stdout.ends_with("\n0 of 10 points\n") && stdout.contains("panicked: not yet implemented"),
        "{stdout}"
    );

    let lib = folder.path().join("mine/src/lib.rs");
    let right = "let center = mean(x);\nx.iter().map(|x| (x - center).powi(2)).sum::<f64>() / (x.len() - 1) as f64";
    let solved = std::fs::read_to_string(&lib)
        .unwrap()
        .replace(
            "todo!(\"mean of {} numbers\", x.len())",
            "x.iter().sum::<f64>() / x.len() as f64",
        )
        .replace("todo!(\"variance of {} numbers\", x.len())", right);
    std::fs::write(&lib, &solved).unwrap();
    let (_, stdout, _) = program(&grade);
    assert!(
        stdout.ends_with("\n4 of 10 points\n") && stdout.contains("divided by n - 1"),
        "{stdout}"
    );
    std::fs::write(&lib, solved.replace("(x.len() - 1)", "x.len()")).unwrap();
    let (code, stdout, _) = program(&[&grade[..], &["--json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["score"]), (0, &serde_json::Value::from(10)), "{stdout}");
}

#[test]
fn a_folder_without_a_file_of_an_assignment_says_which_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    from_the_documentation(&own);
    std::fs::remove_file(own.join("respond.rs")).unwrap();
    let (code, _, stderr) = program(&["assignment", "new", own.to_str().unwrap(), "x"]);
    assert!(
        code == 1 && stderr.contains("respond.rs") && stderr.contains("an assignment is a folder with"),
        "{stderr}"
    );
}
