//! Pictures of the programs' graphs.

use std::collections::BTreeMap;

use tapegrad_autograd::Graph;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::flat;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::view::{Options, dot, html, json, mermaid, picture, svg, tree};

use crate::programs;
use crate::running::{different_sizes, opened};

fn graphs() -> BTreeMap<String, Graph> {
    let mut graphs = BTreeMap::new();
    for (name, text) in programs::all() {
        let opened = opened(&name, &text);
        let program = &opened.programs[0];
        graphs.insert(name, graph_of(program, &different_sizes(program)).unwrap());
    }
    graphs
}

#[test]
fn the_graph_of_every_program_is_read_back_from_text_and_from_json() {
    for (name, graph) in graphs() {
        let text = flat::print(&graph, "g").unwrap();
        let (again, _) =
            flat::read(&Sources::of("g", &text)).unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
        assert_eq!(flat::canonical(&again), flat::canonical(&graph), "{name}");
        let (again, _) = json::read(&json::write(&graph)).unwrap();
        assert_eq!(flat::canonical(&again), flat::canonical(&graph), "{name}");
    }
}

#[test]
fn the_two_layer_network_as_a_tree() {
    let tree = tree(&picture(&graphs()["two_layer"], Options::default()));
    insta::assert_snapshot!(tree, @r"
    x: input [2]
    t: data
    alpha: param [3, 2]
    beta: param [3]
    a: matmul [3] <- alpha, x
    z: sigmoid [3] <- a
    b: matmul <- beta, z
    y: sigmoid <- b
    #8 log <- y
    #9 mul <- t, #8 log
    #10 1
    #11 sub <- #10 1, t
    #12 1
    #13 sub <- #12 1, y
    #14 log <- #13 sub
    #15 mul <- #11 sub, #14 log
    J: add <- #9 mul, #15 mul
    ");
}

#[test]
fn every_picture_has_all_its_boxes_and_arrows_and_the_same_bytes_each_time() {
    for (name, graph) in graphs() {
        for depth in [None, Some(0), Some(1)] {
            let options = Options { depth, gradients: true };
            let one = picture(&graph, options);
            assert_eq!(
                one.boxes.iter().map(|one| one.nodes).sum::<usize>(),
                graph.len(),
                "{name}"
            );
            let (dot, drawn) = (dot(&one), svg(&one));
            assert_eq!(dot.matches("shape=").count(), one.boxes.len(), "{name}");
            assert_eq!(dot.matches('{').count(), dot.matches('}').count(), "{name}");
            assert_eq!(drawn.matches("<rect").count(), one.boxes.len(), "{name}");
            assert_eq!(drawn.matches("class=\"forward\"").count(), one.arrows.len(), "{name}");
            assert_eq!(drawn, svg(&picture(&graph, options)), "{name}");
            match mermaid(&one) {
                Ok(text) => assert_eq!(text.matches("-->").count(), one.arrows.len(), "{name}"),
                Err(why) => assert!(one.boxes.len() > 300 && why.contains("--depth"), "{name}: {why}"),
            }
        }
        let page = html(
            &picture(
                &graph,
                Options {
                    depth: None,
                    gradients: true,
                },
            ),
            &name,
        );
        assert!(
            page.contains("<svg") && page.contains("The same as text") && !page.contains("src="),
            "{name}"
        );
    }
}

#[test]
fn a_closed_scope_is_one_box_and_only_the_gradients_go_back() {
    let graph = &graphs()["attention"];
    let options = Options {
        depth: Some(0),
        gradients: true,
    };
    let closed = picture(graph, options);
    assert!(closed.boxes.iter().any(|one| one.lines[0] == "att" && one.nodes > 10));
    assert!(closed.arrows.iter().any(|arrow| arrow.gradient));
}
