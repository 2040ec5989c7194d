//! Every kind of page on every screen: lessons, the report of a comparison, the report of the checker, drawings, handouts.

use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tapegrad_lessons::learn::{FiniteDifferences, Lesson, bundled};

use super::chromium::Page;
use super::looks::{dark_square, faults, look, picture, question_below, set};
use super::open_page;
use crate::{file, tapegrad};

/// Screens and preferences.
const SCREENS: [(u32, u32); 3] = [(390, 844), (1280, 900), (1920, 1080)];
const PREFERENCES: [(&str, &str); 3] = [
    ("prefers-color-scheme", "light"),
    ("prefers-color-scheme", "dark"),
    ("forced-colors", "active"),
];

fn written(args: &[&str]) {
    let (code, _, stderr) = tapegrad(args);
    assert!(code <= 1, "{args:?}: {stderr}");
}

fn place(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    path.to_str().unwrap().to_string()
}

/// The pages without steps: the name and the file of each.
fn pages() -> &'static [(String, String)] {
    static PAGES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    PAGES.get_or_init(made)
}

fn made() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let words = "the narwhal sees a small seal and the seal sees the narwhal near the cold bay of Nuuk. ".repeat(60);
    let text = file("screens.txt", words);
    let report = place("screens_compare.html");
    written(&["compare", "--text", &text, "--steps", "20", "--report", &report]);
    pages.push(("compare".to_string(), report));
    for (name, options) in [
        ("check", vec!["check", "softmax", "layer_norm"]),
        ("wrong", vec!["check", "softmax", "--break", "negated"]),
    ] {
        let report = place(&format!("screens_{name}.html"));
        written(&[options, vec!["--report", &report]].concat());
        pages.push((name.to_string(), report));
    }
    for name in ["attention", "lstm"] {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/graphs/{name}.cg"));
        let page = place(&format!("screens_graph_{name}.html"));
        written(&[
            "graph",
            "show",
            program.to_str().unwrap(),
            "--as",
            "html",
            "--out",
            &page,
        ]);
        pages.push((format!("graph_{name}"), page));
    }
    pages.extend(handouts());
    pages
}

/// The handout of each assignment.
fn handouts() -> Vec<(String, String)> {
    use tapegrad_lessons::assignment::{make::handout_page, registry};
    let page = |id: &str, text: String| {
        (
            format!("handout_{id}"),
            file(&format!("screens_handout_{id}.html"), text),
        )
    };
    registry::ALL
        .iter()
        .map(|assignment| page(assignment.id, handout_page(assignment).unwrap()))
        .collect()
}

/// Looks at what a page shows now; each fault with the page and its screen.
fn looked_at(
    page: &mut Page,
    tools: &mut Page,
    name: &str,
    screen: (u32, u32),
    preference: (&str, &str),
) -> Vec<String> {
    let seen = picture(page);
    save(&seen, name, screen, preference);
    let square = dark_square(tools, &seen, preference.1 != "light");
    let dark = square.map(|side| format!("a dark area of {side} pixels"));
    let all = faults(page).into_iter().chain(dark);
    all.map(|fault| format!("{name} at {screen:?}, {}: {fault}", preference.1))
        .collect()
}

/// Writes a picture of what is seen into the folder that `TAPEGRAD_SCREENSHOTS` names.
fn save(picture: &str, name: &str, (width, height): (u32, u32), (_, preference): (&str, &str)) {
    let Some(folder) = std::env::var_os("TAPEGRAD_SCREENSHOTS") else {
        return;
    };
    let to = Path::new(&folder).join(format!("{name}-{width}x{height}-{preference}.png"));
    std::fs::write(to, STANDARD.decode(picture).unwrap()).unwrap();
}

