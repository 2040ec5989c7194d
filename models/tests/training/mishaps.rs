//! Damaged, foreign and unwritable checkpoints: a clear error each, and what was written before stays whole.

use super::{Interrupt, RECURRENT, TRANSFORMER, begin, files, left, models, recipe, train};
use std::fs;
use std::path::Path;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Dataset};
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::tokenizer::{CharTokenizer, Tokenizer};
use tapegrad_models::train::{Folder, FolderError, Line, Progress, Recipe, Run, Watch, Which};
use tempfile::TempDir;

/// A finished run.
struct Finished {
    place: TempDir,
    recipe: Recipe,
    dataset: Dataset,
    folder: Folder,
}

impl Finished {
    fn new(model: ModelConfig) -> Self {
        let recipe = recipe(model);
        let dataset = recipe.corpus.build().unwrap();
        let place = TempDir::new().unwrap();
        let folder = begin(&place.path().join("run"), &recipe, &dataset);
        train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
        Self {
            place,
            recipe,
            dataset,
            folder,
        }
    }

    /// The message of an error, without the name of the temporary folder.
    fn message(&self, error: &dyn std::error::Error) -> String {
        error
            .to_string()
            .replace(&self.place.path().display().to_string(), "PLACE")
    }

    /// What is said when the last checkpoint is read with this recipe and this tokenizer.
    fn refusal(&self, recipe: &Recipe, tokenizer: &Tokenizer) -> String {
        let error = self.folder.load(Which::Last, recipe, tokenizer).unwrap_err();
        self.message(&error)
    }
}

#[test]
fn a_checkpoint_that_is_cut_off_anywhere_is_refused() {
    for model in [models()[0].clone(), models()[1].clone()] {
        let run = Finished::new(model);
        let path = run.folder.checkpoint(Which::Last);
        let whole = fs::read(&path).unwrap();
        for length in [0, 7, 8, 40, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let message = run.refusal(&run.recipe, run.dataset.tokenizer());
            assert!(
                message.starts_with("PLACE/run/last.safetensors: this checkpoint is damaged"),
                "{message}"
            );
            let resumed = Run::resume(&run.recipe, &run.dataset, &run.folder);
            assert!(
                resumed.is_err(),
                "a run was resumed from {length} of {} bytes",
                whole.len()
            );
        }
        fs::write(&path, b"this is a text and not a checkpoint").unwrap();
        assert!(
            run.refusal(&run.recipe, run.dataset.tokenizer())
                .contains("this checkpoint is damaged")
        );
        assert!(
            run.folder
                .load(Which::Best, &run.recipe, run.dataset.tokenizer())
                .is_ok()
        );
    }
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
    let run = Finished::new(models()[1].clone());
    let lstm = recipe(ModelConfig::Lstm(RECURRENT));
    insta::assert_snapshot!(run.refusal(&lstm, run.dataset.tokenizer()), @"PLACE/run/last.safetensors: this is a checkpoint of the model `rnn`, but the recipe in the folder says `lstm`");
    let ngram = recipe(models()[0].clone());
    assert!(run.refusal(&ngram, run.dataset.tokenizer()).contains("the model `rnn`"));
}

#[test]
fn a_checkpoint_of_other_sizes_is_refused() {
    let run = Finished::new(models()[1].clone());
    let wider = recipe(ModelConfig::Rnn(RecurrentSizes { hidden: 9, ..RECURRENT }));
    insta::assert_snapshot!(run.refusal(&wider, run.dataset.tokenizer()), @"PLACE/run/last.safetensors: this checkpoint is damaged: `rnn1.w_xh` has the shape [8, 4], and this model needs [9, 4]; use another one or train again");
    let deeper = recipe(ModelConfig::Rnn(RecurrentSizes { layers: 2, ..RECURRENT }));
    assert!(
        run.refusal(&deeper, run.dataset.tokenizer())
            .contains("no array `rnn2.w_xh`")
    );
}

#[test]
fn a_checkpoint_from_another_vocabulary_is_refused() {
    let run = Finished::new(TRANSFORMER);
    let other = Tokenizer::Char(CharTokenizer::train("narwhals"));
    insta::assert_snapshot!(run.refusal(&run.recipe, &other), @"PLACE/run/last.safetensors: this checkpoint was trained with another vocabulary than that of the tokenizer beside it, so its token ids mean other tokens. Keep checkpoint and tokenizer of one run together");
}

#[test]
fn a_missing_checkpoint_and_a_folder_without_a_run_are_named() {
    let run = Finished::new(models()[0].clone());
    fs::remove_file(run.folder.checkpoint(Which::Best)).unwrap();
    let error = run
        .folder
        .load(Which::Best, &run.recipe, run.dataset.tokenizer())
        .unwrap_err();
    assert!(
        run.message(&error)
            .starts_with("PLACE/run/best.safetensors: the checkpoint cannot be read")
    );
    let error = Folder::open(&run.place.path().join("elsewhere")).unwrap_err();
    assert!(
        run.message(&error)
            .starts_with("PLACE/elsewhere: this folder holds no run")
    );
    fs::write(run.folder.path().join("recipe.json"), "{").unwrap();
    let error = Folder::open(run.folder.path()).unwrap_err();
    assert!(
        run.message(&error)
            .starts_with("PLACE/run/recipe.json: this file of the run is damaged")
    );
}

