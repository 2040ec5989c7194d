//! Published models as sizes and switches: the tables of the lectures, cell by cell.
//!
//! Sources: deck S4, table of the GPT family (row M20) and of GPT-3 (row M21); deck S3, table 2 (row M19). What the
//! tables leave out, such as vocabularies, is from the papers that each line names.

use crate::layers::architecture::{Architecture, Flow, Placement, Positions};
use crate::layers::{Activation, Bias, NormKind};
use crate::model::ModelConfig;
use crate::transformer_lm::Tying;
use strsim::levenshtein;

/// A family of models: the switches that its members share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Radford et al. 2018: norms behind the sums.
    Gpt1,
    /// Radford et al. 2019, and Brown et al. 2020 without their sparse layers.
    Gpt2,
    /// Groeneveld et al. 2024.
    Olmo,
    /// Touvron et al. 2023, with the grouped heads of its larger members.
    Llama2,
    /// Gururangan et al. 2023.
    OpenLm,
    /// Almazrouei et al. 2023.
    Falcon,
    /// Chowdhery et al. 2022.
    Palm,
}

impl Family {
    /// Every family with its name on the command line.
    pub const ALL: [(&'static str, Self); 7] = [
        ("gpt1", Self::Gpt1),
        ("gpt2", Self::Gpt2),
        ("olmo", Self::Olmo),
        ("llama2", Self::Llama2),
        ("openlm", Self::OpenLm),
        ("falcon", Self::Falcon),
        ("palm", Self::Palm),
    ];

    /// The family of this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(own, _)| *own == name).map(|(_, family)| family)
    }

    /// Which layers add a bias, in this family.
    pub fn bias(self) -> Bias {
        match self {
            Self::Gpt1 | Self::Gpt2 => Bias::With,
            Self::Olmo | Self::Llama2 | Self::Palm => Bias::Without,
            Self::OpenLm | Self::Falcon => Bias::Norms,
        }
    }

    /// Whether the head shares the table of the embedding, in this family.
    pub fn tying(self) -> Tying {
        match self {
            Self::Gpt1 | Self::Gpt2 | Self::Palm => Tying::Tied,
            Self::Olmo | Self::Llama2 | Self::OpenLm | Self::Falcon => Tying::Untied,
        }
    }

    /// The switches of a member with so many heads and this width.
    pub fn architecture(self, heads: usize, width: usize) -> Architecture {
        let gpt = Architecture::GPT_2;
        let rotary = Architecture {
            positions: Positions::Rotary,
            ..gpt
        };
        let gated = Architecture {
            activation: Activation::Swiglu,
            mlp_ratio: 8.0 / 3.0,
            // The code of these models rounds to multiples of 256, which would swallow a small model.
            mlp_multiple: if width < 1024 { 1 } else { 256 },
            ..rotary
        };
        match self {
            Self::Gpt1 => Architecture {
                placement: Placement::Post,
                ..gpt
            },
            Self::Gpt2 => gpt,
            Self::Olmo => Architecture {
                norm: NormKind::LayerWithoutParameters,
                ..gated
            },
            Self::Llama2 => Architecture {
                norm: NormKind::Rms,
                key_value_heads: heads.is_multiple_of(2).then_some(heads / 2),
                ..gated
            },
            Self::OpenLm => gated,
            Self::Falcon => Architecture {
                key_value_heads: Some(1),
                flow: Flow::Parallel,
                activation: Activation::Gelu,
                ..rotary
            },
            Self::Palm => Architecture {
                key_value_heads: Some(1),
                flow: Flow::Parallel,
                activation: Activation::Swiglu,
                ..rotary
            },
        }
    }

    /// A member of any size.
    pub fn model(self, layers: usize, heads: usize, width: usize) -> ModelConfig {
        ModelConfig::Transformer {
            layers,
            heads,
            width,
            bias: self.bias(),
            tying: self.tying(),
            architecture: self.architecture(heads, width),
        }
    }
}

/// A published model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// The family.
    pub family: Family,
    /// Ids, `V`.
    pub vocabulary: usize,
    /// Longest context, `T`.
    pub block: usize,
    /// Blocks.
    pub layers: usize,
    /// Heads that its sizes allow.
    pub heads: usize,
    /// Width, `C`.
    pub width: usize,
    /// The tokens it was trained on.
    pub tokens: u64,
    /// What the lectures print as its number of parameters.
    pub printed: Option<&'static str>,
    /// What a reader should know about its sizes.
    pub note: Option<&'static str>,
}

const GPT_3: Preset = Preset {
    name: "",
    family: Family::Gpt2,
    vocabulary: 50_257,
    block: 2048,
    layers: 0,
    heads: 0,
    width: 0,
    tokens: 300_000_000_000,
    printed: None,
    note: None,
};

