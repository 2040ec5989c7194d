//! The step-through of the lecture's two-layer network: its numbers, and how they print.

use tapegrad_lessons::learn::two_layer::ledger::{Ledger, LedgerContribution as Contribution};
use tapegrad_lessons::learn::two_layer::{DifferenceVerdict as Verdict, Values, render_plain, two_layer};

fn gradient(ledger: &Ledger, name: &str) -> f64 {
    ledger.entries().find(|entry| entry.name == name).unwrap().gradient
}

#[test]
fn the_numbers_are_those_of_a_calculation_by_hand() {
    let ledger = two_layer(&Values::lecture()).unwrap();
    // a_1 = 0.1 * 1 + 0.2 * 2 = 0.5          a_2 = 0.3 * 1 - 0.1 * 2 = 0.1
    // z_1 = 1 / (1 + 0.60653) = 0.62246      z_2 = 1 / (1 + 0.90484) = 0.52498
    // b = 0.5 * 0.62246 - 0.4 * 0.52498 = 0.31123 - 0.20999 = 0.10124
    // y = 1 / (1 + 0.90372) = 0.52529        J = log 0.52529 = -0.64381
    let results: Vec<&[f64]> = ledger.rows.iter().map(|row| row.result.entries.as_slice()).collect();
    let by_hand: [&[f64]; 5] = [&[-0.64381], &[0.52529], &[0.10124], &[0.62246, 0.52498], &[0.5, 0.1]];
    for (results, by_hand) in results.iter().zip(by_hand) {
        results
            .iter()
            .zip(by_hand)
            .for_each(|(x, hand)| assert!((x - hand).abs() < 2e-5, "{x} {hand}"));
    }
    let by_hand = [
        ("g_y", 1.90371),         // 1 / 0.52529
        ("g_b", 0.47471),         // 1.90371 * 0.52529 * 0.47471 = 1 - y
        ("g_beta_1", 0.29549),    // 0.47471 * 0.62246
        ("g_beta_2", 0.24921),    // 0.47471 * 0.52498
        ("g_z_1", 0.23736),       // 0.47471 * 0.5
        ("g_z_2", -0.18988),      // 0.47471 * -0.4
        ("g_a_1", 0.05578),       // 0.23736 * 0.62246 * 0.37754
        ("g_a_2", -0.04735),      // -0.18988 * 0.52498 * 0.47502
        ("g_alpha_11", 0.05578),  // 0.05578 * 1
        ("g_alpha_12", 0.11156),  // 0.05578 * 2
        ("g_alpha_21", -0.04735), // -0.04735 * 1
        ("g_alpha_22", -0.09470), // -0.04735 * 2
        ("g_x_1", -0.00863),      // 0.05578 * 0.1 - 0.04735 * 0.3 = 0.00558 - 0.01421
        ("g_x_2", 0.01589),       // 0.05578 * 0.2 + 0.04735 * 0.1 = 0.01116 + 0.00474
    ];
    assert_eq!(ledger.entries().count(), by_hand.len());
    for (name, hand) in by_hand {
        let tape = gradient(&ledger, name);
        assert!((tape - hand).abs() < 2e-5, "{name}: {tape} on the tape, {hand} by hand");
    }
}

#[test]
fn the_slides_products_add_up_to_what_the_tape_computed_for_any_values_and_sizes() {
    let wide = r#"{"x": [1, -2, 0.5], "t": 0.3, "alpha": [[0.1, 0.2, -0.4], [0.3, -0.1, 2]], "beta": [0.5, -1.4]}"#;
    let random = (0..40).map(Values::random);
    for values in random.chain([Values::parse(wide).unwrap()]) {
        let ledger = two_layer(&values).unwrap();
        for entry in ledger.entries() {
            let sum: f64 = entry
                .terms
                .iter()
                .map(|term| term.incoming_value * term.local_value)
                .sum();
            assert!((sum - entry.gradient).abs() < 1e-13, "{values:?} {}", entry.name);
        }
        assert_eq!(ledger.count(Verdict::Agrees), ledger.entries().count(), "{values:?}");
    }
}

#[test]
fn the_gradient_of_a_variable_used_twice_is_the_sum_of_both_contributions() {
    let values = Values {
        t: 0.25,
        ..Values::lecture()
    };
    let ledger = two_layer(&values).unwrap();
    let contributions = ledger
        .rows
        .iter()
        .flat_map(|row| &row.ops)
        .flat_map(|op| &op.contributions);
    let to_y: Vec<&Contribution> = contributions
        .filter(|contribution| contribution.operand == "y")
        .collect();
    let [first, second] = to_y[..] else {
        panic!("y is used twice")
    };
    assert_eq!((first.uses, &first.before), (2, &None));
    assert_eq!(second.before.as_ref(), Some(&first.after));
    assert_eq!(
        second.after.entries[0],
        first.value.entries[0] + second.value.entries[0]
    );
    assert_eq!(second.after.entries[0], gradient(&ledger, "g_y"));
}

