//! What the values of a table are called, and which letters are free for indices.
//!
//! A value of a loop is called by its position, as in the program: `h[2]` is `h_2`. No two things that a table speaks of
//! are spelled alike: where a letter as an index would give the name of something else, another letter is taken.

use std::collections::{BTreeMap, BTreeSet};

use super::formula::Formula;
use super::spell::Spelling;
use crate::derive::straight::{Line, Straight};
use crate::meaning::facts::Facts;
use crate::meaning::program::{DimValue, Operation};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind};
use crate::meaning::words;

/// The name of a value, and its positions in loops.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    pub name: String,
    pub places: Vec<i64>,
}

/// The names of a program and what is known of its sizes.
pub(super) struct Names {
    /// For each line, what it is called; nothing for a part of a larger formula.
    pub shown: Vec<Option<Shown>>,
    /// The letter of gradients: `g`, or the first of `g2`, `g3`, … that begins no name of the program and has no entries.
    pub gradient: String,
    facts: Facts,
    letters: BTreeMap<String, String>,
    pool: Vec<String>,
    spelled: BTreeSet<String>,
    /// The letters that cannot be indices.
    taken: BTreeSet<String>,
    /// The places of the values of loops, by their names.
    elements: BTreeMap<String, BTreeSet<Vec<i64>>>,
    /// The sizes of the axes behind each name; none for a position in a loop.
    sizes: BTreeMap<String, Vec<Option<Size>>>,
}

const LETTERS: &[&str] = &[
    "i", "j", "k", "l", "m", "n", "p", "r", "s", "u", "v", "w", "a", "b", "c", "h", "q", "x", "y", "z",
];

impl Names {
    pub fn new(straight: &Straight) -> Self {
        let dims = straight.dims.iter().map(|dim| dim.name.to_string());
        let mut spelled: BTreeSet<String> = dims.collect();
        let shown = shown(straight, &mut spelled);
        // `g_r` would be an entry of a row or an array `g`.
        let is_free = |letter: &String| {
            let has_letter = |(own, line): (&Shown, &Line)| {
                let has_entries = !own.places.is_empty() || line.ty.rank() > 0;
                own.name.starts_with(&format!("{letter}_")) || (own.name == *letter && has_entries)
            };
            let named = shown.iter().zip(&straight.lines);
            !straight.rows.contains(letter)
                && !named
                    .filter_map(|(own, line)| Some((own.as_ref()?, line)))
                    .any(has_letter)
        };
        let gradient = std::iter::once("g".to_string())
            .chain((2..).map(|order| format!("g{order}")))
            .find(is_free)
            .expect("a program has finitely many names");
        let mut elements: BTreeMap<String, BTreeSet<Vec<i64>>> = BTreeMap::new();
        for own in shown.iter().flatten().filter(|own| !own.places.is_empty()) {
            elements.entry(own.name.clone()).or_default().insert(own.places.clone());
        }
        let mut names = Self {
            elements,
            shown,
            gradient,
            facts: facts(straight),
            letters: BTreeMap::new(),
            pool: Vec::new(),
            spelled,
            taken: BTreeSet::new(),
            sizes: BTreeMap::new(),
        };
        names.note_sizes(straight);
        names.taken = names.taken_letters();
        names.choose_letters(straight);
        names
    }

    fn note_sizes(&mut self, straight: &Straight) {
        let size_of = |axis: &Axis| Some(self.facts.normal(&axis.size));
        let mut sizes: BTreeMap<String, Vec<Option<Size>>> = BTreeMap::new();
        for (line, shown) in straight.lines.iter().zip(&self.shown) {
            let Some(shown) = shown else { continue };
            let own: Vec<Option<Size>> = shown
                .places
                .iter()
                .map(|_| None)
                .chain(line.ty.axes.iter().map(size_of))
                .collect();
            let weight = format!("v_{}", shown.name);
            if line.ty.kind == Kind::Real {
                let gradient = format!("{}_{}", self.gradient, shown.name);
                self.spelled.extend([gradient, weight.clone()]);
            }
            sizes.insert(weight, own.clone());
            sizes.insert(shown.name.clone(), own);
        }
        self.sizes = sizes;
    }

