//! One page for each code: what is wrong, why the language insists, a wrong program, its message, and the lecture.

use crate::diagnostic::code::Code;
use crate::open::open;
use crate::run::{Request, RunError, Wanted, run};

/// The page of a code.
struct Page {
    code: Code,
    program: &'static str,
    why: &'static str,
    lecture: &'static str,
}

macro_rules! pages {
    ($($code:ident $why:literal $lecture:literal)*) => {
        const PAGES: &[Page] = &[ $( Page {
            code: Code::$code,
            program: include_str!(concat!("catalogue/", stringify!($code), ".cg")),
            why: $why,
            lecture: $lecture,
        }, )* ];
    };
}

pages! {
    E00
        "The text cannot be read as declarations and equations. Reading goes on at the next statement, so other \
         mistakes of the same file are shown too."
        "none"
    E01
        "A matrix product joins one axis of each side. The two must be the same thing, not merely of the same \
         length: with M = D = 3 a check of numbers would let a transposed matrix pass."
        "S0, the two-layer network: a = alpha x"
    E02
        "Operands are matched by the names of their axes. If neither list of axes contains the other, the program \
         does not say which entries belong together. An index equation does."
        "S0, broadcasting a bias over a batch"
    E03
        "The axes are the same, in another order. Adding them anyway would add entry (t, d) to entry (d, t)."
        "S0, row-wise or column-wise?"
    E04
        "A softmax makes the entries along one axis sum to 1. With two axes there are two such functions, and \
         they differ."
        "S2, attention: one row for each query"
    E05
        "Two axes have the name that was used. Give each axis its own name."
        "S2, scores between queries and keys, both of length T"
    E06
        "The value has no axis of this name."
        "S2, attention"
    E07
        "Backpropagation begins at one number. A loss for each position has to be added up or averaged first."
        "S1, the loss of a sequence is the sum over its positions"
    E08
        "Every name is defined on a line before the one that uses it."
        "S0, the forward computation in order"
    E09
        "There is no such function; `graph ops` lists them."
        "none"
    E10
        "A recurrence needs a start: the value at position 0."
        "S1, h_0 of a recurrent network"
    E11
        "An id of one kind indexes only axes of that kind. At another axis it would read arbitrary rows."
        "S0, the embedding table V x d_e"
    E12
        "A position or an id can index an axis. A real number is neither."
        "S0, use y* to index into the desired element of y"
    E13
        "An axis can be split only into axes whose product is exactly its size, and this must be certain before \
         the program runs."
        "S2, multi-head attention: D = H d_k"
    E14
        "The named sizes do not fit together with these numbers."
        "S3, the table of GPT-3 sizes: one row does not satisfy D = H d_k"
    E15
        "`as` gives axes new names; it never changes their sizes."
        "S2, attention"
    E16
        "One index runs over two axes of different sizes. Usually two indices of one operand are swapped."
        "S0, a_j = sum_i alpha_ji x_i"
    E17
        "An index that indexes no axis on the right side has no range. Give its range on the left."
        "S2, the causal mask"
    E18
        "An index on the right must be on the left, or be summed. The slides write every sum, and so does the \
         language."
        "S0, a_j = sum_i alpha_ji x_i"
    E19
        "The slides count x_1 to x_T. Only a recurrence has a 0th value, its start. A place must be inside its axis for \
         all sizes that the program allows."
        "S1, x_1 ... x_T"
    E20
        "A module, a layer or a function is called with the wrong number of arguments."
        "S1, modules"
    E21
        "Every name has one meaning, as in the lecture's table, which has one row for each."
        "S0, the table of forward and backward"
    E22
        "A module has parameters, so each layer made from it has a name. Two calls of one layer share its \
         parameters; two layers have two sets."
        "S1, the same weights at every time step"
    E23
        "Names that begin with g_ are the gradients that `graph derive` writes."
        "S0, g_y stands for dJ/dy"
    E24
        "`grad(J, x)` is the gradient of J by something that J is computed from. A gradient that does not exist is \
         never shown as 0: if x were misspelt or unused, training would continue without it."
        "S0, dJ/dx along the edges of the graph"
    E25
        "An operation met a value for which it has no result: the logarithm of a negative number, 0 divided by 0, a softmax \
         over a row where everything is masked, bounds in the wrong order; or, in a run with gradients, 0 times a slope that \
         is infinite. The sizes are right, the numbers are not."
        "S0, the softmax and the logarithm"
    W01
        "A parameter without influence on the objective gets no gradient, and training never changes it."
        "S0, parameters"
    W02
        "A softmax rounds very small probabilities to 0, and their logarithm is minus infinity. log_softmax \
         computes both at once and keeps the digits."
        "S0, softmax regression"
    W03
        "In a row where everything is excluded the softmax divides 0 by 0."
        "S2, the causal mask: a position sees itself"
    W05
        "J = t log y + (1-t) log(1-y) is a log-likelihood: maximise it. With a minus sign it becomes the \
         cross-entropy, which is minimised."
        "S0 and S1 use both signs"
    W06
        "If no position depends on another one, one matrix product computes all of them."
        "S2, why attention is faster than recurrence"
    W07
        "Values are matched by the names of their axes. Both axes have the size T here, so they are matched in their \
         order, and entry (q, k) meets entry (k, q)."
        "S2, scores between queries and keys, both of length T"
    W08
        "An input that neither the objective nor an output uses was often meant to be used: the mask that was not \
         applied, the weight that was not multiplied."
        "S0, the forward computation in order"
}

/// The wrong program of a code's page.
pub fn program(code: Code) -> &'static str {
    page(code).program
}

fn page(code: Code) -> &'static Page {
    PAGES
        .iter()
        .find(|page| page.code == code)
        .expect("invariant: every code has a page")
}

/// The page of a code as plain text.
pub fn explain(code: Code) -> String {
    let Page {
        program, why, lecture, ..
    } = page(code);
    let message = message(code).unwrap_or_default();
    let lecture = if *lecture == "none" {
        String::new()
    } else {
        format!("\nLecture: {lecture}\n")
    };
    format!(
        "{} {}\n\n{why}\n{lecture}\nA program with this mistake:\n\n{program}\nThe message:\n\n{message}",
        code.name(),
        code.title()
    )
}

/// The message about the wrong program; all sizes are 3, so that only their names differ.
pub fn message(code: Code) -> Option<String> {
    let opened = open(&format!("{}.cg", code.name()), program(code));
    if let Some(found) = opened.diagnostics.iter().find(|diagnostic| diagnostic.code == code) {
        return Some(found.render(&opened.sources));
    }
    let program = opened.programs.last()?;
    let free = program.dims.iter().filter(|dim| dim.value.is_none());
    let request = Request {
        dims: free.map(|dim| (dim.name.to_string(), 3)).collect(),
        ..Request::default()
    };
    match run::<f64>(program, &request, Wanted::default()) {
        Err(RunError::Program(error)) if error.code == code => Some(error.render(&opened.sources)),
        _ => None,
    }
}
