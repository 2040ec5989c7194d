//! The plan: a graph traced once and replayed in fixed buffers, forward and backward, without allocation.
//!
//! The tape decides anew at every step what to compute and where to put it. A plan decides once: which arrays live
//! when (`liveness`), which of them may share memory (`slots`), and in what order everything runs (`schedule`).
//! A law says that a plan and a tape give the same bits.

mod liveness;
mod numbers;
mod packed;
mod schedule;
mod single;
mod slots;
mod step;
mod stored;
#[cfg(test)]
mod tests;

use crate::graph::{Graph, NodeId, Source};
use crate::numbers::Real;
use crate::op::{Flops, ValueError};
use crate::params::{ParamList, Params, Weights};
use crate::shape::Shape;
use crate::steps::NoGradient;

pub use liveness::State;
use liveness::{Holds, Liveness};
use slots::Slots;
use step::{At, NUMBERS};
use stored::{Backward, Forward};

/// The slots of all arrays of a plan.
fn slots_of(liveness: &Liveness<'_>) -> Slots {
    let mut slots = Slots::assign(liveness.lives(), |id| liveness.is_number(id));
    for (id, array) in liveness.rewrites() {
        slots.share(Holds::Value(id), Holds::Value(array));
    }
    for (id, array) in liveness.passed_on() {
        slots.share(Holds::Gradient(id), Holds::Gradient(array));
    }
    slots
}

/// How many numbers the arrays of a plan would hold, without making them: [`Plan::bytes`] by the bytes of a number.
///
/// ```
/// use tapegrad_autograd::{Record, Sketch, plan};
/// let sketch = Sketch::new();
/// let j = (sketch.input("x", [50_000, 50_000]) * 2.0).sum().id();
/// let numbers = plan::numbers(&sketch.into_graph(), &[], Some(j));
/// assert!(numbers >= 2_500_000_000); // 20 GB in f64, and none of it is taken
/// ```
pub fn numbers(graph: &Graph, outputs: &[NodeId], objective: Option<NodeId>) -> usize {
    slots_of(&Liveness::new(graph, outputs, objective, &[])).lens().sum()
}

/// A graph with a fixed schedule and fixed memory, ready to run again and again.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{Init, ParamList, Params, Plan, Record, Sketch};
/// let mut list = ParamList::new();
/// let w = list.add("w", [3], Init::Ones);
/// let sketch = Sketch::new();
/// let x = sketch.data("x", [3]);
/// let j = (sketch.param(w) * x).sum();
/// let (x, j) = (x.id(), j.id());
/// let mut plan = Plan::<f64>::new(&sketch.into_graph(), &list, &[], Some(j)).unwrap();
/// let mut params = Params::new(&list, 1);
/// plan.set(x, &[1.0, 2.0, 3.0]);
/// plan.forward(&params).unwrap();
/// plan.backward(&mut params);
/// assert_eq!(plan.value(j), [6.0]);
/// assert_eq!(params.gradients(), [1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Plan<T> {
    arrays: Vec<Vec<T>>,
    values: Vec<Option<At>>,
    gradients: Vec<Option<At>>,
    forward: Vec<Forward>,
    backward: Vec<Backward>,
    objective: Option<NodeId>,
    /// The states that must be copied, from where they are left to where they are read: those that share an array need not.
    handed_on: Vec<[At; 2]>,
    params_len: usize,
    flops: Flops,
}

impl<T: Real> Plan<T> {
    /// The plan of a graph: `outputs` can be read after a run, and `objective`, a single number, is differentiated.
    ///
    /// **Errors** if a declared parameter gets no gradient from the objective.
    ///
    /// **Panics** if the objective is not a single number, or the graph holds a module, which only a tape can run.
    pub fn new(
        graph: &Graph,
        list: &ParamList,
        outputs: &[NodeId],
        objective: Option<NodeId>,
    ) -> Result<Self, NoGradient> {
        Self::with_states(graph, list, outputs, objective, &[])
    }

    /// The plan of one step of a sequence: what a run leaves `after` is the value `before` in the next one.
    ///
    /// A state is given like an input before the first run, and can be read like an output after each. Where a step
    /// only rewrites a part of it (see [`Op::rewrites`](crate::op::Op::rewrites)) nothing else of it is touched.
    ///
    /// **Panics** as [`new`](Self::new) does, or if a state is not an input with the result of an op of its shape.
    pub fn of_step(graph: &Graph, list: &ParamList, outputs: &[NodeId], states: &[State]) -> Self {
        states.iter().for_each(|&state| assert_state(graph, state));
        Self::with_states(graph, list, outputs, None, states)
            .unwrap_or_else(|error| panic!("invariant: a plan without an objective asks for no gradients: {error}"))
    }

    fn with_states(
        graph: &Graph,
        list: &ParamList,
        outputs: &[NodeId],
        objective: Option<NodeId>,
        states: &[State],
    ) -> Result<Self, NoGradient> {
        if let Some(j) = objective {
            assert_eq!(
                graph.shape(j).len(),
                1,
                "the objective of a plan is a single number: {}",
                graph.label(j)
            );
        }
        let liveness = Liveness::new(graph, outputs, objective, states);
        if objective.is_some() {
            every_param_is_reached(graph, list, &liveness)?;
        }
        let slots = slots_of(&liveness);
        let place = |holds: fn(NodeId) -> Holds, id: NodeId, len| At::of(graph, list, &slots, holds(id), id, len);
        let each = |holds: fn(NodeId) -> Holds, wanted: &[bool]| -> Vec<Option<At>> {
            graph
                .nodes()
                .map(|n| wanted[n.id.index()].then(|| place(holds, n.id, n.shape.len())))
                .collect()
        };
        let mut plan = Self {
            arrays: slots.lens().map(|len| vec![T::ZERO; len]).collect(),
            values: each(Holds::Value, &liveness.needed),
            gradients: each(Holds::Gradient, &liveness.reached),
            forward: schedule::forward(graph, list, &liveness, &slots),
            backward: schedule::backward(graph, list, &liveness, &slots),
            objective,
            handed_on: Vec::new(),
            params_len: list.len(),
            flops: graph.flops(),
        };
        let places = states
            .iter()
            .map(|state| [state.after, state.before].map(|id| plan.values[id.index()]));
        plan.handed_on = places
            .filter_map(|[after, before]| At::apart(after?, before?))
            .collect();
        for node in graph.nodes().filter(|node| liveness.needed[node.id.index()]) {
            if let Source::Constant(value) = node.source {
                plan.set(node.id, &[T::from_f64(*value)]);
            }
        }
        Ok(plan)
    }

