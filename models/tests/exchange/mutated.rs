//! Two hundred damaged checkpoints: each is read right, or refused with a sentence.
//!
//! Read right means: as the package `safetensors` reads the same bytes, which shares no line with the reader here.

use super::{MODELS, copy, folder};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use safetensors::SafeTensors;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tapegrad_models::Model;
use tapegrad_models::exchange::{ImportOptions, Imported, arrays, import};

#[global_allocator]
static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// The files have some ten kilobytes; reading one may make room for a few hundred times as much, and no more.
const ALLOCATED_MAX: usize = 16_000_000;

/// The files of weights in a folder.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|end| end == "safetensors"))
        .collect()
}

/// What the package reads, as `f32`.
fn by_the_package(folder: &Path) -> Vec<(String, Vec<f32>)> {
    let mut all = Vec::new();
    for path in files(folder) {
        let bytes = std::fs::read(path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).expect("what is read here is right for the package too");
        for (name, view) in tensors.tensors() {
            let halves = || view.data().chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            let numbers: Vec<f32> = match view.dtype() {
                safetensors::Dtype::F32 => {
                    let words = view.data().chunks_exact(4);
                    words.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
                }
                safetensors::Dtype::BF16 => halves().map(|bits| f32::from_bits(u32::from(bits) << 16)).collect(),
                safetensors::Dtype::F16 => halves().map(of_f16).collect(),
                _ => continue,
            };
            all.push((name, numbers));
        }
    }
    all
}

/// By its definition, for numbers that are finite.
fn of_f16(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
    let size = match exponent {
        0 => fraction * 2.0_f64.powi(-14),
        _ => (1.0 + fraction) * 2.0_f64.powi(exponent - 15),
    };
    (if bits >> 15 == 0 { size } else { -size }) as f32
}

fn is_right(imported: &Imported, folder: &Path) {
    let Model::Transformer(neural) = &imported.model else {
        panic!("a checkpoint is a Transformer");
    };
    let params = neural.params();
    let ours = arrays(imported.config.as_ref().unwrap(), params.list(), params.values()).unwrap();
    for (name, expected) in by_the_package(folder) {
        if let Some((_, numbers)) = ours.get(&name) {
            assert_eq!(*numbers, expected, "{name}");
        }
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    let header = (8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize).min(bytes.len());
    let place = match random.random_range(0..3) {
        0 => random.random_range(0..bytes.len()),
        _ => random.random_range(0..header),
    };
    let digits: Vec<usize> = (8..header).filter(|&at| bytes[at].is_ascii_digit()).collect();
    match random.random_range(0..7) {
        0 => bytes.truncate(place),
        1 => bytes[place] ^= 1 << random.random_range(0..8),
        2 => bytes[random.random_range(0..8)] ^= 1 << random.random_range(0..8),
        3 => drop(bytes.splice(place..place, *b"0")),
        4 => drop(bytes.drain(place..(place + 7).min(bytes.len()))),
        // Sizes and places of arrays.
        5 if !digits.is_empty() => {
            bytes[digits[random.random_range(0..digits.len())]] = random.random_range(b'0'..=b'9')
        }
        _ => {
            let other = random.random_range(0..bytes.len());
            bytes.swap(place, other);
        }
    }
}

#[test]
fn two_hundred_damaged_checkpoints_are_read_right_or_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let mut refused = 0;
    for at in 0..200 {
        let place = copy(MODELS[at % MODELS.len()]);
        let mut all = files(place.path());
        // Now and then the settings or the index are damaged instead.
        if at % 5 == 4 {
            all = vec![
                place.path().join("config.json"),
                place.path().join("model.safetensors.index.json"),
            ];
            all.retain(|path| path.exists());
        }
        let path = &all[random.random_range(0..all.len())];
        let mut bytes = std::fs::read(path).unwrap();
        match at % 5 {
            4 => {
                let place = random.random_range(0..bytes.len());
                bytes[place] ^= 1 << random.random_range(0..7);
            }
            _ => mutate(&mut bytes, &mut random),
        }
        std::fs::write(path, bytes).unwrap();
        let before = ALLOCATOR.stats().bytes_allocated;
        let outcome = catch_unwind(AssertUnwindSafe(|| import(place.path(), ImportOptions::default())));
        let allocated = ALLOCATOR.stats().bytes_allocated - before;
        assert!(allocated < ALLOCATED_MAX, "change {at} made room for {allocated} bytes");
        match outcome.unwrap_or_else(|_| panic!("change {at} made a panic")) {
            Ok(imported) => is_right(&imported, place.path()),
            Err(error) => {
                let sentence = error.to_string();
                let shown = place.path().display().to_string();
                assert!(
                    sentence.starts_with(&shown) && sentence.len() < 600,
                    "change {at}: {sentence}"
                );
                refused += 1;
            }
        }
    }
    assert!((100..200).contains(&refused), "{refused} of 200 were refused");
}

#[test]
fn the_stored_checkpoints_are_read_as_the_package_reads_them() {
    for name in MODELS {
        is_right(&super::imported(&folder(name)), &folder(name));
    }
}
