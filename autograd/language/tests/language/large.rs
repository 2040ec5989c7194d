//! Large programs: ten thousand nodes are checked, printed, read back, drawn and written as data.

use std::fmt::Write;
use std::time::Instant;

use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::print::print;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::view::{self, Options};
use tapegrad_autograd::language::{flat, open};

/// A program of ten thousand lines, each of which reads the one before.
fn ten_thousand_lines() -> String {
    let mut text = String::from("graph lines {\n    dim D\n    input x[D]\n    h0 = tanh(x)\n");
    for line in 1..10_000 {
        let _ = writeln!(text, "    h{line} = tanh(h{})", line - 1);
    }
    text + "    J = sum(h9999, over D)\n    minimize J\n}\n"
}

#[test]
fn ten_thousand_nodes_written_as_lines_or_as_a_loop_go_all_the_way() {
    let loops = "graph chain { dim T, D input x[D] h[0] = x for t = 1..T { h[t] = tanh(h[t-1]) } \
                 J = sum(h[T], over D) minimize J }";
    let lines = ten_thousand_lines();
    for (text, sizes) in [(lines.as_str(), vec![("D", 2)]), (loops, vec![("T", 10_000), ("D", 2)])] {
        let mut begin = Instant::now();
        let mut took = |what: &str| {
            println!("{what}: {:?}", begin.elapsed());
            begin = Instant::now();
        };
        let opened = open("large", text);
        assert!(opened.is_correct());
        took("checked");
        assert!(print(&opened.file).len() > 100);
        took("printed");
        let dims = sizes.into_iter().map(|(name, size)| (name.to_string(), size)).collect();
        let graph = graph_of(&opened.programs[0], &dims).unwrap();
        assert!(graph.len() > 10_000);
        took("elaborated");
        let flat = flat::print(&graph, "g").unwrap();
        took("flat text");
        let (again, _) = flat::read(&Sources::of("g", &flat)).unwrap();
        assert_eq!(flat::canonical(&again), flat::canonical(&graph));
        took("read back");
        let picture = view::picture(&graph, Options::default());
        assert_eq!(picture.boxes.len(), graph.len());
        took("picture");
        assert!(view::tree(&picture).lines().count() >= graph.len());
        took("tree");
        assert!(view::dot(&picture).lines().count() > graph.len());
        took("dot");
        assert_eq!(view::svg(&picture).matches("<rect").count(), graph.len());
        took("svg");
        assert_eq!(
            view::json::write(&graph)["nodes"].as_array().unwrap().len(),
            graph.len()
        );
        took("json");
        assert!(view::html(&picture, "large", None).len() > 10_000);
        took("html");
    }
}
