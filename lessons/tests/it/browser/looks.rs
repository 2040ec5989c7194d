//! What is wrong with the look of a page, found by the browser that shows it.

use serde_json::{Value, json};

use super::chromium::Page;

/// Text that is cut off, broken or covered, and columns that are too narrow to be read, as sentences.
const FAULTS: &str = r#"(() => {
    const faults = [];
    const unseen = (one) => {
        if (one.closest("details:not([open])") && !one.closest("summary")) return true;
        for (let at = one; at; at = at.parentElement) {
            const style = getComputedStyle(at);
            if (style.display === "none" || style.visibility === "hidden" || style.clipPath.startsWith("inset(50%")) return true;
        }
        return false;
    };
    // What an element's ancestors leave of a place, and whether one of them cuts it off for good.
    const seen = (one, place) => {
        let { left, top, right, bottom } = place, cut = false;
        for (let at = one; at && at !== document.body; at = at.parentElement) {
            const style = getComputedStyle(at), own = at.getBoundingClientRect();
            if (style.overflowX === "visible" && style.overflowY === "visible") continue;
            if (right <= own.left || left >= own.right || bottom <= own.top || top >= own.bottom) {
                if (/hidden|clip/.test(style.overflowX + style.overflowY)) cut = true;
                return { empty: true, cut };
            }
            const across = left < own.left - 1 || right > own.right + 1, down = top < own.top - 2 || bottom > own.bottom + 2;
            if (across && /hidden|clip/.test(style.overflowX) || down && /hidden|clip/.test(style.overflowY)) cut = true;
            [left, top] = [Math.max(left, own.left), Math.max(top, own.top)];
            [right, bottom] = [Math.min(right, own.right), Math.min(bottom, own.bottom)];
        }
        return { left, top, right, bottom, cut, empty: right <= left || bottom <= top };
    };
    const places = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode, own = node.parentElement;
        if (!node.data.trim() || own.closest("script, style, title, desc, nav") || unseen(own)) continue;
        for (const word of node.data.matchAll(/\S+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const rows = [...range.getClientRects()].filter((row) => row.width > 0.5 && row.height > 0.5);
            if (rows.length > 1 && /^[A-Za-z]{2,14}[.,:;]?$/.test(word[0])) faults.push(`the word "${word[0]}" is broken`);
            for (const row of rows) {
                const left = seen(own, row);
                if (left.cut) faults.push(`"${word[0]}" is cut off`);
                const scrolls = own.closest("svg, .scroll, pre, .view, .picture, details, .matrix");
                if (!scrolls && row.right > document.documentElement.clientWidth + 1) faults.push(`"${word[0]}" is beyond the page`);
                if (!left.empty) places.push({ ...left, node, word: word[0] });
            }
        }
    }
    places.sort((a, b) => a.top - b.top);
    places.forEach((a, i) => {
        for (let j = i + 1; j < places.length && places[j].top < a.bottom - 4; j++) {
            const b = places[j];
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - b.top;
            if (a.node !== b.node && across > 3 && down > 5) faults.push(`"${a.word}" and "${b.word}" overlap`);
        }
    });
    for (const one of document.querySelectorAll("td, th, dd, dt, li, p, h1, h2, h3, label, summary, figcaption")) {
        const text = one.textContent.trim(), size = parseFloat(getComputedStyle(one).fontSize);
        if (text.length < 6 || unseen(one)) continue;
        if (one.clientWidth > 0 && one.clientWidth < 1.6 * size && one.clientHeight > 3 * size) faults.push(`"${text.slice(0, 20)}" stands in a column one letter wide`);
    }
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) faults.push("the page scrolls sideways");
    return [...new Set(faults)];
})()"#;

/// Where the first open question ends, or nothing if none is asked.
const QUESTION: &str = r#"(() => {
    const section = [...document.querySelectorAll("main > section")].find((one) => !one.hidden);
    const form = section && section.querySelector("form.question");
    return form ? form.getBoundingClientRect().bottom + scrollY : null;
})()"#;

/// The side of the largest dark square of a picture, in pixels: cells of 8 by 8 in which every pixel is darker than `LIMIT`.
const DARK: &str = r#"(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,DATA";
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const [across, down] = [Math.floor(image.width / 8), Math.floor(image.height / 8)];
    const side = new Int32Array(across * down);
    let largest = 0;
    for (let row = 0; row < down; row++) for (let column = 0; column < across; column++) {
        let dark = true;
        for (let y = 0; dark && y < 8; y++) for (let x = 0; dark && x < 8; x++) {
            const at = 4 * ((row * 8 + y) * image.width + column * 8 + x);
            dark = 0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2] < LIMIT;
        }
        const here = row * across + column;
        const near = row && column ? Math.min(side[here - 1], side[here - across], side[here - across - 1]) : 0;
        side[here] = dark ? near + 1 : 0;
        largest = Math.max(largest, side[here]);
    }
    return largest * 8;
})()"#;

/// The largest dark square that may stand on a page: letters and lines are thinner, a box whose colour is missing is larger.
const DARK_MAX: u64 = 24;

/// What is wrong with the texts and columns of a page.
pub fn faults(page: &mut Page) -> Vec<String> {
    let found = page.evaluate(FAULTS);
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_string())
        .collect()
}

/// How far below the first screen of this height the question ends that is asked; nothing if it is seen, or none is asked.
pub fn question_below(page: &mut Page, height: u32) -> Option<f64> {
    let bottom = page.evaluate(QUESTION).as_f64()?;
    (bottom > f64::from(height)).then(|| bottom - f64::from(height))
}

/// A picture of what is seen, in base64.
pub fn picture(page: &mut Page) -> String {
    let picture = page.ask("Page.captureScreenshot", json!({"format": "png"}));
    picture["data"].as_str().unwrap().to_string()
}

/// The side of a dark square that is too large, if there is one; on a dark page what is darker than its ground.
///
/// `tools` is an empty page, which may load a picture that the page itself must not.
pub fn dark_square(tools: &mut Page, picture: &str, is_dark: bool) -> Option<u64> {
    let limit = if is_dark { "9" } else { "60" };
    let script = DARK.replace("DATA", picture).replace("LIMIT", limit);
    let answer = tools.ask(
        "Runtime.evaluate",
        json!({"expression": script, "returnByValue": true, "awaitPromise": true}),
    );
    assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
    let side = answer["result"]["value"].as_u64().unwrap();
    (side > DARK_MAX).then_some(side)
}

/// Sets the screen and one preference, and shows a page.
pub fn look(page: &mut Page, (width, height): (u32, u32), (name, value): (&str, &str), address: &str) {
    set(page, (width, height), (name, value));
    page.visit(address);
}

/// Sets the screen and one preference.
pub fn set(page: &mut Page, (width, height): (u32, u32), (name, value): (&str, &str)) {
    let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    page.ask("Emulation.setDeviceMetricsOverride", size);
    let media: Value = json!({"features": [{"name": name, "value": value}]});
    page.ask("Emulation.setEmulatedMedia", media);
}
