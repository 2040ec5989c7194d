//! What a tape has written down: the graph, and where its numbers are.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::Location;
use std::rc::Rc;

use ndarray::ArrayViewD;
use smallvec::SmallVec;

use crate::arena::{Arena, Mirror, Place};
use crate::graph::{Graph, NodeId, Source};
use crate::module::Module;
use crate::numbers::Real;
use crate::op::{Inputs, Saved};
use crate::ops::AnyOp;
use crate::ops::arithmetic::Arithmetic;
use crate::params::{Param, Params, view};
use crate::record::{RecordError, node_of_param};
use crate::shape::Shape;

/// Everything a tape has written down.
#[derive(Debug)]
pub(crate) struct State<'p, T> {
    pub graph: Graph,
    pub places: Rc<Vec<Places>>,
    arena: Arena<T>,
    params: Option<&'p Params<T>>,
    param_nodes: Vec<Option<NodeId>>,
    modules: Vec<&'p RefCell<dyn Module<T> + 'p>>,
    module_addresses: BTreeSet<usize>,
}

/// Where the value and the notes of a node lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub value: Place,
    pub notes: u32,
}

/// The chunk number of values that lie in the parameters' own memory.
pub(crate) const IN_PARAMS: u32 = u32::MAX;

impl<'p, T: Real> State<'p, T> {
    pub fn new(params: Option<&'p Params<T>>) -> Self {
        Self {
            graph: Graph::new(),
            places: Rc::default(),
            arena: Arena::new(),
            params,
            param_nodes: Vec::new(),
            modules: Vec::new(),
            module_addresses: BTreeSet::new(),
        }
    }

    /// The value of a node.
    #[inline]
    pub fn value(&self, id: NodeId) -> &[T] {
        let place = self.places[id.index()].value;
        if place.chunk == IN_PARAMS {
            self.in_params(place)
        } else {
            self.arena.get(place)
        }
    }

