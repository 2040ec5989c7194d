//! A program of the graph language is a network like the others: read, refused with its place, and the same function
//! as its twin in Rust.

use super::{BLOCK, Subject, VOCABULARY, apart, words};
use tapegrad_autograd::Sketch;
use tapegrad_autograd::graph::Source;
use tapegrad_models::corpus::Batch;
use tapegrad_models::neural::Training;
use tapegrad_models::program::{ProgramConfig, ProgramError, ProgramLm, ProgramLoss};
use tapegrad_models::{LanguageModel, Learner, Model, ModelConfig, Network};

/// A program of the documentation.
pub fn documented(name: &str) -> ProgramConfig {
    let path = format!("{}/../docs/graphs/models/{name}.cg", env!("CARGO_MANIFEST_DIR"));
    ProgramConfig::new(&format!("{name}.cg"), &std::fs::read_to_string(path).unwrap())
}

/// A program as a subject of the laws of all networks.
pub fn subject(name: &'static str, config: &ProgramConfig) -> Subject {
    let network = ProgramLm::new(config, VOCABULARY, BLOCK).unwrap_or_else(|error| panic!("{error}"));
    let list = network.list().clone();
    Subject::new(name, |own| {
        *own = list;
        network
    })
}

/// The ops of the logits of a program.
fn ops_of(network: &ProgramLm) -> Vec<&'static str> {
    let sketch = Sketch::new();
    network.logits(sketch.data("ids", [2, BLOCK]));
    let graph = sketch.into_graph();
    let names = graph.nodes().filter_map(|node| match node.source {
        Source::Op(op) => Some(op.name()),
        _ => None,
    });
    names.collect()
}

#[test]
fn plain_equations_run_as_the_kernels_and_give_the_same_numbers() {
    let cases = [
        (
            "transformer_lm",
            vec![("D", 4), ("H", 2), ("L", 2)],
            vec![("attention", 2), ("layer_norm", 5), ("linear", 13), ("softmax", 0)],
        ),
        ("gated_recurrence_lm", vec![("D", 4), ("F", 6)], vec![("rms_norm", 5)]),
        ("elman_lm", vec![("E", 3), ("H", 4)], vec![]),
    ];
    for (name, dims, kernels) in cases {
        let network = ProgramLm::new(&documented(name).with_dims(dims), VOCABULARY, BLOCK).unwrap();
        let ops = ops_of(&network);
        for (kernel, count) in kernels {
            assert_eq!(
                ops.iter().filter(|op| **op == kernel).count(),
                count,
                "{name}: {kernel} in {ops:?}"
            );
        }
        let list = network.list().clone();
        let of = |network: ProgramLm| {
            let list = list.clone();
            Subject::new(name, |own| {
                *own = list;
                network
            })
        };
        let (fused, plain) = (of(network.clone()), of(network.unfused()));
        let (params, ids) = (fused.params(3), words(2 * BLOCK, 4));
        let [one, other] = [&fused, &plain].map(|subject| subject.logits(&params, 2, &ids));
        // Sums in another order, of numbers below 10.
        assert!(apart(&one, &other) < 1e-12, "{name}: {} apart", apart(&one, &other));
    }
}

