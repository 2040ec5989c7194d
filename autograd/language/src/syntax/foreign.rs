//! Signs and words of Python, NumPy, LaTeX and their like, and how the language writes what they mean.
//!
//! A [`Spelling`] has a replacement only where the two mean the same whatever stands around them.

/// How the language writes a sign or word of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// What the language has, in one sentence.
    pub mend: &'static str,
    /// The text that means the same.
    pub instead: Option<&'static str>,
}

const fn advice(mend: &'static str) -> Option<Spelling> {
    Some(Spelling { mend, instead: None })
}

const fn instead(instead: &'static str, mend: &'static str) -> Option<Spelling> {
    Some(Spelling {
        mend,
        instead: Some(instead),
    })
}

const TIMES: Option<Spelling> = instead("*", "a product entry by entry is written `*`, a matrix product `@`");
const CHOICE: &str = "a choice is written `if c then a else b`";

/// A sign that the language does not have, at the beginning of the text: its length in bytes, and how it is written.
pub fn sign(text: &str) -> (usize, Option<Spelling>) {
    let mut letters = text.chars();
    let first = letters.next().unwrap_or(' ');
    let twice = letters.next() == Some(first);
    let length = first.len_utf8();
    let line = text.find('\n').unwrap_or(text.len());
    match first {
        '#' => (line, advice("a comment begins with `//`")),
        '\\' => latex(text),
        '?' => (length, advice(CHOICE)),
        '&' if twice => (2, instead("and", "two conditions are joined by `and`")),
        '|' if twice => (2, instead("or", "two conditions are joined by `or`")),
        '&' => (length, advice("two conditions are joined by `and`")),
        '|' => (
            length,
            advice("two conditions are joined by `or`; the size of a number is `abs(x)`"),
        ),
        '!' => (
            length,
            advice("a condition has no `not`: write the opposite comparison"),
        ),
        '%' => (length, advice("there is no remainder; a comment begins with `//`")),
        '\'' => (length, instead(".T", "the transpose is written `.T`")),
        '`' | '$' => (
            length,
            advice("formulas stand in the text as they are, without quotes or dollars"),
        ),
        '×' | '·' | '⋅' | '∙' | '∗' | '⊙' | '∘' => (length, TIMES),
        '÷' => (length, instead("/", "a quotient is written `/`")),
        '−' | '–' => (length, instead("-", "minus is the sign `-`")),
        '≤' => (length, instead("<=", "this is written `<=`")),
        '≥' => (length, instead(">=", "this is written `>=`")),
        '≠' => (length, instead("!=", "this is written `!=`")),
        '²' => (length, instead("^2", "a power is written `^`")),
        '³' => (length, instead("^3", "a power is written `^`")),
        '←' | '≔' => (length, instead("=", "a definition is written `=`")),
        '→' => (length, advice("an arrow is written `->` or `=>`")),
        '∞' => (length, instead("inf", "infinity is written `inf`")),
        '√' => (length, advice("a root is written `sqrt(x)`")),
        '∑' => (
            length,
            advice("a sum over an index is written `sum(i: ..)`, one over an axis `sum(x, over T)`"),
        ),
        '∏' => (
            length,
            advice("a product over an index is written `prod(i: ..)`, one over an axis `prod(x, over T)`"),
        ),
        '∂' | '∇' => (
            length,
            advice("gradients are given by `tapegrad graph run --grad` and `tapegrad graph derive`"),
        ),
        '∈' => (length, advice("a range is written `t = 1..T`, an axis `q:T`")),
        '“' | '”' | '‘' | '’' => (length, advice("texts stand in straight double quotes")),
        _ => (length, None),
    }
}

/// `\sigma`, `\frac`: the word with its backslash.
fn latex(text: &str) -> (usize, Option<Spelling>) {
    let word = text[1..]
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(text.len() - 1);
    let length = 1 + word;
    let subscript = text[length..].strip_prefix('_').map_or(0, |rest| {
        1 + rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())
    });
    let is_called = text[length..].starts_with('(');
    match &text[1..length] {
        "sum" => (
            length + subscript,
            advice("a sum over an index is written `sum(i: ..)`, one over an axis `sum(x, over T)`"),
        ),
        "prod" => (
            length + subscript,
            advice("a product over an index is written `prod(i: ..)`, one over an axis `prod(x, over T)`"),
        ),
        "frac" | "dfrac" | "tfrac" => (length, advice("a quotient is written `a / b`")),
        "sigma" if is_called => (length, instead("sigmoid", "the function is called `sigmoid`")),
        "cdot" | "times" | "ast" | "odot" | "circ" => (length, TIMES),
        "leq" | "le" => (length, instead("<=", "this is written `<=`")),
        "geq" | "ge" => (length, instead(">=", "this is written `>=`")),
        "neq" | "ne" => (length, instead("!=", "this is written `!=`")),
        "infty" => (length, instead("inf", "infinity is written `inf`")),
        "top" | "intercal" => (length, advice("the transpose is written `.T`")),
        "partial" | "nabla" => (
            length,
            advice("gradients are given by `tapegrad graph run --grad` and `tapegrad graph derive`"),
        ),
        "left" | "right" | "big" | "Big" | "bigl" | "bigr" => (
            length,
            instead("", "parentheses grow by themselves: write `(` and `)` alone"),
        ),
        "mathrm" | "text" | "mathbf" | "mathbb" | "hat" | "bar" | "tilde" | "vec" => {
            (length, advice("a name is letters, digits and `_`, such as `y_hat`"))
        }
        "ln" => (length, instead("log", "the natural logarithm is called `log`")),
        "" => (1, advice("formulas are written without backslashes")),
        _ => (length, advice("words are written without a backslash")),
    }
}