    /// A letter for each named size, in the order of declaration: `t` for T, else `i`, `j`, `k`, …
    fn choose_letters(&mut self, straight: &Straight) {
        let free = |letter: &&str| !self.taken.contains(*letter);
        self.pool = LETTERS.iter().copied().filter(free).map(str::to_string).collect();
        self.pool.extend((1..100).map(|number| format!("i{number}")));
        let mut next = self.pool.iter();
        for dim in &straight.dims {
            let letter = match &*dim.name {
                "T" if !self.taken.contains("t") => Some("t".to_string()),
                _ => next.next().cloned(),
            };
            self.letters.extend(letter.map(|letter| (dim.name.to_string(), letter)));
        }
    }

    /// The letters that, as an index or as the last of several, would be read as the name of something else.
    fn taken_letters(&self) -> BTreeSet<String> {
        let count = |head: &str| {
            let own = self.sizes.get(head).map(Vec::len);
            own.or((head == self.gradient || head == "v" || words::has(head)).then_some(1))
        };
        let ends_name = |name: &str| {
            let splits = name.match_indices('_').map(|(at, _)| (&name[..at], &name[at + 1..]));
            let mut reads = splits.filter(|(head, tail)| count(head) == Some(tail.chars().count()));
            name.chars().count() == 1 || reads.any(|(_, tail)| !tail.is_empty())
        };
        let names = self.spelled.iter().filter(|name| ends_name(name));
        names.filter_map(|name| name.chars().last()).map(String::from).collect()
    }

    /// The size in its simplest form.
    pub fn normal(&self, size: &Size) -> Size {
        self.facts.normal(size)
    }

    /// True for an axis that has one position, whatever the sizes are.
    pub fn is_one(&self, axis: &Axis) -> bool {
        axis.size.as_number() == Some(1)
    }

    /// A letter for an axis that is not taken.
    pub fn letter(&self, axis: &Axis, taken: &[String]) -> String {
        let of_label = || {
            let is_letter = axis.label.len() == 1 && axis.label.chars().all(|c| c.is_ascii_lowercase());
            (is_letter && !self.taken.contains(&*axis.label)).then(|| axis.label.to_string())
        };
        let own = self.letters.get(&*axis.label).cloned().or_else(of_label);
        let own = own.or_else(|| self.letters.get(&**axis.size.as_symbol()?).cloned());
        let others = self.pool.iter().cloned();
        let mut all = own.into_iter().chain(others);
        all.find(|letter| !taken.contains(letter))
            .expect("a formula has fewer indices than there are letters")
    }

    /// A value by its name at these indices.
    pub fn symbol(&self, shown: &Shown, at: Vec<Formula>) -> Formula {
        let places = shown.places.iter().map(|&place| Formula::whole(place));
        self.at(&shown.name, places.chain(at).collect())
    }

    /// A name with indices; in brackets if it would be read as another name.
    pub fn at(&self, name: &str, indices: Vec<Formula>) -> Formula {
        let symbol = Formula::Symbol(name.to_string(), indices);
        let text = symbol.spell(Spelling::Text);
        let is_own = self.is_element(&symbol);
        match symbol {
            Formula::Symbol(name, indices) if !indices.is_empty() && !is_own && self.spelled.contains(&text) => {
                Formula::Entry(Box::new(Formula::name(&name)), indices)
            }
            symbol => symbol,
        }
    }

    /// True for a value of a loop under its own name.
    fn is_element(&self, symbol: &Formula) -> bool {
        let Formula::Symbol(name, indices) = symbol else {
            return false;
        };
        let places: Option<Vec<i64>> = indices.iter().map(Formula::as_whole).collect();
        places.is_some_and(|places| self.elements.get(name).is_some_and(|own| own.contains(&places)))
    }

