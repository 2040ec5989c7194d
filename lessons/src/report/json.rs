//! The comparison as one JSON document.

use super::comparison::Comparison;

/// The comparison as one JSON document.
///
/// The fields are those of [`Comparison`] by name, `null` where something is not known or not finite:
/// `{"corpus":name,"vocabulary":n,"entropy_nats":x|null,"models":[{"name":"ngram|rnn|lstm|transformer",
/// "title":text,"heldout_nats":x,"gap_nats":x|null,"heldout_bits":x,"perplexity":x,"parameters":n,"flops":n,
/// "seconds":x,"sample":text,"curve":[{"step":n,"seconds":x|null,"train_nats":x|null,"validation_nats":x|null}],
/// "settings":[{"name":text,"value":text}]}],"ngram_floors":[{"order":n,"nats":x}],"command":text,
/// "config":[{"name":text,"value":text}],"seconds":x}`.
/// Fields may be added, never renamed.
pub fn json(comparison: &Comparison) -> String {
    serde_json::to_string_pretty(comparison).expect("a comparison has text keys and no map, so it has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::json;
    use serde_json::Value;

    #[test]
    fn the_document_keeps_the_contract() {
        let document: Value = serde_json::from_str(&json(&example::with_entropy())).unwrap();
        for field in ["corpus", "vocabulary", "entropy_nats", "models"] {
            assert!(document.get(field).is_some(), "{field}");
        }
        let names: Vec<&str> = document["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["ngram", "rnn", "lstm", "transformer"]);
        for field in ["heldout_nats", "gap_nats", "seconds"] {
            assert!(document["models"][0][field].is_f64(), "{field}");
        }
        assert!(document["models"][0]["parameters"].is_u64() && document["models"][0]["flops"].is_u64());
        assert!(document["models"][0]["sample"].is_string());
    }

    #[test]
    fn what_is_not_known_is_null_and_not_zero() {
        let document: Value = serde_json::from_str(&json(&example::without_entropy())).unwrap();
        assert!(document["entropy_nats"].is_null());
        assert!(document["models"][0]["gap_nats"].is_null());
        let mut infinite = example::with_entropy();
        infinite.models[0].heldout_nats = f64::INFINITY;
        let document: Value = serde_json::from_str(&json(&infinite)).unwrap();
        assert!(document["models"][0]["heldout_nats"].is_null());
    }

    #[test]
    fn reading_the_document_gives_the_comparison_back() {
        let comparison = example::with_entropy();
        assert_eq!(
            serde_json::from_str::<super::Comparison>(&json(&comparison)).unwrap(),
            comparison
        );
    }
}
