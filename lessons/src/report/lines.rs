//! Validation loss against training: one line a model, and level lines for what is known exactly.

use maud::Markup;

use super::comparison::Comparison;
use super::curves::{Along, CurveLevel, CurveLine, description, labels, levels, lines, range, title};
use super::labels::spread;
use super::scale::{Scale, Spacing};
use super::series;
use super::svg::{Anchor, SvgDrawing};

/// For which width of page a picture is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A screen or a sheet of paper.
    Wide,
    /// A telephone.
    Narrow,
}

/// The height of one line of labels.
const LABEL_HEIGHT: f64 = 17.0;
/// The largest number of points that are marked on one line.
const MARKS_MAX: usize = 7;
/// The picture, or `None` if no model has a validation loss to show along this axis.
pub fn picture(comparison: &Comparison, along: Along, width: Width) -> Option<Markup> {
    let lines = lines(comparison, along);
    if lines.iter().all(|line| line.places.is_empty()) {
        return None;
    }
    let levels = levels(comparison);
    let frame = Axes::around(&lines, &levels, along, width);
    let id = match (along, width) {
        (Along::Steps, Width::Wide) => "steps-wide",
        (Along::Steps, Width::Narrow) => "steps-narrow",
        (Along::Seconds, Width::Wide) => "seconds-wide",
        (Along::Seconds, Width::Narrow) => "seconds-narrow",
    };
    let mut drawing = SvgDrawing::new(frame.width, frame.height);
    frame.draw_axes(&mut drawing, along);
    frame.draw_levels(&mut drawing, &levels);
    frame.draw_lines(&mut drawing, &lines, id);
    frame.draw_labels(&mut drawing, &lines, &levels);
    let class = if width == Width::Wide { "wide" } else { "narrow" };
    Some(drawing.finish(id, class, title(along), &description(comparison, &lines)))
}

/// The rectangle of the axes on the drawing, and the two scales.
struct Axes {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    time: Scale,
    loss: Scale,
    ticks: usize,
}

