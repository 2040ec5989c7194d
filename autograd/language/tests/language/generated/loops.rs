//! Loops: recurrences in both directions from any start, nested loops, shared weights, rows of layers.

use super::author::{Author, Axis, Known, shape};
use super::expressions::neighbour_of;

/// How a recurrence runs.
#[derive(Clone, Copy, PartialEq)]
enum Run {
    /// From 1 to the end, started at 0.
    Up,
    /// From 2 to the end, started at 1.
    FromSecond,
    /// From 1 to the end, started at 0 and 1: each round gives the value after its own position.
    TwoBack,
    /// From the end down to 1, started behind the end.
    Down,
    /// From the last but one down to 1, started at the end.
    FromLast,
}

impl Run {
    const ALL: [Self; 7] = [
        Self::Up,
        Self::Up,
        Self::Down,
        Self::Down,
        Self::FromSecond,
        Self::TwoBack,
        Self::FromLast,
    ];

    fn range(self, end: &str) -> String {
        match self {
            Self::Up | Self::TwoBack => format!("1..{end}"),
            Self::FromSecond => format!("2..{end}"),
            Self::Down => format!("{end}..1 down"),
            Self::FromLast => format!("{end} - 1..1 down"),
        }
    }

    fn starts(self, end: &str) -> Vec<String> {
        match self {
            Self::Up => vec!["0".to_string()],
            Self::FromSecond => vec!["1".to_string()],
            Self::TwoBack => vec!["0".to_string(), "1".to_string()],
            Self::Down => vec![format!("{end} + 1")],
            Self::FromLast => vec![end.to_string()],
        }
    }

    /// The position that is computed last.
    fn last(self, end: &str) -> String {
        match self {
            Self::Down | Self::FromLast => "1".to_string(),
            Self::TwoBack => format!("{end} + 1"),
            Self::Up | Self::FromSecond => end.to_string(),
        }
    }

    /// The position that a round gives.
    fn own(self, index: &str) -> String {
        match self {
            Self::TwoBack => format!("{index}+1"),
            _ => index.to_string(),
        }
    }

    /// The positions of the rounds before.
    fn before(self, index: &str) -> Vec<String> {
        match self {
            Self::TwoBack => vec![index.to_string(), format!("{index}-1")],
            Self::Down | Self::FromLast => vec![format!("{index}+1")],
            Self::Up | Self::FromSecond => vec![format!("{index}-1")],
        }
    }
}

impl Author {
    /// The sizes without value of their own that a size is made of.
    fn runs_to(&mut self, size: &str) {
        let parts: &[&str] = match size {
            "S" | "U" => &["T", "K"],
            "F" => &["A"],
            "P" => &["A", "B"],
            other => &[other],
        };
        self.loop_sizes.extend(parts.iter().map(|part| (*part).to_string()));
    }

    fn start(&mut self, axes: &[Axis]) -> String {
        let fits = |one: &Known| one.axes == axes;
        let zero = |number: &str| match axes.is_empty() {
            true => number.to_string(),
            false => format!("broadcast({number}, to => {})", shape(axes)),
        };
        match self.below(4) {
            0 | 1 => zero("0"),
            2 => zero("0.5"),
            _ => match self.value_with(fits) {
                Some(one) => one.name,
                None => zero("1"),
            },
        }
    }

    /// What a round at `index` may read of arrays outside: their positions along the first axis.
    fn drives(&mut self, index: &str, run: Run, end: &str) -> Vec<Known> {
        let mut drives = Vec::new();
        let neighbour = self.below(6);
        // Where there may be one round only, its first may be its last.
        self.must_unroll |= neighbour == 3;
        for one in self.known.iter().filter(|one| !one.name.contains('[')) {
            let Some((first, rest)) = one.axes.split_first() else {
                continue;
            };
            if first.label != first.size {
                continue;
            }
            let mut at = |place: &str| {
                drives.push(Known {
                    name: format!("{}[{place}]", one.name),
                    axes: rest.to_vec(),
                });
            };
            if first.size == end {
                at(index);
                match run {
                    Run::FromSecond => at(&format!("{index}-1")),
                    Run::FromLast => at(&format!("{index}+1")),
                    Run::Up | Run::TwoBack | Run::Down => {
                        drives.extend(neighbour_of(&one.name, index, end, neighbour).map(|name| Known {
                            name,
                            axes: rest.to_vec(),
                        }));
                    }
                }
            } else if end == "S" && first.size == "T" {
                at(index);
                at(&format!("{index}+K-1"));
            }
        }
        drives
    }

