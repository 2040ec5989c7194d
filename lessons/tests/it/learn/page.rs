//! The exported page, as text; what it does in a browser is tested with one.

use std::collections::BTreeSet;
use std::rc::Rc;

use tapegrad_lessons::learn::page::page;
use tapegrad_lessons::learn::{FiniteDifferences, Lesson, LessonState, view};

use super::{lessons, long};

#[test]
fn a_page_needs_nothing_else_and_names_its_own_script() {
    for lesson in lessons() {
        let html = page(&lesson);
        let body = html.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "");
        // Arrowheads are parts of the page itself.
        let body = body.replace("url(#", "");
        for forbidden in [
            "http",
            "url(",
            " style=\"",
            "onclick=\"",
            "unsafe-inline",
            "<link",
            "src=",
        ] {
            assert!(!body.contains(forbidden), "{}: {forbidden}", lesson.about.id);
        }
        assert!(html.contains("default-src 'none'; style-src 'sha256-"));
        let ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let different: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), different.len(), "{}: an id stands twice", lesson.about.id);
        assert!(html.len() < 1_000_000, "{}: {} bytes", lesson.about.id, html.len());
    }
}

#[test]
fn the_data_of_a_page_is_json_and_cannot_end_its_element() {
    for lesson in lessons() {
        let html = page(&lesson);
        let (_, rest) = html.split_once("id=\"data\">").unwrap();
        let (data, _) = rest.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["steps"], lesson.last_step());
        assert_eq!(data["questions"].as_object().unwrap().len(), lesson.questions().count());
    }
}

#[test]
fn a_run_of_ten_thousand_nodes_is_a_page_below_five_megabytes() {
    let lesson = Rc::new(Lesson::open(&long::folder(), FiniteDifferences::Taken).unwrap());
    assert!(lesson.trace.nodes.len() >= 10_000, "{}", lesson.trace.nodes.len());
    assert!(
        !lesson.trace.is_checked,
        "differences of so many would take minutes, and the step says so"
    );
    let html = page(&lesson);
    assert!(html.len() < 5_000_000, "{} bytes", html.len());
    let mut state = LessonState::new(lesson);
    state.go(usize::MAX - 1);
    assert!(!view(&state).blocks.is_empty());
}
