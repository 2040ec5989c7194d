//! Attributes of ops: the numbers and choices that belong to an op itself, such as the axis of a softmax.
//!
//! An op lists its attributes once, with [`attributes!`]; files of cases, JSON and the text of the graph language all
//! write and read them as [`AttributeValue`]s.

use smallvec::SmallVec;

use crate::shape::{Axes, RANK_MAX, Shape};

/// What an op says about one of its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name in files, JSON and programs.
    pub name: &'static str,
    /// The values it may have, in a few words.
    pub values: &'static str,
    /// The same as what a wrong value must be: "a whole number from 0 on".
    pub expected: &'static str,
    /// How a program writes it.
    pub written: &'static str,
    /// True if it may be left out of JSON.
    pub optional: bool,
    /// True if a value that is left out stands for all there is, so that an empty list must be written.
    pub nothing_is_all: bool,
    /// What it decides.
    pub meaning: &'static str,
}

impl Attribute {
    /// The attribute of this name, whose values are those of the type `A`.
    pub const fn of<A: AttributeType>(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            values: A::VALUES,
            expected: A::EXPECTED,
            written: A::WRITTEN,
            optional: A::OPTIONAL,
            nothing_is_all: A::NOTHING_IS_ALL,
            meaning,
        }
    }
}

/// The value of an attribute, as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeValue {
    /// Not given, or `null`.
    Nothing,
    /// A count: an axis, a position, a size.
    Count(usize),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Several numbers.
    List(Vec<f64>),
    /// One of several named choices, and which one, counted from 0.
    Choice(String, usize),
}

/// A type that an attribute can have.
pub trait AttributeType: Sized {
    /// The values of the type, in a few words.
    const VALUES: &'static str;
    /// What a wrong value must be.
    const EXPECTED: &'static str;
    /// How a program writes a value.
    const WRITTEN: &'static str;
    /// True if nothing at all is a value that JSON may leave out.
    const OPTIONAL: bool = false;
    /// True if nothing at all stands for all there is.
    const NOTHING_IS_ALL: bool = false;

    /// The value for a file.
    fn to_value(&self) -> AttributeValue;

    /// The value of a file; `None` if it is none of this type.
    fn from_value(value: &AttributeValue) -> Option<Self>;
}

/// The value of an attribute is not one it can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongAttribute {
    /// The name of the attribute.
    pub name: &'static str,
    /// What its value must be.
    pub expected: &'static str,
}

/// Reads one attribute.
pub fn read<A: AttributeType>(name: &'static str, given: &dyn Fn(&str) -> AttributeValue) -> Result<A, WrongAttribute> {
    let expected = A::EXPECTED;
    A::from_value(&given(name)).ok_or(WrongAttribute { name, expected })
}

/// The name of an attribute: that of its field, unless another is given.
macro_rules! attribute_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}
pub(crate) use attribute_name;

/// Lists the attributes of an op inside its `impl Op`: `field: type, "what it decides";`.
macro_rules! attributes {
    ($($field:ident $(as $name:literal)?: $type:ty, $meaning:literal;)*) => {
        const ATTRIBUTES: &'static [$crate::op::Attribute] = &[
            $( $crate::op::Attribute::of::<$type>($crate::op::attribute_name!($field $($name)?), $meaning) ),*
        ];

        fn attributes(&self) -> Vec<$crate::op::AttributeValue> {
            vec![ $( $crate::op::AttributeType::to_value(&self.$field) ),* ]
        }

        fn from_attributes(
            _given: &dyn Fn(&str) -> $crate::op::AttributeValue,
        ) -> Result<Self, $crate::op::WrongAttribute> {
            Ok(Self {
                $( $field: $crate::op::read_attribute($crate::op::attribute_name!($field $($name)?), _given)? ),*
            })
        }
    };
}
pub(crate) use attributes;

