//! Pictures of the programs' graphs.

use std::collections::{BTreeMap, BTreeSet};

use tapegrad_autograd::Graph;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::flat;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::view::{
    BoxKind, Detail, Options, Picture, closed, dot, folded, html, json, mermaid, picture, rolled, svg, tree, unrolled,
    with_formulas,
};

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
            None,
        );
        assert!(
            page.contains("<svg") && page.contains("The same as text") && !page.contains("src="),
            "{name}"
        );
    }
}

/// Every program with its picture, as it is written and unrolled, with formulas.
fn pictures() -> Vec<(String, Picture)> {
    let mut pictures = Vec::new();
    for (name, text) in programs::all() {
        let opened = opened(&name, &text);
        let program = &opened.programs[0];
        let unrolled = unrolled(program, &different_sizes(program), true, None).unwrap();
        for (how, picture) in [("rolled", rolled(program, true)), ("unrolled", unrolled)] {
            pictures.push((
                format!("{name}, {how}"),
                with_formulas(picture, program, &opened.file, &opened.sources),
            ));
        }
    }
    pictures
}

#[test]
fn no_node_goes_missing_when_plumbing_is_left_out() {
    for (name, picture) in pictures() {
        let nodes = |picture: &Picture| picture.boxes.iter().map(|one| one.nodes).sum::<usize>();
        for detail in [Detail::Values, Detail::Operations] {
            let folded = folded(picture.clone(), detail);
            assert_eq!(nodes(&folded), nodes(&picture), "{name}, {detail:?}");
            // Each node stands in one box, however deep scopes are closed.
            let members = |picture: &Picture| {
                let all = picture.boxes.iter().flat_map(|one| one.members.iter().copied());
                let mut all: Vec<usize> = all.collect();
                all.sort_unstable();
                all
            };
            for depth in [None, Some(0), Some(1)] {
                let closed = closed(folded.clone(), depth);
                assert_eq!(
                    members(&closed),
                    members(&picture),
                    "{name}, {detail:?}, depth {depth:?}"
                );
            }
            let named = |picture: &Picture| {
                let shapes = picture
                    .boxes
                    .iter()
                    .filter(|one| one.name.is_some() && !one.shape.is_empty());
                shapes.map(|one| one.path()).collect::<BTreeSet<String>>()
            };
            assert_eq!(named(&folded), named(&picture), "{name}, {detail:?}: names");
            let reads = |picture: &Picture| {
                picture
                    .arrows
                    .iter()
                    .map(|arrow| arrow.to)
                    .collect::<BTreeSet<usize>>()
                    .len()
            };
            assert!(
                reads(&folded) > 0 && folded.boxes.len() <= picture.boxes.len(),
                "{name}, {detail:?}"
            );
            assert!(
                folded
                    .arrows
                    .iter()
                    .all(|arrow| arrow.back.is_some() || arrow.from < arrow.to),
                "{name}"
            );
        }
    }
}

#[test]
fn plumbing_without_a_name_has_no_box_and_numbers_stand_where_they_are_used() {
    for (name, picture) in pictures() {
        let drawn = folded(picture, Detail::Operations);
        let mut readers = vec![BTreeSet::new(); drawn.boxes.len()];
        drawn.arrows.iter().for_each(|arrow| {
            readers[arrow.from].insert(arrow.to);
        });
        for (one, readers) in drawn.boxes.iter().zip(&readers) {
            let is_plumbing = ["reshape", "broadcast", "permute", "slice", "relabel"].contains(&one.op.as_str());
            let is_left = one.name.is_none() && !readers.is_empty();
            assert!(!(is_plumbing && is_left), "{name}: {one:?}");
            assert!(one.kind != BoxKind::Constant || readers.len() <= 1, "{name}: {one:?}");
            assert!(
                one.name.is_some() || one.serves.is_some() || readers.is_empty(),
                "{name}: {one:?}"
            );
        }
        let text = dot(&drawn);
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with('n') && line.contains("->")),
            "{name}"
        );
        let ids: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split(" [shape=").next().filter(|id| *id != line))
            .collect();
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            drawn.boxes.len(),
            "{name}: {ids:?}"
        );
    }
}

#[test]
fn a_picture_of_values_has_the_formulas_of_the_program() {
    let (_, attention) = pictures()
        .into_iter()
        .find(|(name, _)| name == "attention, unrolled")
        .unwrap();
    insta::assert_snapshot!(tree(&folded(attention, Detail::Values)));
}