    /// A recurrence with one or two states, and what is read of it afterwards.
    pub fn recurrence(&mut self) -> Option<()> {
        let ends: Vec<&str> = self
            .axis_sizes
            .iter()
            .copied()
            .filter(|size| "TSBU".contains(size))
            .collect();
        let end = if self.chance(0.6) { "T" } else { self.one_of(&ends) };
        let free =
            |one: &Known| one.axes.len() <= 2 && one.axes.iter().all(|axis| axis.label != end && axis.size != end);
        let axes = self.value_with(free)?.axes;
        let run = self.one_of(&Run::ALL);
        self.runs_to(end);
        let index = self.fresh("t");
        let states: Vec<String> = (0..1 + self.below(2)).map(|_| self.fresh("h")).collect();
        for state in &states {
            for place in run.starts(end) {
                let start = self.start(&axes);
                self.say(&format!("{state}[{place}] = {start}"));
            }
        }
        let layer = (axes.len() == 1 && self.chance(0.4)).then(|| self.cell(&axes[0]));
        let mut offered = self.drives(&index, run, end);
        let mut before = Vec::new();
        for state in &states {
            before.extend(run.before(&index).into_iter().map(|place| Known {
                name: format!("{state}[{place}]"),
                axes: axes.clone(),
            }));
        }
        offered.extend(before.iter().cloned());
        if self.chance(0.2) {
            offered.push(Known {
                name: index.clone(),
                axes: Vec::new(),
            });
        }
        let mut lines = Vec::new();
        let mut rows = states.clone();
        if self.chance(0.4) {
            let z = self.fresh("z");
            let formula = self.entrywise(&axes, &offered, 2);
            lines.push(format!("{z}[{index}] = {}", self.fitted(&axes, &formula)));
            offered.push(Known {
                name: format!("{z}[{index}]"),
                axes: axes.clone(),
            });
            rows.push(z);
        }
        for (number, state) in states.iter().enumerate() {
            let formula = self.step(
                &axes,
                &offered,
                &before[number * before.len() / states.len()].name,
                layer.as_deref(),
            );
            let own = run.own(&index);
            lines.push(format!("{state}[{own}] = {formula}"));
            offered.push(Known {
                name: format!("{state}[{own}]"),
                axes: axes.clone(),
            });
        }
        self.say(&format!("for {index} = {} {{ {} }}", run.range(end), lines.join("; ")));
        self.read_afterwards(&rows, &axes, run, end);
        Some(())
    }

    /// A number where the row has axes stays a number, so it is repeated.
    fn fitted(&self, axes: &[Axis], formula: &str) -> String {
        if axes.is_empty() {
            formula.to_string()
        } else {
            format!("broadcast({formula}, to => {})", shape(axes))
        }
    }

    fn step(&mut self, axes: &[Axis], offered: &[Known], before: &str, layer: Option<&str>) -> String {
        let depth = 1 + self.below(2);
        let more = self.entrywise(axes, offered, depth);
        if let Some(layer) = layer
            && self.chance(0.7)
        {
            let more = self.fitted(axes, &more);
            return match self.below(3) {
                0 => format!("{layer}({layer}({before}, {more}), {before})"),
                _ => format!("{layer}({more}, {before})"),
            };
        }
        let form = if self.smooth {
            self.one_of(&[0, 1, 4, 5])
        } else {
            self.below(6)
        };
        match form {
            0 => format!("tanh({before} * 0.7 + {more})"),
            1 => format!("{before} * 0.5 + {more}"),
            2 => format!("max({before}, tanh({more}))"),
            3 => format!("if {before} > 0 then {before} * 0.5 + tanh({more}) else {before} - tanh({more})"),
            4 => self.fitted(axes, &format!("tanh({more})")),
            _ => format!("0.5 * {before} + 0.5 * {before} * tanh({more})"),
        }
    }

