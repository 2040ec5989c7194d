//! The option `--memory`, which is the same for programs and for training.

use clap::Args;
use tapegrad_autograd::memory::MEMORY;

/// How much memory a command may take.
#[derive(Args, Debug)]
pub struct MemoryArgs {
    /// Refuse work that needs more memory than this, in bytes, MB or GB [default: 4GB]
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    memory: Option<u64>,
}

impl MemoryArgs {
    /// The number of bytes.
    pub fn bytes(&self) -> u64 {
        self.memory.unwrap_or(MEMORY)
    }
}

/// `1000000`, `500MB` or `8GB`.
fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 4] = [
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    let unit = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, unit) = unit.unwrap_or((text, 1));
    let number: Option<u64> = number.trim().parse().ok();
    let bytes = number
        .and_then(|number| number.checked_mul(unit))
        .filter(|&bytes| bytes > 0);
    bytes.ok_or_else(|| "write a number of bytes, such as 500MB or 8GB".to_string())
}
