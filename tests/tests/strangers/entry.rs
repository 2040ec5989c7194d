//! An entry of the corpus: a module, what is wrong with it in a student's words, and how it is to be tried.

use std::sync::Arc;

use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::{Shape, Var};

use crate::hand::{A, Hand, Recipe};

/// What a module should compute, as a formula over variables.
pub type Definition = Arc<dyn for<'t> Fn(&[Var<'t>]) -> Var<'t> + Send + Sync>;

/// One module of the corpus.
#[derive(Clone)]
pub struct Entry {
    /// A name that no other entry has.
    pub id: &'static str,
    /// The public thread that suggested it, as `owner/name#number`, or the kind of course where one meets it; the
    /// module shows the same kind of mistake and copies no code.
    pub source: &'static str,
    /// The mistake as the person would say it who finds it; for a right module, why it looks wrong.
    pub says: &'static str,
    /// Whether the module is right.
    pub right: bool,
    /// Alternatives separated by `|`: each is a few words that a sentence which names the mistake has.
    pub accept: &'static str,
    /// Draws operands.
    pub operands: Arc<dyn Fn(&mut Draw) -> Case + Send + Sync>,
    /// The two functions.
    pub recipe: Option<Recipe>,
    /// The definition that the module is held against, if the student gives one.
    pub definition: Option<Definition>,
    /// The smallest operands at which the mistake shows.
    pub shows: Vec<A>,
    /// The step and the tolerance of the central differences that prove it.
    pub step: (f64, f64),
}

/// A wrong module.
pub fn wrong(id: &'static str, source: &'static str, says: &'static str, accept: &'static str) -> Entry {
    Entry {
        id,
        source,
        says,
        right: false,
        accept,
        operands: Arc::new(any),
        recipe: None,
        definition: None,
        shows: Vec::new(),
        step: (1e-5, 1e-6),
    }
}

/// A right module.
pub fn right(id: &'static str, source: &'static str, says: &'static str) -> Entry {
    Entry {
        right: true,
        ..wrong(id, source, says, "")
    }
}

impl Entry {
    /// The operands to draw; without it, one array of any shape.
    pub fn on(mut self, case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static) -> Self {
        self.operands = Arc::new(case);
        self
    }

    /// The two functions.
    pub fn by(mut self, recipe: Recipe) -> Self {
        self.recipe = Some(recipe);
        self
    }

    /// The formula it should follow.
    pub fn defined_by(mut self, formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + Send + Sync + 'static) -> Self {
        self.definition = Some(Arc::new(formula));
        self
    }

    /// The smallest operands at which it shows.
    pub fn shows_at(mut self, operands: impl Into<Vec<A>>) -> Self {
        self.shows = operands.into();
        self
    }

    /// Another step and tolerance for the proof.
    pub fn with_step(mut self, step: f64, tolerance: f64) -> Self {
        self.step = (step, tolerance);
        self
    }

    /// The module for a case.
    pub fn make(&self, case: &Case) -> Hand {
        Hand::new(self.recipe.as_ref().expect("an entry has its functions"), case)
    }
}

/// One array of any shape, not empty.
pub fn any(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("x", draw.normal(shape))])
}

/// One array of any shape with multiples of one half, so that 0 and equal entries come up.
pub fn halves(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("x", draw.normal(shape).mapv(|x| (2.0 * x).round() / 2.0))])
}

/// One array of any shape with entries between two bounds.
pub fn between(low: f64, high: f64) -> impl Fn(&mut Draw) -> Case + Send + Sync {
    move |draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.between(shape, low, high))])
    }
}

/// Two arrays of one shape.
pub fn two(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("a", draw.normal(shape)), ("b", draw.normal(shape))])
}

/// Two arrays of one shape with entries between two bounds.
pub fn two_between(low: f64, high: f64) -> impl Fn(&mut Draw) -> Case + Send + Sync {
    move |draw| {
        let shape = draw.shape_nonempty();
        Case::of([
            ("a", draw.between(shape, low, high)),
            ("b", draw.between(shape, low, high)),
        ])
    }
}

/// A matrix with random numbers of rows and columns.
pub fn matrix(draw: &mut Draw) -> Case {
    let shape = sizes(draw);
    Case::of([("x", draw.normal(shape))])
}

/// A vector.
pub fn vector(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

/// The shape of a matrix.
pub fn sizes(draw: &mut Draw) -> Shape {
    Shape::new(&[draw.size_nonzero(), draw.size_nonzero()])
}

/// Scores `[B, K]` and a class for each row.
pub fn classes(draw: &mut Draw) -> Case {
    let (b, k) = (draw.size_nonzero(), draw.size_nonzero());
    let x = draw.normal(Shape::new(&[b, k]));
    Case::of([("x", x)]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[b]), k))
}

/// One array and real numbers of the same shape that have no gradient.
pub fn with_data(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let x = draw.normal(shape);
    Case::of([("x", x)]).with_data("t", OperandKind::Data, draw.between(shape, 0.1, 0.9))
}

/// One array and a mask of the same shape.
pub fn with_mask(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let x = draw.normal(shape);
    Case::of([("x", x)]).with_data("mask", OperandKind::Mask, draw.mask(shape))
}
