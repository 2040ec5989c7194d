//! A checkpoint is read only as it was written, and only by the run, the text and the grammar that it belongs to.

use super::{Interrupt, TRANSFORMER, begin, files, models, recipe, train};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::fs;
use tapegrad_models::Architecture;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Dataset, Unit};
use tapegrad_models::layers::Bias;
use tapegrad_models::train::{Folder, Recipe, Run, Which, checkpoint};
use tapegrad_models::transformer_lm::Tying;
use tempfile::TempDir;

/// A finished run in a temporary folder.
struct Finished {
    _place: TempDir,
    recipe: Recipe,
    dataset: Dataset,
    folder: Folder,
}

fn finished(recipe: Recipe) -> Finished {
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    Finished {
        _place: place,
        recipe,
        dataset,
        folder,
    }
}

impl Finished {
    fn load(&self, recipe: &Recipe) -> Result<checkpoint::Header, String> {
        let loaded = self.folder.load(Which::Last, recipe, self.dataset.tokenizer());
        loaded.map(|(_, header)| header).map_err(|error| error.to_string())
    }
}

/// Where the header of a safetensors file ends: its first eight bytes are the header's length.
fn data_begins(bytes: &[u8]) -> usize {
    8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap()
}

#[test]
fn a_checkpoint_with_one_flipped_bit_is_refused() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for model in models() {
        let run = finished(recipe(model.clone()));
        let path = run.folder.checkpoint(Which::Last);
        let whole = fs::read(&path).unwrap();
        let data = data_begins(&whole);
        for trial in 0..120 {
            // Half of the bits in the header, half in the numbers.
            let at = if trial % 2 == 0 {
                rng.random_range(0..data)
            } else {
                rng.random_range(data..whole.len())
            };
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << rng.random_range(0..8);
            fs::write(&path, &bytes).unwrap();
            let blank = bytes[at].is_ascii_whitespace() || whole[at].is_ascii_whitespace();
            assert!(
                run.load(&run.recipe).is_err() || (at < data && blank),
                "{}: byte {at} of {data} + {}",
                model.name(),
                whole.len() - data
            );
        }
        fs::write(&path, &whole).unwrap();
        assert!(run.load(&run.recipe).unwrap().is_verified);
    }
}

#[test]
fn a_checkpoint_with_a_stretch_of_zeros_is_refused_and_says_why() {
    let run = finished(recipe(TRANSFORMER));
    let path = run.folder.checkpoint(Which::Last);
    let mut bytes = fs::read(&path).unwrap();
    let data = data_begins(&bytes);
    bytes[data + 64..data + 128].fill(0);
    fs::write(&path, &bytes).unwrap();
    let message = run.load(&run.recipe).unwrap_err();
    assert!(
        message.contains("its numbers are not those that were written"),
        "{message}"
    );
}

/// Rewrites a checkpoint as an earlier version wrote it, without checksum and fingerprints; `change` may edit the first array.
fn as_of_an_earlier_version(path: &std::path::Path, change: impl Fn(&mut [u8])) {
    let bytes = fs::read(path).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut entries = metadata.metadata().clone().unwrap();
    entries.remove("sha256").expect("there is a checksum");
    let header = entries.get_mut("tapegrad").unwrap();
    let mut fields: serde_json::Value = serde_json::from_str(header).unwrap();
    for name in ["recipe", "corpus"] {
        fields.as_object_mut().unwrap().remove(name).unwrap();
    }
    *header = fields.to_string();
    let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors();
    let mut data: Vec<_> = tensors.iter().map(|(_, view)| view.data().to_vec()).collect();
    change(&mut data[0]);
    let views = tensors.iter().zip(&data).map(|((name, view), data)| {
        let view = TensorView::new(view.dtype(), view.shape().to_vec(), data);
        (name.as_str(), view.unwrap())
    });
    fs::write(path, safetensors::serialize(views, Some(entries)).unwrap()).unwrap();
}

#[test]
fn a_checkpoint_of_an_earlier_version_without_a_checksum_is_read_and_says_so() {
    let run = finished(recipe(TRANSFORMER));
    as_of_an_earlier_version(&run.folder.checkpoint(Which::Last), |_| {});
    assert!(!run.load(&run.recipe).unwrap().is_verified);
    let resumed = Run::resume(&run.recipe, &run.dataset, &run.folder).unwrap();
    assert!(
        resumed.notices()[0].contains("has no checksum"),
        "{:?}",
        resumed.notices()
    );
}

#[test]
fn a_checkpoint_is_bound_to_its_recipe() {
    let heads = |heads| ModelConfig::Transformer {
        layers: 1,
        heads,
        width: 8,
        bias: Bias::With,
        tying: Tying::Untied,
        architecture: Architecture::GPT_2,
    };
    let run = finished(recipe(heads(2)));
    // The same arrays of the same shapes, and another function.
    let message = run.load(&recipe(heads(4))).unwrap_err();
    assert!(message.contains("another recipe"), "{message}");
    let other_seed = Recipe {
        seed: 2,
        ..run.recipe.clone()
    };
    assert!(run.load(&other_seed).unwrap_err().contains("another recipe"));
    // What a run may change on its way.
    let longer = Recipe {
        steps: 40,
        learning_rate: 0.5,
        evaluate_every: 1,
        ..run.recipe.clone()
    };
    assert!(run.load(&longer).is_ok());
    let ngram = finished(recipe(models()[0].clone()));
    let ModelConfig::Ngram { smoothing, .. } = models()[0].clone() else {
        panic!("the first model counts")
    };
    let other = recipe(ModelConfig::Ngram { order: 2, smoothing });
    assert!(ngram.load(&other).is_err(), "an n-gram of another order");
}

