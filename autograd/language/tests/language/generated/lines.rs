//! Lines outside of loops: reductions, products, rearranged and joined arrays, several states.

use super::author::{Author, Axis, Known};

impl Author {
    pub fn value(&mut self) -> Known {
        let place = self.below(self.known.len());
        self.known[place].clone()
    }

    pub fn value_with(&mut self, meets: impl Fn(&Known) -> bool) -> Option<Known> {
        let fitting: Vec<Known> = self.known.iter().filter(|one| meets(one)).cloned().collect();
        (!fitting.is_empty()).then(|| self.one_of(&fitting))
    }

    fn define(&mut self, formula: &str, axes: Vec<Axis>) {
        let name = self.fresh("y");
        self.say(&format!("{name} = {formula}"));
        self.keep(name, axes);
    }

    /// One line; nothing if no value fits what was drawn.
    pub fn line(&mut self) -> Option<()> {
        let a = self.value();
        match self.below(11) {
            0..3 => {
                let depth = 1 + self.below(3);
                let formula = self.entrywise(&a.axes, &[], depth);
                self.define(&formula, a.axes);
            }
            3 => {
                let place = self.below(a.axes.len().max(1));
                let axis = a.axes.get(place)?.clone();
                let rest = a.axes.iter().filter(|own| **own != axis).cloned().collect();
                let reducers = ["sum", "mean", "prod", "logsumexp", "max", "min"];
                let reducer = self.one_of(&reducers[..if self.smooth { 4 } else { 6 }]);
                self.define(&format!("{reducer}({}, over {})", a.name, axis.label), rest);
            }
            4 => {
                let place = self.below(a.axes.len().max(1));
                let axis = a.axes.get(place)?.clone();
                let along = self.one_of(&["softmax", "log_softmax", "cumsum", "flip"]);
                self.define(&format!("{along}({}, over {})", a.name, axis.label), a.axes);
            }
            5 | 6 => {
                let inner = a.axes.last()?.clone();
                let outer = a.axes[..a.axes.len() - 1].to_vec();
                let free = |axis: &Axis| outer.iter().all(|own| own.label != axis.label);
                let meets = |one: &Known| {
                    one.axes.first() == Some(&inner) && one.axes.len() <= 2 && one.axes[1..].iter().all(free)
                };
                let b = self.value_with(meets)?;
                let axes: Vec<Axis> = outer.iter().chain(&b.axes[1..]).cloned().collect();
                self.define(&format!("tanh({}) @ tanh({})", a.name, b.name), axes);
            }
            7 => {
                let mut axes = a.axes.clone();
                let last = axes.len().checked_sub(2)?;
                axes.swap(last, last + 1);
                self.define(&format!("{}.T", a.name), axes);
            }
            8 => {
                let (first, rest) = a
                    .axes
                    .split_first()
                    .filter(|(first, _)| first.size != "S" && !a.name.contains('['))?;
                let place = self.one_of(&["1".to_string(), first.size.clone()]);
                let rest = rest.to_vec();
                self.define(&format!("{}[{place}]", a.name), rest);
            }
            9 => {
                let axis = a.axes.first()?.clone();
                let same = |one: &Known| one.axes == a.axes;
                let b = self.value_with(same)?;
                let name = self.fresh("y");
                self.say(&format!(
                    "{name} = concat({}, tanh({}), over {})",
                    a.name, b.name, axis.label
                ));
                let rest: Vec<String> = a.axes.iter().map(|axis| axis.label.clone()).collect();
                let sum = self.fresh("y");
                self.say(&format!("{sum} = sum({name}^2, over {})", rest.join(", ")));
                self.keep(sum, Vec::new());
            }
            _ => {
                let axis = a
                    .axes
                    .iter()
                    .find(|axis| axis.label == "A" || axis.label == "B")?
                    .clone();
                let ids = self.fresh("w");
                let name = self.fresh("y");
                let place = a.axes.iter().position(|own| *own == axis)?;
                if place != 0 || a.name.contains('[') || a.axes.iter().any(|axis| axis.label == "T") {
                    return None;
                }
                // Declarations may stand anywhere before their use.
                self.say(&format!("input {ids}[T]: id[{}]", axis.size));
                self.say(&format!("{name} = {}[{ids}]", a.name));
                let axes = std::iter::once(Axis::of("T"))
                    .chain(a.axes[1..].iter().cloned())
                    .collect();
                self.keep(name, axes);
            }
        }
        Some(())
    }
}
