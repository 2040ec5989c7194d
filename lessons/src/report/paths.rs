//! A weighted graph from left to right, with the path of greedy search and the lightest path.

use tapegrad_models::decode::paths::WeightedGraph;

use super::svg::{Anchor, SvgDrawing};

const STEP: [f64; 2] = [130.0, 80.0];
const MARGIN: [f64; 2] = [50.0, 60.0];
const STYLE: &str = "text{font:14px system-ui,sans-serif;fill:#1b1b1b}.edge{stroke:#8a8a8a;stroke-width:1.2}\
.greedy{stroke:#b3541e;stroke-width:4;stroke-dasharray:9 5}.lightest{stroke:#3b6ea8;stroke-width:4}\
.node{fill:#fff;stroke:#1b1b1b}.paper{fill:#fff}.weight{font-size:12px}";
/// A circle around a node.
const CIRCLE: &str = "M-20 0a20 20 0 1 0 40 0a20 20 0 1 0 -40 0";

/// The picture as an SVG file.
pub fn picture(graph: &WeightedGraph) -> String {
    let columns = columns(graph);
    let mut filled = vec![0; graph.nodes().len() + 1];
    let mut rows = vec![0; graph.nodes().len()];
    for &node in graph.order() {
        rows[node] = filled[columns[node]];
        filled[columns[node]] += 1;
    }
    let tallest = filled.iter().copied().max().unwrap_or(1);
    let width = columns.iter().copied().max().unwrap_or(0);
    let place = |node: usize| {
        // Each column stands in the middle.
        let above = (tallest - filled[columns[node]]) as f64 / 2.0;
        [
            MARGIN[0] + STEP[0] * columns[node] as f64,
            MARGIN[1] + STEP[1] * (above + rows[node] as f64),
        ]
    };
    let size = [
        2.0 * MARGIN[0] + STEP[0] * width as f64,
        2.0 * MARGIN[1] + STEP[1] * (tallest - 1) as f64,
    ];
    let mut drawing = SvgDrawing::new(size[0], size[1]);
    drawing.rectangle("paper", [0.0, 0.0], size);
    let (greedy, lightest) = (graph.greedy(), graph.lightest());
    for (number, edge) in graph.edges().iter().enumerate() {
        let ends = [place(edge.from), place(edge.to)];
        drawing.line("edge", ends[0], ends[1]);
        // Where both paths take an edge, they lie beside each other.
        for (class, path, aside) in [("lightest", &lightest, -3.0), ("greedy", &greedy, 3.0)] {
            if path.edges.contains(&number) {
                let [from, to] = ends.map(|[x, y]| [x, y + aside]);
                drawing.line(class, from, to);
            }
        }
    }
    for edge in graph.edges() {
        let [[x1, y1], [x2, y2]] = [place(edge.from), place(edge.to)];
        // Nearer to the beginning, where fewer edges cross.
        let at = [x1 + 0.36 * (x2 - x1), y1 + 0.36 * (y2 - y1)];
        drawing.rectangle("paper", [at[0] - 9.0, at[1] - 9.0], [18.0, 18.0]);
        drawing.text("weight", [at[0], at[1] + 4.0], Anchor::Middle, &edge.weight.to_string());
    }
    for (node, name) in graph.nodes().iter().enumerate() {
        let at = place(node);
        drawing.point("node", at, CIRCLE);
        drawing.text("name", [at[0], at[1] + 5.0], Anchor::Middle, name);
    }
    for (class, name, x, path) in [
        ("greedy", "greedy search", 10.0, &greedy),
        ("lightest", "lightest path", 200.0, &lightest),
    ] {
        drawing.line(class, [x, 16.0], [x + 30.0, 16.0]);
        let said = format!("{name}: {}", path.weight);
        drawing.text("legend", [x + 38.0, 21.0], Anchor::Start, &said);
    }
    let said = format!(
        "Greedy search goes {} with weight {}; the lightest path is {} with weight {}.",
        graph.names(&greedy).join(", "),
        greedy.weight,
        graph.names(&lightest).join(", "),
        lightest.weight
    );
    drawing.file("paths", STYLE, "Greedy search and the lightest path", &said)
}

/// For each node the number of edges of the longest way to it.
fn columns(graph: &WeightedGraph) -> Vec<usize> {
    let mut columns = vec![0; graph.nodes().len()];
    for &node in graph.order() {
        for edge in graph.edges().iter().filter(|edge| edge.from == node) {
            columns[edge.to] = columns[edge.to].max(columns[node] + 1);
        }
    }
    columns
}
