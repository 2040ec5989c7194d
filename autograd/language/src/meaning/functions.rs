//! The functions of the language and the ops of the registry that they stand for.

/// How a function is called and typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `f(x)`: each entry by itself.
    Unary,
    /// `f(a, b)`: entry by entry, axes lined up by name.
    Binary,
    /// `f(x, over k)`: the axes are reduced away.
    Reduction,
    /// `f(x, over k)`: along an axis, which stays.
    Along,
    /// A rule of its own.
    Special,
}

/// One function of the language.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name in programs.
    pub name: &'static str,
    /// The op of the registry.
    pub op: &'static str,
    /// How it is called.
    pub form: Form,
    /// Name, arguments and result in one line.
    pub signature: &'static str,
    /// The rule for shapes in one sentence.
    pub rule: &'static str,
    /// A call.
    pub example: &'static str,
}

macro_rules! functions {
    ($($form:ident $name:literal $op:literal $signature:literal $rule:literal $example:literal)*) => {
        &[ $( Function {
            name: $name, op: $op, form: Form::$form, signature: $signature, rule: $rule, example: $example,
        }, )* ]
    };
}

/// All functions, operators first.
pub const FUNCTIONS: &[Function] = functions! {
    Special "+" "add" "a + b"
        "the axes of one side are among those of the other, in the same order" "z = a + b"
    Special "-" "sub" "a - b"
        "the axes of one side are among those of the other, in the same order" "z = a - b"
    Special "*" "mul" "a * b"
        "the axes of one side are among those of the other, in the same order" "z = a * b"
    Special "/" "div" "a / b"
        "the axes of one side are among those of the other, in the same order" "z = a / b"
    Special "^" "pow" "a ^ b"
        "the axes of one side are among those of the other, in the same order" "z = a^2"
    Special "@" "matmul" "a @ b"
        "the last axis of a meets the first of b; stacks of matrices meet stack by stack" "a = alpha @ x"
    Special ".T" "permute" "x.T"
        "the last two axes change places" "B = A.T"
    Special "x[i]" "slice" "x[t]"
        "the first axes are removed, one for each position" "y = x[1]"
    Special "E[w]" "embedding" "E[w]"
        "w holds ids of E's first axis: the axes of w, then the rest of E" "r = emb[w]"
    Special "if" "where" "if c then u else v"
        "all three are lined up" "y = if x > 0 then x else 0"
    Unary "exp" "exp" "exp(x)"
        "the result has the axes of x" "y = exp(x)"
    Unary "log" "log" "log(x)"
        "the result has the axes of x" "y = log(x)"
    Unary "sqrt" "sqrt" "sqrt(x)"
        "the result has the axes of x" "y = sqrt(x)"
    Unary "abs" "abs" "abs(x)"
        "the result has the axes of x" "y = abs(x)"
    Unary "neg" "neg" "-x"
        "the result has the axes of x" "y = -x"
    Unary "tanh" "tanh" "tanh(x)"
        "the result has the axes of x" "z = tanh(a)"
    Unary "sigmoid" "sigmoid" "sigmoid(x)"
        "the result has the axes of x" "z = sigmoid(a)"
    Unary "relu" "relu" "relu(x)"
        "the result has the axes of x" "z = relu(a)"
    Unary "gelu" "gelu" "gelu(x)"
        "the result has the axes of x" "z = gelu(a)"
    Unary "gelu_tanh" "gelu_tanh" "gelu_tanh(x)"
        "the result has the axes of x" "z = gelu_tanh(a)"
    Unary "silu" "silu" "silu(x)"
        "the result has the axes of x" "z = silu(a)"
    Reduction "sum" "sum" "sum(x, over k)"
        "the named axes are removed" "y = sum(x, over k)"
    Reduction "mean" "mean" "mean(x, over k)"
        "the named axes are removed" "y = mean(x, over k)"
    Reduction "max" "max" "max(x, over k), max(a, b)"
        "the named axes are removed; of two values, the larger of each pair" "y = max(x, over k)"
    Reduction "min" "min" "min(x, over k), min(a, b)"
        "the named axes are removed; of two values, the smaller of each pair" "y = min(x, over k)"
    Reduction "prod" "prod" "prod(x, over k)"
        "the named axes are removed" "y = prod(x, over k)"
    Reduction "logsumexp" "logsumexp" "logsumexp(x, over k)"
        "the named axes are removed" "y = logsumexp(x, over k)"
    Along "softmax" "softmax" "softmax(x, over k)"
        "the result has the axes of x" "A = softmax(S, over k)"
    Along "log_softmax" "log_softmax" "log_softmax(x, over k)"
        "the result has the axes of x" "L = log_softmax(S, over k)"
    Along "cumsum" "cumsum" "cumsum(x, over t)"
        "the result has the axes of x" "c = cumsum(x, over t)"
    Special "clip" "clip" "clip(x, low, high)"
        "the result has the axes of x" "y = clip(x, 0, 1)"
    Special "split" "reshape" "split(x, D => [h:H, dk])"
        "one axis becomes several whose product it is" "Q = split(x, D => [h:H, dk])"
    Special "merge" "reshape" "merge(x, [h, dk] => D)"
        "neighbouring axes become one" "C = merge(x, [h, dk] => D)"
    Special "order" "permute" "order(x, a, b, c)"
        "the axes in the given order" "y = order(x, h, T, dk)"
    Special "broadcast" "broadcast" "broadcast(x, to => [T, D])"
        "repeated along the axes that x lacks" "y = broadcast(b, to => [T, D])"
    Special "concat" "concat" "concat(a, b, over k)"
        "the named axis is as long as all together" "y = concat(a, b, over k)"
    Special "with_one" "concat" "with_one(x)"
        "a 1 is put before the first entry" "x1 = with_one(x)"
};

/// The function of this name.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The names by which functions are called.
pub fn names() -> Vec<&'static str> {
    let is_word = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_') && name != "if" && name != "neg";
    FUNCTIONS
        .iter()
        .map(|function| function.name)
        .filter(|name| is_word(name))
        .collect()
}
