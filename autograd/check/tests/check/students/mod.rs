//! Sixty mistakes as students make them, written by hand before the checker ran on any.
//!
//! Each topic is a module with its own forward() and backward(); `mistake` is the number of the line that is wrong, and
//! 0 is right. What the checker says of each is printed; every one must be found.

mod entries;
mod rows;
mod sequences;
mod topics;

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, ArrayD, ArrayViewD, Axis, Ix1, Ix2, Ix3};
use tapegrad_autograd::Module;
use tapegrad_autograd::check::{ModuleSubject, Options, Subject, Verdict, check};

use topics::{TOPICS, Topic};

type Arrays = Vec<ArrayD<f64>>;

/// A module from two functions: what is kept of forward() is its operands.
struct Hand {
    forward: fn(&Arrays) -> ArrayD<f64>,
    backward: fn(&Arrays, &ArrayD<f64>, usize) -> Arrays,
    mistake: usize,
    x: Arrays,
}

impl std::fmt::Debug for Hand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mistake {}", self.mistake)
    }
}

impl Module<f64> for Hand {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(|x| x.to_owned()).collect();
        (self.forward)(&self.x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        (self.backward)(&self.x, &g_y.to_owned(), self.mistake)
    }
}

fn d2(x: &ArrayD<f64>) -> Array2<f64> {
    x.clone().into_dimensionality::<Ix2>().unwrap()
}

fn d3(x: &ArrayD<f64>) -> Array3<f64> {
    x.clone().into_dimensionality::<Ix3>().unwrap()
}

fn d1(x: &ArrayD<f64>) -> Array1<f64> {
    x.clone().into_dimensionality::<Ix1>().unwrap()
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The softmax of each row.
fn soft(x: &Array2<f64>) -> Array2<f64> {
    let e = x.mapv(f64::exp);
    let sums = e.sum_axis(Axis(1)).insert_axis(Axis(1));
    e / sums
}

fn subject(topic: &Topic, mistake: usize) -> Arc<dyn Subject> {
    let Topic {
        name,
        case,
        forward,
        backward,
        definition,
        ..
    } = *topic;
    let make = move || Hand {
        forward,
        backward,
        mistake,
        x: Vec::new(),
    };
    Arc::new(ModuleSubject::new(&format!("{name} {mistake}"), case, make).defined_by(definition))
}

#[test]
fn every_mistake_is_found_and_nothing_right_is_blamed() {
    let (mut found, mut explained, mut sizes) = (0, 0, Vec::new());
    for topic in &TOPICS {
        let right = check(&subject(topic, 0), &Options::default());
        assert_eq!(
            right.verdict,
            Verdict::Pass,
            "{}: {:?} {:?}",
            topic.name,
            right.findings,
            right.diagnosis
        );
        for mistake in 1..=topic.mistakes {
            let report = check(&subject(topic, mistake), &Options::default());
            assert_eq!(report.verdict, Verdict::Wrong, "{}", report.name);
            found += 1;
            let sentence = report.diagnosis.as_ref().map_or("-", |d| d.sentence.as_str());
            explained += usize::from(report.diagnosis.is_some());
            let numbers = report.example.as_ref().map_or(0, |e| e.numbers);
            sizes.push(numbers);
            eprintln!("{:18} {numbers:3} {sentence}", report.name);
        }
    }
    sizes.sort_unstable();
    eprintln!(
        "{found} mistakes found, {explained} explained, median example {} numbers",
        sizes[sizes.len() / 2]
    );
    assert!(found >= 60);
    assert!(3 * explained >= 2 * found, "{explained} of {found} explained");
}
