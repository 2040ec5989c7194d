//! Index equations: one equation for each entry, with sums, conditions and positions.

use super::author::{Author, Axis, Known};

impl Author {
    /// One index equation over the axes of two values.
    pub fn indexed(&mut self) -> Option<()> {
        let a = self.value();
        let plain = |one: &Known| {
            let mut labels: Vec<&str> = one.axes.iter().map(|axis| axis.label.as_str()).collect();
            labels.sort_unstable();
            labels.dedup();
            labels.len() == one.axes.len() && one.axes.iter().all(|axis| axis.label == axis.size)
        };
        // A position of a row is no name, and takes no index.
        if a.name.contains('[') || !plain(&a) || a.axes.is_empty() || a.axes.len() > 2 {
            return None;
        }
        let b = self.value_with(|one| !one.name.contains('[') && plain(one) && one.axes.len() <= 2)?;
        let mut axes = a.axes.clone();
        axes.extend(b.axes.iter().filter(|axis| !a.axes.contains(axis)).cloned());
        let index = |axis: &Axis| format!("{}0", axis.label.to_lowercase());
        let at = |one: &Known| -> String {
            let places: Vec<String> = one.axes.iter().map(index).collect();
            if places.is_empty() {
                one.name.clone()
            } else {
                format!("{}[{}]", one.name, places.join(", "))
            }
        };
        let (left, right) = (at(&a), at(&b));
        let place = index(&axes[0]);
        let form = if self.smooth {
            self.one_of(&[0, 3, 4, 5])
        } else {
            self.below(6)
        };
        let body = match form {
            0 => format!("tanh({left}) * {right}"),
            1 => format!("max({left}, {right})"),
            2 => format!("if {left} > {right} then {left} else 0.5 * {right}"),
            3 => format!("if {place} <= 2 then {left} else {right}"),
            4 => format!("{left} / (1 + {right}^2)"),
            _ => format!("{left} * {place} - {right}"),
        };
        // Now and then one axis is reduced.
        let (body, axes) = if axes.len() > 1 && self.chance(0.5) {
            let place = self.below(axes.len());
            let gone = axes.remove(place);
            let reducers = ["sum", "mean", "prod", "max", "min"];
            let reducer = self.one_of(&reducers[..if self.smooth { 3 } else { 5 }]);
            (format!("{reducer}({}: {body})", index(&gone)), axes)
        } else {
            (body, axes)
        };
        let name = self.fresh("e");
        let places: Vec<String> = axes.iter().map(index).collect();
        let places = if places.is_empty() {
            String::new()
        } else {
            format!("[{}]", places.join(", "))
        };
        self.say(&format!("{name}{places} = {body}"));
        self.keep(name, axes);
        Some(())
    }
}
