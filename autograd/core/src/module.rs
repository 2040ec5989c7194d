//! The lecture's module: explicit forward() and backward() over arrays; f as code, by chaining modules.

use std::fmt::Debug;

use ndarray::{ArrayD, ArrayViewD, ArrayViewMutD};

use crate::numbers::Real;
use crate::op::operand_at;
use crate::op::{InGradients, Inputs, OperandKind, Saved};
use crate::ops::AnyOp;
use crate::params::array;
use crate::shape::Shape;

/// A function of arrays that remembers its forward() and can then run backward().
///
/// Implement it by hand, or take any op with [`OpModule`] and compose with [`Chain`].
pub trait Module<T: Real>: Debug {
    /// Computes the result and remembers what backward() needs.
    fn forward(&mut self, x: &[ArrayViewD<'_, T>]) -> ArrayD<T>;

    /// From ∂J/∂y of the last forward(): overwrites the parameters' gradients and gives ∂J/∂x for each operand.
    fn backward(&mut self, g_y: ArrayViewD<'_, T>) -> Vec<ArrayD<T>>;

    /// The module's own parameters, with their gradients.
    fn params(&mut self) -> Vec<ModuleParam<'_, T>> {
        Vec::new()
    }
}

/// A parameter that a module owns: its value, to be changed, and its gradient.
#[derive(Debug)]
pub struct ModuleParam<'m, T> {
    /// The name within the module.
    pub name: &'m str,
    /// The value.
    pub value: ArrayViewMutD<'m, T>,
    /// ∂J/∂value after backward().
    pub gradient: ArrayViewD<'m, T>,
}

/// Any op as a module; operands given at construction are its parameters.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::Sigmoid, Module, OpModule};
/// let mut sigmoid = OpModule::<f64>::new(Sigmoid);
/// let y = sigmoid.forward(&[array![0.0].into_dyn().view()]);
/// let g_x = sigmoid.backward(array![1.0].into_dyn().view());
/// assert_eq!((y[0], g_x[0][0]), (0.5, 0.25));
/// ```
#[derive(Clone, Debug)]
pub struct OpModule<T> {
    op: AnyOp,
    own: Vec<OwnParam<T>>,
    seen: Option<Seen<T>>,
}

#[derive(Clone, Debug)]
struct OwnParam<T> {
    name: String,
    value: ArrayD<T>,
    gradient: ArrayD<T>,
}

/// What the last forward() left behind.
#[derive(Clone, Debug)]
struct Seen<T> {
    x: Vec<ArrayD<T>>,
    y: ArrayD<T>,
    notes: Vec<T>,
}

impl<T: Real> OpModule<T> {
    /// A module without parameters: all operands come through forward().
    pub fn new(op: impl Into<AnyOp>) -> Self {
        Self {
            op: op.into(),
            own: Vec::new(),
            seen: None,
        }
    }

