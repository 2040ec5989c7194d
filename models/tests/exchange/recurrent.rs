//! States of PyTorch's recurrent modules, and weights as NumPy has them.

use super::{Answers, apart, folder, imported};
use std::collections::HashMap;
use std::path::Path;
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::{ParamList, Params, Tape};
use tapegrad_models::exchange::{ExportOptions, ImportOptions, Imported, export, export_npz, import, import_npz};
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::tokenizer::{CharTokenizer, Tokenizer};
use tapegrad_models::train::{ModelName, Recipe};
use tapegrad_models::{Model, ModelConfig, Network};

/// What rounding leaves of sums of some ten numbers, through two layers and six steps.
const ROUNDING: f64 = 1e-12;

fn params(imported: &Imported) -> Params<f32> {
    match &imported.model {
        Model::Rnn(neural) => neural.params().clone(),
        Model::Lstm(neural) => neural.params().clone(),
        other => panic!("{other:?} is not recurrent"),
    }
}

fn network(imported: &Imported) -> Box<dyn Network> {
    let config = |sizes: RecurrentSizes| RecurrentConfig {
        vocabulary: imported.recipe.vocabulary.unwrap(),
        embedding: sizes.embedding,
        hidden: sizes.hidden,
        layers: sizes.layers,
    };
    match &imported.recipe.model {
        ModelConfig::Rnn(sizes) => Box::new(RnnLm::new(&mut ParamList::new(), config(*sizes))),
        ModelConfig::Lstm(sizes) => Box::new(LstmLm::new(&mut ParamList::new(), config(*sizes))),
        other => panic!("{other:?} is not recurrent"),
    }
}

#[test]
fn logits_and_gradients_are_those_of_pytorch() {
    for name in ["lstm", "rnn"] {
        let (imported, answers) = (imported(&folder(name)), Answers::of(name));
        assert_eq!(imported.kind.name(), name);
        let (network, params) = (network(&imported), params(&imported).cast::<f64>());
        let ids: Vec<usize> = answers.ids("prompt").iter().map(|&id| id as usize).collect();
        let tape = Tape::with(&params);
        let logits = network.logits(tape.ids("ids", [1, ids.len()], &ids));
        let numbers: Vec<f64> = tape.value(logits).iter().copied().collect();
        let differ = apart(&numbers, &answers.arrays["logits"]);
        assert!(differ < ROUNDING, "{name}: {differ:.1e}");
        let labels = tape.ids("labels", [1, ids.len() - 1], &ids[1..]);
        let j = cross_entropy(logits.slice(1, 0..ids.len() - 1), labels, None, Reduction::Mean);
        let gradients = tape.backward(j);
        let mut with_gradients = params.clone();
        gradients.write_to(&mut with_gradients).unwrap();
        let list = params.list();
        let of = |own: &str| -> Vec<f64> {
            let param = list.find(own).unwrap();
            with_gradients.gradient(param).iter().copied().collect()
        };
        let layers = if name == "lstm" { 2 } else { 1 };
        let bias = if name == "lstm" { "b" } else { "b_h" };
        let mut pairs = vec![
            ("embedding".to_string(), "emb.weight".to_string()),
            ("head.w".into(), "out.weight".into()),
            ("head.b".into(), "out.bias".into()),
        ];
        for layer in 0..layers {
            let own = |part: &str| format!("{name}{}.{part}", layer + 1);
            pairs.push((own("w_xh"), format!("cells.weight_ih_l{layer}")));
            pairs.push((own("w_hh"), format!("cells.weight_hh_l{layer}")));
            // The bias here is the sum of both, so its gradient is that of each.
            pairs.push((own(bias), format!("cells.bias_ih_l{layer}")));
            pairs.push((own(bias), format!("cells.bias_hh_l{layer}")));
        }
        for (own, theirs) in pairs {
            let differ = apart(&of(&own), &answers.arrays[&format!("gradient.{theirs}")]);
            assert!(differ < ROUNDING, "{name}, {theirs}: {differ:.1e}");
        }
    }
}

#[test]
fn a_state_that_is_written_is_read_again() {
    for name in ["lstm", "rnn"] {
        let first = imported(&folder(name));
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        let parts = (&first.model, &first.recipe, &first.tokenizer);
        let exported = export(&out, place.path(), parts, ExportOptions::default()).unwrap();
        assert_eq!(exported.files[0], "model.safetensors");
        let again = imported(&out);
        assert_eq!(params(&again).values(), params(&first).values(), "{name}");
        let file = import(&out.join("model.safetensors"), ImportOptions::default()).unwrap();
        assert_eq!(
            params(&file).values(),
            params(&first).values(),
            "{name}, the file alone"
        );
    }
}

