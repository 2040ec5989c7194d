//! Learning from a teacher.

use tapegrad_models::corpus::Batch;
use tapegrad_models::distill::{Distillation, Teacher};
use tapegrad_models::neural::Training;
use tapegrad_models::ngram::Smoothing;
use tapegrad_models::{AnyLanguageModel, Learner, Model, ModelConfig, TokenId};

const SIZE: usize = 4;

fn row(model: &dyn AnyLanguageModel, token: TokenId) -> Vec<f64> {
    let mut state = model.any_start();
    let logits = model.any_next(&mut state, token);
    logits.log_probs().into_iter().map(f64::exp).collect()
}

/// After 1 comes 2 three times and 3 once.
fn teacher() -> Model {
    let config = ModelConfig::Ngram {
        order: 2,
        smoothing: Smoothing::AddK { k: 0.5 },
    };
    let mut ngram = Model::new(&config, (SIZE, vec![]), 8, Training::PLAIN, 1).unwrap();
    ngram.learn(
        &Batch::new(8, vec![1, 2, 1, 2, 1, 2, 1, 3], vec![2, 1, 2, 1, 2, 1, 3, 1]),
        0.0,
    );
    ngram
}

/// A table that learns from a text in which 2 comes after 1 every time.
fn student(at: Option<Distillation>) -> Model {
    let mut table = Model::new(&ModelConfig::Table, (SIZE, vec![]), 8, Training::PLAIN, 1).unwrap();
    let batch = Batch::new(4, vec![1, 2, 1, 2, 1, 2, 1, 2], vec![2, 1, 2, 1, 2, 1, 2, 1]);
    let teacher = teacher();
    for _ in 0..600 {
        match at {
            None => table.learn(&batch, 0.03),
            Some(at) => {
                let targets = Teacher::new(teacher.language_model(), at.temperature).targets(&batch);
                table.learn_from(&batch, 0.03, at, &targets)
            }
        };
    }
    table
}

#[test]
fn g9_a_student_learns_the_probabilities_of_its_teacher_and_not_of_its_labels_alone() {
    let wanted = row(teacher().language_model(), 1);
    for temperature in [1.0, 2.0] {
        let at = Distillation {
            weight: 1.0,
            temperature,
        };
        let learnt = row(student(Some(at)).language_model(), 1);
        let apart = learnt
            .iter()
            .zip(&wanted)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        // What 600 steps of Adam leave.
        assert!(
            apart < 0.02,
            "T = {temperature}: {learnt:?}, the teacher says {wanted:?}"
        );
    }
    let alone = row(student(None).language_model(), 1);
    assert!(alone[2] > 0.95, "{alone:?}");
    let half = row(
        student(Some(Distillation {
            weight: 0.5,
            temperature: 1.0,
        }))
        .language_model(),
        1,
    );
    // The optimum of the sum is the mean of both distributions.
    assert!((half[2] - (1.0 + wanted[2]) / 2.0).abs() < 0.02, "{half:?}");
}

#[test]
fn the_reported_loss_is_that_of_the_labels() {
    let (teacher, batch) = (teacher(), Batch::new(2, vec![1, 2], vec![2, 1]));
    let mut table = Model::new(&ModelConfig::Table, (SIZE, vec![]), 8, Training::PLAIN, 1).unwrap();
    let at = Distillation::default();
    let targets = Teacher::new(teacher.language_model(), at.temperature).targets(&batch);
    let sum: f32 = targets.iter().sum();
    assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    let report = table.learn_from(&batch, 0.1, at, &targets);
    assert!((report.nats.unwrap() - (SIZE as f64).ln()).abs() < 1e-6);
}
