//! The picture as one page that needs no network: drawings at every depth, pan, zoom, and the same as text.

use std::fmt::Write;

use super::svg::escaped;
use super::{Picture, closed, svg, tree};

/// The picture as a page; the depth at which scopes are closed is chosen on the page.
pub fn html(picture: &Picture, title: &str) -> String {
    let deepest = picture.boxes.iter().map(|one| one.scope.len()).max().unwrap_or(0);
    let title = escaped(title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n{STYLE}</head><body>\n\
         <h1>{title}</h1>\n<p><label>Scopes are closed from depth <select id=\"depth\">"
    );
    for depth in 0..=deepest {
        let _ = write!(
            out,
            "<option{}>{depth}</option>",
            if depth == deepest { " selected" } else { "" }
        );
    }
    out.push_str("</select></label> Drag to move, turn the wheel or press + and - to zoom, 0 to fit.</p>\n");
    for depth in 0..=deepest {
        let picture = closed(picture.clone(), Some(depth));
        let hidden = if depth == deepest { "" } else { " hidden" };
        let _ = writeln!(
            out,
            "<section{hidden}>\n<div class=\"view\" tabindex=\"0\">\n{}</div>",
            svg(&picture)
        );
        let _ = writeln!(
            out,
            "<details><summary>The same as text</summary><pre>{}</pre></details>\n</section>",
            escaped(&tree(&picture))
        );
    }
    out.push_str(SCRIPT);
    out.push_str("</body></html>\n");
    out
}

const STYLE: &str = "<style>\n\
    body { font: 16px sans-serif; margin: 1em }\n\
    .view { border: 1px solid #999; height: 75vh; overflow: hidden; touch-action: none; cursor: grab }\n\
    .view svg { width: 100%; height: 100% }\n\
    pre { overflow: auto }\n\
    </style>\n";

const SCRIPT: &str = "<script>\n\
    const sections = [...document.querySelectorAll('section')];\n\
    const depth = document.getElementById('depth');\n\
    depth.onchange = () => sections.forEach((one, i) => one.hidden = i !== depth.selectedIndex);\n\
    for (const view of document.querySelectorAll('.view')) {\n\
      const svg = view.querySelector('svg');\n\
      const whole = svg.getAttribute('viewBox').split(' ').map(Number);\n\
      let box = [...whole], from = null;\n\
      const show = () => svg.setAttribute('viewBox', box.join(' '));\n\
      const zoom = by => {\n\
        box = [box[0] + box[2] * (1 - by) / 2, box[1] + box[3] * (1 - by) / 2, box[2] * by, box[3] * by];\n\
        show();\n\
      };\n\
      view.onwheel = e => { e.preventDefault(); zoom(e.deltaY > 0 ? 1.15 : 1 / 1.15); };\n\
      view.onpointerdown = e => { from = [e.clientX, e.clientY]; view.setPointerCapture(e.pointerId); };\n\
      view.onpointermove = e => {\n\
        if (!from) return;\n\
        const scale = Math.max(box[2] / view.clientWidth, box[3] / view.clientHeight);\n\
        box[0] -= (e.clientX - from[0]) * scale;\n\
        box[1] -= (e.clientY - from[1]) * scale;\n\
        from = [e.clientX, e.clientY];\n\
        show();\n\
      };\n\
      view.onpointerup = () => from = null;\n\
      view.onkeydown = e => {\n\
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];\n\
        if (e.key === '+') zoom(1 / 1.15);\n\
        else if (e.key === '-') zoom(1.15);\n\
        else if (e.key === '0') { box = [...whole]; show(); }\n\
        else if (step) { e.preventDefault(); box[0] += step[0] * box[2] / 10; box[1] += step[1] * box[3] / 10; show(); }\n\
      };\n\
    }\n\
    </script>\n";