    /// The same module with one more parameter; parameters are the op's last operands, in this order.
    pub fn with_param(mut self, name: &str, value: ArrayD<T>) -> Self {
        let gradient = ArrayD::from_elem(value.raw_dim(), T::ZERO);
        let value = value.as_standard_layout().into_owned();
        self.own.push(OwnParam {
            name: name.to_string(),
            value,
            gradient,
        });
        self
    }
}

impl<T: Real> Module<T> for OpModule<T> {
    /// **Panics** if the operands do not fit the op; the message names the op and says why.
    #[track_caller]
    fn forward(&mut self, x: &[ArrayViewD<'_, T>]) -> ArrayD<T> {
        let given = x.iter().map(|x| x.as_standard_layout().into_owned());
        let x: Vec<ArrayD<T>> = given.chain(self.own.iter().map(|param| param.value.clone())).collect();
        let shapes: Vec<Shape> = x.iter().map(|x| Shape::new(x.shape())).collect();
        let values: Vec<&[T]> = x.iter().map(contiguous).collect();
        let inputs = Inputs::new(&values, &shapes);
        let shape = self
            .op
            .shape(&shapes)
            .unwrap_or_else(|error| panic!("{}: {error}", self.op.name()));
        self.op
            .admits(inputs)
            .unwrap_or_else(|error| panic!("{}: {error}", self.op.name()));
        let mut y = vec![T::ZERO; shape.len()];
        let mut notes = vec![T::ZERO; self.op.notes(&shapes)];
        self.op.forward(inputs, &mut y, &mut notes);
        let y = array(shape, y);
        self.seen = Some(Seen { x, y: y.clone(), notes });
        y
    }

    /// **Panics** if forward() did not run before, or `g_y` has another shape than its result.
    #[track_caller]
    fn backward(&mut self, g_y: ArrayViewD<'_, T>) -> Vec<ArrayD<T>> {
        let seen = self
            .seen
            .as_ref()
            .expect("backward() runs after forward(): there is no value to differentiate at");
        assert_eq!(
            g_y.shape(),
            seen.y.shape(),
            "{}: g_y needs the shape of y",
            self.op.name()
        );
        let shapes: Vec<Shape> = seen.x.iter().map(|x| Shape::new(x.shape())).collect();
        let values: Vec<&[T]> = seen.x.iter().map(contiguous).collect();
        let mut g_x: Vec<ArrayD<T>> = seen.x.iter().map(|x| ArrayD::from_elem(x.raw_dim(), T::ZERO)).collect();
        let slots = g_x.iter_mut().enumerate().map(|(position, g)| {
            let real = operand_at(self.op.operands(), position).kind == OperandKind::Real;
            if real { g.as_slice_mut() } else { None }
        });
        let g_y = g_y.as_standard_layout();
        let at = Saved {
            x: Inputs::new(&values, &shapes),
            y: contiguous(&seen.y),
            y_shape: Shape::new(seen.y.shape()),
            notes: &seen.notes,
        };
        self.op.backward(
            at,
            g_y.as_slice().expect("standard layout is contiguous"),
            &mut InGradients::new(slots),
        );
        let own = g_x.split_off(g_x.len() - self.own.len());
        for (param, gradient) in self.own.iter_mut().zip(own) {
            param.gradient = gradient;
        }
        g_x
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, T>> {
        self.own
            .iter_mut()
            .map(|OwnParam { name, value, gradient }| ModuleParam {
                name,
                value: value.view_mut(),
                gradient: gradient.view(),
            })
            .collect()
    }
}

/// Modules one after another: the output of each is the input of the next.
///
/// The backward pass calls their backward() in the opposite order: that is the chain rule.
#[derive(Debug)]
pub struct Chain<T> {
    links: Vec<Box<dyn Module<T>>>,
}

impl<T: Real> Chain<T> {
    /// A chain of these modules, the first one first.
    pub fn new(links: Vec<Box<dyn Module<T>>>) -> Self {
        Self { links }
    }
}

impl<T: Real> Module<T> for Chain<T> {
    /// **Panics** on an empty chain.
    fn forward(&mut self, x: &[ArrayViewD<'_, T>]) -> ArrayD<T> {
        let (first, rest) = self.links.split_first_mut().expect("a chain has at least one module");
        rest.iter_mut()
            .fold(first.forward(x), |y, link| link.forward(&[y.view()]))
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, T>) -> Vec<ArrayD<T>> {
        self.links.iter_mut().rev().fold(vec![g_y.to_owned()], |g, link| {
            let [g_y] = &g[..] else {
                panic!("inside a chain each module takes one operand")
            };
            link.backward(g_y.view())
        })
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, T>> {
        self.links.iter_mut().flat_map(|link| link.params()).collect()
    }
}

fn contiguous<T>(array: &ArrayD<T>) -> &[T] {
    array
        .as_slice()
        .expect("invariant: a module keeps its arrays in standard layout")
}
