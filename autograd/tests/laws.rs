//! Every op of the registry meets every law, on random shapes and values.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tapegrad_autograd::check::laws;
use tapegrad_autograd::ops::NAMES;

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
