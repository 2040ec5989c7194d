//! A program with its sizes, parameters and inputs, all checked before anything is recorded.
//!
//! ```
//! use std::collections::BTreeMap;
//! use ndarray::array;
//! use tapegrad_autograd::language::{open, run::{Given, Session}};
//! use tapegrad_autograd::{Tape, Var};
//!
//! let opened = open("square.cg", "graph square { dim M input x[M] J = sum(x^2, over M) minimize J }");
//! let values = BTreeMap::from([("x".to_string(), array![1.0, 2.0].into_dyn())]);
//! let given = Given { values, ..Given::<f64>::default() };
//! let session = Session::new(&opened.programs[0], &given)?;
//! let tape = Tape::with(session.params());
//! let elaborated = session.record(&tape)?;
//! let objective = elaborated.objective.expect("the program minimises J");
//! assert_eq!(tape.number(Var::new(&tape, objective)), 5.0);
//! # Ok::<(), tapegrad_autograd::language::run::RunError>(())
//! ```

use std::collections::BTreeMap;

use ndarray::{ArrayD, ArrayViewD, Dimension, IxDyn};

use super::elaborate::{self, Elaborated, Told};
use super::{Instance, RunError};
use crate::meaning::program::{DeclaredInput, Program};
use crate::meaning::size::Bound;
use crate::meaning::types::{Kind, Type};
use tapegrad_core::numbers::Real;
use tapegrad_core::params::Params;
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;

/// The sizes and values of a run, as arrays.
#[derive(Clone, Debug)]
pub struct Given<T> {
    /// Numbers for the named sizes; a size that follows from the shape of a value may be left out.
    pub dims: BTreeMap<String, i64>,
    /// Values of inputs and parameters.
    pub values: BTreeMap<String, ArrayD<T>>,
    /// The seed for parameters without a value.
    pub seed: u64,
    /// For gradients of outputs instead of the objective: the upstream gradient of each output.
    pub cotangents: BTreeMap<String, ArrayD<T>>,
}

/// A program with its sizes, parameters and inputs, ready to be recorded.
#[derive(Debug)]
pub struct Session<'a, T> {
    instance: Instance<'a>,
    params: Params<T>,
    values: &'a BTreeMap<String, ArrayD<T>>,
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self {
            dims: BTreeMap::new(),
            values: BTreeMap::new(),
            seed: 0,
            cotangents: BTreeMap::new(),
        }
    }
}

impl<'a, T: Real> Session<'a, T> {
    /// Binds the sizes and checks every value against its declaration: name, shape and kind.
    ///
    /// **Errors** if a size or an input is missing, or if a size or a value does not fit the program.
    pub fn new(program: &'a Program, given: &'a Given<T>) -> Result<Self, RunError> {
        let mut sizes = given.dims.clone();
        let shapes: Vec<(String, Vec<usize>)> = given
            .values
            .iter()
            .map(|(name, value)| (name.clone(), value.shape().to_vec()))
            .collect();
        check_known(program, &given.values)?;
        let told = elaborate::infer(program, &mut sizes, &shapes);
        let instance = Instance::new(program, &sizes)?;
        check_names(&instance, &given.values)?;
        for (input, shape) in instance.inputs() {
            let value = &given.values[&input.name];
            check_shape(&input.name, &input.ty, shape, value, &told)?;
            check_kind(input, instance.sizes(), value)?;
        }
        for param in instance.params().params() {
            let name = &instance.params().spec(param).name;
            let declared = program
                .params
                .iter()
                .find(|declared| elaborate::is_at(&declared.path, name));
            if let (Some(value), Some(declared)) = (given.values.get(name), declared) {
                check_shape(name, &declared.ty, param.shape(), value, &told)?;
            }
        }
        instance.take_params()?;
        let mut params = instance.first_values::<T>(given.seed);
        set_params(&mut params, &given.values);
        Ok(Self {
            instance,
            params,
            values: &given.values,
        })
    }

    /// The program with its sizes.
    pub fn instance(&self) -> &Instance<'a> {
        &self.instance
    }

    /// The parameters with the values that are given, and first values for the others.
    pub fn params(&self) -> &Params<T> {
        &self.params
    }

    /// Runs the program on a tape that was made with [`params`](Self::params).
    ///
    /// **Errors** at the place in the program where a value is impossible for these sizes.
    pub fn record(&self, tape: &Tape<'_, T>) -> Result<Elaborated, RunError> {
        let elaborated = self.instance.record(tape, &mut |input, shape| {
            let value = of_shape(self.values[&input.name].view(), shape);
            match input.ty.kind {
                Kind::Real => tape.input(&input.name, value).id(),
                _ => tape.data(&input.name, value).id(),
            }
        });
        Ok(elaborated?)
    }
}

/// Puts in the values that are given, whose shapes were checked.
fn set_params<T: Real>(params: &mut Params<T>, given: &BTreeMap<String, ArrayD<T>>) {
    for param in params.list().clone().params() {
        if let Some(value) = given.get(&params.list().spec(param).name) {
            params.value_mut(param).assign(&of_shape(value.view(), param.shape()));
        }
    }
}

