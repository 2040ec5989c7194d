//! Exported lessons and drawings in a real browser. Without Chromium the tests say that they were skipped;
//! with `TAPEGRAD_BROWSER=required` they fail instead.

mod answers;
mod chromium;
mod graphs;
mod looks;
mod screens;

use std::rc::Rc;

use serde_json::{Value, json};
use tapegrad_lessons::learn::page::page;
use tapegrad_lessons::learn::screen::step_name;
use tapegrad_lessons::learn::{FiniteDifferences, Lesson, LessonFolder, bundled};

use chromium::{Page, program};

use crate::learn::long;

/// A page on a lesson, and the lesson.
struct Visit {
    page: Page,
    lesson: Rc<Lesson>,
    address: String,
    _folder: tempfile::TempDir,
}

fn visit(name: &str) -> Option<Visit> {
    let (_, folder) = bundled::find(name).unwrap();
    visit_folder(&folder)
}

/// A browser with an empty page, if there is one on this machine.
fn open_page() -> Option<Page> {
    let Some(program) = program() else {
        assert!(
            std::env::var_os("TAPEGRAD_BROWSER").is_none_or(|wanted| wanted != "required"),
            "there is no Chromium"
        );
        eprintln!("skipped: there is no Chromium on this machine");
        return None;
    };
    Some(Page::open(&program))
}

fn visit_folder(folder: &LessonFolder) -> Option<Visit> {
    let mut page = open_page()?;
    let lesson = Rc::new(Lesson::open(folder, FiniteDifferences::Taken).unwrap());
    let own = tempfile::tempdir().unwrap();
    let file = own.path().join("lesson.html");
    std::fs::write(&file, page_of(&lesson)).unwrap();
    let address = format!("file://{}", file.display());
    page.visit(&address);
    Some(Visit {
        page,
        lesson,
        address,
        _folder: own,
    })
}

fn page_of(lesson: &Rc<Lesson>) -> String {
    page(lesson)
}

impl Visit {
    fn status(&mut self) -> String {
        self.page
            .evaluate("document.getElementById('status').textContent")
            .as_str()
            .unwrap()
            .to_string()
    }

    fn expected(&self, step: usize) -> String {
        format!(
            "step {step} of {}, {}",
            self.lesson.last_step(),
            step_name(&self.lesson.trace, step)
        )
    }

    /// The text of the step that is shown, as it is to be seen.
    fn shown(&mut self) -> String {
        let script = "[...document.querySelectorAll('main > section')].find((one) => !one.hidden).innerText";
        self.page.evaluate(script).as_str().unwrap().to_string()
    }
}