#[test]
fn reports_drawings_and_handouts_can_be_read_on_every_screen() {
    let (Some(mut page), Some(mut tools)) = (open_page(), open_page()) else {
        return;
    };
    let mut found = Vec::new();
    for (name, file) in pages() {
        for screen in SCREENS {
            for preference in PREFERENCES {
                look(&mut page, screen, preference, &format!("file://{file}"));
                found.extend(looked_at(&mut page, &mut tools, name, screen, preference));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_lesson_can_be_read_on_every_screen_and_its_questions_are_on_the_first() {
    let (Some(mut page), Some(mut tools)) = (open_page(), open_page()) else {
        return;
    };
    let mut found = Vec::new();
    for (id, folder) in bundled::lessons() {
        let lesson = std::rc::Rc::new(Lesson::open(&folder, FiniteDifferences::Taken).unwrap());
        let address = format!(
            "file://{}",
            file(&format!("screens_{id}.html"), super::page_of(&lesson))
        );
        let questions: Vec<usize> = lesson.questions().map(|(step, _)| step).collect();
        for screen in SCREENS {
            look(&mut page, screen, PREFERENCES[0], &address);
            for step in 0..=lesson.last_step() {
                page.evaluate(&format!("show({step})"));
                let place = format!("{id} step {step} at {screen:?}");
                found.extend(faults(&mut page).into_iter().map(|fault| format!("{place}: {fault}")));
                if screen.0 >= 1280 {
                    let below = question_below(&mut page, screen.1);
                    found.extend(below.map(|by| format!("{place}: the question ends {by} pixels below the screen")));
                }
            }
            for preference in PREFERENCES {
                set(&mut page, screen, preference);
                for step in [0, questions[questions.len() / 2], lesson.last_step()] {
                    page.evaluate(&format!("scrollTo(0, 0); show({step})"));
                    looked_at(&mut page, &mut tools, &format!("{id}-{step}"), screen, preference);
                }
                // The drawing by itself: on a narrow screen it is far below.
                page.evaluate("picture.scrollIntoView()");
                let name = format!("{id}-picture");
                found.extend(looked_at(&mut page, &mut tools, &name, screen, preference));
            }
        }
        assert_eq!(page.errors(), Vec::<String>::new(), "{id}");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_page_that_looks_bad_is_found() {
    let (Some(mut page), Some(mut tools)) = (open_page(), open_page()) else {
        return;
    };
    let (_, folder) = bundled::find("modules").unwrap();
    let lesson = std::rc::Rc::new(Lesson::open(&folder, FiniteDifferences::Taken).unwrap());
    let address = format!("file://{}", file("screens_bad.html", super::page_of(&lesson)));
    let step = lesson.questions().next().unwrap().0;
    let harms = [
        (".prose p { overflow: hidden; height: .5rem }", "is cut off"),
        (".prose h3 { margin: 0 0 -1.4rem }", "overlap"),
        (
            "thead th { display: block; width: 1ch; overflow-wrap: anywhere }",
            "column one letter wide",
        ),
        (
            "thead th { display: block; width: 3ch; overflow-wrap: anywhere }",
            "is broken",
        ),
        ("main { width: 3000px }", "sideways"),
    ];
    let shown = |page: &mut Page| {
        look(page, (1280, 900), PREFERENCES[0], &address);
        page.evaluate(&format!("show({step})"));
    };
    for (rule, fault) in harms {
        shown(&mut page);
        assert_eq!(faults(&mut page), Vec::<String>::new());
        page.evaluate(&format!(
            "document.styleSheets[0].insertRule({}, 0); 0",
            json!(rule.replace("; ", " !important; ").replace(" }", " !important }"))
        ));
        let found = faults(&mut page);
        assert!(found.iter().any(|one| one.contains(fault)), "{rule}: {found:?}");
    }
    shown(&mut page);
    assert_eq!(question_below(&mut page, 900), None);
    page.evaluate("document.styleSheets[0].insertRule('.words { margin-top: 60rem !important }', 0); 0");
    assert!(question_below(&mut page, 900).is_some());
    // A box without a rule for its colour is black; on a dark page its letters are light, but the paper can be black.
    let black = [
        (PREFERENCES[0], false, ".picture .box rect { fill: #000 !important }"),
        (PREFERENCES[1], true, ".picture svg { background: #000 !important }"),
    ];
    for (preference, is_dark, rule) in black {
        look(&mut page, (1280, 900), preference, &address);
        let seen = picture(&mut page);
        assert_eq!(dark_square(&mut tools, &seen, is_dark), None);
        page.evaluate(&format!("document.styleSheets[0].insertRule({}, 0); 0", json!(rule)));
        let seen = picture(&mut page);
        assert!(dark_square(&mut tools, &seen, is_dark).is_some(), "{preference:?}");
    }
}

#[test]
fn each_element_with_a_class_has_a_rule() {
    let mut all = pages().to_vec();
    for (id, folder) in bundled::lessons() {
        let lesson = std::rc::Rc::new(Lesson::open(&folder, FiniteDifferences::Taken).unwrap());
        all.push((
            id.to_string(),
            file(&format!("screens_rules_{id}.html"), super::page_of(&lesson)),
        ));
    }
    for (name, file) in all {
        let html = std::fs::read_to_string(file).unwrap();
        assert_eq!(without_rule(&html), Vec::<String>::new(), "{name}");
    }
    assert_eq!(
        without_rule("<style>.ab{} .c .d:hover{}</style><p class=\"a\"><i class=\"d e\">"),
        ["a"]
    );
}

/// The classes of the elements of which a page's style names none.
fn without_rule(html: &str) -> Vec<String> {
    let style: String = html
        .split("<style>")
        .skip(1)
        .filter_map(|part| part.split("</style>").next())
        .collect();
    let named: Vec<&str> = style
        .split('.')
        .skip(1)
        .filter_map(|part| {
            part.split(|sign: char| !(sign.is_alphanumeric() || sign == '-' || sign == '_'))
                .next()
        })
        .collect();
    let used = html
        .split(" class=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next());
    let mut without: Vec<String> = used
        .filter(|classes| !classes.is_empty() && !classes.split_whitespace().any(|class| named.contains(&class)))
        .map(str::to_string)
        .collect();
    without.sort_unstable();
    without.dedup();
    without
}
