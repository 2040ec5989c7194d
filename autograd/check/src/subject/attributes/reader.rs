//! Attributes taken out of JSON one by one.

use serde_json::{Map, Value};

use super::{AttributeError, to_number};
use tapegrad_core::shape::{Axes, RANK_MAX, Shape};

/// Takes attributes out one by one; what is left in the end is unknown.
pub(super) struct Reader<'a> {
    pub(super) op: &'a str,
    pub(super) left: Map<String, Value>,
}

impl Reader<'_> {
    pub(super) fn take<A>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl Fn(&Value) -> Option<A>,
    ) -> Result<A, AttributeError> {
        self.left
            .remove(name)
            .as_ref()
            .and_then(read)
            .ok_or_else(|| AttributeError::Wrong {
                op: self.op.to_string(),
                attribute: name.to_string(),
                expected: expected.to_string(),
            })
    }

    pub(super) fn number(&mut self, name: &str) -> Result<f64, AttributeError> {
        self.take(name, "a number, \"inf\" or \"-inf\"", to_number)
    }

    pub(super) fn count(&mut self, name: &str) -> Result<usize, AttributeError> {
        self.take(name, "a whole number from 0 on", to_count)
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, AttributeError> {
        self.take(name, "true or false", Value::as_bool)
    }

    pub(super) fn counts(&mut self, name: &str) -> Result<Vec<usize>, AttributeError> {
        self.take(name, "a list of whole numbers from 0 on", |value| {
            value.as_array()?.iter().map(to_count).collect()
        })
    }

    pub(super) fn shape(&mut self, name: &str) -> Result<Shape, AttributeError> {
        self.counts(name).map(|sizes| Shape::new(&sizes))
    }

    pub(super) fn axes(&mut self, name: &str) -> Result<Axes, AttributeError> {
        self.take(
            name,
            "a list of axes counted from 0, or null for all",
            |value| match value {
                Value::Null => Some(Axes::ALL),
                list => {
                    let axes: Option<Vec<usize>> = list.as_array()?.iter().map(to_count).collect();
                    axes.filter(|axes| axes.iter().all(|&axis| axis < RANK_MAX))
                        .map(|axes| Axes::of(&axes))
                }
            },
        )
    }

    pub(super) fn optional_count(&mut self, name: &str) -> Result<Option<usize>, AttributeError> {
        let read = |value: &Value| {
            if value.is_null() {
                Some(None)
            } else {
                to_count(value).map(Some)
            }
        };
        if self.left.contains_key(name) {
            self.take(name, "a whole number or null", read)
        } else {
            Ok(None)
        }
    }

    pub(super) fn choice<A: Copy>(&mut self, name: &str, choices: &[(&str, A)]) -> Result<A, AttributeError> {
        let expected: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.take(name, &format!("one of {}", expected.join(", ")), |value| {
            let given = value.as_str()?;
            choices
                .iter()
                .find(|(name, _)| *name == given)
                .map(|(_, choice)| *choice)
        })
    }
}

fn to_count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|n| usize::try_from(n).ok())
}
