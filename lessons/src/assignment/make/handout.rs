//! The handout for students, with the table of tasks, in Markdown and as a page.

use maud::{PreEscaped, html};
use pulldown_cmark::{Options, Parser, html::push_html};

use super::hole::Reference;
use crate::assignment::error::AssignmentError;
use crate::assignment::exam::{Assignment, Test, Visibility};
use crate::html::document;

/// The handout in Markdown: the text of the assignment, then its tasks and how to hand in.
pub fn markdown(assignment: &Assignment, reference: &Reference) -> String {
    let mut text = assignment.handout.trim_end().to_string();
    text += "\n\n## Tasks\n\n| task | points |\n|---|---|\n";
    let holes: Vec<_> = reference.holes().collect();
    for hole in &holes {
        text += &format!("| {} | {} |\n", hole.name, hole.points);
    }
    let total: u32 = holes.iter().map(|hole| hole.points).sum();
    text += &format!("| all | {total} |\n");
    text += "\nEach task is a place marked `TODO` in `src/lib.rs`, the only file that you hand in.\n";
    text += "\n`cargo test` runs a few examples.\n";
    text += "The first time it also compiles the engine, which lies in the folder `tapegrad-engine` beside this one. ";
    text += "That takes about a minute on two cores, and only once for all assignments that lie beside each other; ";
    text += "after an edit it takes a few seconds.\n";
    text += "Keep the two folders together: this one does not build without the other.\n";
    text += "\n`tapegrad assignment grade .` runs the public tests and says what is wrong.\n";
    text
}

/// The handout of an assignment as a page.
///
/// **Errors** if its reference cannot be read.
pub fn handout_page(assignment: &Assignment) -> Result<String, AssignmentError> {
    let reference = super::parsed(assignment)?;
    Ok(page(assignment, &markdown(assignment, &reference)))
}

/// The handout as a page that needs nothing else.
pub fn page(assignment: &Assignment, markdown: &str) -> String {
    const STYLE: &str = ":root{color-scheme:light dark}body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}\
        code{font-family:ui-monospace,monospace}pre{overflow-x:auto}table{border-collapse:collapse}\
        td,th{border:1px solid;padding:.2rem .6rem;text-align:left}";
    let mut body = String::new();
    push_html(&mut body, Parser::new_ext(markdown, Options::ENABLE_TABLES));
    let body = html! { main { (PreEscaped(body)) } };
    document(assignment.title(), None, STYLE, &body)
}

/// The rubric: what each test is worth and claims.
pub fn rubric(assignment: &Assignment) -> String {
    let mut text = format!("# Rubric: {}\n\n", assignment.title());
    text += "| task | test | points | who sees it | claim |\n|---|---|---|---|---|\n";
    let row = |test: &Test| {
        let who = match test.visibility {
            Visibility::Public => "public",
            Visibility::Hidden => "hidden",
        };
        format!(
            "| {} | {} | {} | {who} | {} |\n",
            test.task, test.name, test.points, test.claim
        )
    };
    text.extend(assignment.tests.iter().map(row));
    text + &format!(
        "\nA test gives all of its points or none; together they give {}.\n",
        assignment.points()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assignment::registry;

    #[test]
    fn the_page_has_the_tasks_and_needs_nothing_from_elsewhere() {
        for assignment in &registry::ALL {
            let reference = Reference::parse(assignment.reference).unwrap();
            let page = page(assignment, &markdown(assignment, &reference));
            for hole in reference.holes() {
                assert!(page.contains(&format!("<td>{}</td>", hole.name)));
            }
            assert!(
                ["http", "src=", "<script", "url("]
                    .iter()
                    .all(|part| !page.contains(part))
            );
            assert_eq!(rubric(assignment).matches("\n| ").count(), assignment.tests.len() + 1);
        }
    }
}
