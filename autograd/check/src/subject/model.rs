//! The loss of a whole model as a subject.

use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};

use super::{Case, Kind, Subject};
use crate::function::{Formula, Function, ModelFunction};
use tapegrad_core::module::Module;
use tapegrad_core::op::Draw;
use tapegrad_core::op::OperandKind;
use tapegrad_core::params::{ParamList, Params};
use tapegrad_core::tape::Tape;

/// The loss of a model on given data, as a function of its parameters; backward() is the tape's.
pub struct ModelSubject {
    name: String,
    kind: Kind,
    list: ParamList,
    data: Box<dyn Fn(&mut Draw) -> Vec<ArrayD<f64>> + Send + Sync>,
    formula: Formula,
}

impl fmt::Debug for ModelSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelSubject").field("name", &self.name).finish()
    }
}

impl ModelSubject {
    /// The loss that `formula` computes from data, asking its record for the parameters of `list`.
    pub fn new(
        name: &str,
        list: ParamList,
        data: impl Fn(&mut Draw) -> Vec<ArrayD<f64>> + Send + Sync + 'static,
        formula: impl for<'t> Fn(&[tapegrad_core::Var<'t>]) -> tapegrad_core::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_string(),
            kind: Kind::Model,
            list,
            data: Box::new(data),
            formula: Arc::new(formula),
        }
    }

    /// The same as a subject of another sort: a layer with its parameters is a module, checked entry by entry.
    pub fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    fn of_case(&self, case: &Case) -> ModelFunction {
        let data = case
            .operands
            .iter()
            .filter(|operand| operand.kind != OperandKind::Real)
            .count();
        ModelFunction {
            formula: Arc::clone(&self.formula),
            list: self.list.clone(),
            data,
        }
    }
}

impl Subject for ModelSubject {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn case(&self, draw: &mut Draw) -> Case {
        let data = (self.data)(draw);
        let params = Params::<f64>::new(&self.list, draw.below(1 << 20) as u64);
        let mut case = Case::of([]);
        for value in data {
            case = case.with_data("data", OperandKind::Id, value);
        }
        for param in self.list.params() {
            case = case.with_param(&self.list.spec(param).name, params.value(param).to_owned());
        }
        case.given = case.operands.len();
        case
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        Box::new(LossModule {
            function: self.of_case(case),
            x: Vec::new(),
        })
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        Some(Arc::new(self.of_case(case)))
    }
}

/// The loss of a model as a module of data and parameters.
#[derive(Debug)]
struct LossModule {
    function: ModelFunction,
    x: Vec<ArrayD<f64>>,
}

impl Module<f64> for LossModule {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(|x| x.to_owned()).collect();
        self.function.value(&self.x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let mut params = self.function.params(&self.x);
        let gradients = {
            let tape = Tape::with(&params);
            let data: Vec<_> = self.x[..self.function.data]
                .iter()
                .map(|x| tape.data("data", x.view()))
                .collect();
            tape.backward_from((self.function.formula)(&data), g_y)
        };
        gradients
            .write_to(&mut params)
            .unwrap_or_else(|error| panic!("{error}"));
        let zeros = self.x[..self.function.data].iter().map(|x| ArrayD::zeros(x.raw_dim()));
        let own = self
            .function
            .list
            .params()
            .map(|param| params.gradient(param).to_owned());
        zeros.chain(own).collect()
    }
}
