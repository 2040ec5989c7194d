//! The tape: a graph together with its values, evaluated as it is recorded.

mod state;

use std::cell::{Cell, Ref, RefCell};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{ArrayBase, ArrayD, ArrayViewD, Data, Dimension};
use smallvec::SmallVec;

use crate::graph::{Graph, NodeId, Source};
use crate::module::Module;
use crate::numbers::Real;
use crate::ops::AnyOp;
use crate::params::{Param, Params, array, view};
use crate::record::{Record, RecordError};
use crate::shape::Shape;
use crate::var::Var;
pub(crate) use state::{IN_PARAMS, Places, State};

/// A graph together with its values: what is written on it is computed at once.
///
/// A tape that reads parameters borrows them; while it lives nobody can change them, the compiler sees to it.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::Tape;
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![1.0, 2.0, 3.0]);
/// let j = (x * x).sum();
/// let gradients = tape.backward(j);
/// assert_eq!(gradients.of(x), array![2.0, 4.0, 6.0].into_dyn());
/// ```
#[derive(Debug)]
pub struct Tape<'p, T> {
    state: RefCell<State<'p, T>>,
    consumed: Cell<bool>,
    identity: u64,
}

impl<T: Real> Default for Tape<'_, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'p, T: Real> Tape<'p, T> {
    /// An empty tape for formulas without parameters.
    pub fn new() -> Self {
        Self::on(None)
    }

    /// An empty tape that reads these parameters.
    pub fn with(params: &'p Params<T>) -> Self {
        Self::on(Some(params))
    }

    fn on(params: Option<&'p Params<T>>) -> Self {
        static TAPES: AtomicU64 = AtomicU64::new(0);
        let identity = TAPES.fetch_add(1, Ordering::Relaxed);
        Self {
            state: RefCell::new(State::new(params)),
            consumed: Cell::new(false),
            identity,
        }
    }

    /// A value given from outside that gets a gradient.
    #[track_caller]
    pub fn input<S: Data<Elem = T>, D: Dimension>(&self, name: &str, value: ArrayBase<S, D>) -> Var<'_> {
        self.leaf(Source::Input, name, value.into_dyn().view(), Location::caller())
    }

    /// A value given from outside that gets no gradient: a mask, targets, ids as numbers.
    #[track_caller]
    pub fn data<S: Data<Elem = T>, D: Dimension>(&self, name: &str, value: ArrayBase<S, D>) -> Var<'_> {
        self.leaf(Source::Data, name, value.into_dyn().view(), Location::caller())
    }

    /// A single number given from outside that gets a gradient.
    #[track_caller]
    pub fn scalar(&self, name: &str, value: T) -> Var<'_> {
        self.input(name, ndarray::arr0(value))
    }

    /// Ids that pick rows, counted from 0.
    #[track_caller]
    pub fn ids(&self, name: &str, shape: impl Into<Shape>, ids: &[usize]) -> Var<'_> {
        let values = ids.iter().map(|&id| T::from_count(id)).collect();
        self.data(name, array(shape.into(), values))
    }

    /// The variable of a parameter.
    ///
    /// **Panics** if the tape was made without parameters, or the parameter is not one of theirs.
    #[track_caller]
    pub fn param(&self, param: Param) -> Var<'_> {
        (self as &dyn Record).param(param)
    }

    /// A literal constant of a formula.
    #[track_caller]
    pub fn constant(&self, value: f64) -> Var<'_> {
        (self as &dyn Record).constant(value)
    }

    /// The result of a module with its own forward() and backward(), as one node of this tape.
    ///
    /// **Panics** if the module already stands on this tape: it remembers one forward() only.
    #[track_caller]
    pub fn module<'t>(&'t self, module: &'p RefCell<dyn Module<T> + 'p>, operands: &[Var<'t>]) -> Var<'t> {
        let ids: SmallVec<[NodeId; 4]> = operands.iter().map(|operand| operand.id()).collect();
        let id = self.state.borrow_mut().push_module(module, &ids, Location::caller());
        Var::new(self, id)
    }

    /// A copy of a variable's value.
    #[track_caller]
    pub fn value(&self, var: Var<'_>) -> ArrayD<T> {
        self.with_value(var, |value| value.to_owned())
    }

    /// What `read` makes of a variable's value, without a copy.
    #[track_caller]
    pub fn with_value<R>(&self, var: Var<'_>, read: impl FnOnce(ArrayViewD<'_, T>) -> R) -> R {
        self.assert_own(var);
        let state = self.state.borrow();
        read(view(state.graph.shape(var.id()), state.value(var.id())))
    }

    /// The value of a variable that is a single number.
    ///
    /// **Panics** if it has more entries than one.
    #[track_caller]
    pub fn number(&self, var: Var<'_>) -> T {
        self.with_value(var, |value| {
            assert_eq!(
                value.len(),
                1,
                "a single number was asked for; the value is {}",
                Shape::new(value.shape())
            );
            *value.first().expect("an array of length 1 has a first entry")
        })
    }

    /// The recorded graph.
    pub fn graph(&self) -> Ref<'_, Graph> {
        Ref::map(self.state.borrow(), |state| &state.graph)
    }

    pub(crate) fn state(&self) -> Ref<'_, State<'p, T>> {
        self.state.borrow()
    }

    #[track_caller]
    fn leaf(
        &self,
        source: Source,
        name: &str,
        value: ArrayViewD<'_, T>,
        caller: &'static Location<'static>,
    ) -> Var<'_> {
        let mut state = self.state.borrow_mut();
        let id = state.push_given(source, &[], value, caller);
        state.graph.set_name(id, name);
        Var::new(self, id)
    }

    /// Notes that the backward pass of this tape has run.
    ///
    /// **Panics** if one has run before.
    #[track_caller]
    pub(crate) fn consume(&self) {
        assert!(
            !self.consumed.replace(true),
            "a backward pass already ran on this tape, and its gradients were given out then; to differentiate again, \
             record the formula on a new tape"
        );
    }

    #[track_caller]
    pub(crate) fn assert_own(&self, var: Var<'_>) {
        assert!(
            std::ptr::addr_eq(var.on(), self),
            "this variable stands on another tape; a tape knows the values and gradients of its own variables only"
        );
    }
}

impl<T: Real> Record for Tape<'_, T> {
    fn push(&self, op: &AnyOp, operands: &[NodeId], caller: &'static Location<'static>) -> Result<NodeId, RecordError> {
        self.state.borrow_mut().push_op(op, operands, caller)
    }

    fn push_param(&self, param: Param, caller: &'static Location<'static>) -> NodeId {
        let mut state = self.state.borrow_mut();
        state.node_of_param(param, caller)
    }

    fn push_constant(&self, value: f64, caller: &'static Location<'static>) -> NodeId {
        let number = ndarray::arr0(T::from_f64(value)).into_dyn();
        self.state
            .borrow_mut()
            .push_given(Source::Constant(value), &[], number.view(), caller)
    }

    fn identity(&self) -> Option<u64> {
        Some(self.identity)
    }

    fn graph(&self) -> Ref<'_, Graph> {
        Ref::map(self.state.borrow(), |state| &state.graph)
    }

    fn set_name(&self, id: NodeId, name: &str) {
        self.state.borrow_mut().graph.set_name(id, name);
    }

    fn open_scope(&self, name: &str) {
        self.state.borrow_mut().graph.open_scope(name);
    }

    fn close_scope(&self) {
        self.state.borrow_mut().graph.close_scope();
    }
}
