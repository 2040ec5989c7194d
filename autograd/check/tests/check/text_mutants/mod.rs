//! Mutants by edits of source text, from a generator that knows nothing of the hypotheses.
//!
//! The modules ([`sources`]) are written by hand as texts of the graph language, forward and backward. A mutant is one
//! edit of the tokens of backward() ([`edits`]), as `cargo mutants` edits Rust: another operator, another constant,
//! another function, another name, a deleted factor or term, another axis, a body without effect. What does not compile,
//! or gives the same numbers, is no mutant.
//!
//! `cargo test -p tapegrad-check --test check text_mutants -- --ignored --nocapture` tries all and lists survivors.

mod edits;
mod sources;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Options, Subject, Verdict, check};
use tapegrad_autograd::language::run::{Given, Wanted, evaluate};
use tapegrad_autograd::language::{Opened, open};
use tapegrad_autograd::module::Module;

use edits::edits;
use sources::{SOURCES, Source};

/// A module that runs two programs.
struct Programs {
    source: &'static Source,
    forward: Opened,
    backward: Opened,
    x: Vec<ArrayD<f64>>,
}

impl fmt::Debug for Programs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source.name)
    }
}

/// The named results of a program, or `None` if it has none at these operands.
fn results(
    opened: &Opened,
    source: &Source,
    x: &[ArrayD<f64>],
    g_y: Option<&ArrayD<f64>>,
    names: &[String],
) -> Option<Vec<ArrayD<f64>>> {
    let program = opened.programs.last()?;
    let operands = source.operands.iter().map(|(name, _)| (*name).to_string());
    let mut values: BTreeMap<String, ArrayD<f64>> = operands.zip(x.iter().cloned()).collect();
    values.extend(g_y.map(|g_y| ("gy".to_string(), g_y.clone())));
    let given = Given {
        values,
        ..Given::default()
    };
    let answer = evaluate(program, &given, Wanted::default()).ok()?;
    let named = |name: &String| {
        let (_, value) = answer.values.iter().find(|(known, _)| known == name)?;
        Some(value.clone())
    };
    names.iter().map(named).collect()
}

impl Module<f64> for Programs {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(|x| x.to_owned()).collect();
        let y = results(&self.forward, self.source, &self.x, None, &["y".to_string()]);
        y.expect("a forward program has a value").remove(0)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let names = self.source.gradients();
        let g_x = results(&self.backward, self.source, &self.x, Some(&g_y.to_owned()), &names);
        // A program that has no result somewhere gives numbers that are none.
        g_x.unwrap_or_else(|| self.x.iter().map(|x| x.mapv(|_| f64::NAN)).collect())
    }
}

/// A text that the language accepts.
fn compiled(text: &str) -> Option<Opened> {
    let opened = open("module.cg", text);
    opened.is_correct().then_some(opened)
}

fn subject(source: &'static Source, lines: &str) -> ModuleSubject {
    let (forward, backward) = (source.forward(), source.backward(lines));
    ModuleSubject::made_for_case(
        source.name,
        |draw: &mut Draw| source.case(draw),
        move |_: &Case| Programs {
            source,
            forward: open("forward.cg", &forward),
            backward: open("backward.cg", &backward),
            x: Vec::new(),
        },
    )
}

/// True if two backward programs give the same numbers at random operands.
fn is_equivalent(source: &'static Source, right: &Opened, mutant: &Opened) -> bool {
    let forward = compiled(&source.forward()).expect("the sources are right");
    (0..8).all(|seed| {
        let mut draw = Draw::new(seed, 3);
        let x = source.case(&mut draw).values();
        let y = results(&forward, source, &x, None, &["y".to_string()]).expect("a forward program has a value");
        let g_y = draw.normal(y[0].shape().iter().copied().collect());
        let of = |program: &Opened| results(program, source, &x, Some(&g_y), &source.gradients());
        let (Some(right), Some(mutant)) = (of(right), of(mutant)) else {
            return false;
        };
        let same = |(a, b): (&ArrayD<f64>, &ArrayD<f64>)| {
            a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-9 * (1.0 + a.abs()))
        };
        right.iter().zip(&mutant).all(same)
    })
}