#[test]
fn each_op_of_the_tape_stands_in_exactly_one_row() {
    let ledger = two_layer(&Values::lecture()).unwrap();
    let counts: Vec<usize> = ledger.rows.iter().map(|row| row.ops.len()).collect();
    assert_eq!(counts, [7, 1, 1, 1, 1]);
}

#[test]
fn a_sigmoid_rounded_to_one_is_an_error_and_not_a_nan() {
    let values = Values {
        x: vec![1000.0, 1000.0],
        beta: vec![1000.0, 0.0],
        ..Values::lecture()
    };
    let error = two_layer(&values).unwrap_err();
    assert!(error.to_string().contains("y was rounded to exactly 1"), "{error}");
}

#[test]
fn the_lectures_values_print_as_the_lectures_table() {
    insta::assert_snapshot!(render_plain(&two_layer(&Values::lecture()).unwrap()), @r"
    The two-layer sigmoid network, forward and backward (lecture S0, Backpropagation)

    x = [1, 2], t = 1, alpha = [[0.1, 0.2], [0.3, -0.1]], beta = [0.5, -0.4]
    t is y* on the slide, and g_u means dJ/du. Sums begin at 1, because there is no bias.
    J is a log-likelihood, as on the slide: it has no minus sign, and training makes it larger.

              Forward                             Backward
    Loss      J = t log y + (1 - t) log(1 - y)    g_y = t / y + (1 - t) / (y - 1)
    Sigmoid   y = 1 / (1 + exp(-b))               g_b = g_y dy/db, dy/db = y (1 - y)
    Linear    b = sum_j beta_j z_j                g_beta_j = g_b db/dbeta_j, db/dbeta_j = z_j
                                                  g_z_j = g_b db/dz_j, db/dz_j = beta_j
    Sigmoid   z_j = 1 / (1 + exp(-a_j))           g_a_j = g_z_j dz_j/da_j, dz_j/da_j = z_j (1 - z_j)
    Linear    a_j = sum_i alpha_ji x_i            g_alpha_ji = g_a_j da_j/dalpha_ji, da_j/dalpha_ji = x_i
                                                  g_x_i = sum_j g_a_j da_j/dx_i, da_j/dx_i = alpha_ji

    1. Loss: J = t log y + (1 - t) log(1 - y)
       forward   J = -0.6438, shape []
       incoming  g_J = 1.0000
       backward  g_y = t / y + (1 - t) / (y - 1), shape []
         outgoing       incoming times local derivative   finite difference   error
         g_y = 1.9037   g_J dJ/dy = 1.0000 * 1.9037                  1.9037   below 1e-8
       ops of the tape, from last to first
         J = -0.6438   add, autograd/core/src/ops/add.rs
           z = a + b; g_a = g_z, g_b = g_z; incoming 1.0000
           to t log y (as a): 1.0000
           to (1 - t) log(1 - y) (as b): 1.0000
         (1 - t) log(1 - y) = 0   mul, autograd/core/src/ops/mul.rs
           z = a * b; g_a = g_z * b, g_b = g_z * a; incoming 1.0000
           to log(1 - y) (as b): 0
         log(1 - y) = -0.7450   log, autograd/core/src/ops/log.rs
           z = log(a); g_a = g_z / a; incoming 0
           to 1 - y (as a): 0
         1 - y = 0.4747   sub, autograd/core/src/ops/sub.rs
           z = a - b; g_a = g_z, g_b = -g_z; incoming 0
           to y (as b): 0, the first of 2 uses
         1 - t = 0   sub, autograd/core/src/ops/sub.rs
           z = a - b; no gradient: it depends on no input that has one
         t log y = -0.6438   mul, autograd/core/src/ops/mul.rs
           z = a * b; g_a = g_z * b, g_b = g_z * a; incoming 1.0000
           to log y (as b): 1.0000
         log y = -0.6438   log, autograd/core/src/ops/log.rs
           z = log(a); g_a = g_z / a; incoming 1.0000
           to y (as a): 1.9037, added to 0 gives 1.9037

    2. Sigmoid: y = 1 / (1 + exp(-b))
       forward   y = 0.5253, shape []
       incoming  g_y = 1.9037
       backward  g_b = g_y dy/db, dy/db = y (1 - y), shape []
         outgoing       incoming times local derivative   finite difference   error
         g_b = 0.4747   g_y dy/db = 1.9037 * 0.2494                  0.4747   below 1e-8
       ops of the tape, from last to first
         y = 0.5253   sigmoid, autograd/core/src/ops/sigmoid.rs
           z = 1 / (1 + exp(-a)); g_a = g_z * z * (1 - z); incoming 1.9037
           to b (as a): 0.4747

    3. Linear: b = sum_j beta_j z_j
       forward   b = 0.1012, shape []
       incoming  g_b = 0.4747
       backward  g_beta_j = g_b db/dbeta_j, db/dbeta_j = z_j, shape [2]
         outgoing            incoming times local derivative    finite difference   error
         g_beta_1 = 0.2955   g_b db/dbeta_1 = 0.4747 * 0.6225              0.2955   below 1e-8
         g_beta_2 = 0.2492   g_b db/dbeta_2 = 0.4747 * 0.5250              0.2492   below 1e-8
       backward  g_z_j = g_b db/dz_j, db/dz_j = beta_j, shape [2]
         outgoing          incoming times local derivative   finite difference   error
         g_z_1 = 0.2374    g_b db/dz_1 = 0.4747 * 0.5000                0.2374   below 1e-8
         g_z_2 = -0.1899   g_b db/dz_2 = 0.4747 * -0.4000              -0.1899   below 1e-8
       ops of the tape, from last to first
         b = 0.1012   matmul, autograd/core/src/ops/matmul.rs
           c = a @ b; g_a = g_c @ b.T, g_b = a.T @ g_c; incoming 0.4747
           to beta (as a): [0.2955, 0.2492]
           to z (as b): [0.2374, -0.1899]

    4. Sigmoid: z_j = 1 / (1 + exp(-a_j))
       forward   z = [0.6225, 0.5250], shape [2]
       incoming  g_z = [0.2374, -0.1899]
       backward  g_a_j = g_z_j dz_j/da_j, dz_j/da_j = z_j (1 - z_j), shape [2]
         outgoing          incoming times local derivative      finite difference   error
         g_a_1 = 0.0558    g_z_1 dz_1/da_1 = 0.2374 * 0.2350               0.0558   below 1e-8
         g_a_2 = -0.0474   g_z_2 dz_2/da_2 = -0.1899 * 0.2494             -0.0474   below 1e-8
       ops of the tape, from last to first
         z = [0.6225, 0.5250]   sigmoid, autograd/core/src/ops/sigmoid.rs
           z = 1 / (1 + exp(-a)); g_a = g_z * z * (1 - z); incoming [0.2374, -0.1899]
           to a (as a): [0.0558, -0.0474]

    5. Linear: a_j = sum_i alpha_ji x_i
       forward   a = [0.5000, 0.1000], shape [2]
       incoming  g_a = [0.0558, -0.0474]
       backward  g_alpha_ji = g_a_j da_j/dalpha_ji, da_j/dalpha_ji = x_i, shape [2, 2]
         outgoing               incoming times local derivative           finite difference   error
         g_alpha_11 = 0.0558    g_a_1 da_1/dalpha_11 = 0.0558 * 1.0000               0.0558   below 1e-8
         g_alpha_12 = 0.1116    g_a_1 da_1/dalpha_12 = 0.0558 * 2.0000               0.1116   below 1e-8
         g_alpha_21 = -0.0474   g_a_2 da_2/dalpha_21 = -0.0474 * 1.0000             -0.0474   below 1e-8
         g_alpha_22 = -0.0947   g_a_2 da_2/dalpha_22 = -0.0474 * 2.0000             -0.0947   below 1e-8
       backward  g_x_i = sum_j g_a_j da_j/dx_i, da_j/dx_i = alpha_ji, shape [2]
         outgoing          incoming times local derivative         finite difference   error
         g_x_1 = -0.0086   g_a_1 da_1/dx_1 = 0.0558 * 0.1000                 -0.0086   below 1e-8
                           + g_a_2 da_2/dx_1 = -0.0474 * 0.3000
         g_x_2 = 0.0159    g_a_1 da_1/dx_2 = 0.0558 * 0.2000                  0.0159   below 1e-8
                           + g_a_2 da_2/dx_2 = -0.0474 * -0.1000
       ops of the tape, from last to first
         a = [0.5000, 0.1000]   matmul, autograd/core/src/ops/matmul.rs
           c = a @ b; g_a = g_c @ b.T, g_b = a.T @ g_c; incoming [0.0558, -0.0474]
           to alpha (as a): [[0.0558, 0.1116], [-0.0474, -0.0947]]
           to x (as b): [-0.0086, 0.0159]

    14 of 14 gradient entries agree with the central difference of J.
    ");
}

#[test]
fn a_variable_with_two_uses_prints_both_contributions_and_their_sum() {
    let values = Values {
        t: 0.25,
        ..Values::lecture()
    };
    let text = render_plain(&two_layer(&values).unwrap());
    let to_y: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("to y (as"))
        .map(str::trim)
        .collect();
    insta::assert_snapshot!(to_y.join("\n"), @r"
    to y (as b): -1.5799, the first of 2 uses
    to y (as a): 0.4759, added to -1.5799 gives -1.1040
    ");
}

#[test]
fn a_ledger_read_back_from_json_is_the_same_to_the_last_bit() {
    let ledger = two_layer(&Values::random(5)).unwrap();
    let text = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
}
