//! The syntax tree: each part of a program as it is written, with its place and before names are resolved.

mod expr;

use crate::span::Span;

pub use expr::{Arg, Binary, Expr, ExprKind, Index, Link};

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name itself.
    pub name: String,
    /// Its place in the source.
    pub span: Span,
}

/// A file: other files it uses, then graphs, modules and functions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// `use "file"` lines.
    pub uses: Vec<Ident>,
    /// Graphs, modules and functions in order.
    pub items: Vec<Item>,
}

/// A graph, module or function with the `///` lines before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The `///` lines.
    pub docs: Vec<String>,
    /// Its kind, with the parts of that kind.
    pub kind: ItemKind,
    /// Its place in the source, without the doc lines.
    pub span: Span,
}

/// The three kinds of item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// A whole computation, with inputs, parameters and results.
    Graph {
        /// Its name.
        name: Ident,
        /// Its statements.
        body: Block,
    },
    /// A reusable part with parameters of its own.
    Module {
        /// Its name.
        name: Ident,
        /// Its sizes, given in brackets.
        dims: Vec<Ident>,
        /// Its inputs.
        inputs: Vec<Decl>,
        /// Its results.
        results: Vec<Decl>,
        /// Its statements.
        body: Block,
    },
    /// A formula that can be called by name.
    Function {
        /// Its name.
        name: Ident,
        /// Its inputs.
        parameters: Vec<Ident>,
        /// The formula.
        value: Expr,
    },
}

/// Statements between braces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// Its place in the source, braces included.
    pub span: Span,
}

/// A statement with the `///` lines before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// The `///` lines.
    pub docs: Vec<String>,
    /// Its kind, with the parts of that kind.
    pub kind: StmtKind,
    /// Its place in the source, without the doc lines.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `dim T, F = 4 * D`.
    Dim(Vec<(Ident, Option<Expr>)>),
    /// `input x[M]`.
    Input(Vec<Decl>),
    /// `param W[D, M] ~ glorot`.
    Param(Vec<(Decl, Option<Initializer>)>),
    /// `const c = 0.5, d = 2`.
    Const(Vec<(Ident, Option<Shape>, Expr)>),
    /// `layer fc = Linear[D, F]`.
    Layer(Vec<LayerDef>),
    /// `require D == H * dk`.
    Require(Expr),
    /// `output y`.
    Output(Vec<Ident>),
    /// `minimize J`.
    Objective(Direction, Expr),
    /// `for t = 1..T { … }`.
    For(ForLoop),
    /// `y = …`, `a[j] = …`, `h[t], c[t] = …`.
    Equation(Vec<LeftSide>, Expr, Option<Shape>),
}

/// Whether the objective is minimised or maximised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `minimize`.
    Minimize,
    /// `maximize`.
    Maximize,
}

/// A loop over positions.
#[derive(Clone, Debug, PartialEq)]
pub struct ForLoop {
    /// The name of the position.
    pub index: Ident,
    /// The first position.
    pub from: Expr,
    /// The last position, included.
    pub to: Expr,
    /// True if it counts down.
    pub down: bool,
    /// The statements that are repeated for each position.
    pub body: Block,
}

/// One layer: a module with parameters of its own, or several, one for each position.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerDef {
    /// Its name.
    pub name: Ident,
    /// The number of layers, if there are several.
    pub count: Option<Expr>,
    /// The module.
    pub module: Ident,
    /// The module's sizes.
    pub sizes: Vec<Expr>,
    /// The module with its sizes.
    pub span: Span,
}

/// The left side of an equation.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftSide {
    /// The name that the equation defines.
    pub name: Ident,
    /// Positions and indices in brackets; a path of a flat text has dots in its name instead.
    pub axes: Option<Vec<Axis>>,
}

/// A declared name with shape and type of number.
#[derive(Clone, Debug, PartialEq)]
pub struct Decl {
    /// The name.
    pub name: Ident,
    /// Its axes; none for a single number.
    pub shape: Option<Shape>,
    /// The kind of numbers; real if left out.
    pub dtype: Option<Dtype>,
}

/// The kinds of numbers a declaration can name.
#[derive(Clone, Debug, PartialEq)]
pub enum Dtype {
    /// Real numbers, single precision unless the run says otherwise.
    F32,
    /// Real numbers, double precision unless the run says otherwise.
    F64,
    /// 0 or 1, without a gradient.
    Bool,
    /// Whole numbers, without a gradient.
    Int,
    /// Real numbers without a gradient.
    Data,
    /// Ids: whole numbers from 0 to one below this size.
    Id(Expr),
}

/// Axes in brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The axes in order.
    pub axes: Vec<Axis>,
    /// Their place in the source, brackets included.
    pub span: Span,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// `..`: any axes.
    Rest(Span),
    /// `T` or `q:T`.
    Size(Option<Ident>, Expr),
}

/// How the first values of a parameter are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Initializer {
    /// `zeros`, `normal`, …
    pub name: Ident,
    /// The numbers in parentheses.
    pub numbers: Vec<f64>,
}

impl ItemKind {
    /// The name of the item.
    pub fn name(&self) -> &Ident {
        match self {
            Self::Graph { name, .. } | Self::Module { name, .. } | Self::Function { name, .. } => name,
        }
    }
}
