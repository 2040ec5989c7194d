//! `tapegrad bench` from its arguments to its rows, alone and against a peer that is a shell script.

use serde_json::Value;

use crate::tapegrad;

/// The exit code, standard output and standard error of `tapegrad bench ARGS`.
fn bench(args: &[&str]) -> (u8, String, String) {
    tapegrad(&[&["bench"], args].concat())
}

fn document(args: &[&str]) -> Value {
    let (code, stdout, stderr) = bench(args);
    assert_eq!(code, 0, "{stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// The error code of a command that must fail.
fn error(args: &[&str]) -> String {
    let (code, stdout, _) = bench(&[args, &["--json"]].concat());
    assert_ne!(code, 0);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    document["error"]["code"].as_str().unwrap().to_string()
}

#[test]
fn the_list_names_every_workload_and_runs_none() {
    let (code, stdout, _) = bench(&["--list"]);
    assert_eq!(code, 0);
    for name in [
        "gpt-char",
        "gpt-baby",
        "char-cpu",
        "lstm-2x256",
        "ngram-train",
        "peak-fma",
    ] {
        assert!(
            stdout.lines().any(|line| line.starts_with(name)),
            "{name} is not in\n{stdout}"
        );
    }
}

#[test]
fn a_row_has_its_unit_and_its_spread_and_says_on_what_it_was_measured() {
    let document = document(&["small-op", "--reps", "3", "--json"]);
    let row = &document["rows"][0];
    assert_eq!(
        (&row["name"], &row["unit"], &row["n"]),
        (&"small-op".into(), &"ns/op".into(), &3.into())
    );
    let [min, median, max] = ["min", "median", "max"].map(|field| row[field].as_f64().unwrap());
    assert!(0.0 < min && min <= median && median <= max);
    assert!(document["machine"]["simd"].is_string() && document["machine"]["cores"].as_u64() >= Some(1));
}

#[test]
fn work_with_multiply_adds_has_a_share_of_the_peak_of_as_many_threads() {
    let document = document(&["rnn-1x256", "--reps", "1", "--threads", "1", "--json"]);
    let row = &document["rows"][0];
    let number = |field: &str| row[field].as_f64().unwrap();
    let by_hand = 3.0 * 32.0 * 64.0 * (256.0 * (128.0 + 256.0) + 65.0 * 256.0);
    assert_eq!(number("multiply_adds"), by_hand);
    assert!((number("share_of_peak") - number("gflops") / number("peak_gflops")).abs() < 1e-12);
    assert!(
        (0.0..=1.05).contains(&number("share_of_peak")),
        "{}",
        number("share_of_peak")
    );
}

#[test]
fn what_cannot_be_timed_is_said_before_anything_runs() {
    assert_eq!(error(&["no-such-work"]), "usage");
    assert_eq!(error(&["small-op", "--threads", "0"]), "usage");
    assert_eq!(error(&["ngram-train"]), "text");
    assert_eq!(error(&["small-op", "--against", "no-such-program"]), "peer");
}

#[cfg(unix)]
mod against {
    use super::*;

    /// A peer that says each repetition took so many seconds, as a command.
    fn peer(name: &str, seconds: &str) -> String {
        let script = format!(
            r#"echo '{{"peer":"shell","version":"1","notes":"'"$*"'"}}'
while read reps; do
  all={seconds}
  while [ $reps -gt 1 ]; do all="$all,{seconds}"; reps=$((reps - 1)); done
  echo '{{"seconds":['"$all"']}}'
done
"#
        );
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, script).unwrap();
        format!("sh {}", path.display())
    }

    #[test]
    fn the_ratio_is_their_seconds_by_ours_pair_by_pair() {
        let command = peer("steady.sh", "1.0");
        let document = document(&["small-op", "--against", &command, "--pairs", "3", "--json"]);
        let row = &document["rows"][0];
        assert_eq!(row["against"]["peer"], "shell");
        assert_eq!(row["against"]["notes"], "small-op --threads 1");
        // One second for a chain of 1000 ops is a million nanoseconds for an op.
        assert_eq!(row["against"]["median"].as_f64(), Some(1e6));
        assert_eq!(row["against"]["ratio"]["n"].as_u64(), Some(3));
        let [least, ratio, most] =
            ["min", "median", "max"].map(|field| row["against"]["ratio"][field].as_f64().unwrap());
        let expected = 1e6 / row["median"].as_f64().unwrap();
        assert!(least <= ratio && ratio <= most && (ratio / expected - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_peer_that_answers_nonsense_is_not_believed() {
        for (name, seconds) in [("zero.sh", "0"), ("text.sh", "soon"), ("two.sh", "1.0,1.0")] {
            assert_eq!(
                error(&["small-op", "--against", &peer(name, seconds)]),
                "peer",
                "{name}"
            );
        }
    }
}
