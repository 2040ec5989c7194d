//! A program of the graph language as a subject: its graph is replayed on any tape.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Case, CaseOperand, Kind, Subject};
use crate::function::symbolic::Symbolic;
use crate::function::{Formula, Function};
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::op::Draw;
use tapegrad_core::op::OperandKind;
use tapegrad_core::var::Var;
use tapegrad_core::{FormulaModule, Module};
use tapegrad_language::open;
use tapegrad_language::program::Program;
use tapegrad_language::run::Instance;
use tapegrad_language::types::Kind as Numbers;

/// A program of the graph language; its value is the objective, the first output, or a named output.
///
/// A checked program cannot be sent to another thread, so that the text is kept and read anew for each case.
#[derive(Clone, Debug)]
pub struct GraphSubject {
    name: String,
    text: String,
    graph: Option<String>,
    /// The output that is the value; `None` for the objective or the first output.
    output: Option<String>,
}

/// How many sizes are drawn until some fit the program's requirements.
const ATTEMPTS: usize = 400;

impl GraphSubject {
    /// The graph called `graph` of this text, or its last one.
    ///
    /// **Errors** with the messages of the language if the text is not correct, or holds no such graph, or one without
    /// a result.
    pub fn new(file: &str, text: &str, graph: Option<&str>) -> Result<Self, String> {
        let opened = open(file, text);
        if !opened.is_correct() {
            return Err(opened.render());
        }
        let program = opened.program(graph).ok_or("the file has no graph of this name")?;
        if program.objective.is_none() && program.outputs.is_empty() {
            return Err(format!(
                "the graph {} has neither an objective nor an output to check",
                program.name
            ));
        }
        Ok(Self {
            name: program.name.clone(),
            text: text.to_string(),
            graph: Some(program.name.clone()),
            output: None,
        })
    }

    /// The same graph once for each of its results: the objective, and every output that depends on a real operand.
    ///
    /// **Errors** as [`GraphSubject::new`].
    pub fn of_each_result(file: &str, text: &str, graph: Option<&str>) -> Result<Vec<Self>, String> {
        let first = Self::new(file, text, graph)?;
        let program = first.program();
        let skipped = usize::from(program.objective.is_none());
        let outputs = program.outputs.iter().skip(skipped);
        let is_objective = |id| program.objective.as_ref().is_some_and(|(_, own)| own == id);
        let real = outputs.filter(|(_, id)| !is_objective(id) && matches!(program.values[*id].ty.kind, Numbers::Real));
        let others: Vec<Self> = real
            .map(|(name, _)| Self {
                name: format!("{}.{name}", first.name),
                output: Some(name.clone()),
                ..first.clone()
            })
            .collect();
        Ok(std::iter::once(first).chain(others).collect())
    }

    fn program(&self) -> Program {
        let opened = open(&self.name, &self.text);
        let program = opened.program(self.graph.as_deref());
        program.expect("the text was opened once already").clone()
    }

    /// The numbers of the sizes at a case.
    fn sizes(case: &Case) -> BTreeMap<String, i64> {
        let sizes = case.constants.iter();
        sizes.map(|(name, size)| (name.clone(), *size as i64)).collect()
    }

    fn replay(&self, case: &Case) -> Replay {
        Replay::of(&self.program(), &Self::sizes(case), self.output.as_deref())
            .expect("the sizes of a case fit the program")
    }

    fn formula(&self, case: &Case) -> Formula {
        let replay = self.replay(case);
        Arc::new(move |x| replay.record(x))
    }
}

impl Subject for GraphSubject {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn kind(&self) -> Kind {
        Kind::Graph
    }

    /// **Panics** if no drawn sizes fit the program.
    fn case(&self, draw: &mut Draw) -> Case {
        let program = self.program();
        let free: Vec<String> = program
            .dims
            .iter()
            .filter(|dim| dim.value.is_none())
            .map(|dim| dim.name.to_string())
            .collect();
        for _ in 0..ATTEMPTS {
            let sizes: BTreeMap<String, i64> = free
                .iter()
                .map(|name| (name.clone(), draw.size_nonzero() as i64))
                .collect();
            if Replay::of(&program, &sizes, self.output.as_deref()).is_ok()
                && let Some(case) = drawn(&program, sizes, draw)
            {
                return case;
            }
        }
        panic!("no sizes of {ATTEMPTS} draws fit the graph {}: {free:?}", self.name);
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        let formula = self.formula(case);
        Box::new(FormulaModule::<f64>::new(move |x| formula(x)))
    }

