//! What the checker finds out about places of the text, for those who read it: types of values, and axes by name.

use std::collections::BTreeMap;

use super::types::Type;
use crate::span::Span;

/// What is known about places of a text; also of one with mistakes, as far as it could be checked.
///
/// Each graph and module is described as it stands: a module in its own sizes, not in those of a call. The body of a
/// function has types only where the function is called, so nothing is said about it.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    types: BTreeMap<Place, Type>,
    axes: BTreeMap<Place, Span>,
}

/// A span by its two ends, since spans themselves compare as equal.
type Place = (u32, u32);

fn place(span: Span) -> Place {
    (span.start, span.end)
}

impl Notes {
    /// Adds the type of the value that stands at a place; what is known about a place already stays.
    pub(crate) fn add_type(&mut self, at: Span, ty: Type) {
        self.types.entry(place(at)).or_insert(ty);
    }

    /// Adds where the axis comes from that a name stands for.
    pub(crate) fn add_axis(&mut self, name: Span, origin: Span) {
        self.axes.entry(place(name)).or_insert(origin);
    }

    /// True if nothing is known: the text has no values, or was not checked.
    pub(crate) fn is_empty(&self) -> bool {
        self.types.is_empty() && self.axes.is_empty()
    }

    /// The type of the expression, or of the name on the left of an equation, at exactly this place.
    pub fn type_at(&self, at: Span) -> Option<&Type> {
        self.types.get(&place(at))
    }

    /// The smallest expression that holds this byte, with its type.
    pub fn type_around(&self, byte: u32) -> Option<(Span, &Type)> {
        let holds = |&(&(start, end), _): &(&Place, &Type)| start <= byte && byte < end;
        let begun = self.types.range(..(byte + 1, 0)).filter(holds);
        let smallest = begun.min_by_key(|((start, end), _)| end - start);
        smallest.map(|(&(start, end), ty)| (Span { start, end }, ty))
    }

    /// Where the axis comes from that the name at this place stands for, as in `over k`.
    pub fn axis_origin(&self, name: Span) -> Option<Span> {
        self.axes.get(&place(name)).copied()
    }
}
