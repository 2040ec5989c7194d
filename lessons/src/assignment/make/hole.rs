//! Holes: the parts cut out of a reference solution to make the starter.
//!
//! ```text
//! // hole: sigmoid-backward points=8
//! // starter: let _ = g_y;
//! // starter: todo!("Sigmoid::backward")
//! vec![&g_y * &self.y * (1.0 - &self.y)]
//! // end hole
//! ```
//! The starter gets the lines after `// starter:`, the solution what follows them.

/// A reference taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole(Hole),
}

/// One hole: a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The name of the task.
    pub name: String,
    pub points: u32,
    /// The lines of the starter, with their indentation.
    pub starter: Vec<String>,
    /// The lines of the solution, with their numbers in the reference, from 1.
    pub solution: Vec<(usize, String)>,
    indent: String,
}

/// Why a reference cannot be taken apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct HoleError {
    line: usize,
    message: String,
}

const OPEN: &str = "// hole:";
const STARTER: &str = "// starter:";
const CLOSE: &str = "// end hole";

impl Reference {
    /// Takes a reference apart.
    ///
    /// **Errors** with the line of a hole that is not well formed.
    pub fn parse(text: &str) -> Result<Self, HoleError> {
        let mut pieces = Vec::new();
        let mut open: Option<(usize, Hole)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let fail = |message: &str| HoleError {
                line: number,
                message: message.to_string(),
            };
            let trimmed = line.trim_start();
            let indent = &line[..line.len() - trimmed.len()];
            match (&mut open, trimmed) {
                (None, _) if trimmed.starts_with(OPEN) => {
                    let hole = opened(trimmed, indent).ok_or_else(|| fail("a hole is `// hole: NAME points=N`"))?;
                    open = Some((number, hole));
                }
                (None, _) if trimmed.starts_with(STARTER) || trimmed.starts_with(CLOSE) => {
                    return Err(fail("this belongs inside a hole"));
                }
                (None, _) => push_text(&mut pieces, line),
                (Some(_), _) if trimmed.starts_with(OPEN) => return Err(fail("a hole inside a hole")),
                (Some((_, hole)), _) if trimmed.starts_with(CLOSE) => {
                    if hole.solution.iter().all(|(_, line)| line.trim().is_empty()) {
                        return Err(fail("the hole holds no solution"));
                    }
                    pieces.push(Piece::Hole(hole.clone()));
                    open = None;
                }
                (Some((_, hole)), _) => match trimmed.strip_prefix(STARTER) {
                    Some(_) if !hole.solution.is_empty() => {
                        return Err(fail("the lines of the starter come first in a hole"));
                    }
                    Some(rest) => hole
                        .starter
                        .push(format!("{indent}{}", rest.strip_prefix(' ').unwrap_or(rest))),
                    None => hole.solution.push((number, line.to_string())),
                },
            }
        }
        match open {
            Some((line, hole)) => Err(HoleError {
                line,
                message: format!("the hole {} has no `// end hole`", hole.name),
            }),
            None => Ok(Self { pieces }),
        }
    }

    /// The holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) => None,
        })
    }

    /// The file that students start from.
    pub fn starter(&self) -> String {
        self.with(|hole| {
            let task = format!("{}// TODO {} ({} points)\n", hole.indent, hole.name, hole.points);
            task + &joined(hole.starter.iter())
        })
    }

    /// The file with everything in it.
    pub fn solution(&self) -> String {
        self.with(|hole| joined(hole.solution.iter().map(|(_, line)| line)))
    }

    /// The solution with one line of a hole replaced.
    pub fn mutated(&self, number: usize, line: &str) -> String {
        self.with(|hole| {
            let lines = hole.solution.iter();
            joined(lines.map(|(at, old)| if *at == number { line } else { old.as_str() }))
        })
    }

    /// The lines that stand outside of holes.
    pub fn open_text(&self) -> String {
        self.with(|_| String::new())
    }

    fn with(&self, fill: impl Fn(&Hole) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Hole(hole) => fill(hole),
        };
        self.pieces.iter().map(piece).collect()
    }
}

fn opened(line: &str, indent: &str) -> Option<Hole> {
    let (name, points) = line[OPEN.len()..].trim().split_once(" points=")?;
    Some(Hole {
        name: name.to_string(),
        points: points.parse().ok()?,
        starter: Vec::new(),
        solution: Vec::new(),
        indent: indent.to_string(),
    })
}

fn push_text(pieces: &mut Vec<Piece>, line: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => *text += &format!("{line}\n"),
        _ => pieces.push(Piece::Text(format!("{line}\n"))),
    }
}

fn joined(lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    lines.map(|line| format!("{}\n", line.as_ref())).collect()
}

/// Lines of the solution that another text tells: all that say something and stand nowhere outside of holes.
///
/// Gives each with the number of its line in the reference.
pub fn leaks(reference: &Reference, told: &str) -> Vec<(usize, String)> {
    /// A shorter line, such as `let mut g = 0.0;`, gives nothing away.
    const TELLING: usize = 20;
    let plain = |line: &str| line.split_whitespace().collect::<String>();
    let told: Vec<String> = told.lines().map(plain).collect();
    let lines = reference.holes().flat_map(|hole| &hole.solution);
    let is_leak =
        |line: &str| line.len() >= TELLING && !line.starts_with("//") && told.iter().any(|t| t.contains(line));
    lines
        .filter(|(_, line)| is_leak(&plain(line)))
        .map(|(number, line)| (*number, line.trim().to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn f(x: f64) -> f64 {
    // hole: square points=3
    // starter: let _ = x;
    // starter: todo!(\"f\")
    let squared_value = x * x * 1.0;
    squared_value
    // end hole
}
";

    #[test]
    fn starter_and_solution_come_from_one_text() {
        let reference = Reference::parse(TEXT).unwrap();
        insta::assert_snapshot!(reference.starter(), @r#"
        fn f(x: f64) -> f64 {
            // TODO square (3 points)
            let _ = x;
            todo!("f")
        }
        "#);
        insta::assert_snapshot!(reference.solution(), @r"
        fn f(x: f64) -> f64 {
            let squared_value = x * x * 1.0;
            squared_value
        }
        ");
        assert!(
            reference
                .mutated(5, "    let squared_value = x + x;")
                .contains("x + x;\n    squared_value")
        );
    }

    #[test]
    fn what_is_not_well_formed_has_a_line() {
        let error = |text: &str| Reference::parse(text).unwrap_err().to_string();
        assert!(error("// hole: a points=1\nx\n").contains("line 1: the hole a has no"));
        assert!(error("// hole: a\n").starts_with("line 1"));
        assert!(error("\n// end hole\n").starts_with("line 2"));
        assert!(error("// hole: a points=1\n// end hole\n").contains("no solution"));
        assert!(error("// hole: a points=1\n// hole: b points=1\n").contains("inside a hole"));
        assert!(error("// hole: a points=1\nx\n// starter: y\n").contains("come first"));
    }

    #[test]
    fn a_line_of_the_solution_is_found_however_it_is_spaced() {
        let reference = Reference::parse(TEXT).unwrap();
        assert_eq!(leaks(&reference, &reference.starter()), []);
        let told = "as in `let squared_value  = x*x * 1.0;`";
        assert_eq!(
            leaks(&reference, told),
            [(5, "let squared_value = x * x * 1.0;".to_string())]
        );
    }
}