    fn single(&self, case: &Case) -> Option<Box<dyn Module<f32>>> {
        let formula = self.formula(case);
        Some(Box::new(FormulaModule::<f32>::new(move |x| formula(x))))
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        // The language derives the objective or the first output.
        let symbolic = match self.output {
            None => Some(Symbolic::new(&self.text, self.graph.as_deref(), Self::sizes(case))),
            Some(_) => None,
        };
        Some(case.function_of(self.formula(case), symbolic))
    }
}

/// Values for all inputs and parameters of a program with these sizes.
fn drawn(program: &Program, sizes: BTreeMap<String, i64>, draw: &mut Draw) -> Option<Case> {
    let instance = Instance::new(program, &sizes).ok()?;
    let mut case = Case::of([]);
    for (input, shape) in instance.inputs() {
        let (kind, value) = match &input.ty.kind {
            Numbers::Real => (OperandKind::Real, draw.normal(shape)),
            Numbers::Data | Numbers::Unknown => (OperandKind::Mask, draw.between(shape, 0.0, 1.0)),
            Numbers::Bool => (OperandKind::Mask, draw.mask(shape)),
            Numbers::Int => (OperandKind::Id, draw.ids(shape, 3)),
            Numbers::Id(end) => (
                OperandKind::Id,
                draw.ids(shape, end.value(instance.sizes()).ok()? as usize),
            ),
        };
        case.operands.push(CaseOperand {
            name: input.name.clone(),
            kind,
            value,
        });
    }
    let params = instance.first_values::<f64>(draw.below(1 << 20) as u64);
    for param in params.list().params() {
        // Away from where training begins: a gradient at zeros says little.
        let value = params.value(param).to_owned() + draw.normal(param.shape()) * 0.3;
        let name = params.list().spec(param).name.clone();
        case.operands.push(CaseOperand {
            name,
            kind: OperandKind::Real,
            value,
        });
    }
    case.given = case.operands.len();
    case.constants = sizes.into_iter().map(|(name, size)| (name, size as f64)).collect();
    Some(case)
}

/// A recorded graph whose inputs and parameters are operands.
struct Replay {
    graph: Graph,
    /// For each node that is given, which operand it is.
    operands: BTreeMap<NodeId, usize>,
    result: NodeId,
}

impl Replay {
    fn of(program: &Program, sizes: &BTreeMap<String, i64>, output: Option<&str>) -> Result<Self, String> {
        let text = |error: Box<tapegrad_language::diagnostic::Diagnostic>| error.primary.text;
        let instance = Instance::new(program, sizes).map_err(text)?;
        let (graph, made) = instance.graph().map_err(text)?;
        let list = instance.params();
        let named = |output: &str| made.outputs.iter().find(|(name, _)| name == output).map(|(_, id)| *id);
        let result = match output {
            Some(output) => named(output),
            None => made.objective.or(made.outputs.first().map(|(_, id)| *id)),
        };
        let mut operands: BTreeMap<NodeId, usize> = made.inputs.iter().enumerate().map(|(i, &id)| (id, i)).collect();
        for node in graph.nodes() {
            if let Source::Param(param) = node.source {
                let position = list.params().position(|own| own == *param);
                operands.insert(
                    node.id,
                    made.inputs.len() + position.ok_or("a parameter is not declared")?,
                );
            }
        }
        Ok(Self {
            graph,
            operands,
            result: result.ok_or("the graph has no result")?,
        })
    }

    /// Records the graph on the record of these operands.
    fn record<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let mut twins: Vec<Var<'t>> = Vec::with_capacity(self.graph.len());
        for node in self.graph.nodes() {
            let operands: Vec<Var<'t>> = node.operands.iter().map(|id| twins[id.index()]).collect();
            let twin = match node.source {
                Source::Op(op) if operands.is_empty() => x[0].record_here(op.clone(), &[]),
                Source::Op(op) => Var::record(op.clone(), &operands),
                Source::Constant(value) => x[0].constant(*value),
                _ => x[self.operands[&node.id]],
            };
            twins.push(twin);
        }
        twins[self.result.index()]
    }
}