#[test]
fn a_run_is_bound_to_its_text() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("text.txt");
    let lines: Vec<String> = (0..60)
        .map(|i| format!("{} narwhals sing for {i} seals", i * 7 % 10))
        .collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let recipe = Recipe {
        corpus: CorpusConfig::Text {
            file: file.clone(),
            unit: Unit::Character,
            fraction: 0.9,
            validation: 0.0,
        },
        ..recipe(TRANSFORMER)
    };
    let run = finished(recipe);
    let mut sorted = lines.clone();
    sorted.sort();
    fs::write(&file, sorted.join("\n")).unwrap();
    let dataset = run.recipe.corpus.build().unwrap();
    assert_eq!(
        dataset.tokenizer(),
        run.dataset.tokenizer(),
        "the vocabulary is the same"
    );
    let header = run.load(&run.recipe).unwrap();
    let message = header.check_corpus(&dataset).unwrap_err().to_string();
    assert!(message.contains("no longer the text"), "{message}");
    let longer = Recipe {
        steps: 20,
        ..run.recipe.clone()
    };
    assert!(Run::resume(&longer, &dataset, &run.folder).is_err());
    // A text that has moved, unchanged, is the same text.
    let moved = place.path().join("moved.txt");
    fs::write(&moved, lines.join("\n")).unwrap();
    let elsewhere = Recipe {
        corpus: CorpusConfig::Text {
            file: moved,
            unit: Unit::Character,
            fraction: 0.9,
            validation: 0.0,
        },
        ..longer
    };
    let dataset = elsewhere.corpus.build().unwrap();
    assert!(Run::resume(&elsewhere, &dataset, &run.folder).is_ok());
}

#[test]
fn a_run_is_bound_to_its_grammar() {
    let run = finished(recipe(TRANSFORMER));
    let dataset = Recipe {
        corpus: CorpusConfig::Grammar {
            grammar: "narwhals-small".into(),
            training: 60,
            validation: 0,
            heldout: 12,
            seed: 2,
        },
        ..run.recipe.clone()
    };
    let dataset = dataset.corpus.build().unwrap();
    assert_eq!(dataset.tokenizer(), run.dataset.tokenizer());
    assert!(Run::resume(&run.recipe, &dataset, &run.folder).is_err());
}

#[test]
fn a_checkpoint_with_more_steps_than_its_recipe_is_no_success() {
    let run = finished(recipe(TRANSFORMER));
    let shorter = Recipe {
        steps: 6,
        ..run.recipe.clone()
    };
    let error = Run::resume(&shorter, &run.dataset, &run.folder)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("has made 10 steps, but the recipe asks for 6"),
        "{error}"
    );
}

#[test]
fn what_is_not_finite_is_neither_written_nor_read() {
    let run = finished(recipe(TRANSFORMER));
    as_of_an_earlier_version(&run.folder.checkpoint(Which::Last), |weights| {
        weights[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let message = run.load(&run.recipe).unwrap_err();
    assert!(
        message.contains("holds numbers that are not finite") && message.contains("at step 10"),
        "{message}"
    );
}

#[test]
fn one_step_at_a_hopeless_rate_is_no_success() {
    let wild = Recipe {
        steps: 1,
        warm_up: 0,
        learning_rate: 1e38,
        ..recipe(models()[1].clone())
    };
    let dataset = wild.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &wild, &dataset);
    let error = train(&wild, &dataset, &folder, Interrupt::Never)
        .unwrap()
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("training diverged at step 1 with"), "{error}");
    assert!(
        error.contains("not finite") && error.contains("No checkpoint had been written yet"),
        "{error}"
    );
    assert!(!files(folder.path()).iter().any(|name| name.ends_with("safetensors")));
}

#[test]
fn a_senseless_recipe_is_refused_with_the_name_of_the_number() {
    let good = recipe(TRANSFORMER);
    let dataset = good.corpus.build().unwrap();
    let refusal = |recipe: Recipe| Run::new(&recipe, &dataset, None).err().unwrap().to_string();
    insta::assert_snapshot!(refusal(Recipe { learning_rate: -1.0, ..good.clone() }), @"`learning_rate` of the recipe is -1; it must be a finite number above 0");
    insta::assert_snapshot!(refusal(Recipe { evaluate_every: 0, ..good.clone() }), @"`evaluate_every` of the recipe is 0; it must be at least 1");
    let mut one = good.clone();
    one.training.betas = [0.9, 1.0];
    insta::assert_snapshot!(refusal(one), @"`training.betas[1]` of the recipe is 1; it must be at least 0 and below 1");
    for wrong in [
        Recipe {
            rows: 0,
            ..good.clone()
        },
        Recipe {
            block: 0,
            ..good.clone()
        },
        Recipe {
            steps: 0,
            ..good.clone()
        },
        Recipe {
            checkpoint_every: 0,
            ..good.clone()
        },
        Recipe {
            learning_rate_end: f64::NAN,
            ..good.clone()
        },
        Recipe {
            learning_rate: f64::INFINITY,
            ..good.clone()
        },
    ] {
        assert!(wrong.validate().is_err(), "{wrong:?}");
    }
    let text = serde_json::to_string(&good).unwrap();
    let misspelt = text.replacen('{', "{\"step\": 3, ", 1);
    assert!(serde_json::from_str::<Recipe>(&misspelt).is_err(), "an unknown field");
}
