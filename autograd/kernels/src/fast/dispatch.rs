//! Which vector instructions this processor has, found out once at run time.
//!
//! One binary serves every machine: a kernel is written once, as an `#[inline(always)]` body over [`Simd`], and is
//! compiled for AVX-512, for AVX2 with FMA, and for the baseline of the target; [`run`] takes the widest that is there.
//! The two AVX levels fuse `a b + c` and so give the same bits; the baseline rounds twice and may differ in the last one.
//!
//! The environment variable `TAPEGRAD_SIMD`, read at the first use, caps the level: `avx512`, `avx2` or `none`.

use std::any::TypeId;
use std::sync::OnceLock;

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// The environment variable that caps the level.
const CAP: &str = "TAPEGRAD_SIMD";

/// The name of the instructions in use: `avx512`, `avx2`, `none`, or `other` for those of another kind of processor.
pub fn simd_level() -> &'static str {
    match arch() {
        None => "none",
        #[cfg(target_arch = "x86_64")]
        Some(Arch::V4(_)) => "avx512",
        #[cfg(target_arch = "x86_64")]
        Some(Arch::V3(_)) => "avx2",
        Some(_) => "other",
    }
}

/// Runs a kernel with the widest instructions there are.
pub fn run<K: WithSimd>(kernel: K) -> K::Output {
    match arch() {
        // Named one by one, because `dispatch` would compile every kernel for a level without vectors too.
        #[cfg(target_arch = "x86_64")]
        Some(Arch::V4(simd)) => part(simd, kernel),
        #[cfg(target_arch = "x86_64")]
        Some(Arch::V3(simd)) => part(simd, kernel),
        #[cfg(not(target_arch = "x86_64"))]
        Some(arch) => arch.dispatch(kernel),
        _ => kernel.with_simd(Scalar128b),
    }
}

/// Runs a kernel, or a part that several kernels share, as a function of its own at the level `S`.
///
/// What is inlined everywhere is compiled everywhere, three levels and two number types each: a part of some size that
/// several kernels call is compiled once instead. A call costs some nanoseconds.
#[inline(never)]
pub fn part<S: Simd, K: WithSimd>(simd: S, kernel: K) -> K::Output {
    simd.vectorize(kernel)
}

/// Whether `a b + c` rounds once at this level.
#[inline(always)]
pub fn fuses<S: Simd>() -> bool {
    !S::IS_SCALAR && TypeId::of::<S>() != TypeId::of::<Scalar128b>()
}

/// The instructions in use; `None` is the baseline.
fn arch() -> Option<Arch> {
    static ARCH: OnceLock<Option<Arch>> = OnceLock::new();
    *ARCH.get_or_init(|| {
        let cap = std::env::var(CAP).unwrap_or_default();
        match cap.as_str() {
            "" | "avx512" => beyond_baseline(Arch::new()),
            "avx2" => avx2(),
            "none" => None,
            other => panic!("{CAP} is `{other}`; it may be avx512, avx2 or none"),
        }
    })
}

fn beyond_baseline(arch: Arch) -> Option<Arch> {
    (!matches!(arch, Arch::Scalar)).then_some(arch)
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> Option<Arch> {
    pulp::x86::V3::try_new().map(Arch::V3)
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> Option<Arch> {
    None
}
