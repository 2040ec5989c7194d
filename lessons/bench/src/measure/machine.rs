//! The machine that a row was measured on: the processor, the instructions in use, the build, the peak.

use serde::Serialize;
use tapegrad_autograd::kernels::simd_level;

use super::timing::measure;
use crate::error::BenchError;
use crate::work::peak_fma::PEAK_FMA;
use crate::work::workload::{BenchSetting, BenchUnit};

/// The machine that a row was measured on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// The name the processor gives itself.
    pub cpu: String,
    /// How many cores the system offers.
    pub cores: usize,
    /// The vector instructions the kernels use: `avx512`, `avx2`, `none`, or `other`.
    pub simd: &'static str,
    /// Those the processor has, of the ones that could be used.
    pub features: Vec<&'static str>,
    /// The operating system and the processor's architecture.
    pub system: String,
    /// The version of this program.
    pub tapegrad: &'static str,
    /// `release`, or `debug` with its checks.
    pub build: &'static str,
}

impl Machine {
    /// This machine and this build.
    pub fn here() -> Self {
        Self {
            cpu: cpu().unwrap_or_else(|| "unknown".to_string()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            simd: simd_level(),
            features: features(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            tapegrad: env!("CARGO_PKG_VERSION"),
            build: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }
}

/// The most multiply-adds that so many threads can do.
///
/// **Units**: GFLOP/s, the best of some repetitions: what stands in the way of a peak is not the machine.
pub fn peak_gflops(threads: usize) -> Result<f64, BenchError> {
    let setting = BenchSetting { threads, text: None };
    let row = measure(&PEAK_FMA, &setting, None)?;
    Ok(BenchUnit::Gflops.of(row.seconds.min, &row.work))
}

/// The name of the processor, where the system tells it in a file.
fn cpu() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string())
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let known = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    known
        .iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| *name)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}
