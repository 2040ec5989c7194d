//! The tables of the lectures, computed: what they print beside what follows from their own sizes.
//!
//! LECTURES rows M20 (three generations of one family), M21 (GPT-3 from small to large), M22 (tokens and parameters of
//! well-known models), T7 (compute of training). Where a slide is off, [`errata`] says so in a row of `docs/errata.md`.

use super::presets::{PRESETS, Preset};
use super::{Cost, PETAFLOP_S_DAY, of_preset};

/// Tokens and parameters as deck S4 prints them: row M22.
const PUBLISHED: [(&str, f64, f64); 8] = [
    ("GPT-2", 10e9, 1.5e9),
    ("GPT-3", 300e9, 175e9),
    ("PaLM", 780e9, 540e9),
    ("Chinchilla", 1.4e12, 70e9),
    ("LaMDA", 1.56e12, 137e9),
    ("LLaMA", 1.4e12, 65e9),
    ("LLaMA-2", 2e12, 70e9),
    ("LLaMA-3", 15e12, 405e9),
];
/// The tokens of each parameter with which a given compute is used best. Hoffmann et al. 2022.
const CHINCHILLA: f64 = 20.0;

/// One table with its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub title: &'static str,
    /// The names of its columns.
    pub headers: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// One row of the list of mistakes on the slides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// The decks.
    pub decks: &'static str,
    /// What they say.
    pub says: String,
    /// What is right.
    pub correct: String,
    /// The command that computes it.
    pub command: &'static str,
}

/// A number of parameters in millions with one decimal: `12952.9M`.
pub fn millions(parameters: f64) -> String {
    format!("{:.1}M", parameters / 1e6)
}

fn days(flops: f64) -> String {
    format!("{:.1}", flops / PETAFLOP_S_DAY)
}

fn preset(name: &str) -> Cost {
    of_preset(Preset::named(name).expect("the tables name presets that exist"))
}

/// The four tables.
pub fn tables() -> Vec<Table> {
    vec![generations(), family(), published(), compute()]
}

/// The columns of the tables of sizes.
const SIZES: [&str; 6] = ["model", "layers", "width", "heads used", "printed", "computed"];

fn sizes(title: &str, preset: &Preset) -> Vec<String> {
    vec![
        title.to_string(),
        preset.layers.to_string(),
        preset.width.to_string(),
        preset.heads.to_string(),
        preset.printed.unwrap_or_default().to_string(),
        millions(of_preset(preset).parameters as f64),
    ]
}

/// Row M20.
fn generations() -> Table {
    let row = |title, name| sizes(title, Preset::named(name).expect("it is a preset"));
    Table {
        title: "M20: three generations of GPT",
        headers: SIZES.to_vec(),
        rows: vec![row("GPT", "gpt1"), row("GPT-2", "gpt2-xl"), row("GPT-3", "gpt3-175b")],
    }
}

/// GPT-3 from small to large.
fn gpt3() -> impl Iterator<Item = &'static Preset> {
    PRESETS.iter().filter(|preset| preset.name.starts_with("gpt3"))
}

/// Row M21.
fn family() -> Table {
    Table {
        title: "M21: GPT-3 from small to large",
        headers: SIZES.to_vec(),
        rows: gpt3().map(|preset| sizes(preset.name, preset)).collect(),
    }
}

/// Row M22.
fn published() -> Table {
    Table {
        title: "M22: tokens and parameters as printed; about 20 tokens a parameter use a given compute best",
        headers: vec![
            "model",
            "tokens",
            "parameters",
            "tokens a parameter",
            "of 20",
            "6 N D in petaflop/s-days",
        ],
        rows: PUBLISHED
            .iter()
            .map(|&(name, tokens, parameters)| {
                vec![
                    name.to_string(),
                    format!("{:.0} billion", tokens / 1e9),
                    format!("{} billion", parameters / 1e9),
                    format!("{:.1}", tokens / parameters),
                    format!("{:.0} %", 100.0 * tokens / parameters / CHINCHILLA),
                    days(6.0 * parameters * tokens),
                ]
            })
            .collect(),
    }
}

