//! What can be checked: an op, a module with its own backward(), a formula on a tape, the loss of a model.

use std::fmt;
use std::sync::Arc;

use ndarray::{ArrayD, ArrayViewD};

use super::Draw;
use super::function::{Formula, FormulaFunction, Function, ModelFunction, OpFunction};
use crate::module::{FormulaModule, Module, OpModule};
use crate::op::OperandKind;
use crate::ops::{AnyOp, NAMES};
use crate::params::{ParamList, Params};
use crate::tape::Tape;

/// Something with a backward() that can be right or wrong.
pub trait Subject: Send + Sync {
    /// What it is called in reports.
    fn name(&self) -> String;

    /// What sort of thing it is.
    fn kind(&self) -> Kind;

    /// Operands to try it on, inside its domain and away from kinks.
    fn case(&self, draw: &mut Draw) -> Case;

    /// The thing itself, fresh; operands behind [`Case::given`] are its parameters' values.
    fn module(&self, case: &Case) -> Box<dyn Module<f64>>;

    /// The function it is meant to compute, if someone wrote it down; else its own forward() is believed.
    fn function(&self, case: &Case) -> Option<Arc<dyn Function>>;
}

/// The sort of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An op of the registry.
    Op,
    /// A module with hand-written forward() and backward().
    Module,
    /// A formula on a tape, or a program of the graph language.
    Graph,
    /// The loss of a whole model.
    Model,
}

/// Operands that a subject is tried on.
#[derive(Clone, Debug)]
pub struct Case {
    /// The operands, parameters last.
    pub operands: Vec<CaseOperand>,
    /// How many of them are given to forward(); the rest are the module's parameters in order.
    pub given: usize,
    /// The op with its attributes, if the subject is one.
    pub op: Option<AnyOp>,
    /// Constants of the definition that a mistake may involve, such as a temperature.
    pub constants: Vec<(String, f64)>,
}

/// One operand of a case.
#[derive(Clone, Debug)]
pub struct CaseOperand {
    /// The letter in formulas.
    pub name: String,
    /// Whether it has a gradient.
    pub kind: OperandKind,
    /// Its value.
    pub value: ArrayD<f64>,
}

impl Case {
    /// A case of real operands that are all given to forward().
    pub fn of<const N: usize>(operands: [(&str, ArrayD<f64>); N]) -> Self {
        let real = |(name, value): (&str, ArrayD<f64>)| CaseOperand {
            name: name.to_string(),
            kind: OperandKind::Real,
            value,
        };
        Self {
            operands: operands.map(real).into(),
            given: N,
            op: None,
            constants: Vec::new(),
        }
    }

    /// The same case with one more operand that has no gradient.
    pub fn with_data(mut self, name: &str, kind: OperandKind, value: ArrayD<f64>) -> Self {
        self.operands.push(CaseOperand {
            name: name.to_string(),
            kind,
            value,
        });
        self.given += 1;
        self
    }

    /// The same case with one more parameter of the module.
    pub fn with_param(mut self, name: &str, value: ArrayD<f64>) -> Self {
        self.operands.push(CaseOperand {
            name: name.to_string(),
            kind: OperandKind::Real,
            value,
        });
        self
    }

    /// The same case with a named constant of the definition.
    pub fn with_constant(mut self, name: &str, value: f64) -> Self {
        self.constants.push((name.to_string(), value));
        self
    }

    /// The values of all operands.
    pub fn values(&self) -> Vec<ArrayD<f64>> {
        self.operands.iter().map(|operand| operand.value.clone()).collect()
    }

    /// The positions of the operands that have a gradient.
    pub fn real(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.operands.len()).filter(|&i| self.operands[i].kind == OperandKind::Real)
    }

    /// How many numbers the operands hold.
    pub fn numbers(&self) -> usize {
        self.operands.iter().map(|operand| operand.value.len()).sum()
    }

    pub(super) fn kinds(&self) -> Vec<OperandKind> {
        self.operands.iter().map(|operand| operand.kind).collect()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.operands.iter().map(|operand| operand.name.clone()).collect()
    }
}

