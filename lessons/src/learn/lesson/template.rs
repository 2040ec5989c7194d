//! A lesson to begin one's own from: small, complete, and healthy.

use std::path::Path;

/// The files of a lesson.
pub const FILES: [&str; 4] = ["lesson.toml", "model.cg", "text.md", "solution.toml"];

/// Makes a folder with a small lesson in it, which has the folder's name.
///
/// **Errors** if the folder exists or cannot be made.
pub fn write(folder: &Path) -> Result<(), String> {
    let id = folder
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("the folder needs a name")?;
    std::fs::create_dir(folder).map_err(|error| format!("the folder cannot be made: {error}"))?;
    for (file, text) in FILES.iter().zip(texts(id)) {
        std::fs::write(folder.join(file), text).map_err(|error| format!("{file} cannot be written: {error}"))?;
    }
    Ok(())
}

/// The texts of the files, in their order.
pub fn texts(id: &str) -> [String; 4] {
    [
        LESSON.replace("NAME", &id.replace(['"', '\\'], "-")),
        MODEL.into(),
        TEXT.into(),
        SOLUTION.into(),
    ]
}

const LESSON: &str = r#"[lesson]
id = "NAME"                     # the name of the folder
title = "A square and its slope"
goal = "Say what the slope of a square is, and why."

[bind]                          # sizes and values of the run
values = { x = 3.0 }

[[stop]]
at = "start"                    # start, forward NAME, backward NAME, end
text = "welcome"                # the key of a section in text.md

[[stop]]
at = "backward J"
text = "slope"
  [[stop.predict]]
  key = "g_x"                   # answers are filed under this
  ask = "What is dJ/dx?"
  answer = "g_x"                # an expression over the run, never a number
  hints = ["x is used twice.", "Each use contributes x."]
  why = "x stands twice in x * x, and each use contributes {{x}}."
  wrong = [
    { expr = "x", say = "That is what one of the two uses contributes." },
    { expr = "x * x", say = "That is J itself." },
  ]

[[property]]
claim = "The slope of a square is twice the number."
free = ["x"]
zero = "g_x - 2 * x"
"#;

const MODEL: &str = "graph square {\n    input x\n    J = x * x\n    minimize J\n}\n";

const TEXT: &str = "## A square {#welcome}\nHere `x` is {{x}}. Go on with Right.\n\n\
    ## Its slope {#slope}\nThe product has two factors, and both of them are `x`.\n";

const SOLUTION: &str = "[answers]\ng_x = \"2 * x\"\n";
