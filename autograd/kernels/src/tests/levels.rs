//! The same tests at the lower levels of vector instructions, each in a process of its own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{Command, Output};

use super::laws::bits;
use super::random::large_cases;
use crate::simd_level;

/// Runs tests of this binary whose names contain `filter`, with the level capped.
fn at_level(level: &str, arguments: &[&str]) -> Output {
    let binary = std::env::current_exe().expect("a test knows its own binary");
    let output = Command::new(binary)
        .args(arguments)
        .env("TAPEGRAD_SIMD", level)
        .output();
    output.expect("the test binary starts a second time")
}

fn assert_passes(level: &str) {
    let output = at_level(level, &["tests::", "--skip", "levels"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "TAPEGRAD_SIMD={level}:\n{said}");
    assert!(
        !said.contains(" 0 passed"),
        "TAPEGRAD_SIMD={level} ran no tests:\n{said}"
    );
}

#[test]
fn every_law_holds_with_avx2_alone() {
    assert_passes("avx2");
}

#[test]
fn every_law_holds_without_avx() {
    assert_passes("none");
}

#[test]
fn an_unknown_level_is_refused_by_name() {
    let output = at_level("avx1024", &["digest_of_all_kernels"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(said.contains("it may be avx512, avx2 or none"), "{said}");
}

/// Prints what the next test compares.
#[test]
fn digest_of_all_kernels() {
    let mut hasher = DefaultHasher::new();
    for case in large_cases() {
        bits(case, 2).hash(&mut hasher);
    }
    println!("digest {} {:016x}", simd_level(), hasher.finish());
}

#[test]
fn avx2_and_avx512_give_the_same_bits() {
    let digest = |level| {
        let output = at_level(level, &["digest_of_all_kernels", "--nocapture"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said
            .lines()
            .find_map(|line| line.split("digest ").nth(1).map(str::to_owned));
        line.unwrap_or_else(|| panic!("TAPEGRAD_SIMD={level} printed no digest:\n{said}"))
    };
    let (wide, narrow) = (digest("avx512"), digest("avx2"));
    if !wide.starts_with("avx512") {
        eprintln!("skipped: this processor has no AVX-512");
        return;
    }
    assert_eq!(wide.trim_start_matches("avx512"), narrow.trim_start_matches("avx2"));
}
