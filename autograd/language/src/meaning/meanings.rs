//! What the operands and attributes of each op of the engine mean: what a program that calls them has to know.

/// What is said about one op beyond its formulas.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// The op.
    pub op: &'static str,
    /// The axes of the operands and of the result.
    pub shapes: &'static str,
    /// For each operand, in order, what it is.
    pub operands: &'static [&'static str],
    /// For each attribute what it is.
    pub attributes: &'static [AttributeMeaning],
}

/// What is said about one attribute.
#[derive(Clone, Copy, Debug)]
pub struct AttributeMeaning {
    /// The name in files of cases and in JSON.
    pub name: &'static str,
    /// What kind of JSON value it is there.
    pub kind: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// How the language writes it, as lists of numbers.
    pub written: &'static str,
}

macro_rules! meanings {
    ($($op:literal $shapes:literal [$($operand:literal)*] $({ $name:literal $kind:literal $meaning:literal $written:literal })* ;)*) => {
        &[ $( Meaning {
            op: $op,
            shapes: $shapes,
            operands: &[ $($operand),* ],
            attributes: &[ $( AttributeMeaning { name: $name, kind: $kind, meaning: $meaning, written: $written } ),* ],
        }, )* ]
    };
}

/// One entry for each op of the registry, in its order.
pub const MEANINGS: &[Meaning] = meanings! {
    "add" "[..], [..] -> [..]; lined up at the last axis, size 1 and missing axes repeat" ["one term" "the other"];
    "sub" "[..], [..] -> [..]; lined up at the last axis" ["what is taken from" "what is taken away"];
    "mul" "[..], [..] -> [..]; lined up at the last axis" ["one factor" "the other"];
    "div" "[..], [..] -> [..]; lined up at the last axis" ["what is divided" "what it is divided by"];
    "neg" "[..] -> [..]" ["what changes its sign"];
    "pow" "[..], [..] -> [..]; lined up at the last axis" ["the base, above 0" "the exponent"];
    "power" "[..] -> [..]" ["the base"]
        { "n" "number" "the exponent" "n => [2]" };
    "exp" "[..] -> [..]" ["the exponent"];
    "log" "[..] -> [..]" ["numbers from 0 on"];
    "sqrt" "[..] -> [..]" ["numbers from 0 on"];
    "abs" "[..] -> [..]" ["numbers"];
    "tanh" "[..] -> [..]" ["the activation"];
    "sigmoid" "[..] -> [..]" ["the activation"];
    "relu" "[..] -> [..]" ["the activation"];
    "gelu" "[..] -> [..]" ["the activation"]
        { "form" "\"exact\" or \"tanh\"" "how the normal distribution function is computed" "form => [0] or [1]" };
    "silu" "[..] -> [..]" ["the activation"];
    "maximum" "[..], [..] -> [..]; lined up at the last axis" ["one number of each pair" "the other"];
    "minimum" "[..], [..] -> [..]; lined up at the last axis" ["one number of each pair" "the other"];
    "clip" "[..] -> [..]" ["numbers"]
        { "lo" "number or \"-inf\"" "the lower bound" "lo => [0]" }
        { "hi" "number or \"inf\"" "the upper bound" "hi => [1]" };
    "where" "[..], [..], [..] -> [..]; lined up at the last axis"
        ["0 for no, anything else for yes" "what is taken where the mask says yes" "what is taken where it says no"];
    "sum" "[..] -> [..] without the axes" ["terms"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "mean" "[..] -> [..] without the axes" ["numbers"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "max" "[..] -> [..] without the axes" ["numbers"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "min" "[..] -> [..] without the axes" ["numbers"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "prod" "[..] -> [..] without the axes" ["factors"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "logsumexp" "[..] -> [..] without the axes" ["logits"]
        { "over" "list of axes counted from 0, or null for all" "the axes that are removed" "over => [0]; all if left out, [-1] for none" };
    "softmax" "[..] -> [..]" ["logits"]
        { "axis" "whole number" "the axis along which the weights sum to 1, counted from 0" "axis => [1]" };
    "log_softmax" "[..] -> [..]" ["logits"]
        { "axis" "whole number" "the axis along which the weights sum to 1, counted from 0" "axis => [1]" };
    "matmul" "[.., N, K], [.., K, M] -> [.., N, M]; a vector stands for a row on the left and a column on the right"
        ["the left matrices" "the right matrices"];
    "permute" "[..] -> [..] with the axes in another order" ["what is rearranged"]
        { "order" "list of whole numbers" "for each axis of the result, which axis of the operand it is" "order => [1, 0]" };
    "reshape" "[..] -> [..] with as many entries" ["what gets other axes"]
        { "to" "list of sizes" "the axes of the result" "to => [2, 3]; a single number if left out" };
    "slice" "[.., N, ..] -> [.., end - start, ..]" ["what is cut"]
        { "axis" "whole number" "the axis that is cut, counted from 0" "axis => [0]" }
        { "start" "whole number" "the first entry that stays, counted from 0" "start => [0]" }
        { "end" "whole number" "the first entry after those that stay" "end => [2]" };
    "concat" "[.., N1, ..], [.., N2, ..], .. -> [.., N1 + N2 + .., ..]" ["one of the arrays, in order"]
        { "axis" "whole number" "the axis along which they follow each other" "axis => [0]" };
    "stack" "n times [..] -> [.., n, ..]" ["one of the arrays, in order"]
        { "axis" "whole number" "the place of the new axis in the result" "axis => [0]" };
    "broadcast" "[..] -> [..], lined up at the last axis" ["what is repeated"]
        { "to" "list of sizes" "the axes of the result" "to => [2, 3]" };
    "embedding" "[V, C], [..] -> [.., C]" ["one row for each id" "whole numbers from 0 to V - 1"];
    "pick" "[.., V], [..] -> [..]" ["one entry for each id" "whole numbers from 0 to V - 1, one a row"];
    "cumsum" "[..] -> [..]" ["terms"]
        { "axis" "whole number" "the axis that is summed along" "axis => [0]" };
    "causal_mask" "-> [queries, keys]" []
        { "queries" "whole number" "the number of rows" "queries => [4]" }
        { "keys" "whole number" "the number of columns; the last query sees the last key" "keys => [4]" };
    "counted" "[..] -> [..]" ["whole numbers from 0 on"]
        { "ignore" "whole number" "the id that does not count" "ignore => [0]" };
    "linear" "[.., I], [O, I], [O] -> [.., O]"
        ["the inputs, one row each" "the weights, one row for each output" "the bias"];
    "layer_norm" "[.., C], [C], [C] -> [.., C]"
        ["what is normalised along its last axis" "a factor for each channel" "a term for each channel"]
        { "epsilon" "number" "what is added to the variance" "epsilon => [1e-5]" };
    "rms_norm" "[.., C], [C] -> [.., C]" ["what is normalised along its last axis" "a factor for each channel"]
        { "epsilon" "number" "what is added to the mean square" "epsilon => [1e-5]" };
    "cross_entropy" "[.., V], [..] -> [], or [..] without reduction"
        ["one row of logits for each prediction" "the right class of each row, counted from 0"]
        { "ignore" "whole number or null" "the id of rows that do not count" "ignore => [0]; none if left out" }
        { "reduction" "\"none\", \"sum\" or \"mean\"" "what becomes of the losses of the rows" "reduction => [0], [1] or [2]" };
    "sigmoid_cross_entropy" "[..], [..] -> [..]" ["logits" "targets between 0 and 1"];
    "attention" "[B, Tq, H D], [B, Tk, KV D], [B, Tk, KV D], [B, Tk] -> [B, Tq, H D]"
        ["the queries of all heads" "the keys" "the values" "for each key, whether it may be seen at all"]
        { "heads" "whole number" "query heads, H" "heads => [2]" }
        { "kv_heads" "whole number" "key and value heads, KV, which divides H" "kv_heads => [1]" }
        { "causal" "true or false" "whether a query sees only keys up to its own place; the last query sees the last key" "sees => [1] for causal, [0] for all" };
    "rotary" "[B, T, H D] -> [B, T, H D], D even" ["queries or keys; neighbouring channels are the pairs that turn"]
        { "heads" "whole number" "how many heads share the last axis" "heads => [2]" }
        { "base" "number" "the base of the angles" "base => [10000]" }
        { "start" "whole number" "the position of the first row" "start => [0]" };
    "dropout" "[..], [..] -> [..]" ["what is thinned out" "0 where an entry is dropped, 1 where it is kept"]
        { "keep" "number" "the probability with which the mask keeps an entry" "keep => [0.9]" };
    "rnn" "[B, T, M], [B, D], [D, M], [D, D], [D] -> [B, T, D]"
        ["the inputs of all steps" "the state before the first step" "the weights of the inputs" "the weights of the state" "the bias"];
    "lstm" "[B, T, M], [B, D], [B, D], [4D, M], [4D, D], [4D] -> [B, T, D]"
        ["the inputs of all steps" "the output before the first step" "the cells before the first step"
         "the weights of the inputs; gates in the order i, f, g, o" "the weights of the output, likewise" "the bias, likewise"];
    "lstm_cell" "[B, M], [2, B, D], [4D, M], [4D, D], [4D] -> [2, B, D]"
        ["the inputs of one step" "the output and the cells before it" "the weights of the inputs; gates in the order i, f, g, o"
         "the weights of the output, likewise" "the bias, likewise"];
};

/// What is said about the op of this name.
pub fn of(op: &str) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.op == op)
}
