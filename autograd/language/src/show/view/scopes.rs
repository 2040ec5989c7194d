//! Scopes: who stands in them, and those that are drawn as one box.

use std::collections::BTreeMap;

use super::{BoxKind, Picture, PictureBox};

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
        place.push(at);
    }
    for one in closed.boxes.iter_mut().filter(|one| one.kind == BoxKind::Scope) {
        one.lines.push(format!("{} nodes", one.nodes));
    }
    for arrow in picture.arrows {
        let (from, to) = (place[arrow.from], place[arrow.to]);
        if from != to {
            closed.arrows.push(super::Arrow { from, to, ..arrow });
        }
    }
    sorted(closed)
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
