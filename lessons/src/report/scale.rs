//! An axis: where a value lies on the drawing, and which values are written beside it.

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Equal differences take equal lengths.
    Linear,
    /// Equal ratios take equal lengths; values must be positive.
    Logarithmic,
}

/// An axis from one value to another, and where on the drawing these two lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    spacing: Spacing,
    values: [f64; 2],
    pixels: [f64; 2],
}

/// A value written beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its place on the drawing, in pixels.
    pub pixel: f64,
    pub label: String,
}

impl Scale {
    /// The axis on which `values` lie at `pixels`.
    ///
    /// An axis of no length is widened, so that a single value has a place.
    pub fn new(spacing: Spacing, values: [f64; 2], pixels: [f64; 2]) -> Self {
        let [from, to] = values;
        let values = match spacing {
            _ if to > from => values,
            Spacing::Linear => [from, from + 1.0],
            Spacing::Logarithmic => [from, from * 10.0],
        };
        Self {
            spacing,
            values,
            pixels,
        }
    }

    /// Where a value lies on the drawing.
    pub fn pixel(&self, value: f64) -> f64 {
        let [from, to] = self.values;
        let share = match self.spacing {
            Spacing::Linear => (value - from) / (to - from),
            Spacing::Logarithmic => (value / from).ln() / (to / from).ln(),
        };
        self.pixels[0] + share * (self.pixels[1] - self.pixels[0])
    }

    /// Round values along the axis, about `count` of them.
    pub fn ticks(&self, count: usize) -> Vec<Tick> {
        let values = match self.spacing {
            Spacing::Linear => self.round_steps(count),
            Spacing::Logarithmic => self.round_ratios(count),
        };
        let tick = |(value, label)| Tick {
            pixel: self.pixel(value),
            label,
        };
        values.into_iter().map(tick).collect()
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    fn round_steps(&self, count: usize) -> Vec<(f64, String)> {
        let [from, to] = self.values;
        let step = round_step((to - from) / count.max(1) as f64);
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        // The end counts although rounding errors put it a little outside.
        let (first, last) = ((from / step - 1e-9).ceil() as i64, (to / step + 1e-9).floor() as i64);
        let written = |value: f64| match decimals {
            0 => super::quantity::count(value.round().abs() as u64),
            _ => format!("{value:.decimals$}"),
        };
        (first..=last)
            .map(|index| index as f64 * step)
            .map(|value| (value, written(value)))
            .collect()
    }

    /// Powers of ten, with 2 and 5 between them as long as there is room.
    fn round_ratios(&self, count: usize) -> Vec<(f64, String)> {
        let [from, to] = self.values;
        let decades = from.log10().floor() as i32..=to.log10().ceil() as i32;
        let among = |factors: &[f64]| -> Vec<f64> {
            let values = decades
                .clone()
                .flat_map(|decade| factors.iter().map(move |f| f * 10_f64.powi(decade)));
            values
                .filter(|value| (from * (1.0 - 1e-9)..=to * (1.0 + 1e-9)).contains(value))
                .collect()
        };
        let choices = [among(&[1.0, 2.0, 5.0]), among(&[1.0, 3.0]), among(&[1.0])];
        let fits = |values: &&Vec<f64>| values.len() <= count.max(2);
        let values = choices.iter().find(fits).unwrap_or(&choices[2]);
        values
            .iter()
            .map(|&value| (value, format!("{}", (value * 1e9).round() / 1e9)))
            .collect()
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= step * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(spacing: Spacing, values: [f64; 2], count: usize) -> Vec<String> {
        let ticks = Scale::new(spacing, values, [0.0, 100.0]).ticks(count);
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_ticks_are_round_and_lie_inside() {
        assert_eq!(
            labels(Spacing::Linear, [0.0, 1000.0], 5),
            ["0", "200", "400", "600", "800", "1 000"]
        );
        assert_eq!(labels(Spacing::Linear, [1.37, 1.62], 4), ["1.4", "1.5", "1.6"]);
        assert_eq!(labels(Spacing::Linear, [0.0, 0.3], 3), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(
            labels(Spacing::Linear, [0.0, 0.05], 5),
            ["0.00", "0.01", "0.02", "0.03", "0.04", "0.05"]
        );
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_and_what_fits_between() {
        assert_eq!(
            labels(Spacing::Logarithmic, [0.01, 100.0], 6),
            ["0.01", "0.1", "1", "10", "100"]
        );
        assert_eq!(
            labels(Spacing::Logarithmic, [1.0, 60.0], 6),
            ["1", "2", "5", "10", "20", "50"]
        );
    }

    #[test]
    fn the_two_ends_lie_at_the_two_pixels() {
        for spacing in [Spacing::Linear, Spacing::Logarithmic] {
            let scale = Scale::new(spacing, [1.0, 100.0], [200.0, 20.0]);
            assert_eq!([scale.pixel(1.0), scale.pixel(100.0)], [200.0, 20.0]);
        }
        assert_eq!(
            Scale::new(Spacing::Logarithmic, [1.0, 100.0], [0.0, 10.0]).pixel(10.0),
            5.0
        );
    }

    #[test]
    fn an_axis_with_one_value_has_a_length() {
        assert!(
            Scale::new(Spacing::Linear, [3.0, 3.0], [0.0, 10.0])
                .pixel(3.0)
                .is_finite()
        );
        assert!(
            Scale::new(Spacing::Logarithmic, [3.0, 3.0], [0.0, 10.0])
                .pixel(3.0)
                .is_finite()
        );
    }
}
