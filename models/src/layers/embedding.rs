//! The embedding: each id picks a row of a table.

use tapegrad_core::{Init, Param, ParamList, Var, ops};

/// A table with one row for each id.
///
/// **Shapes** `ids: [..] → [.., C]`, table `[V, C]`. Its gradient collects every use of a row. LECTURES row D11.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    table: Param,
}

impl Embedding {
    /// Declares a table of `rows` rows of width `width` under `name`.
    pub fn new(list: &mut ParamList, name: &str, rows: usize, width: usize, init: Init) -> Self {
        Self {
            table: list.add(name, [rows, width], init),
        }
    }

    /// The rows that the ids pick.
    pub fn rows<'t>(&self, ids: Var<'t>) -> Var<'t> {
        ops::embedding(ids.on().param(self.table), ids)
    }

    /// The whole table on the record of `x`: for positions, and for an output layer that shares it.
    pub fn table<'t>(&self, x: Var<'t>) -> Var<'t> {
        x.on().param(self.table)
    }
}
