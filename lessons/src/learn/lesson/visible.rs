//! What a learner may know at a step: every value computed so far, and every gradient that is complete.

use ndarray::ArrayD;

use super::evaluate::{Environment, NOT_YET};
use crate::learn::run::paths::count;
use crate::learn::run::trace::Trace;

/// `uses_h`, the number of uses that contribute to the gradient of `h`; `paths_h`, the number of paths to it.
pub const COUNTS: [(&str, fn(&Trace, usize) -> f64); 2] = [
    ("uses_", |trace, node| trace.nodes[node].received.len() as f64),
    ("paths_", count),
];

/// The names of a trace whose values are known after some number of steps.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'t> {
    /// The trace.
    pub trace: &'t Trace,
    /// How many steps have been done.
    pub done: usize,
    /// The trace in which something was changed, for names that begin with `again.`.
    pub again: Option<&'t Trace>,
}

impl<'t> Visible<'t> {
    /// Everything in a trace.
    pub fn all(trace: &'t Trace) -> Self {
        Self {
            trace,
            done: usize::MAX,
            again: None,
        }
    }

    /// What is known when this many steps have been done.
    pub fn after(trace: &'t Trace, done: usize) -> Self {
        Self {
            trace,
            done,
            again: None,
        }
    }

    /// True if the value of a node is known.
    pub fn knows_value(&self, node: usize) -> bool {
        self.trace.known_after(node).is_none_or(|step| step < self.done)
    }

    /// True if the gradient of a node is known.
    pub fn knows_gradient(&self, node: usize) -> bool {
        self.trace.gradient_after(node).is_some_and(|step| step < self.done)
    }

    fn count(&self, name: &str) -> Option<f64> {
        COUNTS
            .iter()
            .find_map(|(prefix, of)| Some(of(self.trace, self.trace.find(name.strip_prefix(prefix)?)?)))
    }

    fn gradient(&self, name: &str) -> Option<Result<ArrayD<f64>, String>> {
        let node = self.trace.find(name.strip_prefix("g_")?)?;
        let own = &name[2..];
        Some(match &self.trace.nodes[node].gradient {
            None => Err(format!(
                "`{own}` has no gradient: the objective does not depend on it, or it is data"
            )),
            Some(_) if !self.knows_gradient(node) => Err(format!("`{name}` {NOT_YET}")),
            Some(gradient) => Ok(gradient.clone()),
        })
    }
}

impl Environment for Visible<'_> {
    fn value(&self, name: &str) -> Result<ArrayD<f64>, String> {
        if let (Some(own), Some(again)) = (name.strip_prefix("again."), self.again) {
            return Visible::all(again).value(own);
        }
        if let Some(node) = self.trace.find(name) {
            return match self.knows_value(node) {
                true => Ok(self.trace.nodes[node].value.clone()),
                false => Err(format!("`{name}` {NOT_YET}")),
            };
        }
        if let Some(found) = self.gradient(name) {
            return found;
        }
        if let Some(count) = self.count(name) {
            return Ok(ArrayD::from_elem(vec![], count));
        }
        if let Some(&size) = self.trace.sizes.get(name) {
            return Ok(ArrayD::from_elem(vec![], size as f64));
        }
        Err(self.unknown(name))
    }
}

impl Visible<'_> {
    /// What to say of a name that nothing has: the name that was meant, if it can be told.
    fn unknown(&self, name: &str) -> String {
        let says = |hint: &str| format!("nothing here is called `{name}`; {hint}");
        if name == "e" {
            return says("e to the power x is `exp(x)`");
        }
        if name.starts_with("dJ") {
            return says("a gradient is written `g_y`, for dJ/dy");
        }
        let is_known = |name: &str| self.trace.find(name.strip_prefix("g_").unwrap_or(name)).is_some();
        let names = self.trace.names.keys();
        if let Some(own) = names.into_iter().find(|own| own.eq_ignore_ascii_case(name)) {
            return says(&format!("`{own}` is, with that spelling"));
        }
        match name.rsplit_once('_') {
            Some((own, at)) if is_known(own) && at.parse::<usize>().is_ok() => {
                says(&format!("an entry is written `{own}[{at}]`"))
            }
            _ => format!("nothing here is called `{name}`"),
        }
    }
}