    /// A module with shared weights, and a layer of it.
    fn cell(&mut self, axis: &Axis) -> String {
        let module = format!("Cell{}", self.modules.len());
        let relu = if self.smooth { "softplus" } else { "relu" };
        let inner = self.one_of(&[
            "tanh(W @ x + U @ h + b)".to_string(),
            format!("{relu}(W @ x) + tanh(U @ h)"),
            "sigmoid(b) * h + tanh(W @ (x * h))".to_string(),
        ]);
        self.modules.push_str(&format!(
            "module {module}[I](x[I], h[I]) -> y[I] {{\n    param W[I, I] ~ normal(0, 1), U[I, I] ~ normal(0, 1), b[I] ~ zeros\n    y = {inner}\n}}\n"
        ));
        let layer = self.fresh_layer("cell");
        self.say(&format!("layer {layer} = {module}[{}]", axis.size));
        layer
    }

    /// Whole rows, single positions, and a second loop over them.
    fn read_afterwards(&mut self, rows: &[String], axes: &[Axis], run: Run, end: &str) {
        for (number, row) in rows.iter().enumerate() {
            let is_whole = match run {
                Run::Up | Run::Down => true,
                Run::FromSecond => number == 0,
                Run::TwoBack | Run::FromLast => false,
            };
            if is_whole && self.chance(0.5) {
                let whole = std::iter::once(Axis::of(end)).chain(axes.iter().cloned()).collect();
                self.keep(row.clone(), whole);
            }
            let own = run.last(end);
            // Of a row without a start there may be no last position.
            let has_last = matches!(run, Run::Up | Run::Down) || number == 0 && run == Run::TwoBack;
            if has_last && end != "S" && self.chance(0.6) {
                let place = if self.chance(0.2) && run == Run::Up && number == 0 {
                    "1".to_string()
                } else {
                    own
                };
                if self.chance(0.5) {
                    let last = self.fresh("last");
                    self.say(&format!("{last} = {row}[{place}]"));
                    self.keep(last, axes.to_vec());
                } else {
                    self.keep(format!("{row}[{place}]"), axes.to_vec());
                }
            }
        }
        if run != Run::FromLast && self.chance(0.35) {
            self.second_loop(&rows[0], axes, run, end);
        }
    }

    /// A loop of its own that reads the states, such as the loss of each step.
    fn second_loop(&mut self, row: &str, axes: &[Axis], run: Run, end: &str) {
        let index = self.fresh("s");
        let name = self.fresh("loss");
        let state = |place: &str| Known {
            name: format!("{row}[{place}]"),
            axes: axes.to_vec(),
        };
        let mut offered = self.drives(&index, Run::Up, end);
        offered.push(state(&index));
        match run {
            Run::Up | Run::TwoBack => offered.push(state(&format!("{index}-1"))),
            Run::Down => offered.push(state(&format!("{index}+1"))),
            Run::FromSecond | Run::FromLast => {}
        }
        let formula = self.entrywise(axes, &offered, 2);
        let formula = format!("tanh({row}[{index}] + {formula})");
        let range = if self.chance(0.5) {
            format!("1..{end}")
        } else {
            format!("{end}..1 down")
        };
        self.say(&format!("for {index} = {range} {{ {name}[{index}] = {formula} }}"));
        let whole = std::iter::once(Axis::of(end)).chain(axes.iter().cloned()).collect();
        self.keep(name, whole);
    }

    /// A recurrence over a batch: a matrix of states, multiplied by shared weights.
    pub fn several(&mut self) -> Option<()> {
        self.runs_to("T");
        let [x, w, u, h, index] = ["x", "W", "U", "h", "t"].map(|letter| self.fresh(letter));
        self.say(&format!("input {x}[T, B, A]"));
        self.say(&format!("param {w}[A, q:A] ~ normal(0, 1), {u}[A, A] ~ normal(0, 1)"));
        let axes = [Axis::of("B"), Axis::of("A")];
        let run = self.one_of(&[Run::Up, Run::Down]);
        let relu = if self.smooth { "softplus" } else { "relu" };
        let start = self.start(&axes);
        self.say(&format!("{h}[{}] = {start}", run.starts("T")[0]));
        let before = format!("{h}[{}]", run.before(&index)[0]);
        let step = self.one_of(&[
            format!("tanh({x}[{index}] @ {u} + {before} @ {u})"),
            format!("tanh({x}[{index}] + {before} @ {w})"),
            format!("{relu}({x}[{index}] @ {u}) + 0.5 * {before}"),
            format!("softmax({x}[{index}] + {before}, over A)"),
        ]);
        // The product with W has an axis of another name; the row has the names of its start.
        let step = if step.contains(&format!("@ {w}")) {
            let z = self.fresh("z");
            let line = format!("{z} = {before} @ {w} as [B, A]");
            format!("{line}; {h}[{index}] = tanh({x}[{index}] + {z})")
        } else {
            format!("{h}[{index}] = {step}")
        };
        self.say(&format!("for {index} = {} {{ {step} }}", run.range("T")));
        self.read_afterwards(&[h], &axes, run, "T");
        Some(())
    }

