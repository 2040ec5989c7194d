//! Whatever is written, there is an answer: a program, or mistakes with a place; and never a panic.
//!
//! The long run is `TAPEGRAD_FUZZ_SECONDS=600 cargo test -p tapegrad-language --test language -- --ignored fuzzing`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::table::{Style, rows};
use tapegrad_autograd::language::view::{exploded, rolled};
use tapegrad_autograd::language::{explain, flat, open, print};

use crate::{programs, random_programs};

/// A text with words exchanged, repeated or left out.
pub fn changed(text: &str, changes: &[(usize, usize, u8)]) -> String {
    let words = text.split_inclusive([' ', '\n', '[', ']', '(', ')', ',']);
    let mut words: Vec<String> = words.map(str::to_string).collect();
    for (at, other, kind) in changes {
        let (at, other) = (at % words.len(), other % words.len());
        match kind {
            0 => words.swap(at, other),
            1 => words[at] = words[other].clone(),
            _ => drop(words.remove(at)),
        }
    }
    words.concat()
}

/// Everything that can be done with a text; the sizes of its graphs are 1 to 4.
fn use_up(text: &str) {
    let opened = open("text", text);
    for mistake in &opened.diagnostics {
        assert!(mistake.primary.span.end as usize <= text.len(), "{text}");
        assert!(!mistake.render(&opened.sources).is_empty());
        let _ = mistake.mended(&opened.sources);
    }
    let _ = print::format(&Sources::of("text", text), 0);
    let _ = flat::read(&Sources::of("text", text));
    for program in &opened.programs {
        let free = program.dims.iter().filter(|dim| dim.value.is_none());
        let dims = free
            .zip((1..=4).cycle())
            .map(|(dim, size)| (dim.name.to_string(), size))
            .collect();
        assert!(rolled(program, true).boxes.len() < 1_000_000);
        let _ = exploded(program, &dims, &["T".to_string(), "k".to_string()]);
        if graph_of(program, &dims).is_err() {
            continue;
        }
        let _ = rows(program, &dims, Style::Indexed);
        for given in [&dims, &BTreeMap::new()] {
            if let Ok(derivative) = derive(program, given) {
                let again = open("derivative", &derivative.text);
                assert!(
                    again.is_correct(),
                    "{}\n{}\nof\n{text}",
                    again.render(),
                    derivative.text
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_program_with_words_exchanged_or_left_out_is_checked_or_refused(
        program in 0..19usize, changes in prop::collection::vec((0..10_000usize, 0..10_000usize, 0..3u8), 1..4)
    ) {
        let all = programs::all();
        use_up(&changed(&all[program % all.len()].1, &changes));
    }

    #[test]
    fn a_random_tree_is_checked_or_refused(file in random_programs::file()) {
        use_up(&print::print(&file));
    }

    #[test]
    fn arbitrary_bytes_are_refused_with_a_place(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        use_up(&String::from_utf8_lossy(&bytes));
    }
}

/// Found by [`fuzzing`]: the derivative weighted each mention by an input of the same name.
#[test]
fn an_output_is_named_once() {
    let text = |outputs: &str| format!("graph g {{ dim T, H input c[T], b[H] S = 2 * c output b, {outputs} }}");
    assert!(open("g", &text("S")).is_correct());
    let twice = text("S, S");
    use_up(&twice);
    assert!(open("g", &twice).render().contains("`S` is an output already"));
}

/// Found by [`fuzzing`]: one place of a row by two numbers, another by one and an index.
#[test]
fn every_place_of_a_row_has_as_many_numbers() {
    let text = "graph g { dim T, H, L input x[T, H] param h0[L, H] for l = 1..L { h[l, 0] = h0[l] } \
                for u = 1..T { h[0, t] = x[t] } J = sum(h[L, T]^2, over H) minimize J }";
    use_up(text);
    assert!(
        open("g", text).render().contains("positions of the row h"),
        "{}",
        open("g", text).render()
    );
}

/// Found by [`fuzzing`]: what a round gives to a layer that does not look at it has gradient 0, in time to be read.
#[test]
fn a_layer_may_ignore_what_a_round_gives_it() {
    let text = "module Step[H](x[H], h_prev[H]) -> h[H] { param b[H] ~ zeros h = tanh(h_prev + b) } \
                graph g { dim T, H input c[T, H] param e[H] param h0[H] layer step = Step[H] h[0] = h0 \
                for t = 1..T { x[t] = c[t] * e h[t] = step(x[t], h[t-1]) } J = sum(h[T]^2, over H) minimize J }";
    assert!(open("g", text).is_correct(), "{}", open("g", text).render());
    use_up(text);
}

/// Found by [`fuzzing`]: with as many heads as positions, sizes put in for the derivative made one of its axes two.
#[test]
fn a_size_that_is_a_quotient_may_be_put_in() {
    let text = "module Heads[T, D, H](X[T, D]) -> Y[T, D] { dim dk = D / H \
                Z = order(split(X, D => [h:H, dk]), h, T, dk) as [h:H, q:T, dk] \
                Y = merge(order(2 * Z, q, h, dk), [h, dk] => D) as [T, D] } \
                graph g { dim T, D param X[T, D] layer heads = Heads[T, D, T] Y = heads(X) \
                J = sum(sum(Y, over D), over T) minimize J }";
    assert!(open("g", text).is_correct(), "{}", open("g", text).render());
    for (t, d) in [(1, 3), (2, 4), (3, 3)] {
        let dims = BTreeMap::from([("T".to_string(), t), ("D".to_string(), d)]);
        let opened = open("g", text);
        let derivative = derive(&opened.programs[0], &dims).unwrap();
        let again = open("derivative", &derivative.text);
        assert!(again.is_correct(), "{}\n{}", again.render(), derivative.text);
    }
}

/// A text made of the project's programs and the catalogue's by changing letters and words.
fn grown(rng: &mut ChaCha8Rng, seeds: &[String]) -> String {
    let mut text = seeds[rng.random_range(0..seeds.len())].clone();
    let changes: Vec<(usize, usize, u8)> = (0..rng.random_range(0..5))
        .map(|_| (rng.random(), rng.random(), rng.random_range(0..3)))
        .map(|(a, b, c): (u32, u32, u8)| (a as usize, b as usize, c))
        .collect();
    text = changed(&text, &changes);
    for _ in 0..rng.random_range(0..4) {
        let letters: Vec<char> = text.chars().collect();
        if letters.is_empty() {
            break;
        }
        let at = rng.random_range(0..letters.len());
        let to = (at + rng.random_range(0..20)).min(letters.len());
        let middle: String = match rng.random_range(0..4) {
            0 => String::new(),
            1 => char::from(rng.random_range(32..127u8)).to_string(),
            2 => letters[at..to]
                .iter()
                .collect::<String>()
                .repeat(rng.random_range(2..5)),
            _ => char::from_u32(rng.random_range(0..0x3000)).unwrap_or('x').to_string(),
        };
        text = letters[..at].iter().collect::<String>() + &middle + &letters[to..].iter().collect::<String>();
    }
    text
}

#[test]
#[ignore = "long: runs for TAPEGRAD_FUZZ_SECONDS, 600 if not set"]
fn fuzzing() {
    let seconds = programs::from_environment("TAPEGRAD_FUZZ_SECONDS", 600);
    let seed = programs::from_environment("TAPEGRAD_FUZZ_SEED", 1);
    let mut seeds: Vec<String> = programs::all().into_iter().map(|(_, text)| text).collect();
    seeds.extend(
        tapegrad_autograd::language::code::Code::ALL
            .iter()
            .map(|&code| explain::program(code).to_string()),
    );
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (begin, mut count, mut correct, mut slowest) = (Instant::now(), 0u64, 0u64, Duration::ZERO);
    let mut finds = Vec::new();
    while begin.elapsed() < Duration::from_secs(seconds) {
        let text = grown(&mut rng, &seeds);
        let start = Instant::now();
        if std::panic::catch_unwind(|| use_up(&text)).is_err() {
            finds.push(format!("text {count} of seed {seed}:\n{text}"));
        }
        slowest = slowest.max(start.elapsed());
        correct += u64::from(open("text", &text).is_correct());
        count += 1;
    }
    println!("{count} texts, {correct} of them without mistakes, the slowest took {slowest:?}");
    assert!(
        finds.is_empty(),
        "{} texts made it panic:\n{}",
        finds.len(),
        finds.join("\n\n")
    );
}
