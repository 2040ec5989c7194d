//! A module with hand-written forward() and backward(), or a formula, as a subject.

use std::fmt;
use std::sync::Arc;

use super::{Case, Kind, Subject};
use crate::function::{Formula, Function};
use tapegrad_core::op::Draw;
use tapegrad_core::{FormulaModule, Module};

/// Makes a module for a case.
type Make = Box<dyn Fn(&Case) -> Box<dyn Module<f64>> + Send + Sync>;

/// Makes a module in single precision for a case.
type MakeSingle = Box<dyn Fn(&Case) -> Box<dyn Module<f32>> + Send + Sync>;

/// A module with hand-written forward() and backward(), and what it is meant to compute.
pub struct ModuleSubject {
    name: String,
    kind: Kind,
    case: Box<dyn Fn(&mut Draw) -> Case + Send + Sync>,
    make: Make,
    formula: Option<Formula>,
    are_sizes_fixed: bool,
    single: Option<MakeSingle>,
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
            are_sizes_fixed: false,
            single: None,
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
            are_sizes_fixed: false,
            single: None,
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
            are_sizes_fixed: false,
            single: None,
        }
    }

    /// The same, with the module in `f32` that [`Numbers::Single`](crate::Numbers::Single) checks.
    pub fn in_single_precision<M: Module<f32> + 'static>(
        mut self,
        make: impl Fn(&Case) -> M + Send + Sync + 'static,
    ) -> Self {
        self.single = Some(Box::new(move |case| Box::new(make(case))));
        self
    }

    /// The same, where the sizes of the drawn operands are the only ones: a wrong case is not cut to smaller ones.
    pub fn of_fixed_sizes(mut self) -> Self {
        self.are_sizes_fixed = true;
        self
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

    fn sizes_are_fixed(&self) -> bool {
        self.are_sizes_fixed
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        (self.make)(case)
    }

    fn single(&self, case: &Case) -> Option<Box<dyn Module<f32>>> {
        if let Some(make) = &self.single {
            return Some(make(case));
        }
        let formula = Arc::clone(self.formula.as_ref().filter(|_| self.kind == Kind::Graph)?);
        Some(Box::new(FormulaModule::<f32>::new(move |x| formula(x))))
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        let formula = Arc::clone(self.formula.as_ref()?);
        Some(case.function_of(formula, None))
    }
}
