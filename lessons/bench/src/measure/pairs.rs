//! Two frameworks in turns: ours, theirs, ours, theirs, so that whatever disturbs the machine disturbs both.
//!
//! One pair gives one ratio, of the middle repetitions of two turns that follow each other. What is reported is the
//! median of the ratios with their spread: a machine that is slow for a minute moves no ratio.

use serde_json::{Value, json};

use super::peer::{Peer, PeerInfo};
use super::row::{BenchRow, significant};
use super::spread::Spread;
use super::timing::on_threads;
use crate::error::BenchError;
use crate::work::workload::{BenchSetting, PreparedWork, Workload};

/// The result of two frameworks doing the same work in turns.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// Ours: the middle repetition of each turn.
    pub ours: BenchRow,
    /// Theirs, likewise, in seconds.
    pub theirs: Spread,
    /// Their seconds divided by ours, pair by pair: how many times as fast we are.
    pub ratio: Spread,
    /// What the peer says of itself.
    pub greeting: PeerInfo,
    /// The peer's note on its last repetition.
    pub note: Option<String>,
}

/// Runs a workload here and at a peer, in turns.
///
/// **Errors** if one of the two cannot.
pub fn in_turns(workload: &Workload, setting: &BenchSetting, command: &str, pairs: usize) -> Result<Pairs, BenchError> {
    let mut peer = Peer::start(command, workload.name, setting.threads)?;
    on_threads(setting.threads, || {
        let mut ready = (workload.prepare)(setting)?;
        if workload.warm_ups > 0 {
            ours(&mut ready, workload.warm_ups)?;
            peer.turn(workload.warm_ups)?;
        }
        let (mut seconds, mut notes) = (Vec::new(), [None, None]);
        for _ in 0..pairs.max(1) {
            let (own, note) = ours(&mut ready, workload.reps_per_turn)?;
            let turn = peer.turn(workload.reps_per_turn)?;
            seconds.push([own, Spread::of(&turn.seconds).median]);
            notes = [note, turn.note];
        }
        let of = |side: usize| seconds.iter().map(|pair| pair[side]).collect::<Vec<f64>>();
        let ratios: Vec<f64> = seconds.iter().map(|[own, other]| other / own).collect();
        let [note, their_note] = notes;
        let row = BenchRow {
            workload: *workload,
            threads: setting.threads,
            seconds: Spread::of(&of(0)),
            work: ready.work,
            note,
            peak_gflops: None,
        };
        Ok(Pairs {
            ours: row,
            theirs: Spread::of(&of(1)),
            ratio: Spread::of(&ratios),
            greeting: peer.greeting().clone(),
            note: their_note,
        })
    })
}

/// One turn of ours: the middle repetition, and the note of the last.
fn ours(ready: &mut PreparedWork, reps: usize) -> Result<(f64, Option<String>), BenchError> {
    let mut seconds = Vec::with_capacity(reps);
    let mut note = None;
    for _ in 0..reps {
        let rep = (ready.rep)()?;
        seconds.push(rep.seconds);
        note = rep.note;
    }
    Ok((Spread::of(&seconds).median, note))
}

/// The headings of [`Pairs::cells`].
pub const HEADERS: [&str; 9] = [
    "work",
    "threads",
    "ours",
    "theirs",
    "unit",
    "times as fast",
    "quartiles",
    "min .. max",
    "against",
];

impl Pairs {
    /// Their measurements in the unit of the row.
    pub fn their_spread(&self) -> Spread {
        self.theirs
            .map(|seconds| self.ours.workload.unit.of(seconds, &self.ours.work))
    }

    /// The row with the peer beside it, as JSON.
    pub fn json(&self) -> Value {
        let mut row = self.ours.json();
        let Spread {
            median,
            quartiles,
            min,
            max,
            ..
        } = self.their_spread();
        row["against"] = json!({
            "peer": self.greeting.peer,
            "version": self.greeting.version,
            "notes": self.greeting.notes,
            "median": median,
            "quartiles": quartiles,
            "min": min,
            "max": max,
            "note": self.note,
            "ratio": self.ratio,
        });
        row
    }

    /// The cells of a row of the table.
    pub fn cells(&self) -> Vec<String> {
        let [low, high] = self.ratio.quartiles;
        let note = |note: &Option<String>| note.as_ref().map_or(String::new(), |note| format!("; {note}"));
        vec![
            self.ours.workload.name.to_string(),
            self.ours.threads.to_string(),
            significant(self.ours.spread().median),
            significant(self.their_spread().median),
            self.ours.workload.unit.name().to_string(),
            format!("{:.2}", self.ratio.median),
            format!("{low:.2} .. {high:.2}"),
            format!("{:.2} .. {:.2}", self.ratio.min, self.ratio.max),
            format!(
                "{} {}{}{}",
                self.greeting.peer,
                self.greeting.version,
                note(&self.ours.note).replacen("; ", "; ours ", 1),
                note(&self.note).replacen("; ", "; theirs ", 1)
            ),
        ]
    }
}
