//! What can be checked: an op, a module with its own backward(), a formula on a tape, a program of the graph language,
//! the loss of a model.

pub mod attributes;
pub mod definition;
pub mod function;
pub mod guard;
pub(crate) mod program;
pub(crate) mod variant;

mod case;
mod graph;
mod model;
mod module;
mod op;

use std::sync::Arc;

use crate::subject::function::Function;
use tapegrad_core::module::Module;
use tapegrad_core::op::Draw;

pub use case::{Case, CaseOperand};
pub use graph::GraphSubject;
pub use model::ModelSubject;
pub use module::ModuleSubject;
pub use op::OpSubject;

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

    /// The same in single precision, if it can be had.
    fn single(&self, _case: &Case) -> Option<Box<dyn Module<f32>>> {
        None
    }

    /// Cases that must be tried besides those that are drawn, such as every pattern of broadcasting.
    fn patterns(&self, _draw: &mut Draw) -> Vec<Case> {
        Vec::new()
    }

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
