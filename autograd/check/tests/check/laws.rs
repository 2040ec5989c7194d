//! Every op of the registry meets every law, on random shapes and values.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tapegrad_autograd::check::{Draw, laws};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::{AnyOp, NAMES};

/// Cases for each op; with 45 ops and 8 laws this stays within seconds.
const CASES: u32 = 48;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_op_meets_every_law(seed in any::<u64>(), size_max in 1usize..5) {
        for name in NAMES {
            if let Err(why) = laws::check(name, seed, size_max) {
                return Err(TestCaseError::fail(why));
            }
        }
    }
}

/// The names in a formula: `g_a = g_y * exp(a - y)` has `g_a`, `g_y`, `exp`, `a`, `y`.
fn words(formula: &str) -> Vec<&str> {
    formula
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect()
}

#[test]
fn formulas_name_every_operand_and_backward_gives_a_gradient_to_every_real_one() {
    for name in NAMES {
        let op = AnyOp::sample(name, &mut Draw::new(0, 3))
            .expect("a name of the registry")
            .op;
        let (forward, backward) = (words(op.forward_formula()), words(op.backward_formula()));
        for operand in op.operands() {
            assert!(
                forward.contains(&operand.name),
                "{name}: forward `{}` does not name {}",
                op.forward_formula(),
                operand.name
            );
            let gradient = format!("g_{}", operand.name);
            assert_eq!(
                backward.contains(&gradient.as_str()),
                operand.kind == OperandKind::Real,
                "{name}: backward `{}` must give {gradient} if and only if the operand is real",
                op.backward_formula()
            );
        }
    }
}
