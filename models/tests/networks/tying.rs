//! A table that is embedding and head at once gets the sum of the gradients of both uses.

use super::{BLOCK, Subject, apart, transformer, words};
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::Bias;
use tapegrad_models::transformer_lm::{TransformerLm, Tying};

fn subject(tying: Tying) -> Subject {
    Subject::new("transformer", |list| {
        TransformerLm::new(list, transformer(Bias::With, tying))
    })
}

#[test]
fn the_gradient_of_a_tied_table_is_the_sum_over_its_two_uses() {
    let tokens = words(2 * BLOCK, 25);
    let batch = Batch::new(BLOCK, tokens.clone(), words(2 * BLOCK, 26));
    let (tied, untied) = (subject(Tying::Tied), subject(Tying::Untied));
    let params = tied.params(27);
    let mut apart_params = untied.params(0);
    for param in untied.list.params() {
        let name = &untied.list.spec(param).name;
        let same = if name == "head.w" { "tokens" } else { name };
        let same = tied.list.find(same).unwrap();
        apart_params.value_mut(param).assign(&params.value(same));
    }
    let (loss, tied_gradients) = tied.loss_and_gradient(&params, &batch);
    let (other_loss, untied_gradients) = untied.loss_and_gradient(&apart_params, &batch);
    assert!((loss - other_loss).abs() < 1e-14);
    let gradient = |name| untied_gradients.gradient(untied.list.find(name).unwrap());
    for param in tied.list.params() {
        let name = tied.list.spec(param).name.as_str();
        let expected = match name {
            "tokens" => &gradient("tokens") + &gradient("head.w"),
            _ => gradient(name).to_owned(),
        };
        assert!(apart(tied_gradients.gradient(param), &expected) < 1e-13, "{name}");
    }
    assert!(gradient("tokens").iter().any(|&g| g != 0.0) && gradient("head.w").iter().any(|&g| g != 0.0));
}
