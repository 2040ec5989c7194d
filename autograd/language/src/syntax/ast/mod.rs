//! The tree of a program as it is written: every part with its place, nothing resolved.

mod expr;

use crate::syntax::span::Span;

pub use expr::{Arg, Binary, Expr, ExprKind};

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Where it stands.
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
    /// What it is.
    pub kind: ItemKind,
    /// Where it stands, without the docs.
    pub span: Span,
}

/// The three kinds of item.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// A whole computation.
    Graph {
        /// What it is called.
        name: Ident,
        /// Its statements.
        body: Block,
    },
    /// A part with parameters of its own.
    Module {
        /// What it is called.
        name: Ident,
        /// The sizes it is given in brackets.
        dims: Vec<Ident>,
        /// What it is called with.
        inputs: Vec<Decl>,
        /// What it gives.
        results: Vec<Decl>,
        /// Its statements.
        body: Block,
    },
    /// A formula with a name.
    Function {
        /// What it is called.
        name: Ident,
        /// What it is called with.
        parameters: Vec<Ident>,
        /// What it stands for.
        value: Expr,
    },
}

/// Statements between braces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The statements in order.
    pub stmts: Vec<Stmt>,
    /// Where the block stands, braces included.
    pub span: Span,
}

/// A statement with the `///` lines before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// The `///` lines.
    pub docs: Vec<String>,
    /// What it says.
    pub kind: StmtKind,
    /// Where it stands, without the docs.
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
    /// `const c = 0.5`.
    Const(Ident, Option<Shape>, Expr),
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

/// Which way the objective is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Down.
    Minimize,
    /// Up.
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
    /// What is done at each position.
    pub body: Block,
}

/// One layer: a module with parameters of its own, or several, one for each position.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerDef {
    /// What it is called.
    pub name: Ident,
    /// How many there are, if it is a row of layers.
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
    /// What is defined.
    pub name: Ident,
    /// Positions and indices in brackets; a path of a flat text has dots in its name instead.
    pub axes: Option<Vec<Axis>>,
}

/// A declared name with shape and type of number.
#[derive(Clone, Debug, PartialEq)]
pub struct Decl {
    /// What is declared.
    pub name: Ident,
    /// Its axes; none for a single number.
    pub shape: Option<Shape>,
    /// What kind of numbers; real if left out.
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
    /// Whole numbers from 0 that name one of so many things.
    Id(Expr),
}

/// Axes in brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The axes in order.
    pub axes: Vec<Axis>,
    /// Where they stand, brackets included.
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

/// How a parameter begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Initializer {
    /// `zeros`, `normal`, …
    pub name: Ident,
    /// The numbers in parentheses.
    pub numbers: Vec<f64>,
}

impl ItemKind {
    /// What the item is called.
    pub fn name(&self) -> &Ident {
        match self {
            Self::Graph { name, .. } | Self::Module { name, .. } | Self::Function { name, .. } => name,
        }
    }
}
