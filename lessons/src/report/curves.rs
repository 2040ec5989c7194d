//! The content of the pictures of losses: lines of the models, levels that are known exactly, and their labels.

use super::comparison::{Comparison, CurvePoint};
use super::labels::shortened;
use super::{quantity, series};

/// The most letters of a label.
const LABEL_LETTERS: usize = 19;

/// What runs along the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// The number of training steps.
    Steps,
    /// The seconds of training, on a logarithmic axis.
    Seconds,
}

/// The title of the picture.
pub fn title(along: Along) -> &'static str {
    match along {
        Along::Steps => "Validation loss against training steps",
        Along::Seconds => "Validation loss against seconds of training",
    }
}

/// True if the first losses are so high that the picture leaves them out.
pub fn cuts_off(comparison: &Comparison, along: Along) -> bool {
    let (lines, levels) = (lines(comparison, along), levels(comparison));
    let [_, top] = range(&lines, &levels);
    lines.iter().flat_map(|line| &line.places).any(|place| place[1] > top)
}

/// The losses from the bottom to the top of the picture.
///
/// The first losses of a training are far above all that comes later; the top is chosen such that the losses at
/// the end, which are what is compared, take about half of the height.
pub fn range(lines: &[CurveLine<'_>], levels: &[CurveLevel]) -> [f64; 2] {
    let known = || levels.iter().map(|level| level.nats);
    let ends = || lines.iter().filter_map(|line| line.places.last()).map(|place| place[1]);
    let all = || lines.iter().flat_map(|line| &line.places).map(|place| place[1]);
    let lowest = all().chain(known()).fold(f64::INFINITY, f64::min);
    let highest = all().chain(known()).fold(f64::NEG_INFINITY, f64::max);
    let highest_end = ends().chain(known()).fold(f64::NEG_INFINITY, f64::max);
    let spread = (highest_end - lowest).max(0.02);
    [
        lowest - 0.08 * spread,
        (lowest + 2.2 * spread).min(highest.max(highest_end + 0.1 * spread)),
    ]
}

/// The validation losses of one model as pairs of time and loss.
pub struct CurveLine<'c> {
    pub position: usize,
    pub title: &'c str,
    pub places: Vec<[f64; 2]>,
}

/// A loss that is known exactly.
pub struct CurveLevel {
    pub class: &'static str,
    pub label: String,
    pub nats: f64,
}

/// The losses of each model that have a place along this axis.
pub fn lines(comparison: &Comparison, along: Along) -> Vec<CurveLine<'_>> {
    let place = |point: &CurvePoint| {
        let time = match along {
            Along::Steps => Some(point.step as f64),
            Along::Seconds => point.seconds.filter(|&seconds| seconds > 0.0),
        }?;
        let loss = point.validation_nats?;
        (time.is_finite() && loss.is_finite()).then_some([time, loss])
    };
    let models = comparison.models.iter().enumerate();
    models
        .map(|(position, model)| CurveLine {
            position,
            title: &model.title,
            places: model.curve.iter().filter_map(place).collect(),
        })
        .collect()
}

/// The losses that are known exactly: the best n-gram floor and the entropy.
pub fn levels(comparison: &Comparison) -> Vec<CurveLevel> {
    let floor = comparison.best_floor().map(|floor| CurveLevel {
        class: "floor",
        label: format!("best {}-gram {}", floor.order, three_decimals(floor.nats)),
        nats: floor.nats,
    });
    let entropy = comparison.entropy_nats.map(|nats| CurveLevel {
        class: "entropy",
        label: format!("entropy {}", three_decimals(nats)),
        nats,
    });
    floor
        .into_iter()
        .chain(entropy)
        .filter(|level| level.nats.is_finite())
        .collect()
}

fn three_decimals(nats: f64) -> String {
    format!("{nats:.3}")
}

/// The picture in words, for those who hear it.
pub fn description(comparison: &Comparison, lines: &[CurveLine<'_>]) -> String {
    let ends = lines.iter().filter_map(|line| {
        let [_, loss] = line.places.last()?;
        Some(format!("{} ends at {}", line.title, quantity::nats(*loss)))
    });
    let mut sentence = ends.collect::<Vec<_>>().join(", ");
    if let Some(entropy) = comparison.entropy_nats {
        sentence += &format!("; the entropy of the language is {}", quantity::nats(entropy));
    }
    if let Some(floor) = comparison.best_floor() {
        sentence += &format!(
            "; the best possible {}-gram reaches {}",
            floor.order,
            quantity::nats(floor.nats)
        );
    }
    sentence + ". All in nats per token."
}

/// A text that belongs to the end of a line.
pub struct CurveLabel {
    pub class: String,
    pub text: String,
    pub nats: f64,
    pub time: Option<f64>,
}

/// One label for each line and each level.
pub fn labels(lines: &[CurveLine<'_>], levels: &[CurveLevel]) -> Vec<CurveLabel> {
    let ends = lines.iter().filter_map(|line| {
        let &[time, nats] = line.places.last()?;
        let number = three_decimals(nats);
        let title = shortened(line.title, LABEL_LETTERS - 1 - number.len());
        let class = series::class(line.position);
        Some(CurveLabel {
            class,
            text: format!("{title} {number}"),
            nats,
            time: Some(time),
        })
    });
    let levels = levels.iter().map(|level| CurveLabel {
        class: level.class.into(),
        text: shortened(&level.label, LABEL_LETTERS),
        nats: level.nats,
        time: None,
    });
    ends.chain(levels).collect()
}
