//! Gradients and operands are called by their own names, and not by a number that fits by chance.

use ndarray::{Array2, ArrayD, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};

use super::naming::assert_named;
use super::{Arrays, checked, d1, d2, hand, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

#[test]
fn two_parameters_that_have_each_other_s_gradient() {
    let case = |draw: &mut Draw| {
        let (rows, columns) = (draw.size_nonzero(), draw.size_nonzero());
        Case::of([("x", draw.normal(Shape::new(&[rows, columns])))])
            .with_param("gamma", draw.normal(Shape::new(&[columns])))
            .with_param("beta", draw.normal(Shape::new(&[columns])))
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        (d2(&x[0]) * &d1(&x[1]) + &d1(&x[2])).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, gamma, g) = (d2(&kept[0]), d1(&kept[1]), d2(g));
        let sum = |a: Array2<f64>| a.sum_axis(Axis(0)).into_dyn();
        vec![(&g * &gamma).into_dyn(), sum(g.clone()), sum(&g * &x)]
    };
    let report = assert_named(
        hand("scale and shift", case, forward, backward),
        "g_gamma is the gradient of beta: the two are exchanged",
    );
    assert_eq!(report.diagnosis.unwrap().operand, "gamma");
}

fn any_numbers(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

#[test]
fn what_is_added_to_one_number_is_not_called_weight_decay() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(|x| 2.0 * x) + 0.5];
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| x * x)
    };
    let report = checked(hand("square", any_numbers, forward, backward));
    let text = text(&report);
    assert!(text.contains("or an upstream gradient of 0, g_x is not 0"), "{text}");
    assert!(!text.contains("weight decay"), "{text}");
}

#[test]
fn the_input_has_its_own_name_in_a_formula() {
    let case = |draw: &mut Draw| {
        let shape = draw.shape_nonempty();
        Case::of([
            ("a", draw.between(shape, 0.5, 2.0)),
            ("b", draw.between(shape, 0.5, 2.0)),
        ])
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        &x[0] / &x[1]
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g / &kept[1], -(g * &kept[0]) / &kept[1]];
    assert_named(hand("quotient", case, forward, backward), "where x is the input b");
}