#[test]
fn what_only_looks_like_a_kernel_runs_as_it_is_written() {
    let lines = |mask: &str, over: &str, eps: &str| {
        format!(
            "dim T, V, D = 4, H = 2, dk = D / H\ninput w[T]: id[V]\nparam E[V, D], U[D, V], gain[D]\nX = E[w]\n\
             N = gain * (X - mean(X, over {over})) / sqrt(var(X, over D) + {eps})\n\
             Q = order(split(N, D => [h:H, dk]), h, T, dk) as [h:H, q:T, dk]\n\
             K = order(split(N, D => [h:H, dk]), h, T, dk) as [h:H, k:T, dk]\n\
             M[q:T, k:T] = {mask}\nA = softmax(Q @ K.T / sqrt(dk) + M, over k)\n\
             C = merge(order(A @ K, q, h, dk), [h, dk] => D)\nlogits = C @ U\noutput logits"
        )
    };
    let counts = |mask: &str, over: &str, eps: &str| {
        let ops = ops_of(&ProgramLm::new(&of(&lines(mask, over, eps)), VOCABULARY, BLOCK).unwrap());
        ["attention", "layer_norm"].map(|kernel| ops.iter().filter(|op| **op == kernel).count())
    };
    assert_eq!(counts("if k <= q then 0 else -inf", "D", "1e-5"), [1, 1]);
    // A strict mask with its own place for the first, a soft mask, a norm over the wrong axis, one without epsilon.
    assert_eq!(counts("if k < q or k == 1 then 0 else -inf", "D", "1e-5"), [0, 1]);
    assert_eq!(counts("if k <= q then 0 else -9", "D", "1e-5"), [0, 1]);
    assert_eq!(counts("if k <= q then 0 else -inf", "T", "1e-5"), [1, 0]);
}

/// A program of these lines.
fn of(lines: &str) -> ProgramConfig {
    ProgramConfig::new("student.cg", &format!("graph student {{\n{lines}\n}}\n"))
}

fn refused(lines: &str) -> ProgramError {
    let program = ProgramLm::new(&of(lines), VOCABULARY, BLOCK);
    program.and_then(|program| program.check_causal()).unwrap_err()
}