    /// Gives a value to an input.
    ///
    /// **Panics** if the plan has no such input or the number of entries is another.
    #[track_caller]
    pub fn set(&mut self, input: NodeId, value: &[T]) {
        self.input_mut(input).copy_from_slice(value);
    }

    /// The memory of an input, to be filled.
    ///
    /// **Panics** if the plan does not use this node or it is a parameter.
    #[track_caller]
    pub fn input_mut(&mut self, input: NodeId) -> &mut [T] {
        match self.values[input.index()].expect("the plan uses this input") {
            At::Number(position) => std::slice::from_mut(&mut self.arrays[NUMBERS][position as usize]),
            At::Array { array, len } => &mut self.arrays[array][..len],
            At::Nothing => &mut [],
            At::Param { .. } => panic!("a parameter is not an input: change it in `Params`"),
        }
    }

    /// Runs forward().
    ///
    /// **Errors** if some op has no result for the values it meets, such as an id beyond its table.
    pub fn forward(&mut self, params: &impl Weights<T>) -> Result<(), ValueError> {
        assert_eq!(
            params.list().len(),
            self.params_len,
            "these are not the parameters the plan was made for"
        );
        self.forward
            .iter()
            .try_for_each(|step| step.run(&mut self.arrays, params))?;
        for [after, before] in &self.handed_on {
            before.copy_from(*after, &mut self.arrays);
        }
        Ok(())
    }

    /// Runs backward() after a [`forward`](Self::forward) and overwrites the parameters' gradients.
    ///
    /// **Panics** if the plan was made without an objective.
    pub fn backward(&mut self, params: &mut Params<T>) {
        let objective = self
            .objective
            .expect("a plan that runs backward is made with an objective");
        if let Some(at @ (At::Number(_) | At::Array { .. })) = self.gradients[objective.index()] {
            at.gradient_mut(&mut self.arrays, params).fill(T::ONE);
        }
        for step in &self.backward {
            step.run(&mut self.arrays, params);
        }
    }

    /// The value of an output or of the objective after [`forward`](Self::forward).
    ///
    /// **Panics** if the node is not part of the plan, or is a parameter. Of a node that is not an output the memory
    /// may have been used again.
    #[track_caller]
    pub fn value(&self, output: NodeId) -> &[T] {
        self.read(self.values[output.index()], "value")
    }

    /// ∂J/∂x of an input after [`backward`](Self::backward).
    ///
    /// **Panics** if no gradient reaches the node, or it is a parameter.
    #[track_caller]
    pub fn gradient(&self, input: NodeId) -> &[T] {
        self.read(self.gradients[input.index()], "gradient")
    }

    /// The memory of all arrays together, known before the first run.
    ///
    /// **Units**: bytes. Parameters and their gradients are not counted.
    pub fn bytes(&self) -> usize {
        self.arrays.iter().map(|array| array.len() * size_of::<T>()).sum()
    }

    /// The cost of one run.
    pub fn flops(&self) -> Flops {
        self.flops
    }

    #[track_caller]
    fn read(&self, at: Option<At>, what: &str) -> &[T] {
        match at {
            Some(at @ (At::Number(_) | At::Array { .. })) => at.read(&self.arrays, &[]),
            Some(At::Nothing) => &[],
            Some(At::Param { .. }) => panic!("the {what} of a parameter is in `Params`"),
            None => panic!("the plan has no {what} for this node"),
        }
    }
}

/// **Panics** if a state does not begin as an input and end as a result of the same shape.
#[track_caller]
fn assert_state(graph: &Graph, State { before, after }: State) {
    let given = matches!(graph.node(before).source, Source::Input | Source::Data);
    let left = after == before || matches!(graph.node(after).source, Source::Op(_));
    let [shape, shape_after] = [before, after].map(|id| graph.shape(id));
    assert!(
        given && left && shape == shape_after,
        "a state is an input, which a step reads, and the result of an op, which it leaves, of one shape; here they are \
         {} {shape} and {} {shape_after}",
        graph.label(before),
        graph.label(after)
    );
}

/// **Errors** with the names of the parameters that the objective does not depend on.
fn every_param_is_reached(graph: &Graph, list: &ParamList, liveness: &Liveness<'_>) -> Result<(), NoGradient> {
    let mut reached = vec![false; list.specs().len()];
    for node in graph.nodes().filter(|node| liveness.reached[node.id.index()]) {
        if let Source::Param(param) = node.source {
            reached[param.index()] = true;
        }
    }
    let missing = list
        .specs()
        .iter()
        .zip(reached)
        .filter(|(spec, reached)| !reached && spec.shape != Shape::new(&[0]));
    let parameters: Vec<String> = missing.map(|(spec, _)| spec.name.clone()).collect();
    if parameters.is_empty() {
        Ok(())
    } else {
        Err(NoGradient { parameters })
    }
}
