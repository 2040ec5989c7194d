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
fn the_drawing_has_a_box_for_each_step_and_tells_no_number_early() {
    for lesson in lessons() {
        let html = page(&lesson);
        let (_, rest) = html.split_once("id=\"data\">").unwrap();
        let (data, _) = rest.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let drawings = data["drawings"].as_array().unwrap();
        for drawing in drawings {
            let (boxes, now) = (&drawing["boxes"], drawing["now"].as_array().unwrap());
            assert_eq!(now.len(), lesson.trace.steps.len());
            for (at, (own, step)) in now.iter().zip(&lesson.trace.steps).enumerate() {
                let number = own
                    .as_u64()
                    .unwrap_or_else(|| panic!("{} step {at} has no box", lesson.about.id));
                let own = &boxes[usize::try_from(number).unwrap()];
                let is_open = std::ptr::eq(drawing, drawings.last().unwrap());
                if is_open && step.phase.name() == "forward" && lesson.trace.nodes[step.node].is_named {
                    let known = own["value"][0].as_u64().unwrap();
                    assert_eq!(known, at as u64 + 1, "{} step {at}: {own}", lesson.about.id);
                }
            }
        }
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