    /// The parameters the tape reads.
    pub fn params(&self) -> Option<&'p Params<T>> {
        self.params
    }

    /// The parameters that stand on the tape, with their nodes.
    pub fn param_nodes(&self) -> impl Iterator<Item = (Param, NodeId)> + '_ {
        let known = |node: &Option<NodeId>| {
            let id = (*node)?;
            let Source::Param(param) = self.graph.node(id).source else {
                return None;
            };
            Some((*param, id))
        };
        self.param_nodes.iter().filter_map(known)
    }

    /// The module with this number.
    pub fn module(&self, index: usize) -> &'p RefCell<dyn Module<T> + 'p> {
        self.modules[index]
    }

    /// An empty store of gradients at the places of the values.
    pub fn mirror(&self) -> Mirror<T> {
        Mirror::of(&self.arena)
    }

    /// Hands to `read` what backward may see of an op's forward pass.
    #[inline]
    pub fn with_saved<R>(&self, id: NodeId, read: impl FnOnce(Saved<'_, T>) -> R) -> R {
        let node = self.graph.node(id);
        let mut values: SmallVec<[&[T]; 4]> = SmallVec::new();
        let mut shapes: SmallVec<[Shape; 4]> = SmallVec::new();
        for &operand in node.operands {
            values.push(self.value(operand));
            shapes.push(self.graph.shape(operand));
        }
        let Places { value, notes } = self.places[id.index()];
        let notes = Place {
            offset: value.offset + value.len,
            len: notes,
            ..value
        };
        read(Saved {
            x: Inputs::new(&values, &shapes),
            y: self.arena.get(value),
            y_shape: node.shape,
            notes: self.arena.get(notes),
        })
    }

    /// The arithmetic of an op, if all its operands are single numbers.
    #[inline]
    pub fn between_numbers(&self, op: &AnyOp, operands: &[NodeId]) -> Option<Arithmetic> {
        let arithmetic = Arithmetic::of(op)?;
        let fits = operands.len() == op.operands().len() && operands.iter().all(|&x| self.graph.is_number(x));
        fits.then_some(arithmetic)
    }

    /// The values of one or two operands that are single numbers; of one, twice.
    #[inline]
    pub fn numbers(&self, operands: &[NodeId]) -> [T; 2] {
        let (first, last) = (operands[0], operands[operands.len() - 1]);
        [first, last].map(|x| self.value(x)[0])
    }

    #[inline]
    fn push_number(&mut self, value: T) {
        let place = self.arena.reserve(1);
        self.arena.get_mut(place)[0] = value;
        Rc::make_mut(&mut self.places).push(Places { value: place, notes: 0 });
    }

    fn in_params(&self, place: Place) -> &'p [T] {
        let params = self
            .params
            .expect("invariant: only a tape with parameters has places in them");
        &params.values[place.offset as usize..][..place.len as usize]
    }

    /// Appends the result of an op and computes it.
    #[inline]
    pub fn push_op(
        &mut self,
        op: &AnyOp,
        operands: &[NodeId],
        caller: &'static Location<'static>,
    ) -> Result<NodeId, RecordError> {
        if let Some(arithmetic) = self.between_numbers(op, operands) {
            let [a, b] = self.numbers(operands);
            self.push_number(arithmetic.entry(a, b));
            return Ok(self.graph.push(Source::Op(op.clone()), operands, Shape::SCALAR, caller));
        }
        let mut shapes: SmallVec<[Shape; 4]> = SmallVec::new();
        for &operand in operands {
            shapes.push(self.graph.shape(operand));
        }
        let shape = op.shape(&shapes)?;
        let (len, notes) = (shape.len(), op.notes(&shapes));
        let place = self.arena.reserve(len + notes);
        let params = self.params.map_or(&[][..], |params| &params.values);
        let (earlier, fresh) = self.arena.split(place);
        let mut values: SmallVec<[&[T]; 4]> = SmallVec::new();
        for operand in operands {
            let place = self.places[operand.index()].value;
            values.push(if place.chunk == IN_PARAMS {
                &params[place.offset as usize..][..place.len as usize]
            } else {
                earlier.get(place)
            });
        }
        let x = Inputs::new(&values, &shapes);
        op.admits(x)?;
        let (y, noted) = fresh.split_at_mut(len);
        op.forward(x, y, noted);
        Rc::make_mut(&mut self.places).push(Places {
            value: Place {
                len: len as u32,
                ..place
            },
            notes: notes as u32,
        });
        Ok(self.graph.push(Source::Op(op.clone()), operands, shape, caller))
    }

    /// Appends a node whose value comes from outside the ops.
    pub fn push_given(
        &mut self,
        source: Source,
        operands: &[NodeId],
        value: ArrayViewD<'_, T>,
        caller: &'static Location<'static>,
    ) -> NodeId {
        let place = self.arena.reserve(value.len());
        for (own, &given) in self.arena.get_mut(place).iter_mut().zip(&value) {
            *own = given;
        }
        Rc::make_mut(&mut self.places).push(Places { value: place, notes: 0 });
        self.graph.push(source, operands, Shape::new(value.shape()), caller)
    }

    /// The node of a parameter, recorded on its first use.
    pub fn node_of_param(&mut self, param: Param, caller: &'static Location<'static>) -> NodeId {
        let mut known = std::mem::take(&mut self.param_nodes);
        let id = node_of_param(&mut known, param, || self.push_param(param, caller));
        self.param_nodes = known;
        id
    }

    fn push_param(&mut self, param: Param, caller: &'static Location<'static>) -> NodeId {
        let params = self
            .params
            .unwrap_or_else(|| panic!("this tape reads no parameters: make it with `Tape::with(&params)` ({caller})"));
        assert!(
            params
                .list()
                .specs()
                .get(param.index())
                .is_some_and(|spec| spec.shape == param.shape()),
            "this parameter is not one of those the tape was made with ({caller})"
        );
        let range = params.range(param);
        let place = Place {
            chunk: IN_PARAMS,
            offset: range.start as u32,
            len: range.len() as u32,
        };
        Rc::make_mut(&mut self.places).push(Places { value: place, notes: 0 });
        let id = self.graph.push(Source::Param(param), &[], param.shape(), caller);
        self.graph.set_name(id, &params.list().spec(param).name);
        id
    }

    /// Appends the result of a module.
    ///
    /// **Panics** if the module already stands on the tape.
    pub fn push_module(
        &mut self,
        module: &'p RefCell<dyn Module<T> + 'p>,
        operands: &[NodeId],
        caller: &'static Location<'static>,
    ) -> NodeId {
        let address = std::ptr::from_ref(module).addr();
        assert!(
            self.module_addresses.insert(address),
            "this module already stands on the tape, and it remembers one forward() only: use a second module ({caller})"
        );
        let x: Vec<ArrayViewD<'_, T>> = operands
            .iter()
            .map(|&operand| view(self.graph.shape(operand), self.value(operand)))
            .collect();
        let y = module.borrow_mut().forward(&x);
        self.modules.push(module);
        self.push_given(Source::Module(self.modules.len() - 1), operands, y.view(), caller)
    }
}