/// Row T7: the compute of figure 2.2.
fn compute() -> Table {
    Table {
        title: "T7: compute of training on 300 billion tokens, 6 N D",
        headers: vec!["model", "FLOPs", "petaflop/s-days"],
        rows: gpt3()
            .map(|preset| {
                let cost = of_preset(preset);
                vec![
                    preset.name.to_string(),
                    format!("{:.2e}", cost.training.flops),
                    days(cost.training.flops),
                ]
            })
            .collect(),
    }
}

/// What is off on the slides, by the numbers of the presets.
pub fn errata() -> Vec<Erratum> {
    let parameters = |name| millions(preset(name).parameters as f64);
    let of_width = |width: usize, heads: usize| {
        let thirteen = Preset::named("gpt3-13b").expect("it is a preset");
        let other = Preset {
            width,
            heads,
            ..*thirteen
        };
        millions(of_preset(&other).parameters as f64)
    };
    let printed_compute = 6.0 * 175e9 * 300e9;
    vec![
        Erratum {
            decks: "S4",
            says: "GPT-2 with 48 layers of width 1600 has 1542M parameters".into(),
            correct: format!("{} follow from these sizes.", parameters("gpt2-xl")),
            command: "plan gpt2-xl",
        },
        Erratum {
            decks: "S0, S4",
            says: "GPT-3 13B has a width of 5140 and 40 heads of 128".into(),
            correct: format!(
                "40 · 128 = {}. A width of 5140 has {} parameters, 5120 has {}.",
                40 * 128,
                parameters("gpt3-13b"),
                of_width(5120, 40)
            ),
            command: "plan gpt3-13b",
        },
        Erratum {
            decks: "S0, S4",
            says: "GPT-3 XL has a width of 2048 and 24 heads of 128".into(),
            correct: format!(
                "24 · 128 = {}; 16 heads of 128 fit. The {} parameters do not depend on it.",
                24 * 128,
                parameters("gpt3-xl")
            ),
            command: "plan gpt3-xl",
        },
        Erratum {
            decks: "S0, S4",
            says: "GPT-3 with 175 billion parameters took 50 petaflop/s-days".into(),
            correct: format!(
                "6 N D with 300 billion tokens is {printed_compute:.2e} FLOPs, {:.0} petaflop/s-days. The figure says 50 \
                 of the model of about 3 billion: {}.",
                printed_compute / PETAFLOP_S_DAY,
                days(preset("gpt3-2.7b").training.flops)
            ),
            command: "plan gpt3-175b",
        },
        Erratum {
            decks: "S0, S4",
            says: "GPT-3 was trained on 500 billion tokens, and beside it on 300 billion".into(),
            correct: format!(
                "The tables say 300 billion; 500 billion would be {:.0} petaflop/s-days.",
                6.0 * 175e9 * 500e9 / PETAFLOP_S_DAY
            ),
            command: "plan tables",
        },
        Erratum {
            decks: "S3",
            says: "LLaMA2-7B has grouped-query attention".into(),
            correct: format!(
                "Only the larger LLaMA 2 have it (Touvron et al. 2023, table 1); with full attention it has {} parameters.",
                parameters("llama2-7b")
            ),
            command: "plan llama2-7b",
        },
        Erratum {
            decks: "S3",
            says: "a batch of Falcon-7B has 2304 sequences of 2048 and about 4M tokens".into(),
            correct: format!("2304 · 2048 = {:.2}M.", 2304.0 * 2048.0 / 1e6),
            command: "plan falcon-7b",
        },
    ]
}

/// The errata as rows of the table of `docs/errata.md`.
pub fn errata_markdown() -> String {
    let row = |erratum: &Erratum| {
        let Erratum {
            decks,
            says,
            correct,
            command,
        } = erratum;
        format!("| {decks} | {says} | {correct} | `tapegrad {command}` |\n")
    };
    errata().iter().map(row).collect()
}