#[test]
fn every_lesson_is_walked_by_keyboard_with_one_request_and_no_error() {
    for (id, _) in bundled::lessons() {
        let Some(mut visit) = visit(id) else { return };
        for step in 0..=visit.lesson.last_step() {
            assert_eq!(visit.status(), visit.expected(step), "{id}");
            visit.page.press("ArrowRight");
        }
        assert_eq!(
            visit.status(),
            visit.expected(visit.lesson.last_step()),
            "{id}: the end stays the end"
        );
        visit.page.press("Home");
        assert_eq!(visit.status(), visit.expected(0));
        visit.page.press("End");
        visit.page.press("ArrowLeft");
        assert_eq!(visit.status(), visit.expected(visit.lesson.last_step() - 1));
        let requests: Vec<&Value> = visit
            .page
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent")
            .collect();
        assert_eq!(requests.len(), 1, "{id}: {requests:?}");
        assert_eq!(visit.page.errors(), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn an_address_opens_its_step() {
    let Some(mut visit) = visit("ledger") else { return };
    let address = format!("{}#s=7", visit.address);
    visit.page.visit(&address);
    assert_eq!(visit.status(), visit.expected(7));
}

#[test]
fn a_question_hides_the_numbers_until_it_is_answered_and_typing_does_not_step() {
    let Some(mut visit) = visit("ledger") else { return };
    let step = visit.lesson.trace.anchor("forward y").unwrap();
    let address = format!("{}#s={step}", visit.address);
    visit.page.visit(&address);
    assert!(!visit.shown().contains("0.5253"), "{}", visit.shown());
    visit.page.evaluate("document.getElementById('answer-y').focus()");
    visit.page.write("sigmoid(-b)");
    visit.page.press("ArrowLeft");
    assert_eq!(visit.status(), visit.expected(step), "arrows belong to the text");
    visit.page.press("Enter");
    assert!(
        visit.shown().contains("other label") && visit.shown().contains("one half"),
        "{}",
        visit.shown()
    );
    assert!(!visit.shown().contains("0.5253"));
    visit.page.evaluate("document.getElementById('answer-y').select()");
    visit.page.write("1 / (1 + exp(-b))");
    visit.page.press("Enter");
    assert!(
        visit.shown().contains("Right.") && visit.shown().contains("0.5253"),
        "{}",
        visit.shown()
    );
    assert_eq!(visit.page.errors(), Vec::<String>::new());
}

#[test]
fn the_box_of_the_step_is_marked_and_tells_its_numbers_when_they_are_known() {
    let Some(mut visit) = visit("lstm") else { return };
    let step = visit.lesson.trace.anchor("forward c[1]").unwrap();
    let told = |visit: &mut Visit| visit.page.evaluate("at('box').innerText").as_str().unwrap().to_string();
    visit.page.evaluate(&format!("show({step})"));
    let marked = visit
        .page
        .evaluate("[...picture.querySelectorAll('.now')].map((one) => one.getAttribute('aria-label'))");
    assert_eq!(marked.as_array().unwrap().len(), 1, "{marked}");
    assert!(marked[0].as_str().unwrap().contains("f[t] * c[t-1]"), "{marked}");
    let seen = "(() => { const [a, b] = [picture.querySelector('.now'), picture].map((one) => one.getBoundingClientRect()); \
                return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom; })()";
    assert_eq!(visit.page.evaluate(seen), true, "the box of the step is in view");
    assert!(told(&mut visit).contains("not known yet"), "{}", told(&mut visit));
    assert!(!told(&mut visit).contains("0.8828"));
    let answer = visit.lesson.solution["c_1"].clone();
    let form = format!(
        "const form = document.querySelector('form[data-key=\"c_1\"]'); form.querySelector('input').value = {}; form.requestSubmit()",
        json!(answer)
    );
    visit.page.evaluate(&format!("(() => {{ {form} }})()"));
    assert!(told(&mut visit).contains("0.8828"), "{}", told(&mut visit));
    // By keyboard from box to box, without a step.
    visit.page.evaluate("picture.querySelector('.now').focus()");
    let before = visit.status();
    visit.page.press("ArrowRight");
    assert!(!told(&mut visit).contains("0.8828"), "{}", told(&mut visit));
    assert_eq!(visit.status(), before);
    assert_eq!(visit.page.errors(), Vec::<String>::new());
}

#[test]
fn before_the_first_step_the_box_that_it_computes_is_in_view() {
    for (id, _) in bundled::lessons() {
        let Some(mut visit) = visit(id) else { return };
        let seen = "(() => { if (!picture) return true; \
                    const first = box(drawing.now.find((number) => number !== null)); \
                    const [a, b] = [first, picture].map((one) => one.getBoundingClientRect()); \
                    return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom \
                      && !picture.querySelector('.now'); })()";
        assert_eq!(visit.page.evaluate(seen), true, "{id}");
    }
}

#[test]
fn every_recorded_solution_is_right_on_the_page_too() {
    for (id, _) in bundled::lessons() {
        let Some(mut visit) = visit(id) else { return };
        for (step, question) in visit.lesson.clone().questions() {
            visit.page.evaluate(&format!("show({step})"));
            let answer = json!(visit.lesson.solution[&question.key]);
            let script = format!(
                "(() => {{ const form = document.querySelector('form[data-key=\"{}\"]'); \
                 form.querySelector('input').value = {answer}; form.requestSubmit(); \
                 return form.querySelector('.said').textContent; }})()",
                question.key
            );
            assert_eq!(
                visit.page.evaluate(&script),
                "Right.",
                "{id}: {} = {answer}",
                question.key
            );
        }
    }
}

#[test]
fn the_page_has_names_for_assistive_technology() {
    let Some(mut visit) = visit("ledger") else { return };
    visit.page.evaluate("show(8)");
    let tree = visit.page.ask("Accessibility.getFullAXTree", json!({}));
    let nodes: Vec<(String, String)> = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["ignored"] == false)
        .map(|node| {
            let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_string();
            (text("role"), text("name"))
        })
        .collect();
    for role in ["button", "heading", "table", "navigation"] {
        let named: Vec<_> = nodes.iter().filter(|(own, _)| own == role).collect();
        assert!(!named.is_empty(), "there is no {role}");
        assert!(
            named.iter().all(|(_, name)| !name.trim().is_empty()),
            "a {role} without a name: {named:?}"
        );
    }
    assert!(nodes.iter().any(|(role, _)| role == "status"));
}

#[test]
fn narrow_and_enlarged_pages_do_not_scroll_sideways_and_every_preference_is_taken() {
    for (id, _) in bundled::lessons() {
        let Some(mut visit) = visit(id) else { return };
        for (width, scale) in [(320, 1), (640, 2)] {
            let size = json!({"width": width / scale, "height": 640, "deviceScaleFactor": scale, "mobile": false});
            visit.page.ask("Emulation.setDeviceMetricsOverride", size);
            for step in 0..=visit.lesson.last_step() {
                visit.page.evaluate(&format!("show({step})"));
                let wide = visit
                    .page
                    .evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
                assert!(
                    wide.as_f64().unwrap() <= 0.0,
                    "{id} step {step} is {wide} too wide at {width}"
                );
            }
        }
        for (name, value) in [
            ("prefers-reduced-motion", "reduce"),
            ("forced-colors", "active"),
            ("prefers-color-scheme", "dark"),
        ] {
            visit.page.ask(
                "Emulation.setEmulatedMedia",
                json!({"features": [{"name": name, "value": value}]}),
            );
            visit.page.press("Home");
            assert_eq!(visit.status(), visit.expected(0));
        }
        assert_eq!(visit.page.errors(), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn a_run_of_ten_thousand_nodes_opens_and_can_be_stepped() {
    let Some(mut visit) = visit_folder(&long::folder()) else {
        return;
    };
    let opened = visit
        .page
        .evaluate("performance.timing.domInteractive - performance.timing.navigationStart");
    eprintln!(
        "{} nodes: the page could be used after {opened} ms",
        visit.lesson.trace.nodes.len()
    );
    assert_eq!(visit.status(), visit.expected(0));
    for (key, step) in [
        ("ArrowRight", 1),
        ("End", visit.lesson.last_step()),
        ("ArrowLeft", visit.lesson.last_step() - 1),
    ] {
        visit.page.press(key);
        assert_eq!(visit.status(), visit.expected(step));
        assert!(!visit.shown().trim().is_empty());
    }
    assert_eq!(visit.page.errors(), Vec::<String>::new());
}

#[test]
fn without_its_script_the_page_can_be_read() {
    let Some(mut visit) = visit("ledger") else { return };
    visit
        .page
        .ask("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    let address = visit.address.clone();
    visit.page.ask("Page.navigate", json!({"url": address}));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let document = visit.page.ask("DOM.getDocument", json!({"depth": 0}));
    let html = visit
        .page
        .ask("DOM.getOuterHTML", json!({"nodeId": document["root"]["nodeId"]}));
    let html = html["outerHTML"].as_str().unwrap();
    assert!(!html.contains("<html lang=\"en\" class=\"js\""), "the script has run");
    let tree = visit.page.ask("Accessibility.getFullAXTree", json!({})).to_string();
    for text in [
        "Two columns",
        "The whole table",
        "What goes in, and what comes out",
        "The graph",
    ] {
        assert!(tree.contains(text), "{text}");
    }
}