/// An op of the registry, on its own samples.
#[derive(Clone, Debug)]
pub struct OpSubject {
    name: &'static str,
}

impl OpSubject {
    /// The op with this name, if there is one.
    pub fn new(name: &str) -> Option<Self> {
        let name = NAMES.iter().find(|known| **known == name)?;
        Some(Self { name })
    }

    /// All ops of the registry, in its order.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|name| Self { name })
    }
}

impl Subject for OpSubject {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn kind(&self) -> Kind {
        Kind::Op
    }

    fn case(&self, draw: &mut Draw) -> Case {
        let sample = AnyOp::sample(self.name, draw).expect("the name is one of the registry");
        let operands: Vec<CaseOperand> = sample
            .operands
            .into_iter()
            .enumerate()
            .map(|(position, value)| {
                let operand = sample.op.operand(position);
                CaseOperand {
                    name: operand.name.to_string(),
                    kind: operand.kind,
                    value,
                }
            })
            .collect();
        let constants = super::attributes::numbers(&sample.op);
        Case {
            given: operands.len(),
            operands,
            op: Some(sample.op),
            constants,
        }
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        Box::new(OpModule::<f64>::new(case_op(case)))
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        Some(Arc::new(OpFunction(case_op(case))))
    }
}

fn case_op(case: &Case) -> AnyOp {
    case.op.clone().expect("a case of an op holds the op")
}

/// Makes a module for a case.
type Make = Box<dyn Fn(&Case) -> Box<dyn Module<f64>> + Send + Sync>;

/// A module with hand-written forward() and backward(), and what it is meant to compute.
pub struct ModuleSubject {
    name: String,
    kind: Kind,
    case: Box<dyn Fn(&mut Draw) -> Case + Send + Sync>,
    make: Make,
    formula: Option<Formula>,
}

impl fmt::Debug for ModuleSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleSubject").field("name", &self.name).finish()
    }
}

impl ModuleSubject {
    /// A module that is made by `make` and tried on the operands that `case` draws.
    pub fn new<M: Module<f64> + 'static>(
        name: &str,
        case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static,
        make: impl Fn() -> M + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_string(),
            kind: Kind::Module,
            case: Box::new(case),
            make: Box::new(move |_| Box::new(make())),
            formula: None,
        }
    }

    /// The same, held against this definition; the operands are those of the case, parameters last.
    pub fn defined_by(
        mut self,
        formula: impl for<'t> Fn(&[crate::Var<'t>]) -> crate::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        self.formula = Some(Arc::new(formula));
        self
    }

    /// A formula whose backward() comes from the tape.
    pub fn formula(
        name: &str,
        case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static,
        formula: impl for<'t> Fn(&[crate::Var<'t>]) -> crate::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        let formula: Formula = Arc::new(formula);
        let shared = Arc::clone(&formula);
        let make = move |_: &Case| -> Box<dyn Module<f64>> {
            let own = Arc::clone(&shared);
            Box::new(FormulaModule::new(move |x| own(x)))
        };
        Self {
            name: name.to_string(),
            kind: Kind::Graph,
            case: Box::new(case),
            make: Box::new(make),
            formula: Some(formula),
        }
    }
}

impl Subject for ModuleSubject {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn case(&self, draw: &mut Draw) -> Case {
        (self.case)(draw)
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        (self.make)(case)
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        let formula = Arc::clone(self.formula.as_ref()?);
        Some(Arc::new(FormulaFunction {
            formula,
            kinds: case.kinds(),
            names: case.names(),
        }))
    }
}

/// The loss of a model on given data, as a function of its parameters; backward() is the tape's.
pub struct ModelSubject {
    name: String,
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
        formula: impl for<'t> Fn(&[crate::Var<'t>]) -> crate::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_string(),
            list,
            data: Box::new(data),
            formula: Arc::new(formula),
        }
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
        Kind::Model
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