    /// Loops in loops: a deep recurrence, or a grid.
    pub fn nested(&mut self) -> Option<()> {
        let free = |one: &Known| one.axes.len() <= 1 && one.axes.iter().all(|axis| axis.size == "A");
        let axes = self.value_with(free)?.axes;
        self.must_unroll = true;
        let [h, u, outer, inner] = ["h", "u", "n", "m"].map(|letter| self.fresh(letter));
        let [start, edge] = [0, 1].map(|_| self.start(&axes));
        self.runs_to("L");
        if self.chance(0.5) {
            self.runs_to("T");
            let offered = vec![
                Known {
                    name: format!("{u}[{outer}, {inner}-1]"),
                    axes: axes.clone(),
                },
                Known {
                    name: format!("{h}[{outer}-1]"),
                    axes: axes.clone(),
                },
            ];
            let formula = self.entrywise(&axes, &offered, 2);
            self.say(&format!("{h}[0] = {start}"));
            self.say(&format!("for {outer} = 1..T {{"));
            self.say(&format!("    {u}[{outer}, 0] = {h}[{outer}-1]"));
            self.say(&format!(
                "    for {inner} = 1..L {{ {u}[{outer}, {inner}] = tanh({u}[{outer}, {inner}-1] + {formula}) }}"
            ));
            self.say(&format!("    {h}[{outer}] = {u}[{outer}, L]"));
            self.say("}");
            let whole = std::iter::once(Axis::of("T")).chain(axes.iter().cloned()).collect();
            self.keep(h.clone(), whole);
            self.keep(format!("{h}[T]"), axes);
        } else {
            self.runs_to("K");
            let down = self.chance(0.5);
            let offered = vec![
                Known {
                    name: format!("{u}[{outer}-1, {inner}]"),
                    axes: axes.clone(),
                },
                Known {
                    name: format!("{u}[{outer}, {inner}{}1]", if down { "+" } else { "-" }),
                    axes: axes.clone(),
                },
            ];
            let formula = self.entrywise(&axes, &offered, 2);
            let before = if down { "K + 1" } else { "0" };
            let range = if down { "K..1 down" } else { "1..K" };
            self.say(&format!("for {inner} = 1..K {{ {u}[0, {inner}] = {start} }}"));
            self.say(&format!("for {outer} = 1..L {{"));
            self.say(&format!("    {u}[{outer}, {before}] = {edge}"));
            let inner2 = inner.clone();
            self.say(&format!(
                "    for {inner2} = {range} {{ {u}[{outer}, {inner}] = tanh({} + {formula}) }}",
                offered[1].name
            ));
            self.say("}");
            self.keep(format!("{u}[L, {}]", if down { "1" } else { "K" }), axes);
        }
        Some(())
    }

    /// A row of layers, each with parameters of its own.
    pub fn row_of_layers(&mut self) -> Option<()> {
        let fits = |one: &Known| one.axes.last().is_some_and(|axis| *axis == Axis::of("A")) && one.axes.len() <= 2;
        let x = self.value_with(fits)?;
        self.must_unroll = true;
        self.runs_to("L");
        let module = format!("Block{}", self.modules.len());
        self.modules.push_str(&format!(
            "module {module}[I](x[.., I]) -> y[.., I] {{\n    param W[I, I] ~ normal(0, 1), b[I] ~ zeros\n    y = x + tanh(x @ W + b)\n}}\n"
        ));
        let block = self.fresh_layer("block");
        let [row, index] = ["R", "l"].map(|letter| self.fresh(letter));
        self.say(&format!("layer {block}[L] = {module}[A]"));
        self.say(&format!("{row}[0] = {}", x.name));
        self.say(&format!(
            "for {index} = 1..L {{ {row}[{index}] = {block}[{index}]({row}[{index}-1]) }}"
        ));
        self.keep(format!("{row}[L]"), x.axes);
        Some(())
    }
}
