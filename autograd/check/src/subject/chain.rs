//! Modules one after another as a subject: checked as a whole, and if that is wrong, each link at what reaches it.

use std::fmt;
use std::sync::{Arc, Mutex};

use ndarray::ArrayD;

use super::run::run_forward;
use super::{Case, CaseOperand, Kind, Subject};
use crate::function::{Formula, Function};
use tapegrad_core::module::{Chain, Module};
use tapegrad_core::op::{Draw, OperandKind};

/// Makes one link of a chain for a case of the whole.
type Make = Box<dyn Fn(&Case) -> Box<dyn Module<f64>> + Send + Sync>;

/// A chain of modules with hand-written backward(); a report says in which of them the fault sits.
///
/// The parameters of the case are those of the links, in their order.
pub struct ChainSubject {
    chain: Arc<Links>,
    formula: Option<Formula>,
}

struct Links {
    name: String,
    case: Box<dyn Fn(&mut Draw) -> Case + Send + Sync>,
    links: Vec<(String, Make)>,
}

impl fmt::Debug for ChainSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainSubject").field("name", &self.chain.name).finish()
    }
}

impl ChainSubject {
    /// An empty chain that is tried on the operands that `case` draws.
    pub fn new(name: &str, case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static) -> Self {
        Self {
            chain: Arc::new(Links {
                name: name.to_string(),
                case: Box::new(case),
                links: Vec::new(),
            }),
            formula: None,
        }
    }

    /// The same chain with one more link, made for each case.
    ///
    /// **Panics** if the chain is in use already.
    pub fn then<M: Module<f64> + 'static>(
        mut self,
        name: &str,
        make: impl Fn(&Case) -> M + Send + Sync + 'static,
    ) -> Self {
        let chain = Arc::get_mut(&mut self.chain).expect("a chain is put together before it is used");
        chain
            .links
            .push((name.to_string(), Box::new(move |case| Box::new(make(case)))));
        self
    }

    /// The same, held against this definition; the operands are those of the case, parameters last.
    pub fn defined_by(
        mut self,
        formula: impl for<'t> Fn(&[tapegrad_core::Var<'t>]) -> tapegrad_core::Var<'t> + Send + Sync + 'static,
    ) -> Self {
        self.formula = Some(Arc::new(formula));
        self
    }
}

impl Subject for ChainSubject {
    fn name(&self) -> String {
        self.chain.name.clone()
    }

    fn kind(&self) -> Kind {
        Kind::Module
    }

    fn case(&self, draw: &mut Draw) -> Case {
        (self.chain.case)(draw)
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        Box::new(Chain::new(
            self.chain.links.iter().map(|(_, make)| make(case)).collect(),
        ))
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        let formula = Arc::clone(self.formula.as_ref()?);
        Some(case.function_of(formula, None))
    }

    fn parts(&self) -> Vec<Arc<dyn Subject>> {
        let link = |number: usize| -> Arc<dyn Subject> {
            Arc::new(Link {
                chain: Arc::clone(&self.chain),
                number,
                cases: Mutex::new(Vec::new()),
            })
        };
        (0..self.chain.links.len()).map(link).collect()
    }
}

/// One link of a chain, at what the links before it give.
struct Link {
    chain: Arc<Links>,
    number: usize,
    /// The cases of the chain that cases of the link came from: its module is made for those.
    cases: Mutex<Vec<(Vec<Vec<usize>>, Case)>>,
}

impl Subject for Link {
    fn name(&self) -> String {
        let (name, _) = &self.chain.links[self.number];
        format!("{name}, link {} of {}", self.number + 1, self.chain.links.len())
    }

    fn kind(&self) -> Kind {
        Kind::Module
    }

    fn sizes_are_fixed(&self) -> bool {
        true
    }

    fn case(&self, draw: &mut Draw) -> Case {
        let whole = (self.chain.case)(draw);
        let mut input: Vec<CaseOperand> = whole.operands[..whole.given].to_vec();
        let mut params = &whole.operands[whole.given..];
        for (number, (_, make)) in self.chain.links.iter().enumerate() {
            let mut module = make(&whole);
            let (own, rest) = params.split_at(module.params().len().min(params.len()));
            params = rest;
            let case = Case {
                given: input.len(),
                operands: input.iter().chain(own).cloned().collect(),
                op: None,
                constants: whole.constants.clone(),
            };
            if number == self.number {
                if let Ok(mut cases) = self.cases.lock() {
                    cases.push((shapes(&case), whole.clone()));
                }
                return case;
            }
            let y = run_forward(&mut *module, &case, &case.values());
            input = vec![CaseOperand {
                name: "x".to_string(),
                kind: OperandKind::Real,
                value: y,
            }];
        }
        unreachable!("a link is one of its chain")
    }

    /// **Panics** if no drawn case has the shapes of this one.
    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        let (_, make) = &self.chain.links[self.number];
        let cases = self.cases.lock().map(|cases| cases.clone()).unwrap_or_default();
        let whole = cases.into_iter().find(|(known, _)| *known == shapes(case));
        let (_, whole) = whole.expect("the module of a link is made for shapes that were drawn");
        make(&whole)
    }

    fn function(&self, _: &Case) -> Option<Arc<dyn Function>> {
        None
    }
}

fn shapes(case: &Case) -> Vec<Vec<usize>> {
    let shape = |x: &ArrayD<f64>| x.shape().to_vec();
    case.operands.iter().map(|x| shape(&x.value)).collect()
}
