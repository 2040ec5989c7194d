//! What can be checked: an op, a module with its own backward(), a formula on a tape, a program of the graph language,
//! the loss of a model.

pub mod attributes;

mod case;
mod chain;
mod graph;
mod model;
mod module;
mod op;
pub(crate) mod run;
pub(crate) mod special;

use std::sync::Arc;

use crate::function::Function;
use tapegrad_core::module::Module;
use tapegrad_core::op::Draw;

pub use case::{Case, CaseOperand};
pub use chain::ChainSubject;
pub use graph::GraphSubject;
pub use model::ModelSubject;
pub use module::ModuleSubject;
pub use op::OpSubject;

/// Anything whose backward() can be checked.
pub trait Subject: Send + Sync {
    /// The name in reports.
    fn name(&self) -> String;

    /// The kind of the subject.
    fn kind(&self) -> Kind;

    /// Draws operands inside the domain and away from kinks.
    fn case(&self, draw: &mut Draw) -> Case;

    /// A new module; operands behind [`Case::given`] are the values of its parameters.
    fn module(&self, case: &Case) -> Box<dyn Module<f64>>;

    /// A new module in single precision; `None` if the subject has none.
    fn single(&self, _case: &Case) -> Option<Box<dyn Module<f32>>> {
        None
    }

    /// True if the sizes that cases are drawn with belong to the subject: a wrong case is then not cut to smaller ones.
    fn sizes_are_fixed(&self) -> bool {
        false
    }

    /// The parts that are checked by themselves if the whole is wrong, such as the links of a chain.
    fn parts(&self) -> Vec<Arc<dyn Subject>> {
        Vec::new()
    }

    /// Cases that must be tried besides those that are drawn, such as every pattern of broadcasting.
    fn patterns(&self, _draw: &mut Draw) -> Vec<Case> {
        Vec::new()
    }

    /// The function that the subject should compute; `None` if only its own forward() defines it.
    fn function(&self, case: &Case) -> Option<Arc<dyn Function>>;
}

/// The kind of a subject.
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
