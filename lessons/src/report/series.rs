//! The marks that distinguish the models of a comparison: colour, dashes, and the shape of points.

/// The number of different styles; the stylesheet has a colour and a dash pattern for each.
const STYLES: usize = 6;

/// The shapes of points, about 4 units from their centre.
const SHAPES: [&str; STYLES] = [
    "M-3.5-3.5h7v7h-7z",
    "M0-4.4L4.2 3.2H-4.2z",
    "M0-4.8L4.8 0 0 4.8-4.8 0z",
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M0 4.4L4.2-3.2H-4.2z",
    "M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
];

/// The class of the marks of the model at this position.
pub fn class(position: usize) -> String {
    format!("s{}", position % STYLES)
}

/// The shape of the points of the model at this position.
pub fn shape(position: usize) -> &'static str {
    SHAPES[position % STYLES]
}