#[test]
fn what_is_no_language_model_is_refused_with_its_place_and_the_mend() {
    let cases = [
        "dim T, V\ninput x[T]\nparam W[T, V]\nlogits = x @ W\noutput logits",
        "dim V\nparam W[V, V]\nlogits = W\noutput logits",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nscores = E[w]\nprobabilities = softmax(scores, over 2)",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nY = E[w]\nJ = sum(Y^2, over T, V)\nminimize J",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nL = E[w]\nlogits = L.T\noutput logits",
        "dim T, V, K = 3\ninput w[T]: id[V]\nparam E[V, K]\nlogits = E[w]\noutput logits",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nL = E[w]\nlogits = sum(L, over T)\noutput logits",
        "dim T, V, H\ninput w[T]: id[V]\nparam E[V, H], U[H, V]\nlogits = E[w] @ U\noutput logits",
        "dim V\ninput w[5]: id[V]\nparam E[V, V]\nlogits = E[w]\noutput logits",
        "dim T, V\ninput w[T]: id[V], scale\nparam E[V, V]\nlogits = scale * E[w]\noutput logits",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V], spare[V]\nlogits = E[w]\noutput logits",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nL = E[w]\nlogits = L + mean(L, over T)\noutput logits",
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nZ[t:T, v] = E[w[t], v]\nlogits = flip(Z, over t)\noutput logits",
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|lines| format!("{lines}\n=> {}\n", refused(lines)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_parameter_that_begins_with_zeros_hides_no_later_token() {
    let lines =
        "dim T, V\ninput w[T]: id[V]\nparam E[V, V] ~ zeros\nL = E[w]\nlogits = L + mean(L, over T)\noutput logits";
    assert!(refused(lines).what.contains("sees what it is to predict"));
}

#[test]
fn the_run_gives_the_sizes_of_the_tokens_and_the_recipe_the_others() {
    let wide = documented("elman_lm").with_dims([("H", 5), ("E", 3)]);
    let network = ProgramLm::new(&wide, VOCABULARY, BLOCK).unwrap();
    let shape = |name: &str| network.list().spec(network.list().find(name).unwrap()).shape.to_vec();
    assert_eq!(shape("W_xh"), [5, 3]);
    assert_eq!(shape("W_hy"), [VOCABULARY, 5]);
    let unknown = ProgramLm::new(&documented("elman_lm").with_dims([("K", 5)]), VOCABULARY, BLOCK);
    assert_eq!(
        unknown.unwrap_err().to_string(),
        "elman_lm.cg: the program has no size K; its sizes are: E, H"
    );
    let other = ProgramLm::new(&documented("elman_lm").with_dims([("T", 5)]), VOCABULARY, BLOCK);
    assert!(
        other
            .unwrap_err()
            .what
            .contains("--block, which is 8, but --dim gives 5")
    );
}

#[test]
fn tokens_of_a_batch_and_logits_with_the_positions_first_are_understood() {
    let rows = "dim B, T, V\ninput w[B, T]: id[V]\nparam E[V, V]\nlogits = E[w]\noutput logits";
    let first = "dim B, T, V\ninput w[B, T]: id[V]\nparam E[V, V]\nX = order(E[w], T, B, V)\nlogits = X\noutput logits";
    let one = "dim T, V\ninput w[T]: id[V]\nparam E[V, V]\nlogits = E[w]\noutput logits";
    let [rows, first, one] = [rows, first, one].map(|lines| subject("table", &of(lines)));
    let ids = words(2 * BLOCK, 3);
    let params = rows.params(4);
    let logits = rows.logits(&params, 2, &ids);
    assert_eq!(logits, first.logits(&params, 2, &ids));
    assert_eq!(logits, one.logits(&params, 2, &ids));
}

#[test]
fn a_program_trains_like_any_model_and_on_its_own_objective_if_told() {
    let ids = words(2 * BLOCK + 1, 5);
    let batch = Batch::new(BLOCK, ids[..2 * BLOCK].to_vec(), ids[1..].to_vec());
    let lines = "dim T, V\ninput w[T]: id[V], next[T]: id[V]\nparam E[V, V] ~ normal(0, 0.1)\nlogits = E[w]\n\
                 L = log_softmax(logits, over V)\nnll[t] = -L[t, next[t]]\nJ = mean(nll, over T)\nminimize J\noutput logits";
    let model = |loss: ProgramLoss| {
        let config = ModelConfig::Program(ProgramConfig { loss, ..of(lines) });
        Model::new(&config, (VOCABULARY, Vec::new()), BLOCK, Training::PLAIN, 1).unwrap()
    };
    let (mut attached, mut own) = (model(ProgramLoss::CrossEntropy), model(ProgramLoss::Program));
    assert_eq!(attached.notices().len(), 1);
    assert!(own.notices().is_empty());
    let mut first = None;
    for _ in 0..30 {
        let [a, b] = [&mut attached, &mut own].map(|model| model.learn(&batch, 0.05).nats.unwrap());
        // The same loss by two formulas, in f32: some roundings of a loss of about 2.
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
        let begun = *first.get_or_insert(a);
        assert!(a <= begun, "{a} after {begun}");
    }
    let last = attached.learn(&batch, 0.05).nats.unwrap();
    assert!(last < 0.7 * first.unwrap(), "{last} after {first:?}");
}

#[test]
fn decoding_of_a_program_is_its_evaluation() {
    for name in ["elman_lm", "gated_recurrence_lm"] {
        let config = documented(name);
        let dims = if name == "elman_lm" {
            [("E", 3), ("H", 4)]
        } else {
            [("D", 4), ("F", 6)]
        };
        let config = ModelConfig::Program(config.with_dims(dims));
        let model = Model::new(&config, (VOCABULARY, vec![0]), BLOCK, Training::PLAIN, 1).unwrap();
        let (model, ids) = (model.language_model(), words(BLOCK + 1, 4));
        let batch = Batch::new(BLOCK, ids[..BLOCK].to_vec(), ids[1..].to_vec());
        let whole = model.log_probs(&batch);
        let mut state = model.start();
        for position in 0..BLOCK {
            let next = model.next(&mut state, ids[position]).log_probs()[ids[position + 1] as usize];
            let distance = (next - whole.get(0, position).unwrap()).abs();
            // The same graph for one row, in f32: some roundings of logits below 10.
            assert!(distance < 1e-4, "{name}, position {position}: {distance} apart");
        }
    }
}