    /// The size of the axis that an index of a name stands for.
    pub fn size_at(&self, name: &str, index: usize) -> Option<&Size> {
        self.sizes.get(name)?.get(index)?.as_ref()
    }

    /// True if `d` before this name would be read as another name, so that no `dy/dx` can be written.
    pub fn forbids_partial(&self, symbol: &Formula) -> bool {
        let text = format!("d{}", symbol.spell(Spelling::Text));
        let begins_one = self
            .spelled
            .range(text.clone()..)
            .next()
            .is_some_and(|name| name.starts_with(&text));
        begins_one || text.char_indices().any(|(end, _)| self.spelled.contains(&text[..end]))
    }
}

/// The names of lines; what is collected from a loop is shown by its elements.
fn shown(straight: &Straight, spelled: &mut BTreeSet<String>) -> Vec<Option<Shown>> {
    let own = |line: usize| straight.lines[line].name.clone();
    let is_element = |line: &usize| straight.elements.contains_key(line) || straight.collected.contains(line);
    let lines = 0..straight.lines.len();
    let plain: BTreeSet<String> = lines.clone().filter(|line| !is_element(line)).filter_map(own).collect();
    spelled.extend(plain.iter().cloned());
    let rows = row_names(straight, &plain);
    let mut all = Vec::new();
    for line in lines {
        let Some(name) = own(line).filter(|_| !straight.collected.contains(&line)) else {
            all.push(None);
            continue;
        };
        let shown = match straight.elements.get(&line) {
            Some((base, places)) if !plain.contains(base) => {
                let shown = Shown {
                    name: rows[base].clone(),
                    places: places.clone(),
                };
                let places = shown.places.iter().map(|&place| Formula::whole(place)).collect();
                let text = Formula::Symbol(shown.name.clone(), places).spell(Spelling::Text);
                spelled.insert(text).then_some(shown)
            }
            _ => None,
        };
        all.push(Some(shown.unwrap_or_else(|| {
            let mut unique = name.clone();
            while straight.elements.contains_key(&line) && !spelled.insert(unique.clone()) {
                unique.push_str("_again");
            }
            Shown {
                name: unique,
                places: Vec::new(),
            }
        })));
    }
    all
}

/// What each row is called in the table. `h_2` beside a row `h` would be read as the second value of `h`: it is `h2`.
fn row_names(straight: &Straight, plain: &BTreeSet<String>) -> BTreeMap<String, String> {
    let rows: BTreeSet<&String> = straight.elements.values().map(|(base, _)| base).collect();
    let mut taken: BTreeSet<String> = rows.iter().copied().chain(plain).cloned().collect();
    let named = |&row: &&String| {
        let other = rows.iter().copied().chain(&straight.rows).find_map(|other| {
            let rest = row.strip_prefix(other.as_str())?.strip_prefix('_')?;
            is_positions(rest).then(|| format!("{other}{}", rest.replace('_', "x")))
        });
        let Some(mut name) = other else {
            return (row.clone(), row.clone());
        };
        while !taken.insert(name.clone()) {
            name.push_str("_again");
        }
        (row.clone(), name)
    };
    rows.iter().map(named).collect()
}

/// True for what stands behind the name of a row's value: `2`, `m1`, `2_3`.
fn is_positions(text: &str) -> bool {
    text.split('_').all(|part| {
        let digits = part.strip_prefix('m').unwrap_or(part);
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// What the declarations say of sizes, and the numbers that are given.
fn facts(straight: &Straight) -> Facts {
    let mut facts = Facts::default();
    for dim in &straight.dims {
        let own = Size::symbol(dim.name.clone());
        match &dim.value {
            Some(DimValue::Equal(size)) => {
                facts.equal(&own, size);
            }
            Some(DimValue::Quotient(over, under)) => {
                facts.equal(&under.times(&own), over);
            }
            None => {}
        }
    }
    facts
}

/// True if a value has a row of its own.
pub(super) fn has_row(line: &Line) -> bool {
    !matches!(line.op, Operation::Input(_) | Operation::Param(..))
}