impl Axes {
    fn around(lines: &[CurveLine<'_>], levels: &[CurveLevel], along: Along, width: Width) -> Self {
        let (width, height, left, ticks) = match width {
            Width::Wide => (720.0, 400.0, 44.0, 8),
            Width::Narrow => (340.0, 330.0, 34.0, 4),
        };
        let letters = labels(lines, levels)
            .iter()
            .map(|label| label.text.chars().count())
            .max();
        let right = width - 22.0 - 6.3 * letters.unwrap_or(0) as f64;
        let (top, bottom) = (26.0, height - 40.0);
        let times = || lines.iter().flat_map(|line| &line.places).map(|place| place[0]);
        let last = times().fold(f64::NEG_INFINITY, f64::max);
        let (spacing, first) = match along {
            Along::Steps => (Spacing::Linear, 0.0),
            Along::Seconds => (Spacing::Logarithmic, times().fold(f64::INFINITY, f64::min)),
        };
        Self {
            width,
            height,
            left,
            right,
            top,
            bottom,
            time: Scale::new(spacing, [first, last], [left, right]),
            loss: Scale::new(Spacing::Linear, range(lines, levels), [bottom, top]),
            ticks,
        }
    }

    fn draw_axes(&self, drawing: &mut SvgDrawing, along: Along) {
        for tick in self.loss.ticks(6) {
            drawing.line("grid", [self.left, tick.pixel], [self.right, tick.pixel]);
            drawing.text("tick", [self.left - 6.0, tick.pixel + 4.0], Anchor::End, &tick.label);
        }
        for tick in self.time.ticks(self.ticks) {
            drawing.line("axis", [tick.pixel, self.bottom], [tick.pixel, self.bottom + 4.0]);
            drawing.text("tick", [tick.pixel, self.bottom + 17.0], Anchor::Middle, &tick.label);
        }
        drawing.line("axis", [self.left, self.bottom], [self.right, self.bottom]);
        drawing.text(
            "axis-title",
            [0.0, 12.0],
            Anchor::Start,
            "validation loss, nats per token",
        );
        let title = match along {
            Along::Steps => "training steps",
            Along::Seconds => "seconds of training, logarithmic",
        };
        drawing.text("axis-title", [self.right, self.height - 5.0], Anchor::End, title);
    }

    fn draw_levels(&self, drawing: &mut SvgDrawing, levels: &[CurveLevel]) {
        for level in levels {
            let y = self.loss.pixel(level.nats);
            drawing.line(&format!("level {}", level.class), [self.left, y], [self.right, y]);
        }
    }

    fn draw_lines(&self, drawing: &mut SvgDrawing, lines: &[CurveLine<'_>], id: &str) {
        let clip = format!("{id}-clip");
        let corner = [self.left, self.top - 6.0];
        drawing.clip(&clip, corner, [self.right - self.left, self.bottom - self.top + 6.0]);
        for line in lines {
            let class = series::class(line.position);
            let places: Vec<[f64; 2]> = line.places.iter().map(|&place| self.place(place)).collect();
            drawing.path(&format!("line {class}"), &places, &clip);
            let apart = places.len().div_ceil(MARKS_MAX).max(1);
            let marked = places
                .iter()
                .rev()
                .step_by(apart)
                .filter(|place| place[1] >= self.top - 6.0);
            marked.for_each(|&place| drawing.point(&format!("mark {class}"), place, series::shape(line.position)));
        }
    }

    fn draw_labels(&self, drawing: &mut SvgDrawing, lines: &[CurveLine<'_>], levels: &[CurveLevel]) {
        let labels = labels(lines, levels);
        let wanted: Vec<f64> = labels.iter().map(|label| self.loss.pixel(label.nats)).collect();
        let places = spread(&wanted, LABEL_HEIGHT, [self.top, self.bottom + 4.0]);
        for ((label, &from), &to) in labels.iter().zip(&wanted).zip(&places) {
            let x = label.time.map_or(self.right, |time| self.time.pixel(time));
            let begin = if from < self.top { self.top } else { from };
            drawing.line(
                &format!("leader {}", label.class),
                [x + 6.0, begin],
                [self.right + 6.0, begin],
            );
            drawing.line(
                &format!("leader {}", label.class),
                [self.right + 6.0, begin],
                [self.right + 15.0, to],
            );
            drawing.text(
                &format!("label {}", label.class),
                [self.right + 18.0, to + 4.0],
                Anchor::Start,
                &label.text,
            );
        }
    }

    fn place(&self, [time, loss]: [f64; 2]) -> [f64; 2] {
        [self.time.pixel(time), self.loss.pixel(loss)]
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn each_model_and_each_known_loss_has_a_label() {
        let svg = picture(&example::with_entropy(), Along::Steps, Width::Wide)
            .unwrap()
            .into_string();
        for label in [
            "4-gram 1.669",
            "RNN 1.531",
            "LSTM 1.459",
            "Transformer 1.433",
            "best 4-gram 1.661",
            "entropy 1.413",
        ] {
            assert!(svg.contains(&format!(">{label}<")), "{label}");
        }
    }

    #[test]
    fn losses_that_are_not_finite_are_left_out_of_the_picture() {
        let mut comparison = example::with_entropy();
        comparison.models[0]
            .curve
            .iter_mut()
            .for_each(|point| point.validation_nats = Some(f64::INFINITY));
        let svg = picture(&comparison, Along::Steps, Width::Narrow).unwrap().into_string();
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("4-gram inf"));
    }

    #[test]
    fn without_any_curve_there_is_no_picture() {
        let mut comparison = example::with_entropy();
        comparison.models.iter_mut().for_each(|model| model.curve.clear());
        assert!(picture(&comparison, Along::Steps, Width::Wide).is_none());
    }

    #[test]
    fn a_model_with_one_single_loss_is_a_point() {
        let mut comparison = example::with_entropy();
        comparison.models.truncate(1);
        comparison.models[0].curve.truncate(1);
        assert!(
            picture(&comparison, Along::Steps, Width::Wide)
                .unwrap()
                .into_string()
                .contains("class=\"mark s0\"")
        );
    }
}
