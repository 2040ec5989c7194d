//! Drawings of programs in a real browser: what is seen at first can be read, and everything else can be reached.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::chromium::Page;
use super::open_page;
use crate::{file, tapegrad};

/// A program, its values, and its name.
type Example = (&'static str, &'static str);

const EXAMPLES: [Example; 3] = [
    (
        "attention",
        r#"{"values": {"X": [[1, 0.5, -1], [0.2, -0.7, 0.4], [-0.3, 1.2, 0.8], [0.9, -0.1, 0.6]],
        "G": [[1, 0], [0, 1], [-1, 0.5], [0.5, -1]]}}"#,
    ),
    (
        "lstm",
        r#"{"dims": {"H": 3}, "values": {"x": [[1, -0.5], [0.3, 0.8], [-1, 0.1]]}}"#,
    ),
    (
        "tiny_gpt",
        r#"{"dims": {"V": 5, "D": 4, "H": 2, "L": 2}, "values": {"w": [1, 3, 0, 2], "next": [3, 0, 2, 4]}}"#,
    ),
];

/// Screens and preferences.
const SCREENS: [(u32, u32); 2] = [(1280, 900), (390, 844)];
const PREFERENCES: [(&str, &str); 3] = [
    ("prefers-color-scheme", "light"),
    ("prefers-color-scheme", "dark"),
    ("forced-colors", "active"),
];

/// The smallest letters that can be read, in pixels.
const LETTERS: u32 = 11;

fn written(args: &[&str]) -> String {
    let (code, stdout, stderr) = tapegrad(args);
    assert_eq!(code, 0, "{args:?}: {stderr}");
    stdout
}

/// The addresses of the page of a program as it is written, and of the one with the values of a run.
fn pages((name, values): Example) -> [String; 2] {
    // Tests run side by side, each with files of its own.
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let own = format!("{name}_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/graphs/{name}.cg"));
    let program = program.to_str().unwrap();
    let values = file(&format!("{own}_values.json"), values);
    let trace = written(&[
        "graph", "run", program, "--bind", &values, "--grad", "--trace", "--json",
    ]);
    let trace = file(&format!("{own}_trace.json"), &trace);
    let show = |options: &[&str], to: &str| {
        let page = written(&[&["graph", "show", program, "--as", "html"], options].concat());
        format!("file://{}", file(to, &page))
    };
    [
        show(&[], &format!("{own}.html")),
        show(&["--values", &trace], &format!("{own}_with_values.html")),
    ]
}

/// What is wrong with the drawing that is shown, as sentences.
const FAULTS: &str = r#"(() => {
    const faults = [];
    const section = [...document.querySelectorAll("section")].find((one) => !one.hidden);
    const texts = [...section.querySelectorAll("svg text")];
    const places = texts.map((one) => one.getBoundingClientRect());
    const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
    texts.forEach((one, i) => {
        const size = parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
        if (size < LETTERS) faults.push(`"${one.textContent}" is ${size} pixels high`);
        if (one.textContent.includes("…")) faults.push(`"${one.textContent}" is cut`);
        const box = one.closest(".box");
        if (box && !inside(places[i], box.querySelector("rect").getBoundingClientRect())) faults.push(`"${one.textContent}" is wider than its box`);
        for (let j = 0; j < i; j++) {
            if (!apart(places[i], places[j])) faults.push(`"${one.textContent}" and "${texts[j].textContent}" overlap`);
        }
    });
    const boxes = [...section.querySelectorAll(".box")];
    if (boxes.length === 0) faults.push("there is no box");
    const view = section.querySelector(".view");
    for (const one of boxes) {
        one.focus();
        const [own, screen] = [one.getBoundingClientRect(), view.getBoundingClientRect()];
        const seen = own.right > screen.left && own.left < screen.right && own.bottom > screen.top && own.top < screen.bottom;
        if (document.activeElement !== one || !seen) faults.push(`${one.getAttribute("aria-label")} cannot be reached`);
    }
    for (const arrow of section.querySelectorAll(".forward")) {
        const tip = arrow.getAttribute("marker-end").slice(5, -1);
        if (!section.querySelector(`#${tip}`)) faults.push("an arrow has no head");
    }
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push("the page scrolls sideways");
    return faults;
})()"#;

fn faults(page: &mut Page) -> Vec<String> {
    let found = page.evaluate(&FAULTS.replace("LETTERS", &LETTERS.to_string()));
    let sentence = |one: &Value| one.as_str().unwrap().to_string();
    found.as_array().unwrap().iter().map(sentence).collect()
}

fn look(page: &mut Page, (width, height): (u32, u32), (name, value): (&str, &str), address: &str) {
    let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    page.ask("Emulation.setDeviceMetricsOverride", size);
    page.ask(
        "Emulation.setEmulatedMedia",
        json!({"features": [{"name": name, "value": value}]}),
    );
    page.visit(address);
}