#[test]
fn a_picture_of_operations_has_constants_in_them() {
    let (_, attention) = pictures()
        .into_iter()
        .find(|(name, _)| name == "attention, unrolled")
        .unwrap();
    let (_, network) = pictures()
        .into_iter()
        .find(|(name, _)| name == "two_layer, rolled")
        .unwrap();
    let both = [attention, network].map(|picture| tree(&folded(picture, Detail::Operations)));
    insta::assert_snapshot!(both.join("\n"));
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

/// Left, top, right and bottom.
type Rectangle = [f64; 4];

/// The rectangles of a drawing with their titles: frames of scopes, and boxes.
fn rectangles(svg: &str) -> (Vec<(String, Rectangle)>, Vec<(String, Rectangle)>) {
    let number = |text: &str, name: &str| -> f64 {
        let rest = text.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let title = |group: &str| {
        group
            .split_once("<title>")
            .unwrap()
            .1
            .split("</title>")
            .next()
            .unwrap()
            .to_string()
    };
    let (mut frames, mut boxes) = (Vec::new(), Vec::new());
    for group in svg.split("<g class=\"").skip(1) {
        if let Some((_, path)) = group.split_once("<path d=\"M").filter(|_| group.starts_with("frame")) {
            let path: String = path.split('"').next().unwrap().replace(['H', 'V', 'Z'], " ");
            let at: Vec<f64> = path.split_whitespace().map(|number| number.parse().unwrap()).collect();
            frames.push((title(group), [at[0], at[1], at[2], at[3]]));
        } else {
            let [x, y, width, height] =
                ["x", "y", "width", "height"].map(|name| number(group.split_once("<rect").unwrap().1, name));
            boxes.push((title(group), [x, y, x + width, y + height]));
        }
    }
    (frames, boxes)
}

fn lies_in(inner: &Rectangle, outer: &Rectangle) -> bool {
    inner[0] > outer[0] && inner[1] > outer[1] && inner[2] < outer[2] && inner[3] < outer[3]
}

fn lies_apart(a: &Rectangle, b: &Rectangle) -> bool {
    a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1]
}

/// A drawing has the frames of its picture's scopes, each box in its own frames and in no others, and nothing overlaps.
fn assert_framed(name: &str, picture: &Picture, drawing: &str) {
    let (frames, boxes) = rectangles(drawing);
    let scopes: BTreeSet<String> = picture
        .boxes
        .iter()
        .flat_map(|one| (1..=one.scope.len()).map(|depth| one.scope[..depth].join(" / ")))
        .collect();
    let drawn: BTreeSet<String> = frames.iter().map(|(title, _)| title.clone()).collect();
    assert_eq!(drawn, scopes, "{name}");
    for ((_, at), one) in boxes.iter().zip(&picture.boxes) {
        for (title, frame) in &frames {
            let belongs = (1..=one.scope.len()).any(|depth| one.scope[..depth].join(" / ") == *title);
            let stands = if belongs {
                lies_in(at, frame)
            } else {
                lies_apart(at, frame)
            };
            assert!(
                stands,
                "{name}: {:?} of {:?} and the frame {title}",
                one.lines, one.scope
            );
        }
    }
    for (i, (a, one)) in frames.iter().enumerate() {
        for (b, other) in &frames[..i] {
            let nested = a.starts_with(&format!("{b} / ")) && lies_in(one, other);
            assert!(nested || lies_apart(one, other), "{name}: the frames {a} and {b}");
        }
    }
    for (i, (a, one)) in boxes.iter().enumerate() {
        for (b, other) in &boxes[..i] {
            assert!(lies_apart(one, other), "{name}: the boxes {a} and {b}");
        }
    }
}

#[test]
fn every_scope_has_a_frame_with_its_boxes_and_no_others() {
    for (name, graph) in graphs() {
        for depth in [None, Some(0), Some(1), Some(2)] {
            let options = Options {
                depth,
                gradients: false,
            };
            let picture = picture(&graph, options);
            assert_framed(&format!("{name}, closed from {depth:?}"), &picture, &svg(&picture));
        }
    }
    for (name, picture) in pictures() {
        for detail in [Detail::Values, Detail::Operations, Detail::All] {
            let picture = closed(folded(picture.clone(), detail), None);
            assert_framed(&format!("{name}, {detail:?}"), &picture, &svg(&picture));
        }
    }
}

#[test]
#[should_panic(expected = "and the frame")]
fn a_box_inside_a_frame_that_is_not_its_own_is_found() {
    let mut picture = picture(&graphs()["lstm"], Options::default());
    let drawing = svg(&picture);
    let inner = picture.boxes.iter().position(|one| !one.scope.is_empty()).unwrap();
    picture.boxes[inner].scope.clear();
    assert_framed("lstm", &picture, &drawing);
}

#[test]
fn a_parameter_that_several_rounds_read_stands_outside_of_them_and_one_of_a_layer_inside() {
    let scope = |program: &str, name: &str| {
        let picture = picture(&graphs()[program], Options::default());
        let one = picture.boxes.into_iter().find(|one| one.lines[0] == name).unwrap();
        one.scope.join(" / ")
    };
    assert_eq!(scope("rnn_lm", "step.W_hh"), "");
    assert_eq!(scope("tiny_gpt", "block[2].ln1.gamma"), "l=2 / block[2] / ln1");
}