/// What became of the mutants of some modules.
#[derive(Default)]
struct Outcome {
    mutants: usize,
    equivalent: usize,
    found: usize,
    named: usize,
    /// No cause is named, but the report says which entries, which shares, or what kind of term is wrong.
    described: usize,
    survivors: Vec<String>,
}

fn outcome(sources: &'static [Source]) -> Outcome {
    let of_each: Vec<Outcome> = std::thread::scope(|scope| {
        let threads: Vec<_> = sources.iter().map(|source| scope.spawn(|| of_source(source))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no check panics"))
            .collect()
    });
    let mut all = Outcome::default();
    for outcome in of_each {
        all.mutants += outcome.mutants;
        all.equivalent += outcome.equivalent;
        all.found += outcome.found;
        all.named += outcome.named;
        all.described += outcome.described;
        all.survivors.extend(outcome.survivors);
    }
    all
}

fn of_source(source: &'static Source) -> Outcome {
    let mut outcome = Outcome::default();
    let right = compiled(&source.backward(source.backward)).expect("the sources are right");
    for (what, lines) in edits(source.backward) {
        let Some(mutant) = compiled(&source.backward(&lines)) else {
            continue;
        };
        if is_equivalent(source, &right, &mutant) {
            outcome.equivalent += 1;
            continue;
        }
        outcome.mutants += 1;
        let subject: Arc<dyn Subject> = Arc::new(subject(source, &lines));
        let report = check(&subject, &Options::default());
        let label = format!("{}: {what}", source.name);
        if report.verdict != Verdict::Wrong {
            println!("{label} | SURVIVES");
            outcome.survivors.push(label);
            continue;
        }
        outcome.found += 1;
        let named = report.diagnosis.map(|diagnosis| diagnosis.sentence);
        outcome.named += usize::from(named.is_some());
        let described = report
            .findings
            .first()
            .filter(|first| first.cause == "unexplained" && named.is_none());
        outcome.described += usize::from(described.is_some());
        let said = named.or_else(|| described.map(|first| first.sentence.clone()));
        println!("{label} | {}", said.unwrap_or_else(|| "no cause".to_string()));
    }
    println!(
        "{}: {} mutants, and {} equivalent ones: found {}, a cause named for {}, and described for {}",
        source.name, outcome.mutants, outcome.equivalent, outcome.found, outcome.named, outcome.described
    );
    outcome
}

#[test]
fn the_sources_are_right() {
    for source in SOURCES {
        let text = source.backward(source.backward);
        assert!(compiled(&text).is_some(), "{}", open("module.cg", &text).render());
        let subject: Arc<dyn Subject> = Arc::new(subject(source, source.backward));
        let report = check(&subject, &Options::default());
        // An axis of one entry may make a function constant, whose slope is rounding alone.
        assert_ne!(report.verdict, Verdict::Wrong, "{}: {report:?}", source.name);
    }
}

#[test]
fn every_text_mutant_of_a_few_modules_is_found() {
    let outcome = outcome(&SOURCES[..2]);
    assert!(outcome.mutants >= 30, "{}", outcome.mutants);
    assert!(outcome.survivors.is_empty(), "{:#?}", outcome.survivors);
}

#[test]
#[ignore = "checks some hundreds of modules, which takes minutes"]
fn all_text_mutants() {
    let outcome = outcome(SOURCES);
    println!(
        "\n{} mutants, and {} equivalent ones: found {}, a cause named for {}, and described for {}\nsurvivors: {:#?}",
        outcome.mutants, outcome.equivalent, outcome.found, outcome.named, outcome.described, outcome.survivors
    );
    assert!(outcome.survivors.is_empty(), "{:#?}", outcome.survivors);
}