/// An attribute that is one of several named choices.
macro_rules! choices {
    ($kind:ident, $values:literal, $expected:literal, $written:literal: $($name:literal => $choice:ident),*) => {
        impl $crate::op::AttributeType for $kind {
            const VALUES: &'static str = $values;
            const EXPECTED: &'static str = $expected;
            const WRITTEN: &'static str = $written;

            fn to_value(&self) -> $crate::op::AttributeValue {
                let choices = [ $( ($name, Self::$choice) ),* ];
                let index = choices.iter().position(|(_, choice)| choice == self).expect("every choice has a name");
                $crate::op::AttributeValue::Choice(choices[index].0.to_string(), index)
            }

            fn from_value(value: &$crate::op::AttributeValue) -> Option<Self> {
                let choices = [ $( ($name, Self::$choice) ),* ];
                match value {
                    $crate::op::AttributeValue::Choice(given, _) => {
                        choices.into_iter().find(|(name, _)| name == given).map(|(_, choice)| choice)
                    }
                    $crate::op::AttributeValue::Count(index) => choices.get(*index).map(|(_, choice)| *choice),
                    $crate::op::AttributeValue::Number(number) => {
                        let index = (0..choices.len()).find(|&i| i as f64 == *number)?;
                        Some(choices[index].1)
                    }
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use choices;

/// An attribute that is a yes or a no, and may be left out for a no.
macro_rules! flag {
    ($kind:ident: yes $yes:ident, no $no:ident) => {
        impl $crate::op::AttributeType for $kind {
            const VALUES: &'static str = "true or false";
            const EXPECTED: &'static str = "true or false, or left out for false";
            const WRITTEN: &'static str = "[1]; no if left out";
            const OPTIONAL: bool = true;

            fn to_value(&self) -> $crate::op::AttributeValue {
                match self {
                    Self::$yes => $crate::op::AttributeValue::Flag(true),
                    Self::$no => $crate::op::AttributeValue::Nothing,
                }
            }

            fn from_value(value: &$crate::op::AttributeValue) -> Option<Self> {
                use $crate::op::AttributeValue::{Count, Flag, Nothing, Number};
                match value {
                    Flag(true) | Count(1) | Number(1.0) => Some(Self::$yes),
                    Nothing | Flag(false) | Count(0) | Number(0.0) => Some(Self::$no),
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use flag;

/// The number as a count, if it is one.
fn count(number: f64) -> Option<usize> {
    (number >= 0.0 && number.fract() == 0.0 && number < 4_294_967_296.0).then_some(number as usize)
}

/// The numbers of a list; a single number is a list of one, and nothing an empty one.
fn list(value: &AttributeValue) -> Option<Vec<usize>> {
    match value {
        AttributeValue::Nothing => Some(Vec::new()),
        AttributeValue::Count(count) => Some(vec![*count]),
        AttributeValue::Number(number) => count(*number).map(|one| vec![one]),
        AttributeValue::List(numbers) => numbers.iter().map(|&number| count(number)).collect(),
        _ => None,
    }
}

fn numbers(list: impl IntoIterator<Item = usize>) -> AttributeValue {
    AttributeValue::List(list.into_iter().map(|number| number as f64).collect())
}

impl AttributeType for usize {
    const VALUES: &'static str = "whole number";
    const EXPECTED: &'static str = "a whole number from 0 on";
    const WRITTEN: &'static str = "[1]";

    fn to_value(&self) -> AttributeValue {
        AttributeValue::Count(*self)
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Count(count) => Some(*count),
            AttributeValue::Number(number) => count(*number),
            _ => None,
        }
    }
}

impl AttributeType for Option<usize> {
    const VALUES: &'static str = "whole number or null";
    const EXPECTED: &'static str = "a whole number or null";
    const WRITTEN: &'static str = "[0]; none if left out";
    const OPTIONAL: bool = true;

    fn to_value(&self) -> AttributeValue {
        self.map_or(AttributeValue::Nothing, |number| number.to_value())
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Nothing => Some(None),
            value => usize::from_value(value).map(Some),
        }
    }
}

impl AttributeType for f64 {
    const VALUES: &'static str = "number, \"inf\" or \"-inf\"";
    const EXPECTED: &'static str = "a number, \"inf\" or \"-inf\"";
    const WRITTEN: &'static str = "[0.5]";

    fn to_value(&self) -> AttributeValue {
        AttributeValue::Number(*self)
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Number(number) => Some(*number),
            AttributeValue::Count(count) => Some(*count as f64),
            _ => None,
        }
    }
}

impl AttributeType for Option<f64> {
    const VALUES: &'static str = "number or null";
    const EXPECTED: &'static str = "a number or null";
    const WRITTEN: &'static str = "[0.5]; none if left out";
    const OPTIONAL: bool = true;

    fn to_value(&self) -> AttributeValue {
        self.map_or(AttributeValue::Nothing, AttributeValue::Number)
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Nothing => Some(None),
            value => f64::from_value(value).map(Some),
        }
    }
}

impl AttributeType for Axes {
    const VALUES: &'static str = "list of axes counted from 0, or null for all";
    const EXPECTED: &'static str = "a list of axes counted from 0, or null for all";
    const WRITTEN: &'static str = "[0]; all if left out, [-1] for none";
    const NOTHING_IS_ALL: bool = true;

    fn to_value(&self) -> AttributeValue {
        if *self == Self::ALL {
            return AttributeValue::Nothing;
        }
        numbers((0..RANK_MAX).filter(|&axis| self.contains(axis)))
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        if *value == AttributeValue::Nothing {
            return Some(Self::ALL);
        }
        let axes = list(value)?;
        axes.iter().all(|&axis| axis < RANK_MAX).then(|| Self::of(&axes))
    }
}

impl AttributeType for Shape {
    const VALUES: &'static str = "list of sizes";
    const EXPECTED: &'static str = "a list of whole numbers from 0 on";
    const WRITTEN: &'static str = "[2, 3]; a single number if left out";

    fn to_value(&self) -> AttributeValue {
        numbers(self.iter())
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        list(value)
            .filter(|sizes| sizes.len() <= RANK_MAX)
            .map(|sizes| Self::new(&sizes))
    }
}

impl AttributeType for Box<[i64]> {
    const VALUES: &'static str = "list of whole numbers, which may be negative";
    const EXPECTED: &'static str = "a list of whole numbers, which may be negative";
    const WRITTEN: &'static str = "[1, -1]";

    fn to_value(&self) -> AttributeValue {
        AttributeValue::List(self.iter().map(|&number| number as f64).collect())
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 4_294_967_296.0).then_some(number as i64);
        match value {
            AttributeValue::Nothing => Some(Self::default()),
            AttributeValue::Count(count) => whole(*count as f64).map(|one| Self::from([one])),
            AttributeValue::Number(number) => whole(*number).map(|one| Self::from([one])),
            AttributeValue::List(numbers) => numbers.iter().map(|&number| whole(number)).collect(),
            _ => None,
        }
    }
}

impl AttributeType for SmallVec<[u8; RANK_MAX]> {
    const VALUES: &'static str = "list of whole numbers";
    const EXPECTED: &'static str = "a list of whole numbers from 0 on";
    const WRITTEN: &'static str = "[1, 0]";

    fn to_value(&self) -> AttributeValue {
        numbers(self.iter().map(|&axis| usize::from(axis)))
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        list(value)?.into_iter().map(|axis| u8::try_from(axis).ok()).collect()
    }
}
