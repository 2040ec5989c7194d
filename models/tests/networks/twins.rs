//! A program and its twin in Rust have the same loss curve from the same first values: to the bit where the equations run
//! as the twin's kernels or name its ops, and to rounding where a loop is unrolled, whose sums have another order.

use super::programs::{documented, subject};
use super::{BLOCK, Subject, VOCABULARY, direction, transformer, words};
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::optim::{Adam, AdamConfig, Optimizer};
use tapegrad_autograd::{Params, Plan, Sketch};
use tapegrad_models::layers::Bias;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::program::ProgramConfig;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerLm, Tying};

const ROWS: usize = 2;
const STEPS: usize = 20;

/// The losses of some steps of Adam on one batch, in `f64`, from these values of the parameters.
fn curve(subject: &Subject, values: &[f64]) -> Vec<f64> {
    let sketch = Sketch::new();
    let [ids, labels] = ["ids", "labels"].map(|name| sketch.data(name, [ROWS, BLOCK]));
    let loss = cross_entropy(subject.network.logits(ids), labels, None, Reduction::Mean).id();
    let [ids, labels] = [ids, labels].map(|var| var.id());
    let mut plan = Plan::<f64>::new(&sketch.into_graph(), &subject.list, &[loss], Some(loss)).unwrap();
    let tokens: Vec<f64> = words(ROWS * BLOCK + 1, 11).into_iter().map(f64::from).collect();
    plan.set(ids, &tokens[..ROWS * BLOCK]);
    plan.set(labels, &tokens[1..]);
    let mut params = Params::from_values(&subject.list, values.to_vec());
    let mut adam = Adam::configured(&subject.list, AdamConfig::PAPER);
    let step = |_| {
        plan.forward(&params).unwrap();
        plan.backward(&mut params);
        adam.step(&mut params, 0.01);
        plan.value(loss)[0]
    };
    (0..STEPS).map(step).collect()
}

/// The curves of a program and of its twin, which declares the same parameters in the same order.
fn curves(program: &Subject, twin: &Subject) -> [Vec<f64>; 2] {
    let shapes = |subject: &Subject| -> Vec<_> { subject.list.specs().iter().map(|spec| spec.shape).collect() };
    assert_eq!(shapes(program), shapes(twin), "{} and {}", program.name, twin.name);
    let values: Vec<f64> = direction(twin.list.len(), 12).iter().map(|x| 0.4 * x).collect();
    [program, twin].map(|subject| curve(subject, &values))
}

fn twin(name: &'static str, dims: &[(&'static str, i64)]) -> Subject {
    let path = format!("{}/tests/networks/twins/{name}.cg", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    subject(name, &ProgramConfig::new(name, &text).with_dims(dims.iter().copied()))
}

fn recurrent() -> RecurrentConfig {
    RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 3,
        hidden: 5,
        layers: 1,
    }
}

#[track_caller]
fn assert_same_bits([program, twin]: [Vec<f64>; 2]) {
    assert!(twin[STEPS - 1] < twin[0], "it learns: {twin:?}");
    assert_eq!(program, twin);
}

#[test]
fn a_table_and_its_program_have_the_same_loss_curve_to_the_bit() {
    let table = Subject::new("table", |list| TableLm::new(list, VOCABULARY));
    assert_same_bits(curves(&subject("bigram_lm", &documented("bigram_lm")), &table));
}

#[test]
fn an_rnn_and_its_program_have_the_same_loss_curve_to_the_bit() {
    let rnn = Subject::new("rnn", |list| RnnLm::new(list, recurrent()));
    assert_same_bits(curves(&twin("rnn", &[("E", 3), ("H", 5)]), &rnn));
}

#[test]
fn an_lstm_and_its_program_have_the_same_loss_curve_to_the_bit() {
    let lstm = Subject::new("lstm", |list| LstmLm::new(list, recurrent()));
    assert_same_bits(curves(&twin("lstm", &[("E", 3), ("H", 5)]), &lstm));
}

/// The name that a parameter of the program has in the twin, and whether its axes are exchanged there.
fn of_transformer(name: &str) -> (String, bool) {
    let parts = [
        ("emb", "tokens"),
        ("pos", "positions"),
        ("ln_f.", "norm."),
        ("block[1].", "block1."),
        ("block[2].", "block2."),
        (".ln1.", ".norm_1."),
        (".ln2.", ".norm_2."),
        (".att.", ".attention."),
        (".ffn.fc1.", ".feed_forward.fc_1."),
        (".ffn.fc2.", ".feed_forward.fc_2."),
    ];
    let own = parts
        .iter()
        .fold(name.to_string(), |name, (from, to)| name.replace(from, to));
    match own.strip_suffix(".W") {
        Some(layer) => (format!("{layer}.w"), true),
        None => (own, false),
    }
}

#[test]
fn the_plain_equations_of_a_transformer_have_its_loss_curve_to_the_bit() {
    let config = transformer(Bias::With, Tying::Tied);
    let twin = Subject::new("transformer", |list| TransformerLm::new(list, config));
    let sizes = [("D", 6), ("H", 2), ("L", 2), ("F", 24)];
    let equations = subject("transformer_lm", &documented("transformer_lm").with_dims(sizes));
    let values: Vec<f64> = direction(twin.list.len(), 12).iter().map(|x| 0.4 * x).collect();
    let theirs = Params::from_values(&twin.list, values.clone());
    let mut own = Params::from_values(&equations.list, values.clone());
    for param in equations.list.params() {
        let (name, is_turned) = of_transformer(&equations.list.spec(param).name);
        let other = twin
            .list
            .find(&name)
            .unwrap_or_else(|| panic!("{name} of {:?}", twin.list.specs()));
        let other = theirs.value(other);
        own.value_mut(param)
            .assign(&if is_turned { other.t() } else { other.view() });
    }
    assert_same_bits([curve(&equations, own.values()), curve(&twin, &values)]);
}

/// How far the curve of equations may be from that of the fused op, in nats: some thousand roundings of numbers near 1,
/// which Adam divides by gradients of about a thousandth.
const ROUNDING: f64 = 1e-9;

#[test]
fn the_equations_of_an_rnn_have_its_loss_curve_to_rounding() {
    let rnn = Subject::new("rnn", |list| RnnLm::new(list, recurrent()));
    let equations = subject("elman_lm", &documented("elman_lm").with_dims([("E", 3), ("H", 5)]));
    let [equations, fused] = curves(&equations, &rnn);
    for (step, (a, b)) in equations.iter().zip(&fused).enumerate() {
        assert!((a - b).abs() <= ROUNDING, "step {step}: {a} and {b}");
    }
}
