//! A module with hand-written forward() and backward(), or a formula, as a subject.

use std::fmt;
use std::sync::Arc;

use super::{Case, Kind, Subject};
use crate::function::{Formula, FormulaFunction, Function};
use tapegrad_core::op::Draw;
use tapegrad_core::{FormulaModule, Module};

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

    /// A module that is made for each case, because its parameters have the shapes of the case.
    pub fn made_for_case<M: Module<f64> + 'static>(
        name: &str,
        case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static,
        make: impl Fn(&Case) -> M + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_string(),
            kind: Kind::Module,
            case: Box::new(case),
            make: Box::new(move |case| Box::new(make(case))),
            formula: None,
        }
    }

    /// The same, held against this definition; the operands are those of the case, parameters last.
    pub fn defined_by(
        mut self,
        formula: impl for<'t> Fn(&[tapegrad_core::Var<'t>]) -> tapegrad_core::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        self.formula = Some(Arc::new(formula));
        self
    }

    /// A formula whose backward() comes from the tape.
    pub fn formula(
        name: &str,
        case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static,
        formula: impl for<'t> Fn(&[tapegrad_core::Var<'t>]) -> tapegrad_core::Var<'t> + Send + Sync + 'static,
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

    fn single(&self, _: &Case) -> Option<Box<dyn Module<f32>>> {
        let formula = Arc::clone(self.formula.as_ref().filter(|_| self.kind == Kind::Graph)?);
        Some(Box::new(FormulaModule::<f32>::new(move |x| formula(x))))
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        let formula = Arc::clone(self.formula.as_ref()?);
        Some(Arc::new(FormulaFunction {
            formula,
            kinds: case.kinds(),
            names: case.names(),
            symbolic: None,
        }))
    }
}
