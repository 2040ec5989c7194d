//! Scopes: the named parts of a graph, one inside another.

/// The position of a scope in its graph; 0 is the whole graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ScopeId(u32);

impl ScopeId {
    /// The position, counted from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named part of the graph: one layer, one time step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The name within the enclosing scope.
    pub name: String,
    /// The scope around this one; `None` for the whole graph.
    pub parent: Option<ScopeId>,
}

/// All scopes of a graph, and which of them is open.
#[derive(Clone, Debug)]
pub(super) struct Scopes {
    list: Vec<Scope>,
    pub open: ScopeId,
}

impl Default for Scopes {
    fn default() -> Self {
        let whole = Scope {
            name: String::new(),
            parent: None,
        };
        Self {
            list: vec![whole],
            open: ScopeId(0),
        }
    }
}

impl Scopes {
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.list[id.index()]
    }

    /// Opens a scope inside the open one.
    pub fn open(&mut self, name: String) {
        let id = ScopeId(u32::try_from(self.list.len()).expect("a graph has fewer than 2^32 scopes"));
        self.list.push(Scope {
            name,
            parent: Some(self.open),
        });
        self.open = id;
    }

    /// Closes the innermost open scope.
    ///
    /// **Panics** if none is open.
    pub fn close(&mut self) {
        let parent = self.get(self.open).parent;
        self.open = parent.expect("a scope is closed once for each time it is opened");
    }
}
