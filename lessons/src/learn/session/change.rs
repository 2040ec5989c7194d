//! Changing a value and running again. The lesson's own run is kept for comparison.

use std::rc::Rc;

use ndarray::ArrayD;
use tapegrad_autograd::NodeId;
use tapegrad_autograd::graph::Source;

use super::answer::values;
use super::state::{LessonState, ScreenPanel, TextEntry};
use super::typed;
use crate::learn::lesson::visible::Visible;
use crate::learn::run::numeral::shape;
use crate::learn::run::record::FiniteDifferences;
use crate::learn::run::trace::Trace;
use crate::learn::session::status::Tone;

impl LessonState {
    /// Runs the graph again with a value changed: `x[1] = 3`.
    pub fn change(&mut self, typed: &str) {
        self.entry = TextEntry::Closed;
        match self.changed(typed) {
            Ok(trace) => {
                self.trace = Rc::new(trace);
                self.changes.push(typed.trim().into());
                self.panel = ScreenPanel::Changes;
                self.said = Some((
                    Tone::Note,
                    "Run again with the change; the first run is kept beside it.".into(),
                ));
            }
            Err(why) => self.said = Some((Tone::Note, format!("{why}; a change looks like `x[1] = 3`"))),
        }
    }

    fn changed(&self, typed: &str) -> Result<Trace, String> {
        let typed = typed::plain(typed);
        let (place, value) = typed.split_once('=').ok_or("there is no `=`")?;
        let (name, at) = match place.trim().rsplit_once('[') {
            Some((name, at)) if self.trace.find(place.trim()).is_none() => {
                (name.trim(), Some(at.trim_end_matches(']')))
            }
            _ => (place.trim(), None),
        };
        let node = self
            .trace
            .find(name)
            .ok_or_else(|| format!("nothing here is called `{name}`"))?;
        if self.trace.is_computed(node) || matches!(self.trace.source(node), Source::Constant(_)) {
            return Err(format!("{name} is computed; only what is given can be changed"));
        }
        let visible = Visible::all(&self.trace);
        let new = values(value.trim(), &visible)?;
        let old = &self.trace.nodes[node].value;
        let array = match at {
            None if new.shape() == old.shape() => new,
            None => {
                return Err(format!(
                    "{name} has the shape {}, the new value {}",
                    shape(old.shape()),
                    shape(new.shape())
                ));
            }
            Some(at) => with_entry(old, at, &new)?,
        };
        let mut given = self.lesson.given.clone();
        for (node, known) in self.trace.nodes.iter().enumerate() {
            if !self.trace.is_computed(node) && !matches!(self.trace.source(node), Source::Constant(_)) {
                let name = self.trace.graph.label(NodeId::new(node));
                given.values.insert(name, known.value.clone());
            }
        }
        given.values.insert(self.trace.graph.label(NodeId::new(node)), array);
        self.lesson.run(&given, FiniteDifferences::Taken)
    }

    /// Back to the lesson's own numbers.
    pub fn restore(&mut self) {
        self.trace = Rc::clone(&self.lesson.trace);
        self.changes.clear();
        self.panel = ScreenPanel::Step;
        self.said = Some((Tone::Note, "Back to the lesson's own numbers.".into()));
    }
}

fn with_entry(old: &ArrayD<f64>, at: &str, new: &ArrayD<f64>) -> Result<ArrayD<f64>, String> {
    let positions: Option<Vec<usize>> = at
        .split(',')
        .map(|one| one.trim().parse::<usize>().ok()?.checked_sub(1))
        .collect();
    let positions = positions.ok_or("positions are whole numbers, counted from 1")?;
    let (mut array, value) = (old.clone(), new.first().copied());
    let entry = array.get_mut(positions.as_slice()).ok_or("there is no such entry")?;
    match value {
        Some(value) if new.ndim() == 0 => *entry = value,
        _ => return Err("an entry is a single number".into()),
    }
    Ok(array)
}
