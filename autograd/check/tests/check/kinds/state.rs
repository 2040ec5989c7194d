//! What a module keeps from one call to the next: found, and named as what it is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array2, ArrayD, ArrayViewD, Axis};
use tapegrad_autograd::check::{Case, ModuleSubject, TargetReport, Verdict};
use tapegrad_autograd::module::{Module, ModuleParam};

use super::{Arrays, causes, checked, d1, d2, embedding, hand, linear, masked, rows, text};

/// Asserts that a module is wrong for this reason, and that the report shows the calls.
fn assert_state(report: &TargetReport, cause: &str, words: &[&str]) {
    let text = text(report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(causes(report).contains(&cause), "{text}");
    assert!(!causes(report).contains(&"layout"), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    let example = report.example.as_ref().expect(&text);
    assert!(example.numbers <= 6, "{text}");
    let test = example.as_test();
    assert!(test.contains("module_0"), "{test}");
}

/// The ids that were given first, or now, and the table's shape.
#[derive(Default)]
struct Looked {
    ids: Option<ArrayD<f64>>,
    rows: usize,
}

fn looked_up(x: &[ArrayD<f64>], ids: &ArrayD<f64>) -> ArrayD<f64> {
    let ids: Vec<usize> = ids.iter().map(|id| *id as usize).collect();
    x[0].select(Axis(0), &ids)
}

fn scattered(state: &mut Looked, g: &ArrayD<f64>) -> Arrays {
    let (g, ids) = (d2(g), state.ids.clone().unwrap());
    let mut g_table = Array2::zeros((state.rows, g.ncols()));
    for (id, g) in ids.iter().zip(g.rows()) {
        let mut row = g_table.row_mut(*id as usize);
        row += &g;
    }
    vec![g_table.into_dyn(), &ids * 0.0]
}

#[test]
fn stale_ids() {
    let keeps_the_first = |state: &mut Looked, x: &[ArrayD<f64>]| {
        state.rows = x[0].shape()[0];
        if state.ids.as_ref().is_none_or(|ids| ids.shape() != x[1].shape()) {
            state.ids = Some(x[1].clone());
        }
        looked_up(x, &x[1])
    };
    let renews = |state: &mut Looked, x: &[ArrayD<f64>]| {
        (state.rows, state.ids) = (x[0].shape()[0], Some(x[1].clone()));
        looked_up(x, &x[1])
    };
    let wrong = checked(hand("embedding", embedding, keeps_the_first, scattered));
    assert_state(
        &wrong,
        "stale ids",
        &["the module keeps the ids of the earlier forward()"],
    );
    let right = checked(hand("embedding", embedding, renews, scattered));
    assert_eq!(right.verdict, Verdict::Pass, "{}", text(&right));
}

#[test]
fn a_stale_mask() {
    let forward = |mask: &mut Option<ArrayD<f64>>, x: &[ArrayD<f64>]| {
        if mask.as_ref().is_none_or(|mask| mask.shape() != x[1].shape()) {
            *mask = Some(x[1].clone());
        }
        &x[0] * &x[1]
    };
    let backward = |mask: &mut Option<ArrayD<f64>>, g: &ArrayD<f64>| {
        let mask = mask.clone().unwrap();
        vec![g * &mask, g * 0.0]
    };
    let report = checked(hand("mask", masked, forward, backward));
    assert_state(
        &report,
        "stale mask",
        &["the module keeps the mask of the earlier forward()"],
    );
}

/// The values that forward() saw, and how many rows it saw first.
#[derive(Default)]
struct Seen {
    x: Option<ArrayD<f64>>,
    first_rows: Option<usize>,
    calls: usize,
}

fn tanh(state: &mut Seen, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    state.x = Some(x[0].clone());
    x[0].mapv(f64::tanh)
}

fn tanh_backward(state: &mut Seen, g: &ArrayD<f64>) -> Arrays {
    let y = state.x.as_ref().unwrap().mapv(f64::tanh);
    vec![g * &(1.0 - &y * &y)]
}

#[test]
fn values_of_an_earlier_forward() {
    let keeps = |state: &mut Seen, x: &[ArrayD<f64>]| {
        if state.x.as_ref().is_none_or(|known| known.shape() != x[0].shape()) {
            state.x = Some(x[0].clone());
        }
        x[0].mapv(f64::tanh)
    };
    let report = checked(hand("tanh", rows, keeps, tanh_backward));
    assert_state(&report, "stale", &["after a forward() with other values"]);
    let right = checked(hand("tanh", rows, tanh, tanh_backward));
    assert_eq!(right.verdict, Verdict::Pass, "{}", text(&right));
}

#[test]
fn a_loop_bound_of_the_first_batch() {
    let forward = |state: &mut Seen, x: &[ArrayD<f64>]| {
        state.first_rows.get_or_insert(x[0].shape()[0]);
        tanh(state, x)
    };
    let backward = |state: &mut Seen, g: &ArrayD<f64>| {
        let mut g_x = tanh_backward(state, g).swap_remove(0);
        for mut row in g_x.axis_iter_mut(Axis(0)).skip(state.first_rows.unwrap()) {
            row.fill(0.0);
        }
        vec![g_x]
    };
    let report = checked(hand("tanh", rows, forward, backward));
    assert_state(&report, "stale sizes", &["loop bound", "from number"]);
}

/// A linear layer that keeps the transpose of its weight.
#[derive(Debug)]
struct KeepsTranspose {
    w: ArrayD<f64>,
    g_w: ArrayD<f64>,
    turned: ArrayD<f64>,
    x: ArrayD<f64>,
    is_renewed: bool,
}

impl KeepsTranspose {
    fn new(case: &Case, is_renewed: bool) -> Self {
        let w = case.operands[1].value.clone();
        Self {
            g_w: &w * 0.0,
            turned: w.t().to_owned(),
            w,
            x: case.operands[0].value.clone(),
            is_renewed,
        }
    }
}

impl Module<f64> for KeepsTranspose {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x[0].to_owned();
        if self.is_renewed {
            self.turned = self.w.t().to_owned();
        }
        d2(&self.x).dot(&d2(&self.w).t()).into_dyn()
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Arrays {
        let g = d2(&g_y.to_owned());
        self.g_w = g.t().dot(&d2(&self.x)).into_dyn();
        vec![g.dot(&d2(&self.turned).t()).into_dyn()]
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        vec![ModuleParam {
            name: "W",
            value: self.w.view_mut(),
            gradient: self.g_w.view(),
        }]
    }
}

#[test]
fn a_transpose_kept_from_construction() {
    let case = |draw: &mut tapegrad_autograd::check::Draw| {
        let mut case = linear(draw);
        case.operands.truncate(2);
        case
    };
    let of = |is_renewed: bool| {
        checked(ModuleSubject::made_for_case("linear", case, move |case: &Case| {
            KeepsTranspose::new(case, is_renewed)
        }))
    };
    assert_state(&of(false), "kept from construction", &["when it is made"]);
    assert_eq!(of(true).verdict, Verdict::Pass);
}

#[test]
fn noise_in_one_call_of_seven() {
    let backward = |state: &mut Seen, g: &ArrayD<f64>| {
        state.calls += 1;
        let noise = if state.calls.is_multiple_of(7) { 1e-3 } else { 0.0 };
        vec![tanh_backward(state, g).swap_remove(0) + noise]
    };
    let report = checked(hand("tanh", rows, tanh, backward));
    assert_state(&report, "noise", &["as if there were noise or a counter"]);
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let backward = |state: &mut Seen, g: &ArrayD<f64>| {
        let is_seventh = CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(7);
        vec![tanh_backward(state, g).swap_remove(0) + if is_seventh { 1e-3 } else { 0.0 }]
    };
    let report = checked(hand("tanh", rows, tanh, backward));
    assert_eq!(report.verdict, Verdict::Wrong);
    assert!(causes(&report).contains(&"noise"), "{}", text(&report));
    assert!(!causes(&report).contains(&"layout"), "{}", text(&report));
}

/// A mask that is drawn anew by each forward().
#[derive(Default)]
struct Dice {
    calls: u64,
    mask: ArrayD<f64>,
}

#[test]
fn a_module_that_draws_its_own_dropout_mask() {
    fn forward(state: &mut Dice, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        static ANY: AtomicUsize = AtomicUsize::new(0);
        let any = ANY.fetch_add(1, Ordering::Relaxed) as u64;
        roll(state, x, any)
    }
    fn seeded(state: &mut Dice, x: &[ArrayD<f64>]) -> ArrayD<f64> {
        roll(state, x, 5)
    }
    fn roll(state: &mut Dice, x: &[ArrayD<f64>], seed: u64) -> ArrayD<f64> {
        state.calls += 1;
        let mut i = 0_u64;
        state.mask = x[0].mapv(|_| {
            i += 1;
            let mixed = (i + 31 * state.calls + 977 * seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            if mixed.is_multiple_of(2) { 2.0 } else { 0.0 }
        });
        &x[0] * &state.mask
    }
    let backward = |state: &mut Dice, g: &ArrayD<f64>| vec![g * &state.mask];
    for forward in [forward, seeded] {
        let report = checked(hand("dropout", rows, forward, backward));
        let text = text(&report);
        assert_eq!(report.verdict, Verdict::Unchecked, "{text}");
        assert!(text.contains("it draws its own mask"), "{text}");
        assert!(report.diagnosis.is_none(), "{text}");
    }
}

#[test]
fn a_buffer_that_is_not_reset() {
    let backward = |state: &mut Option<(ArrayD<f64>, ArrayD<f64>)>, g: &ArrayD<f64>| {
        let (x, sum) = state.as_mut().unwrap();
        *sum += &(g * &*x * 2.0);
        vec![sum.clone()]
    };
    let forward = |state: &mut Option<(ArrayD<f64>, ArrayD<f64>)>, x: &[ArrayD<f64>]| {
        *state = Some((x[0].clone(), &x[0] * 0.0));
        &x[0] * &x[0]
    };
    let report = checked(hand("square", rows, forward, backward));
    assert_state(&report, "impure", &["backward() adds to a buffer"]);
}

#[test]
fn a_cache_that_backward_changes_in_place() {
    let backward = |state: &mut Seen, g: &ArrayD<f64>| {
        let kept = state.x.as_mut().unwrap();
        kept.mapv_inplace(|x| 1.0 - x.tanh() * x.tanh());
        vec![g * &*kept]
    };
    let report = checked(hand("tanh", rows, tanh, backward));
    assert_state(&report, "impure", &["backward() changes the data that it reads"]);
}

#[test]
fn modules_that_share_a_static_variable() {
    static SHARED: Mutex<Option<ArrayD<f64>>> = Mutex::new(None);
    let forward = |_: &mut (), x: &[ArrayD<f64>]| {
        *SHARED.lock().unwrap() = Some(x[0].clone());
        &x[0] * &x[0]
    };
    let backward = |_: &mut (), g: &ArrayD<f64>| {
        let x = SHARED.lock().unwrap().clone().unwrap();
        vec![g * &x * 2.0]
    };
    let report = checked(hand("square", rows, forward, backward));
    assert_state(&report, "shared state", &["static or thread-local"]);
}

#[test]
fn a_cache_that_backward_takes_is_no_mistake() {
    let backward = |state: &mut Seen, g: &ArrayD<f64>| {
        let y = state
            .x
            .take()
            .expect("backward() runs once after each forward()")
            .mapv(f64::tanh);
        vec![g * &(1.0 - &y * &y)]
    };
    let report = checked(hand("tanh", rows, tanh, backward));
    assert_eq!(report.verdict, Verdict::Pass, "{}", text(&report));
    assert!(
        text(&report).contains("once only after each forward()"),
        "{}",
        text(&report)
    );
}

#[test]
fn a_bias_kept_from_another_forward() {
    let forward = |kept: &mut Option<[ArrayD<f64>; 3]>, x: &[ArrayD<f64>]| {
        let kept = kept.get_or_insert_with(|| [x[0].clone(), x[1].clone(), x[2].clone()]);
        kept[0] = x[0].clone();
        (d2(&x[0]).dot(&d2(&x[1]).t()) + d1(&x[2])).into_dyn()
    };
    let backward = |kept: &mut Option<[ArrayD<f64>; 3]>, g: &ArrayD<f64>| {
        let ([x, w, _], g) = (kept.as_ref().unwrap(), d2(g));
        let g_w = g.t().dot(&d2(x)).into_dyn();
        vec![g.dot(&d2(w)).into_dyn(), g_w, g.sum_axis(Axis(0)).into_dyn()]
    };
    let report = checked(hand("linear", linear, forward, backward));
    assert_state(
        &report,
        "stale parameters",
        &["after a forward() with other parameters"],
    );
}
