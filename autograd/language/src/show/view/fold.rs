//! A picture of what the reader wrote: nodes that only rearrange are left out, and numbers stand where they are used.
//!
//! An arrow through boxes that are left out leads from where it began to where it ends. A box counts the nodes that it
//! stands for, so that nothing goes missing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arrow, BoxKind, Picture, PictureBox};

/// Which nodes of a graph have boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One for each value with a name, which shows its formula.
    Values,
    /// One for each operation; numbers, and what only rearranges entries, belong to the operation that reads them.
    Operations,
    /// One for each node.
    All,
}

/// Ops that rearrange entries: nobody writes them as operations of their own, unless with a name.
const PLUMBING: [&str; 6] = ["reshape", "broadcast", "permute", "relabel", "slice", "position"];

/// True for an op that only puts entries into other places, or repeats them.
pub fn rearranges(op: &str) -> bool {
    PLUMBING.contains(&op)
}

/// The longest constant, in letters, that is written into the operation that reads it.
const CONSTANT: usize = 24;

/// The longest formula that a box shows, in letters, and of one of its lines.
const FORMULA: usize = 84;
const LINE: usize = 32;

/// The picture in this detail.
pub fn folded(picture: Picture, detail: Detail) -> Picture {
    if detail == Detail::All {
        return picture;
    }
    let mut folding = Folding::of(picture, detail);
    folding.absorb();
    folding.write_constants();
    folding.label();
    folding.drawn()
}

struct Folding {
    picture: Picture,
    detail: Detail,
    /// The arrows into each box, and how many boxes read it.
    operands: Vec<Vec<usize>>,
    readers: Vec<Vec<usize>>,
    /// True for what depends on no input and no parameter.
    constant: Vec<bool>,
    /// The text of a constant that its readers show.
    text: Vec<Option<String>>,
    stays: Vec<bool>,
}

impl Folding {
    fn of(picture: Picture, detail: Detail) -> Self {
        let count = picture.boxes.len();
        let (mut operands, mut readers) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (number, arrow) in picture.arrows.iter().enumerate() {
            operands[arrow.to].push(number);
            readers[arrow.from].push(arrow.to);
        }
        for list in &mut readers {
            list.sort_unstable();
            list.dedup();
        }
        let mut own = Self {
            detail,
            operands,
            readers,
            constant: vec![false; count],
            text: vec![None; count],
            stays: vec![true; count],
            picture,
        };
        own.find_constants();
        own.find_plumbing();
        own
    }

    /// The boxes that a box reads, by port.
    fn operands(&self, one: usize) -> impl Iterator<Item = &Arrow> {
        self.operands[one].iter().map(|&arrow| &self.picture.arrows[arrow])
    }

    fn is_plumbing(&self, one: usize) -> bool {
        rearranges(&self.picture.boxes[one].op)
    }

    fn find_constants(&mut self) {
        for one in 0..self.picture.boxes.len() {
            let own = &self.picture.boxes[one];
            let is_computed = own.kind == BoxKind::Op
                && self
                    .operands(one)
                    .all(|arrow| arrow.back.is_none() && arrow.from < one && self.constant[arrow.from]);
            self.constant[one] = own.kind == BoxKind::Constant || is_computed;
            if !self.constant[one] || self.readers[one].is_empty() {
                continue;
            }
            self.text[one] = match (&own.name, own.kind) {
                (Some(name), _) if own.shape.is_empty() => Some(name.clone()),
                (None, BoxKind::Constant) => Some(own.op.clone()),
                (None, _) if self.is_plumbing(one) => self
                    .operands(one)
                    .next()
                    .and_then(|arrow| self.text[arrow.from].clone()),
                (None, _) if own.shape.is_empty() && !self.operands[one].is_empty() => self.call(one),
                _ => None,
            };
            self.text[one] = self.text[one].take().filter(|text| text.chars().count() <= CONSTANT);
        }
    }

    fn find_plumbing(&mut self) {
        for one in 0..self.picture.boxes.len() {
            let own = &self.picture.boxes[one];
            let is_computed = matches!(own.kind, BoxKind::Op | BoxKind::Constant);
            if !is_computed || self.readers[one].is_empty() {
                continue;
            }
            let is_nameless = own.name.is_none();
            let for_constants = self.constant[one] && self.readers[one].iter().all(|&reader| self.constant[reader]);
            let in_formula = self.detail == Detail::Values && self.readers[one].len() == 1;
            let folds = is_nameless && (self.is_plumbing(one) || for_constants || in_formula);
            self.stays[one] = !(folds || self.text[one].is_some());
        }
    }

    /// A named box that only rearranges stands for the nameless operation behind it.
    fn absorb(&mut self) {
        for one in 0..self.picture.boxes.len() {
            while self.stays[one] && self.picture.boxes[one].kind == BoxKind::Op && self.is_plumbing(one) {
                let [arrow] = self.operands[one].as_slice() else { break };
                let arrow = self.picture.arrows[*arrow].clone();
                let behind = &self.picture.boxes[arrow.from];
                let is_its_own =
                    behind.kind == BoxKind::Op && behind.name.is_none() && self.readers[arrow.from].len() == 1;
                if !is_its_own || arrow.back.is_some() {
                    break;
                }
                let op = behind.op.clone();
                let nodes = std::mem::take(&mut self.picture.boxes[arrow.from].nodes);
                let members = std::mem::take(&mut self.picture.boxes[arrow.from].members);
                let own = &mut self.picture.boxes[one];
                own.op = op;
                own.nodes += nodes;
                own.members.extend(members);
                self.stays[arrow.from] = false;
                let inherited = std::mem::take(&mut self.operands[arrow.from]);
                for &number in &inherited {
                    self.picture.arrows[number].to = one;
                }
                self.operands[one] = inherited;
            }
        }
    }