/// Every given name must be that of an input or a parameter, whatever the sizes are.
fn check_known<T>(program: &Program, given: &BTreeMap<String, ArrayD<T>>) -> Result<(), RunError> {
    let inputs = program.inputs.iter().map(|input| input.name.as_str());
    let params = program.params.iter().map(|param| param.path.as_str());
    let known: Vec<&str> = inputs.chain(params).collect();
    let is_known = |name: &str| known.iter().any(|own| *own == name || elaborate::is_at(own, name));
    let Some(name) = given.keys().find(|name| !is_known(name)) else {
        return Ok(());
    };
    // A derivative writes `block[1].W` as `block_1_W`.
    let plain = |name: &str| name.replace(['.', '[', ']', '_'], "");
    let without_numbers = |name: &str| plain(name).chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    let meant = known.iter().find(|own| plain(own) == plain(name)).or_else(|| {
        let rows = known.iter().filter(|own| own.contains("[]"));
        rows.into_iter()
            .find(|own| without_numbers(own) == without_numbers(name))
    });
    let mut message = "the program has no input or parameter of this name".to_string();
    match meant {
        Some(meant) => message += &format!("; did you mean `{}`?", meant.replace("[]", "[1]")),
        None if known.is_empty() => {}
        None => message += &format!("; it has {}", known.join(", ").replace("[]", "[1]")),
    }
    Err(RunError::data(format!("values.{name}"), message))
}

/// Every given name must mean something, and every input must be given.
fn check_names<T>(instance: &Instance<'_>, given: &BTreeMap<String, ArrayD<T>>) -> Result<(), RunError> {
    let inputs = &instance.program().inputs;
    let is_input = |name: &str| inputs.iter().any(|input| input.name == name);
    let is_known = |name: &str| is_input(name) || instance.params().find(name).is_some();
    if let Some(name) = given.keys().find(|name| !is_known(name)) {
        let message = "the program has no input or parameter of this name";
        return Err(RunError::data(format!("values.{name}"), message));
    }
    match inputs.iter().find(|input| !given.contains_key(&input.name)) {
        Some(input) => {
            let place = format!("values.{}", input.name);
            Err(RunError::data(place, "this input is not given"))
        }
        None => Ok(()),
    }
}

/// The value must have its declared shape; lists tell nothing about axes behind one that is empty.
fn check_shape<T>(name: &str, ty: &Type, shape: Shape, value: &ArrayD<T>, told: &Told) -> Result<(), RunError> {
    let (wanted, own) = (shape.to_vec(), value.shape());
    let is_empty = own.last() == Some(&0) && wanted.starts_with(own);
    if own == wanted || is_empty {
        return Ok(());
    }
    let mut message = format!("the program wants {shape}, the value is {}", Shape::new(own));
    let axes = ty.axes.iter().zip(wanted.iter().zip(own));
    let wrong = axes.filter(|(_, (wanted, own))| wanted != own).map(|(axis, _)| axis);
    for symbol in wrong.filter_map(|axis| axis.size.as_symbol()) {
        match told.get(&**symbol) {
            Some((number, tellers)) if !tellers.is_empty() => {
                message += &format!("; {symbol} is {number} in {}", tellers.join(", "));
            }
            Some((number, _)) => message += &format!("; {symbol} = {number} is given"),
            None => {}
        }
    }
    Err(RunError::data(format!("values.{name}"), message))
}

/// The value with a shape that was checked: of an empty one, the axes behind the empty axis come from the program.
fn of_shape<T>(value: ArrayViewD<'_, T>, shape: Shape) -> ArrayViewD<'_, T> {
    let shape = IxDyn(&shape.to_vec());
    match value.raw_dim() == shape {
        true => value,
        false => value
            .into_shape_with_order(shape)
            .expect("invariant: only an empty value is given another shape, which is empty too"),
    }
}

/// Ids are whole numbers below their end, truth values 0 or 1, whole numbers whole.
fn check_kind<T: Real>(input: &DeclaredInput, sizes: &Bound, value: &ArrayD<T>) -> Result<(), RunError> {
    let (low, end, what) = match &input.ty.kind {
        Kind::Real | Kind::Data | Kind::Unknown => return Ok(()),
        Kind::Int => (f64::NEG_INFINITY, f64::INFINITY, "whole numbers".to_string()),
        Kind::Bool => (0.0, 2.0, "0 or 1".to_string()),
        Kind::Id(size) => {
            let end = size.value(sizes).unwrap_or(0);
            (0.0, end as f64, format!("whole numbers from 0 to {}", end - 1))
        }
    };
    for (place, entry) in value.indexed_iter() {
        let entry = entry.to_f64();
        if entry.fract() != 0.0 || entry < low || entry >= end {
            let message = match place.slice() {
                [] => format!("it is {entry}, and only {what} can stand here"),
                place => format!("the entry at {place:?}, counted from 0, is {entry}; these must be {what}"),
            };
            return Err(RunError::data(format!("values.{}", input.name), message));
        }
    }
    Ok(())
}
