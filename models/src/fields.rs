//! Reading a JSON document field by field: what is missing, of the wrong kind or not known is an error with its place.

use serde_json::{Map, Value};

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct FileError {
    /// The field: `model.merges[3]`.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl FileError {
    /// An error at a place.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// A result of reading a file.
pub type Read<T> = Result<T, FileError>;

/// The fields of an object, each taken once; `null` counts as left out.
#[derive(Debug)]
pub struct Fields<'v> {
    place: String,
    map: &'v Map<String, Value>,
    taken: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// The fields of a value, which must be an object.
    pub fn of(value: &'v Value, place: impl Into<String>) -> Read<Self> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Self {
                place,
                map,
                taken: Vec::new(),
            }),
            other => Err(FileError::new(
                place,
                format!("here must be an object with fields, not {}", kind(other)),
            )),
        }
    }

    /// The place of a field.
    pub fn at(&self, name: &str) -> String {
        match self.place.as_str() {
            "" => name.to_string(),
            place => format!("{place}.{name}"),
        }
    }

    /// An error about a field.
    pub fn error(&self, name: &str, what: impl Into<String>) -> FileError {
        FileError::new(self.at(name), what)
    }

    /// A field, if it is there and not `null`.
    pub fn optional(&mut self, name: &'static str) -> Option<&'v Value> {
        self.taken.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub fn required(&mut self, name: &'static str) -> Read<&'v Value> {
        self.optional(name)
            .ok_or_else(|| self.error(name, "this field is missing"))
    }

    /// True if a field is there and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&mut self, name: &'static str) -> Read<&'v str> {
        let value = self.required(name)?;
        as_text(value, || self.at(name))
    }

    /// A text, or nothing.
    pub fn optional_text(&mut self, name: &'static str) -> Read<Option<&'v str>> {
        self.optional(name)
            .map(|value| as_text(value, || self.at(name)))
            .transpose()
    }

    /// One character.
    pub fn character(&mut self, name: &'static str) -> Read<char> {
        let text = self.text(name)?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(self.error(name, format!("`{text}` must be one character"))),
        }
    }

    /// True or false, with what holds where it is left out.
    pub fn flag(&mut self, name: &'static str, default: bool) -> Read<bool> {
        match self.optional(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.error(name, format!("here must be true or false, not {}", kind(other)))),
        }
    }

    /// A whole number from 0.
    pub fn count(&mut self, name: &'static str) -> Read<u64> {
        let value = self.required(name)?;
        as_count(value, || self.at(name))
    }

    /// A whole number from 0, or nothing.
    pub fn optional_count(&mut self, name: &'static str) -> Read<Option<u64>> {
        self.optional(name)
            .map(|value| as_count(value, || self.at(name)))
            .transpose()
    }

    /// A number, or nothing.
    pub fn optional_number(&mut self, name: &'static str) -> Read<Option<f64>> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        let wrong = || self.error(name, format!("here must be a number, not {}", kind(value)));
        value.as_f64().map(Some).ok_or_else(wrong)
    }

    /// A list.
    pub fn list(&mut self, name: &'static str) -> Read<&'v [Value]> {
        let value = self.required(name)?;
        as_list(value, || self.at(name))
    }

    /// A list whose entries are read one by one, each from its value and its place.
    pub fn sequence<T>(&mut self, name: &'static str, read: impl Fn(&'v Value, &str) -> Read<T>) -> Read<Vec<T>> {
        let place = self.at(name);
        let all = self.list(name)?.iter().enumerate();
        all.map(|(at, one)| read(one, &format!("{place}[{at}]"))).collect()
    }

    /// The names of the fields that were not taken.
    pub fn others(&self) -> impl Iterator<Item = &'v str> {
        let others = self.map.keys().filter(|name| !self.taken.contains(&name.as_str()));
        others.map(String::as_str)
    }

    /// An error unless every field was taken.
    pub fn nothing_else(self) -> Read<()> {
        match self.others().next() {
            None => Ok(()),
            Some(name) => {
                let known = self.taken.join(", ");
                Err(self.error(name, format!("this field is not known; known here are: {known}")))
            }
        }
    }
}

/// A value as a text.
pub fn as_text(value: &Value, place: impl FnOnce() -> String) -> Read<&str> {
    value
        .as_str()
        .ok_or_else(|| FileError::new(place(), format!("here must be a text, not {}", kind(value))))
}

/// A value as a whole number from 0.
pub fn as_count(value: &Value, place: impl FnOnce() -> String) -> Read<u64> {
    value.as_u64().ok_or_else(|| {
        FileError::new(
            place(),
            format!("here must be a whole number from 0, not {}", kind(value)),
        )
    })
}

/// A value as a list.
pub fn as_list(value: &Value, place: impl FnOnce() -> String) -> Read<&[Value]> {
    match value {
        Value::Array(list) => Ok(list),
        other => Err(FileError::new(
            place(),
            format!("here must be a list, not {}", kind(other)),
        )),
    }
}

/// What kind of value one is, in words.
pub fn kind(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a text".to_string(),
        Value::Array(_) => "a list".to_string(),
        Value::Object(_) => "an object".to_string(),
    }
}