#[test]
fn a_second_run_does_not_begin_where_one_is() {
    let run = Finished::new(models()[1].clone());
    let before = left(&run.recipe, &run.dataset, &run.folder);
    let error = Folder::begin(run.folder.path(), &run.recipe, run.dataset.tokenizer()).unwrap_err();
    insta::assert_snapshot!(run.message(&error), @"PLACE/run: this folder already holds a run; continue it with --resume, or name another folder");
    assert_eq!(left(&run.recipe, &run.dataset, &run.folder), before);
}

#[test]
fn a_run_cannot_begin_below_a_regular_file() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "content").unwrap();
    let recipe = recipe(models()[1].clone());
    let dataset = recipe.corpus.build().unwrap();
    let error = Folder::begin(&file.join("run"), &recipe, dataset.tokenizer()).unwrap_err();
    assert!(matches!(error, FolderError::Unwritable { .. }), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"content");
}

/// Puts a regular file in the place of the folder after a step: nothing can be written there from then on.
struct LosesFolder<'a> {
    after: u64,
    folder: &'a Path,
    moved: &'a Path,
}

impl Watch for LosesFolder<'_> {
    fn step(&mut self, progress: &Progress, _: u64, _: Option<f64>) {
        if progress.step == self.after {
            fs::rename(self.folder, self.moved).unwrap();
            fs::write(self.folder, "").unwrap();
        }
    }

    fn line(&mut self, _: &Line) {}
}

#[test]
fn when_a_checkpoint_cannot_be_written_training_stops_and_the_earlier_one_goes_on_to_the_same_bits() {
    let whole = Finished::new(models()[1].clone());
    let expected = left(&whole.recipe, &whole.dataset, &whole.folder);
    for after in [5, 7] {
        let place = TempDir::new().unwrap();
        let (path, moved) = (place.path().join("run"), place.path().join("moved"));
        let folder = begin(&path, &whole.recipe, &whole.dataset);
        let mut watch = LosesFolder {
            after,
            folder: &path,
            moved: &moved,
        };
        let run = Run::resume(&whole.recipe, &whole.dataset, &folder).unwrap();
        let error = run.train(&mut watch).unwrap_err().to_string();
        assert!(error.contains("cannot be written"), "{error}");
        let (folder, recipe, _) = Folder::open(&moved).unwrap();
        let (_, header) = folder.load(Which::Last, &recipe, whole.dataset.tokenizer()).unwrap();
        assert_eq!(header.progress.step, 4);
        train(&recipe, &whole.dataset, &folder, Interrupt::Never)
            .unwrap()
            .unwrap();
        assert_eq!(left(&recipe, &whole.dataset, &folder), expected);
    }
}

#[test]
fn a_checkpoint_that_cannot_take_its_place_leaves_no_litter() {
    let run = Finished::new(models()[1].clone());
    let (model, header) = run
        .folder
        .load(Which::Last, &run.recipe, run.dataset.tokenizer())
        .unwrap();
    let best = run.folder.checkpoint(Which::Best);
    fs::remove_file(&best).unwrap();
    fs::create_dir(&best).unwrap();
    let before = files(run.folder.path());
    let error = run.folder.save(Which::Best, &model, &header).unwrap_err();
    let message = run.message(&error);
    assert!(
        message.starts_with("PLACE/run/best.safetensors: the checkpoint cannot be written"),
        "{message}"
    );
    assert!(
        message.contains("the earlier checkpoint, if there is one, is unchanged"),
        "{message}"
    );
    assert_eq!(files(run.folder.path()), before);
    assert_eq!(
        before,
        [
            "best.safetensors",
            "events.out.tfevents.0.tapegrad",
            "last.safetensors",
            "log.jsonl",
            "recipe.json",
            "tokenizer.json"
        ]
    );
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint_from_before() {
    let calm = recipe(models()[1].clone());
    let wild = Recipe {
        learning_rate: 1e38,
        ..calm.clone()
    };
    let dataset = calm.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &calm, &dataset);
    assert!(train(&calm, &dataset, &folder, Interrupt::AfterStep(5)).is_none());
    let error = train(&wild, &dataset, &folder, Interrupt::Never).unwrap().unwrap_err();
    let message = error.to_string().replace(&place.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(message, @"training diverged at step 6 with a learning rate of 8.1e37: the parameter `embedding` is not finite. Use a smaller --learning-rate. The last good checkpoint is PLACE/run/last.safetensors, of step 4");
    let (_, header) = folder.load(Which::Last, &wild, dataset.tokenizer()).unwrap();
    assert_eq!(header.progress.step, 4);
}

#[test]
fn a_block_longer_than_the_text_is_refused_before_the_first_step() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("short.txt");
    fs::write(&file, "a short text about narwhals\n".repeat(2)).unwrap();
    let recipe = Recipe {
        corpus: CorpusConfig::Text {
            file,
            unit: tapegrad_models::corpus::Unit::Character,
            fraction: 0.9,
            validation: 0.0,
        },
        block: 64,
        ..recipe(models()[1].clone())
    };
    let dataset = recipe.corpus.build().unwrap();
    let run = Run::new(&recipe, &dataset, None).unwrap();
    let error = run.train(&mut Interrupt::Never).expect_err("it is refused");
    insta::assert_snapshot!(error, @"the block is longer than the text to train on: a block of 64 needs 65 tokens, because labels are shifted by one, and the training part of the text has 50; use --block 49, or a longer text");
}