    /// Puts the constants that an operation reads into its text.
    fn write_constants(&mut self) {
        for one in 0..self.picture.boxes.len() {
            if self.stays[one]
                && self.operands(one).any(|arrow| self.text[arrow.from].is_some())
                && !self.constant[one]
                && let Some(call) = self.call(one)
            {
                self.picture.boxes[one].op = call;
            }
        }
    }

    /// An operation with its constants: `· / 2`, `where(·, 0, -inf)`.
    fn call(&self, one: usize) -> Option<String> {
        let mut args: BTreeMap<usize, String> = BTreeMap::new();
        for arrow in self.operands(one) {
            args.insert(
                arrow.port,
                self.text[arrow.from].clone().unwrap_or_else(|| "·".to_string()),
            );
        }
        let args: Vec<String> = args.into_values().collect();
        let op = self.picture.boxes[one].op.as_str();
        let sign = match op {
            "add" => "+",
            "sub" => "-",
            "mul" => "*",
            "div" => "/",
            "matmul" => "@",
            _ => "",
        };
        let call = match (args.as_slice(), sign) {
            ([a, b], sign) if !sign.is_empty() => format!("{} {sign} {}", bracketed(a), bracketed(b)),
            ([a], _) if op == "neg" => format!("-{}", bracketed(a)),
            (args, _) => format!("{op}({})", args.join(", ")),
        };
        (call.chars().count() <= 2 * CONSTANT).then_some(call)
    }

    /// What each box says, and whom it serves.
    fn label(&mut self) {
        for one in (0..self.picture.boxes.len()).rev() {
            let reader = self.readers[one].first().map(|&reader| &self.picture.boxes[reader]);
            let serves = reader.and_then(|reader| reader.name.clone().or_else(|| reader.serves.clone()));
            let own = &mut self.picture.boxes[one];
            own.serves = serves.filter(|_| own.name.is_none());
        }
    }

    fn drawn(mut self) -> Picture {
        let mut arrows: Vec<Arrow> = Vec::new();
        let own = |one: &mut PictureBox| (one.nodes, std::mem::take(&mut one.members));
        let mut held: Vec<(usize, Vec<usize>)> = self.picture.boxes.iter_mut().map(own).collect();
        for to in (0..self.picture.boxes.len()).filter(|&one| self.stays[one]) {
            // What is still to be followed: an arrow, and what is known of the way from there to this box.
            let mut open: Vec<(usize, Option<Arrow>)> = self.operands[to].iter().map(|&arrow| (arrow, None)).collect();
            let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
            while let Some((number, way)) = open.pop() {
                let arrow = &self.picture.arrows[number];
                let way = match way {
                    None => Arrow { to, ..arrow.clone() },
                    Some(way) => Arrow {
                        from: arrow.from,
                        gradient: way.gradient && arrow.gradient,
                        back: way.back.or_else(|| arrow.back.clone()),
                        ..way
                    },
                };
                if self.stays[arrow.from] {
                    arrows.push(way);
                } else if seen.insert((arrow.from, way.port)) {
                    let (nodes, members) = std::mem::take(&mut held[arrow.from]);
                    held[to].0 += nodes;
                    held[to].1.extend(members);
                    open.extend(self.operands[arrow.from].iter().map(|&next| (next, Some(way.clone()))));
                }
            }
        }
        let mut place = vec![0; self.stays.len()];
        let mut drawn = Picture::default();
        for (one, mut own) in std::mem::take(&mut self.picture.boxes).into_iter().enumerate() {
            place[one] = drawn.boxes.len();
            if self.stays[one] {
                (own.nodes, own.members) = std::mem::take(&mut held[one]);
                own.members.sort_unstable();
                write_lines(&mut own, self.detail);
                drawn.boxes.push(own);
            }
        }
        for arrow in &mut arrows {
            (arrow.from, arrow.to) = (place[arrow.from], place[arrow.to]);
        }
        drawn.arrows = arrows;
        super::scopes::sorted(drawn)
    }
}

fn bracketed(text: &str) -> String {
    if text.contains(' ') && !text.ends_with(')') {
        format!("({text})")
    } else {
        text.to_string()
    }
}

/// The lines of a box: in a picture of values the name with its shape, and below it the formula.
fn write_lines(one: &mut PictureBox, detail: Detail) {
    let formula = one
        .formula
        .clone()
        .filter(|_| detail == Detail::Values && one.kind == BoxKind::Op);
    let Some(formula) = formula else { return one.relabel() };
    let head = [one.name.as_deref().unwrap_or_default(), &one.shape].join(" ");
    let formula = if formula.chars().count() <= FORMULA {
        wrapped(&formula)
    } else {
        vec![format!("{} operations", one.nodes)]
    };
    one.lines = std::iter::once(head.trim().to_string())
        .filter(|head| !head.is_empty())
        .chain(formula)
        .collect();
}

/// The text in lines of so many letters, broken at spaces.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is a first line");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= LINE {
            last.extend([" ", word]);
        } else {
            lines.push(word.to_string());
        }
    }
    lines
}