#[test]
fn what_is_seen_at_first_can_be_read_and_everything_else_be_reached() {
    let Some(mut page) = open_page() else { return };
    for example in EXAMPLES {
        for address in pages(example) {
            for screen in SCREENS {
                for preference in PREFERENCES {
                    look(&mut page, screen, preference, &address);
                    let what = format!("{address} at {screen:?}, {preference:?}");
                    save(&mut page, &address, screen, preference);
                    assert_eq!(faults(&mut page), Vec::<String>::new(), "{what}");
                    assert_eq!(page.errors(), Vec::<String>::new(), "{what}");
                    let requests = page
                        .events
                        .iter()
                        .filter(|event| event["method"] == "Network.requestWillBeSent");
                    assert_eq!(requests.count(), 1, "{what}");
                }
            }
        }
    }
}

/// Writes a picture of what is seen into the folder that `TAPEGRAD_SCREENSHOTS` names.
fn save(page: &mut Page, address: &str, (width, height): (u32, u32), (_, preference): (&str, &str)) {
    use base64::Engine;
    let Some(folder) = std::env::var_os("TAPEGRAD_SCREENSHOTS") else {
        return;
    };
    let name = Path::new(address).file_stem().unwrap().to_string_lossy();
    let picture = page.ask("Page.captureScreenshot", json!({"format": "png"}));
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(picture["data"].as_str().unwrap())
        .unwrap();
    let to = Path::new(&folder).join(format!("{name}-{width}x{height}-{preference}.png"));
    std::fs::write(to, bytes).unwrap();
}

#[test]
fn every_drawing_of_the_page_can_be_read() {
    let Some(mut page) = open_page() else { return };
    for example in EXAMPLES {
        for address in pages(example) {
            look(&mut page, SCREENS[0], PREFERENCES[0], &address);
            let count = page
                .evaluate("document.querySelectorAll('section').length")
                .as_u64()
                .unwrap();
            for view in 0..count {
                page.evaluate(&format!("show({view})"));
                assert_eq!(faults(&mut page), Vec::<String>::new(), "{address}, drawing {view}");
            }
        }
    }
}

#[test]
fn faults_of_a_drawing_are_found() {
    let Some(mut page) = open_page() else { return };
    let [address, _] = pages(EXAMPLES[0]);
    let harms = [
        (
            "const style = document.createElement('style'); style.textContent = '.drawing text { font-size: 9px !important }'; document.head.append(style)",
            "pixels high",
        ),
        (
            "section().querySelector('.box text').textContent = 'a name that is longer than its box'",
            "wider than its box",
        ),
        (
            "section().querySelector('.view').style.overflow = 'clip'; section().querySelector('.view').style.height = '60px'",
            "cannot be reached",
        ),
        (
            "{ const [a, b] = section().querySelectorAll('.box'); b.setAttribute('transform', `translate(${a.getBBox().x - b.getBBox().x} ${a.getBBox().y - b.getBBox().y})`) }",
            "overlap",
        ),
        ("section().querySelector('marker').id = 'other'", "no head"),
    ];
    for (harm, fault) in harms {
        look(&mut page, SCREENS[0], PREFERENCES[0], &address);
        page.evaluate(&format!("(() => {{ {harm} }})()"));
        let found = faults(&mut page);
        assert!(found.iter().any(|one| one.contains(fault)), "{fault}: {found:?}");
    }
}

#[test]
fn a_box_is_found_and_the_panel_says_what_is_known_of_it() {
    let Some(mut page) = open_page() else { return };
    let [_, address] = pages(EXAMPLES[0]);
    look(&mut page, SCREENS[0], PREFERENCES[0], &address);
    page.evaluate("show([...select.options].findIndex((one) => one.text === 'values with names'))");
    page.evaluate("document.getElementById('find').focus()");
    page.write("softmax");
    let found = page.evaluate("document.getElementById('found').textContent");
    assert!(found.as_str().unwrap().starts_with("1 of "), "{found}");
    page.press("Enter");
    let panel = |page: &mut Page| {
        page.evaluate("document.getElementById('panel').innerText")
            .as_str()
            .unwrap()
            .to_string()
    };
    let text = panel(&mut page);
    for part in [
        "att / A",
        "softmax(S + M, over k)",
        "[4, 4]",
        "Reads",
        "att / S",
        "Is read by",
        "att / O",
        "Value",
        "Gradient",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    page.press("ArrowUp");
    assert!(panel(&mut page).starts_with("att / O"), "{}", panel(&mut page));
    page.press("ArrowDown");
    assert!(
        panel(&mut page).starts_with("att / A") || panel(&mut page).starts_with("att / V"),
        "{}",
        panel(&mut page)
    );
    assert_eq!(page.errors(), Vec::<String>::new());
}

#[test]
fn the_page_has_names_for_assistive_technology() {
    let Some(mut page) = open_page() else { return };
    let [address, _] = pages(EXAMPLES[1]);
    look(&mut page, SCREENS[0], PREFERENCES[0], &address);
    let tree = page.ask("Accessibility.getFullAXTree", json!({}));
    for node in tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["ignored"] == false)
    {
        let text = |field: &str| node[field]["value"].as_str().unwrap_or_default().to_string();
        if ["button", "combobox", "searchbox", "region", "heading"].contains(&text("role").as_str()) {
            assert!(!text("name").trim().is_empty(), "{node}");
        }
    }
}
