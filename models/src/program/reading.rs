//! What the inputs and results of a program are to a language model: which are the tokens, which the logits.

use super::roles::{LOGITS, free_name, holds_tokens, logits, no_tokens, order, same_type, told};
use super::{ProgramConfig, ProgramError, ProgramLoss};
use tapegrad_core::graph::{Graph, NodeId};
use tapegrad_core::numbers::Real;
use tapegrad_core::{ParamList, Params};
use tapegrad_language::ast::Direction;
use tapegrad_language::batch::{Batch, Combined, batched};
use tapegrad_language::diagnostic::Diagnostic;
use tapegrad_language::program::Program;
use tapegrad_language::run::Instance;
use tapegrad_language::size::Size;
use tapegrad_language::span::{Sources, Span};
use tapegrad_language::types::{Kind, Type};

/// A program whose tokens and logits are known, for batches.
pub(super) struct Reading<'c> {
    config: &'c ProgramConfig,
    sources: Sources,
    program: Program,
    tokens: usize,
    /// The sizes of the tokens: rows, positions, ids.
    sizes: [Size; 3],
    /// True if the logits are `[T, B, V]`, as a loop over the positions of a batch leaves them.
    time_first: bool,
    logits: Span,
    has_objective: bool,
}

/// The graph of a batch.
pub(super) struct Traced {
    pub graph: Graph,
    pub list: ParamList,
    pub tokens: NodeId,
    pub logits: NodeId,
    pub objective: Option<NodeId>,
    pub is_maximised: bool,
    pub time_first: bool,
}

