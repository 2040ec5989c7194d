//! Kinds of mistakes and of right modules, each with a test named after it.

mod causes;
mod coverage;
mod naming;
mod operands;
mod rounding;
mod shares;
mod size;
mod special;
mod state;

use std::fmt;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayD, ArrayViewD, Axis, Ix1, Ix2};
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Options, Report, Subject, TargetReport, check, render};
use tapegrad_autograd::module::{Module, ModuleParam};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::{Shape, Var};

type Arrays = Vec<ArrayD<f64>>;
type Forward<S> = fn(&mut S, &[ArrayD<f64>]) -> ArrayD<f64>;
type Backward<S> = fn(&mut S, &ArrayD<f64>) -> Arrays;

/// A module from two functions with a state; operands behind those of forward() are its parameters.
struct Hand<S> {
    state: S,
    forward: Forward<S>,
    backward: Backward<S>,
    params: Vec<(String, ArrayD<f64>, ArrayD<f64>)>,
}

impl<S> fmt::Debug for Hand<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a module by hand")
    }
}

impl<S> Module<f64> for Hand<S> {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        let given = x.iter().map(|x| x.to_owned());
        let x: Arrays = given
            .chain(self.params.iter().map(|(_, value, _)| value.clone()))
            .collect();
        (self.forward)(&mut self.state, &x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Arrays {
        let mut g_x = (self.backward)(&mut self.state, &g_y.to_owned());
        let own = g_x.split_off(g_x.len() - self.params.len());
        for ((_, _, gradient), own) in self.params.iter_mut().zip(own) {
            *gradient = own;
        }
        g_x
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        self.params
            .iter_mut()
            .map(|(name, value, gradient)| ModuleParam {
                name,
                value: value.view_mut(),
                gradient: gradient.view(),
            })
            .collect()
    }
}

/// A subject of such modules.
fn hand<S: Default + 'static>(
    name: &str,
    case: fn(&mut Draw) -> Case,
    forward: Forward<S>,
    backward: Backward<S>,
) -> ModuleSubject {
    ModuleSubject::made_for_case(name, case, move |case: &Case| Hand {
        state: S::default(),
        forward,
        backward,
        params: case.operands[case.given..]
            .iter()
            .map(|x| (x.name.clone(), x.value.clone(), &x.value * 0.0))
            .collect(),
    })
}

/// What the checker says of a module.
fn checked(subject: ModuleSubject) -> TargetReport {
    checked_with(subject, &Options::default())
}

fn checked_with(subject: ModuleSubject, options: &Options) -> TargetReport {
    let subject: Arc<dyn Subject> = Arc::new(subject);
    check(&subject, options)
}

/// The report as a reader sees it.
fn text(report: &TargetReport) -> String {
    render::text(&Report {
        seed: 1,
        targets: vec![report.clone()],
    })
}

fn causes(report: &TargetReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.cause.as_str()).collect()
}

/// One array of two axes, drawn normally.
fn rows(draw: &mut Draw) -> Case {
    let shape = shape(draw, 2);
    Case::of([("x", draw.normal(shape))])
}

/// `x` with a weight and a bias as parameters.
fn linear(draw: &mut Draw) -> Case {
    let [rows, inputs, outputs] = [(); 3].map(|()| draw.size_nonzero());
    Case::of([("x", draw.normal(Shape::new(&[rows, inputs])))])
        .with_param("W", draw.normal(Shape::new(&[outputs, inputs])))
        .with_param("b", draw.normal(Shape::new(&[outputs])))
}

fn embedding(draw: &mut Draw) -> Case {
    let [count, rows, columns] = [(); 3].map(|()| draw.size_nonzero());
    let ids = draw.ids(Shape::new(&[count]), rows);
    Case::of([("table", draw.normal(Shape::new(&[rows, columns])))]).with_data("ids", OperandKind::Id, ids)
}

fn masked(draw: &mut Draw) -> Case {
    let shape = shape(draw, 2);
    let mask = draw.mask(shape);
    Case::of([("x", draw.normal(shape))]).with_data("mask", OperandKind::Mask, mask)
}

fn shape(draw: &mut Draw, rank: usize) -> Shape {
    (0..rank).map(|_| draw.size_nonzero()).collect()
}

fn d1(x: &ArrayD<f64>) -> Array1<f64> {
    x.clone().into_dimensionality::<Ix1>().unwrap()
}

fn d2(x: &ArrayD<f64>) -> Array2<f64> {
    x.clone().into_dimensionality::<Ix2>().unwrap()
}

/// A column of the sums of the rows.
fn sums(x: &Array2<f64>) -> Array2<f64> {
    x.sum_axis(Axis(1)).insert_axis(Axis(1))
}

/// A column of the means of the rows.
fn means(x: &Array2<f64>) -> Array2<f64> {
    x.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1))
}

/// The formula of a linear layer.
fn linear_formula<'t>(x: &[Var<'t>]) -> Var<'t> {
    tapegrad_autograd::ops::linear(x[0], x[1], Some(x[2]))
}