#[test]
fn states_that_are_no_such_model_are_refused() {
    use safetensors::tensor::{Dtype, TensorView};
    let mut told = String::new();
    let mut refuse = |arrays: &[(&str, &[usize])]| {
        let place = tempfile::tempdir().unwrap();
        let zeros = vec![0; 4 * 4096];
        let view = |shape: &[usize]| {
            let bytes = 4 * shape.iter().product::<usize>();
            TensorView::new(Dtype::F32, shape.to_vec(), &zeros[..bytes]).unwrap()
        };
        let views: Vec<(&str, TensorView<'_>)> = arrays.iter().map(|(name, shape)| (*name, view(shape))).collect();
        let bytes = safetensors::serialize(views, None::<HashMap<String, String>>).unwrap();
        std::fs::write(place.path().join("model.safetensors"), bytes).unwrap();
        let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
        told += &format!("{}\n", error.replace(&place.path().display().to_string(), "DIR"));
    };
    let gru: [(&str, &[usize]); 4] = [
        ("g.weight_ih_l0", &[12, 3]),
        ("g.weight_hh_l0", &[12, 4]),
        ("g.bias_ih_l0", &[12]),
        ("g.bias_hh_l0", &[12]),
    ];
    refuse(&gru);
    refuse(&[("w", &[2, 2])]);
    let lstm: [(&str, &[usize]); 4] = [
        ("g.weight_ih_l0", &[16, 4]),
        ("g.weight_hh_l0", &[16, 4]),
        ("g.bias_ih_l0", &[16]),
        ("g.bias_hh_l0", &[16]),
    ];
    refuse(&lstm);
    refuse(&[&lstm[..], &[("a.weight", &[9, 4]), ("b.weight", &[9, 4])]].concat());
    refuse(&[&lstm[..], &[("emb.weight", &[9, 4]), ("b.weight", &[8, 4])]].concat());
    refuse(
        &[
            &lstm[..],
            &[
                ("emb.weight", &[9, 4]),
                ("b.weight", &[9, 4]),
                ("g.weight_ih_l0_reverse", &[16, 4]),
            ],
        ]
        .concat(),
    );
    insta::assert_snapshot!(told);
}

/// A small RNN and its tokenizer, whose parameters `oracle.py` counts through.
fn small() -> (Recipe, Tokenizer) {
    let sizes = RecurrentSizes {
        embedding: 2,
        hidden: 3,
        layers: 1,
    };
    let recipe = Recipe {
        model: ModelConfig::Rnn(sizes),
        vocabulary: Some(6),
        ..Recipe::for_text(ModelName::Rnn, "none".into())
    };
    (recipe, Tokenizer::Char(CharTokenizer::train("ab")))
}

#[test]
fn archives_of_numpy_are_read_stored_and_deflated_in_both_orders() {
    let (recipe, tokenizer) = small();
    for name in ["stored.npz", "deflated.npz"] {
        let imported = import_npz(&folder("numpy").join(name), &recipe, &tokenizer).unwrap();
        let values = params(&imported).values().to_vec();
        let counted: Vec<f32> = (0..values.len()).map(|at| at as f32 / 8.0 - 3.0).collect();
        assert_eq!(values, counted, "{name}");
    }
}

#[test]
fn an_archive_that_is_written_is_that_of_numpy_byte_for_byte_in_its_arrays() {
    let (recipe, tokenizer) = small();
    let stored = folder("numpy").join("stored.npz");
    let imported = import_npz(&stored, &recipe, &tokenizer).unwrap();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.npz");
    export_npz(&path, &imported.model).unwrap();
    let again = import_npz(&path, &recipe, &tokenizer).unwrap();
    assert_eq!(params(&again).values(), params(&imported).values());
    // NumPy writes the embedding, by rows and in f32, with these very bytes.
    let (ours, theirs) = (std::fs::read(&path).unwrap(), std::fs::read(&stored).unwrap());
    let npy = |bytes: &[u8]| {
        let start = bytes.windows(6).position(|own| own == b"\x93NUMPY").unwrap();
        bytes[start..start + 128 + 6 * 2 * 4].to_vec()
    };
    assert!(npy(&ours) == npy(&theirs), "the first array");
}

#[test]
fn damaged_archives_are_refused_or_read_right() {
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};
    let (recipe, tokenizer) = small();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.npz");
    let right = params(&import_npz(&folder("numpy").join("stored.npz"), &recipe, &tokenizer).unwrap());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut refused = 0;
    for at in 0..200 {
        let name = ["stored.npz", "deflated.npz"][at % 2];
        let mut bytes = std::fs::read(folder("numpy").join(name)).unwrap();
        let place = random.random_range(0..bytes.len());
        match at % 3 {
            0 => bytes[place] ^= 1 << random.random_range(0..8),
            1 => bytes.truncate(place),
            _ => drop(bytes.splice(place..place, [0, 1, 2])),
        }
        std::fs::write(&path, bytes).unwrap();
        match import_npz(&path, &recipe, &tokenizer) {
            Ok(imported) => assert_eq!(params(&imported).values(), right.values(), "change {at}"),
            Err(error) => {
                assert!(
                    error.to_string().starts_with(&path.display().to_string()),
                    "change {at}: {error}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 120, "{refused} were refused");
}

#[test]
fn what_is_no_archive_is_told() {
    let (recipe, tokenizer) = small();
    let error = import_npz(Path::new("/nowhere/w.npz"), &recipe, &tokenizer)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("/nowhere/w.npz: the file cannot be read"), "{error}");
}