/// Words that begin a statement in another language.
pub fn statement(word: &str) -> Option<Spelling> {
    match word {
        "let" | "var" | "val" | "auto" | "local" | "set" => {
            instead("", "an equation begins with the name that it defines: `y = ..`")
        }
        "return" | "yield" => advice(
            "nothing is returned: a module's result is defined by an equation, `y = ..`; a graph says `output y` or \
             `minimize J`",
        ),
        "def" | "function" | "func" | "lambda" | "fun" => {
            advice("a formula with a name is `fn f(x) = ..`, before the graph; one with parameters is a `module`")
        }
        "import" | "from" | "include" | "require" => {
            advice("all functions are there; another file is read by `use \"file.cg\"` at the top")
        }
        "class" | "struct" | "model" | "network" => {
            advice("a graph is `graph NAME { .. }`, a part of it `module NAME[..](..) -> ..`")
        }
        "while" | "repeat" | "foreach" | "loop" => advice("a loop runs over positions: `for t = 1..T { .. }`"),
        "elif" | "elseif" | "switch" | "case" | "match" => {
            advice("a choice of several is written `if a then x else if b then y else z`")
        }
        "print" | "assert" | "with" | "try" | "pass" | "del" | "global" => {
            advice("a program holds declarations and equations; `tapegrad graph run` shows the values")
        }
        "minimise" | "min" | "minimizes" | "Minimize" => instead("minimize", "the word is `minimize`"),
        "maximise" | "maximizes" | "Maximize" => instead("maximize", "the word is `maximize`"),
        "loss" | "objective" | "optimize" | "optimise" | "goal" => {
            advice("the objective is `minimize J` or `maximize J`")
        }
        "parameter" | "parameters" | "params" | "weight" | "weights" | "variable" => {
            instead("param", "the word is `param`")
        }
        "inputs" | "data" | "placeholder" => instead("input", "the word is `input`"),
        "dims" | "dimension" | "dimensions" | "size" | "sizes" | "axis" => instead("dim", "the word is `dim`"),
        "constant" | "constants" => instead("const", "the word is `const`"),
        "outputs" => instead("output", "the word is `output`"),
        "layers" => instead("layer", "the word is `layer`"),
        _ => None,
    }
}

/// Names of arguments that say along which axis a function works, or what becomes of it.
pub fn argument(word: &str) -> Option<Spelling> {
    match word {
        "axis" | "dim" | "axes" | "dims" | "over" => {
            advice("an axis is given by its name, not by a number: `over K`, as in `softmax(S, over K)`")
        }
        "keepdim" | "keepdims" => {
            advice("nothing needs to be kept: axes line up by their names, so `X - mean(X, over D)` is right as it is")
        }
        _ => None,
    }
}

/// Libraries that are written before a function.
pub const LIBRARIES: &[&str] = &[
    "np",
    "numpy",
    "torch",
    "nn",
    "F",
    "tf",
    "keras",
    "jnp",
    "jax",
    "lax",
    "math",
    "Math",
    "scipy",
    "sp",
    "functional",
    "linalg",
];

/// What other libraries call a function: the word of the language with the same arguments.
pub fn function(word: &str) -> Option<&'static str> {
    Some(match word {
        "ln" => "log",
        "sigma" | "σ" | "logistic" | "expit" => "sigmoid",
        "avg" | "average" => "mean",
        "reduce_sum" => "sum",
        "reduce_mean" => "mean",
        "absolute" | "fabs" => "abs",
        "swish" | "SiLU" => "silu",
        "logSoftmax" | "logsoftmax" => "log_softmax",
        "negative" => "neg",
        "concatenate" | "cat" | "hstack" => "concat",
        "clamp" => "clip",
        _ => return None,
    })
}