impl<'c> Reading<'c> {
    /// A program as a language model: of the inputs that hold ids, the tokens are the one that the logits depend on.
    ///
    /// **Errors** if there is none, or the sizes do not fit.
    pub fn of(config: &'c ProgramConfig, sizes: [usize; 2], vocabulary: usize) -> Result<Self, ProgramError> {
        let opened = config.open()?;
        let program = config.program(&opened)?;
        let candidates: Vec<usize> = (0..program.inputs.len())
            .filter(|&number| holds_tokens(&program.inputs[number].ty))
            .collect();
        if candidates.is_empty() {
            return Err(no_tokens(config, &opened.sources, program));
        }
        let mut first = None;
        for tokens in candidates {
            let tried =
                Self::with_tokens(config, tokens).and_then(|reading| reading.trace(sizes, vocabulary).map(|_| reading));
            match tried {
                Ok(reading) => return Ok(reading),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.expect("there is a candidate"))
    }

    /// The same with the number of the input that holds the tokens.
    ///
    /// **Errors** if the logits have other axes than rows, positions and ids.
    pub fn with_tokens(config: &'c ProgramConfig, tokens: usize) -> Result<Self, ProgramError> {
        let opened = config.open()?;
        let program = config.program(&opened)?;
        let sources = opened.sources.clone();
        let mut program = program.clone();
        let objective = program.objective.take();
        let has_objective = objective.is_some();
        if config.loss == ProgramLoss::Program {
            if !has_objective {
                return Err(ProgramError::of_file(
                    &config.file,
                    "the program has no objective to train on",
                    "write `minimize J`, or leave --loss out: then the loop attaches the cross-entropy of the next tokens",
                ));
            }
            program.objective = objective;
        }
        let logits = logits(config, &sources, &program)?;
        program.outputs = vec![(LOGITS.to_string(), logits)];
        let input = program.inputs[tokens].clone();
        let Kind::Id(ids) = input.ty.kind.clone() else {
            unreachable!("a candidate holds ids")
        };
        let span = program.values[logits].span;
        let (rows, time) = match input.ty.axes.as_slice() {
            [time] => {
                let time = time.size.clone();
                let rows = free_name(&program);
                let lifted = Batch {
                    size: rows.clone(),
                    inputs: Some(same_type(&program, &input)),
                    objective: Combined::Mean,
                };
                program = batched(&program, &lifted).map_err(|error| told(&sources, error))?;
                (Size::symbol(rows.as_str()), time)
            }
            [rows, time] => (rows.size.clone(), time.size.clone()),
            _ => unreachable!("a candidate has one axis or two"),
        };
        let sizes = [rows, time, ids];
        let ty = &program.values[program.outputs[0].1].ty;
        let time_first = order(&sources, span, ty, &sizes)?;
        Ok(Self {
            config,
            sources,
            program,
            tokens,
            sizes,
            time_first,
            logits: span,
            has_objective,
        })
    }

    /// The number of the input that holds the tokens.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// The graph of a batch of rows and positions.
    ///
    /// **Errors** at the place of a size that is missing or impossible, or if the logits or a parameter depend on
    /// something that the run does not give.
    pub fn trace(&self, sizes: [usize; 2], vocabulary: usize) -> Result<Traced, ProgramError> {
        let instance = self.instance(sizes, vocabulary)?;
        let (graph, elaborated) = instance.graph().map_err(|found| self.mistake(&found))?;
        let logits = elaborated.outputs[0].1;
        let tokens = elaborated.inputs[self.tokens];
        let mut needed = ancestors(&graph, logits);
        self.check_inputs(&elaborated.inputs, &needed, "the logits", &|number| {
            number == self.tokens
        })?;
        if !needed[tokens.index()] {
            return Err(self.at_logits(
                "the logits do not depend on the tokens",
                "compute them from the input with the tokens",
            ));
        }
        if let Some(objective) = elaborated.objective {
            let own = ancestors(&graph, objective);
            let ty = &self.program.inputs[self.tokens].ty;
            let is_given = |number: usize| number == self.tokens || self.program.inputs[number].ty == *ty;
            self.check_inputs(&elaborated.inputs, &own, "the objective", &is_given)?;
            needed = own;
        }
        let list = instance.params().clone();
        self.check_params(&list, &graph, &needed)?;
        Ok(Traced {
            tokens,
            logits,
            objective: elaborated.objective,
            is_maximised: matches!(self.program.objective, Some((Direction::Maximize, _))),
            time_first: self.time_first,
            graph,
            list,
        })
    }

    /// First values of the parameters.
    ///
    /// **Errors** if a size is impossible.
    pub fn first_values<T: Real>(
        &self,
        sizes: [usize; 2],
        vocabulary: usize,
        seed: u64,
    ) -> Result<Params<T>, ProgramError> {
        Ok(self.instance(sizes, vocabulary)?.first_values(seed))
    }

    /// What a person should know of how the program is trained.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.has_objective && self.config.loss == ProgramLoss::CrossEntropy {
            notices.push(
                "the program's own objective is not used: training minimises the mean cross-entropy of the next tokens; \
                 --loss program minimises the objective of the program"
                    .to_string(),
            );
        }
        let is_drawn = |ty: &Type| ty.axes.len() < 2;
        let drawn: Vec<&str> = self
            .program
            .params
            .iter()
            .filter(|param| param.init.is_none() && is_drawn(&param.ty))
            .map(|param| param.path.as_str())
            .collect();
        if !drawn.is_empty() {
            notices.push(format!(
                "{} without first values of their own are drawn as `~ glorot` draws; a bias usually begins with \
                 `~ zeros`, a gain with `~ ones`",
                drawn.join(", ").replace("[]", "[..]")
            ));
        }
        notices
    }

    /// The program with numbers for all sizes.
    fn instance(&self, [rows, time]: [usize; 2], vocabulary: usize) -> Result<Instance<'_>, ProgramError> {
        let mut dims = self.config.dims.clone();
        let options = [
            "the rows of the batch, --batch",
            "the block of the run, --block",
            "the vocabulary of the text",
        ];
        for ((size, number), option) in self.sizes.iter().zip([rows, time, vocabulary]).zip(options) {
            let number = number as i64;
            let wrong = |what: String, mend: &str| {
                let span = self.program.inputs[self.tokens].span;
                Err(ProgramError::at(&self.sources, span, what, mend))
            };
            match (size.as_symbol(), size.as_number()) {
                (Some(name), _) => match dims.insert(name.to_string(), number) {
                    Some(told) if told != number => {
                        return wrong(
                            format!("{name} is {option}, which is {number}, but --dim gives {told}"),
                            "leave it out of --dim",
                        );
                    }
                    _ => {}
                },
                (None, Some(own)) if own == number => {}
                (None, own) => {
                    let own = own.map_or_else(|| size.to_string(), |own| own.to_string());
                    return wrong(
                        format!("the tokens have an axis or ids of {own}, but {option} is {number}"),
                        "declare a size of its own for it, as in `dim T, V` and `input w[T]: id[V]`",
                    );
                }
            }
        }
        let names = || self.program.dims.iter().map(|dim| &*dim.name);
        if let Some(unknown) = dims.keys().find(|name| !names().any(|own| own == name.as_str())) {
            let is_bound = |name: &&str| {
                self.sizes
                    .iter()
                    .any(|size| size.as_symbol().is_some_and(|own| **own == **name))
            };
            let free: Vec<&str> = names().filter(|name| !is_bound(name)).collect();
            return Err(ProgramError::of_file(
                &self.config.file,
                format!("the program has no size {unknown}"),
                match free.as_slice() {
                    [] => "it has no sizes but those of the run".to_string(),
                    free => format!("its sizes are: {}", free.join(", ")),
                },
            ));
        }
        let missing = |dim: &&tapegrad_language::program::Dim| dim.value.is_none() && !dims.contains_key(&*dim.name);
        if let Some(dim) = self.program.dims.iter().find(missing) {
            let name = &dim.name;
            return Err(ProgramError::at(
                &self.sources,
                dim.span,
                format!("the size {name} has no value"),
                format!("give it with --dim {name}=64, or give it a default in the program: `dim {name} = 64`"),
            ));
        }
        Instance::new(&self.program, &dims).map_err(|found| self.mistake(&found))
    }

    /// An error if a result needs an input that the run does not give.
    fn check_inputs(
        &self,
        leaves: &[NodeId],
        needed: &[bool],
        what: &str,
        is_given: &dyn Fn(usize) -> bool,
    ) -> Result<(), ProgramError> {
        let unknown = leaves
            .iter()
            .enumerate()
            .find(|(number, leaf)| needed[leaf.index()] && !is_given(*number));
        let Some((number, _)) = unknown else { return Ok(()) };
        let (input, tokens) = (&self.program.inputs[number], &self.program.inputs[self.tokens]);
        Err(ProgramError::at(
            &self.sources,
            input.span,
            format!(
                "{what} depend{} on the input `{}`, but a language model is given nothing but the tokens, here `{}`",
                if what.ends_with('s') { "" } else { "s" },
                input.name,
                tokens.name
            ),
            "make it a `param` or a `const`, or compute it from the tokens",
        ))
    }

    /// An error if a parameter takes no part in what is minimised.
    fn check_params(&self, list: &ParamList, graph: &Graph, needed: &[bool]) -> Result<(), ProgramError> {
        let is_used = |param: tapegrad_core::params::Param| {
            graph.nodes().any(|node| {
                needed[node.id.index()]
                    && matches!(node.source, tapegrad_core::graph::Source::Param(own) if own.index() == param.index())
            })
        };
        let Some(unused) = list.params().find(|&param| !is_used(param)) else {
            return Ok(());
        };
        let name = &list.spec(unused).name;
        let root = |path: &str| path.split(['[', '.']).next().unwrap_or_default().to_string();
        let span = self.program.params.iter().find(|param| root(&param.path) == root(name));
        let what = match self.config.loss {
            ProgramLoss::CrossEntropy => "the logits do not depend on it",
            ProgramLoss::Program => "the objective does not depend on it",
        };
        Err(ProgramError::at(
            &self.sources,
            span.map_or(Span::default(), |param| param.span),
            format!("the parameter `{name}` cannot be trained: {what}"),
            "use it, or leave it out",
        ))
    }

    fn at_logits(&self, what: &str, mend: &str) -> ProgramError {
        ProgramError::at(&self.sources, self.logits, what, mend)
    }

    fn mistake(&self, found: &Diagnostic) -> ProgramError {
        ProgramError::mistake(&self.sources, found)
    }
}

/// For each node whether a result is computed from it.
pub(super) fn ancestors(graph: &Graph, result: NodeId) -> Vec<bool> {
    let mut needed = vec![false; graph.len()];
    needed[result.index()] = true;
    for node in graph.nodes().rev() {
        if needed[node.id.index()] {
            node.operands.iter().for_each(|operand| needed[operand.index()] = true);
        }
    }
    needed
}
