//! Scopes: who stands in them, and those that are drawn as one box.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arrow, BoxKind, Picture, PictureBox};

/// Moves inputs and parameters into the innermost scope that holds all their users, before the other boxes of that
/// scope: a parameter that several rounds of a loop read belongs to none of the rounds.
pub(super) fn shared_outside(mut picture: Picture) -> Picture {
    let depths: Vec<usize> = picture.boxes.iter().map(|one| one.scope.len()).collect();
    for arrow in &picture.arrows {
        let user = picture.boxes[arrow.to].scope.clone();
        let one = &mut picture.boxes[arrow.from];
        if one.kind.is_given() {
            let common = one
                .scope
                .iter()
                .zip(&user)
                .take_while(|(own, other)| own == other)
                .count();
            one.scope.truncate(common);
        }
    }
    let first_of = |scope: &[String]| picture.boxes.iter().position(|one| one.scope.starts_with(scope));
    let key = |number: usize| match picture.boxes[number].scope.as_slice() {
        scope if scope.len() < depths[number] => (first_of(scope).unwrap_or(number), 0, number),
        _ => (number, 1, number),
    };
    let mut order: Vec<usize> = (0..picture.boxes.len()).collect();
    order.sort_by_key(|&number| key(number));
    let mut place = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
    for arrow in &mut picture.arrows {
        (arrow.from, arrow.to) = (place[arrow.from], place[arrow.to]);
    }
    picture.boxes = order.iter().map(|&number| picture.boxes[number].clone()).collect();
    picture
}

/// The picture with each scope of this depth or deeper drawn as one box; `None` changes nothing.
pub fn closed(picture: Picture, depth: Option<usize>) -> Picture {
    let Some(depth) = depth else {
        return sorted(picture);
    };
    let mut closed = Picture::default();
    let mut scopes: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    let mut place = Vec::with_capacity(picture.boxes.len());
    for mut one in picture.boxes {
        if one.scope.len() <= depth || one.kind.is_given() {
            one.scope.truncate(depth);
            closed.boxes.push(one);
            place.push(closed.boxes.len() - 1);
            continue;
        }
        let path = one.scope[..=depth].to_vec();
        let at = *scopes.entry(path.clone()).or_insert(closed.boxes.len());
        if at == closed.boxes.len() {
            closed.boxes.push(scope_box(path));
        }
        closed.boxes[at].nodes += one.nodes;
        closed.boxes[at].members.append(&mut one.members);
        place.push(at);
    }
    let mut closed = moved(closed.boxes, picture.arrows, &place);
    let place = with_their_layers(&mut closed);
    let mut closed = moved(closed.boxes, closed.arrows, &place);
    for one in closed.boxes.iter_mut().filter(|one| one.kind == BoxKind::Scope) {
        one.lines.push(format!("{} nodes", one.nodes));
    }
    closed
}

/// The picture in which each arrow leads from the new place of its box to the new place of the other.
fn moved(boxes: Vec<PictureBox>, arrows: Vec<Arrow>, place: &[usize]) -> Picture {
    let arrows = arrows.into_iter().map(|arrow| Arrow {
        from: place[arrow.from],
        to: place[arrow.to],
        ..arrow
    });
    sorted(Picture {
        boxes,
        arrows: arrows.filter(|arrow| arrow.from != arrow.to).collect(),
    })
}

/// Puts the parameters of a layer that only closed scopes read into the scope, if it is one, or else into one box for
/// the layer; gives the new place of each box.
fn with_their_layers(picture: &mut Picture) -> Vec<usize> {
    let mut readers = vec![BTreeSet::new(); picture.boxes.len()];
    for arrow in &picture.arrows {
        readers[arrow.from].insert(arrow.to);
    }
    let mut groups: BTreeMap<(String, &BTreeSet<usize>), Vec<usize>> = BTreeMap::new();
    for (number, one) in picture.boxes.iter().enumerate() {
        let layer = one
            .name
            .as_deref()
            .and_then(|name| name.split_once('.'))
            .map(|(layer, _)| layer.to_string());
        let for_scopes = readers[number]
            .iter()
            .all(|&reader| picture.boxes[reader].kind == BoxKind::Scope);
        if let (BoxKind::Param, Some(layer), true) = (one.kind, layer, for_scopes && !readers[number].is_empty()) {
            groups.entry((layer, &readers[number])).or_default().push(number);
        }
    }
    let mut into: Vec<usize> = (0..picture.boxes.len()).collect();
    for ((layer, readers), members) in groups {
        let nodes = members.iter().map(|&member| picture.boxes[member].nodes).sum::<usize>();
        let held: Vec<usize> = members
            .iter()
            .flat_map(|&member| picture.boxes[member].members.clone())
            .collect();
        let target = match (readers.len(), members.as_slice()) {
            (1, _) => *readers.first().expect("there is one reader"),
            (_, [first, _, ..]) => *first,
            _ => continue,
        };
        if readers.len() > 1 {
            let own = &mut picture.boxes[target];
            let mut together = PictureBox::new(
                BoxKind::Param,
                Some(layer),
                "param".into(),
                String::new(),
                own.scope.clone(),
            );
            together.lines[1] = format!("{} parameters", members.len());
            (together.nodes, together.members) = (nodes, held);
            *own = together;
        } else {
            picture.boxes[target].nodes += nodes;
            picture.boxes[target].members.extend(held);
        }
        members.iter().for_each(|&member| into[member] = target);
    }
    let mut place = vec![0; into.len()];
    let mut boxes = Vec::new();
    for (number, one) in std::mem::take(&mut picture.boxes).into_iter().enumerate() {
        if into[number] == number {
            place[number] = boxes.len();
            boxes.push(one);
        }
    }
    picture.boxes = boxes;
    into.iter().map(|&target| place[target]).collect()
}

pub(super) fn sorted(mut picture: Picture) -> Picture {
    picture.arrows.sort();
    picture
        .arrows
        .dedup_by(|a, b| (a.from, a.to, a.port, &a.back) == (b.from, b.to, b.port, &b.back));
    picture
}

fn scope_box(mut path: Vec<String>) -> PictureBox {
    let name = path.pop().expect("a closed scope has a name");
    let mut own = PictureBox::new(
        BoxKind::Scope,
        Some(name.clone()),
        "scope".to_string(),
        String::new(),
        path,
    );
    (own.lines, own.nodes) = (vec![name], 0);
    own
}