/// What to write where another language has a function that this one writes otherwise.
pub fn instead_of_function(word: &str) -> Option<&'static str> {
    Some(match word {
        "dot" | "matmul" | "mm" | "bmm" | "mv" | "inner" => "a matrix product is written `a @ b`",
        "outer" => "the product of every pair is an index equation: `C[i, j] = a[i] * b[j]`",
        "einsum" => "write the index equation itself: `a[j] = sum(i: W[j, i] * x[i])`",
        "transpose" | "t" | "T" => "the transpose is written `x.T`",
        "pow" | "power" | "square" => "a power is written `x^2`",
        "norm" => "the length is `sqrt(sum(x^2, over D))`",
        "reshape" | "view" | "flatten" => {
            "axes are parted and joined by name: `split(x, D => [h:H, dk])`, `merge(x, [h, dk] => D)`"
        }
        "permute" | "swapaxes" | "moveaxis" => "axes are put in order by name: `order(x, k, q)`",
        "expand" | "unsqueeze" | "squeeze" | "expand_dims" | "repeat" | "tile" => {
            "axes line up by their names, so missing ones are repeated; `broadcast(x, to => [T, D])` does it by itself"
        }
        "cross_entropy" | "CrossEntropyLoss" | "nll_loss" | "NLLLoss" => {
            "write it out: `L = log_softmax(S, over K)`, `nll[n] = -L[n, t[n]]`, `J = mean(nll, over B)`"
        }
        "mse_loss" | "mse" | "MSELoss" => "write it out: `mean((y - t)^2, over N)`",
        "Linear" | "Dense" | "Conv1d" | "Conv2d" | "Embedding" | "LSTM" | "GRU" | "RNN" | "LayerNorm" => {
            "parameters are declared and used: `param W[M, K] ~ glorot, b[K] ~ zeros` and `X @ W + b`, or in a `module` of \
             your own that a `layer` names"
        }
        "Dropout" | "dropout" => "there is no chance in a graph: multiply by a mask that is an input",
        "eye" | "identity" => "the identity is `I[i:D, j:D] = if i == j then 1 else 0`",
        "zeros" | "ones" | "zeros_like" | "ones_like" | "full" => {
            "an array is written with its axes, `zeros[H]`; a parameter begins so by `param h0[H] ~ zeros`"
        }
        "tan" => "write `sin(x) / cos(x)`",
        "cosh" => "write `(exp(x) + exp(-x)) / 2`",
        "sinh" => "write `(exp(x) - exp(-x)) / 2`",
        "log2" | "log10" | "lg" => "write `log(x) / log(2)`",
        "exp2" => "write `2^x`",
        "expm1" => "write `exp(x) - 1`",
        "ceil" => "write `-floor(-x)`",
        "leaky_relu" | "elu" | "prelu" => "write the choice: `if x > 0 then x else 0.1 * x`",
        "variance" => "write `var(x, over D)`, the mean squared distance from the mean",
        "std" | "stdev" => "write `sqrt(var(x, over D))`; `var` is the mean squared distance from the mean",
        "argmax" | "argmin" => {
            "there is none, for it has no gradient; compare with the largest instead: `if S >= max(S, over K) then 1 else 0`"
        }
        "topk" | "top_k" | "sort" | "argsort" | "kthvalue" | "median" => {
            "there is no order of entries; the largest is `max(S, over K)`, and `if S >= max(S, over K) then -inf else S` \
             has the others"
        }
        "trace" => "write the sum over the diagonal: `sum(i: A[i, i])`",
        "diag" | "diagonal" => "the diagonal is an index equation: `d[i] = A[i, i]`",
        "cumprod" => "write `exp(cumsum(log(x), over T))` for positive x, or a loop",
        "one_hot" | "onehot" => "compare positions with ids: `Y[n, k:K] = if k - 1 == t[n] then 1 else 0`",
        "det" => "write `exp(logdet(A))` for a positive determinant",
        "kron" => "the product of every pair is an index equation: `C[i, j, k, l] = A[i, j] * B[k, l]`",
        "not" => "turn the comparison around: `==` and `!=`, `<` and `>=`",
        "arange" | "range" | "linspace" => "an index is its own number: `p[t:T] = t`",
        "len" | "shape" | "size" | "numel" => "a size is used by its name, such as `T`",
        "item" | "numpy" | "float" | "int" | "cpu" | "cuda" | "to" | "type" | "astype" => {
            "values are numbers as they are; drop this"
        }
        "backward" | "grad" | "zero_grad" | "step" | "gradient" => {
            "gradients are given by `tapegrad graph run --grad` and `tapegrad graph derive`"
        }
        "print" => "`tapegrad graph run` shows the values",
        _ => return None,
    })
}