const fn gpt_3(name: &'static str, [layers, width, heads]: [usize; 3], printed: &'static str) -> Preset {
    Preset {
        name,
        layers,
        heads,
        width,
        printed: Some(printed),
        ..GPT_3
    }
}

const fn seven(name: &'static str, family: Family, vocabulary: usize, tokens: u64) -> Preset {
    Preset {
        name,
        family,
        vocabulary,
        layers: 32,
        heads: 32,
        width: 4096,
        tokens,
        ..GPT_3
    }
}

/// Every preset, in the order of the lectures.
pub const PRESETS: [Preset; 16] = [
    Preset {
        name: "gpt1",
        family: Family::Gpt1,
        vocabulary: 40_478,
        block: 512,
        layers: 12,
        heads: 12,
        width: 768,
        tokens: 100_000_000_000,
        printed: Some("117M"),
        note: Some(
            "tokens: 100 epochs (Radford et al. 2018) of the BooksCorpus, taken as about 1 billion tokens; this number \
             is an estimate",
        ),
    },
    Preset {
        name: "gpt2",
        block: 1024,
        layers: 12,
        heads: 12,
        width: 768,
        tokens: 10_000_000_000,
        note: Some("the smallest of the four models; that of the lectures' table is gpt2-xl"),
        ..GPT_3
    },
    Preset {
        name: "gpt2-xl",
        block: 1024,
        layers: 48,
        heads: 25,
        width: 1600,
        tokens: 10_000_000_000,
        printed: Some("1542M"),
        note: Some("the table prints 1542M parameters; counted from its sizes they are 1557.6M"),
        ..GPT_3
    },
    gpt_3("gpt3-small", [12, 768, 12], "125M"),
    gpt_3("gpt3-medium", [24, 1024, 16], "350M"),
    gpt_3("gpt3-large", [24, 1536, 16], "760M"),
    Preset {
        note: Some(
            "the table prints 24 heads of 128, which is 3072 and not the width of 2048; counted with 16 heads of 128",
        ),
        ..gpt_3("gpt3-xl", [24, 2048, 16], "1.3B")
    },
    gpt_3("gpt3-2.7b", [32, 2560, 32], "2.7B"),
    gpt_3("gpt3-6.7b", [32, 4096, 32], "6.7B"),
    Preset {
        note: Some(
            "the table prints a width of 5140 with 40 heads of 128, which is 5120; the parameters are those of 5140 as \
             printed (5120 gives 12853.4M), and attention is counted with 20 heads, because 40 do not divide 5140",
        ),
        ..gpt_3("gpt3-13b", [40, 5140, 20], "13.0B")
    },
    Preset {
        note: Some(
            "the lectures print 50 petaflop/s-days for training; 6 N D with N = 175 billion and D = 300 billion tokens \
             is 3646; they also print 500 billion tokens beside the 300 billion of the table",
        ),
        ..gpt_3("gpt3-175b", [96, 12_288, 96], "175.0B")
    },
    seven("olmo-7b", Family::Olmo, 50_304, 2_460_000_000_000),
    Preset {
        block: 4096,
        note: Some(
            "the table prints grouped-query attention; the released model of 7 billion has full attention (Touvron et \
             al. 2023, table 1) and is counted so",
        ),
        ..seven("llama2-7b", Family::Llama2, 32_000, 2_000_000_000_000)
    },
    seven("openlm-7b", Family::OpenLm, 50_432, 1_250_000_000_000),
    Preset {
        heads: 71,
        width: 4544,
        ..seven("falcon-7b", Family::Falcon, 65_024, 1_500_000_000_000)
    },
    Preset {
        heads: 16,
        ..seven("palm-8b", Family::Palm, 256_000, 780_000_000_000)
    },
];

impl Preset {
    /// The preset of this name.
    ///
    /// **Errors** with the names that are nearest.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The model.
    pub fn model(&self) -> ModelConfig {
        let mut model = self.family.model(self.layers, self.heads, self.width);
        if let (Family::Llama2, ModelConfig::Transformer { architecture, .. }) = (self.family, &mut model) {
            architecture.key_value_heads = None;
        }
        model
    }
}

/// The names that are nearest to one that there is not, the nearest first: at most three.
pub fn nearest(name: &str) -> Vec<&'static str> {
    let mut far: Vec<(usize, &'static str)> = PRESETS
        .iter()
        .map(|preset| (levenshtein(&name.to_lowercase(), preset.name), preset.name))
        .collect();
    far.sort_by_key(|(edits, _)| *edits);
    far.into_iter().take(3).map(|(_, name)| name).collect()
}
