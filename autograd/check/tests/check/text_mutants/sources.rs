//! Right modules as texts, forward and backward by hand.

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};

/// A module: its operands with their axes, and the lines of both directions.
pub struct Source {
    pub name: &'static str,
    pub operands: &'static [(&'static str, &'static str)],
    /// The axes of `y`.
    pub y: &'static str,
    pub forward: &'static str,
    pub backward: &'static str,
}

impl Source {
    /// The program of forward().
    pub fn forward(&self) -> String {
        self.program(&self.inputs(false), self.forward, "y")
    }

    /// The program of backward() with these lines.
    pub fn backward(&self, lines: &str) -> String {
        let lines = format!("{}\n{lines}", self.forward);
        self.program(&self.inputs(true), &lines, &self.gradients().join(", "))
    }

    /// The names of the gradients.
    pub fn gradients(&self) -> Vec<String> {
        self.operands.iter().map(|(name, _)| format!("g_{name}")).collect()
    }

    /// Operands of random sizes.
    pub fn case(&self, draw: &mut Draw) -> Case {
        let axes = ["R", "C", "K"].map(|axis| (axis, draw.size_nonzero()));
        let size = |of: &str| axes.iter().find(|(axis, _)| *axis == of).map_or(1, |(_, size)| *size);
        let shape = |of: &str| -> Shape { of.split(',').map(|axis| size(axis.trim())).collect() };
        let drawn: Vec<_> = self
            .operands
            .iter()
            .map(|(name, of)| (*name, draw.normal(shape(of))))
            .collect();
        Case::of(drawn)
    }

    fn inputs(&self, with_upstream: bool) -> String {
        let own = self.operands.iter().map(|(name, axes)| format!("{name}[{axes}]"));
        let upstream = with_upstream.then(|| format!("g_y[{}]", self.y));
        own.chain(upstream).collect::<Vec<_>>().join(", ")
    }

    fn program(&self, inputs: &str, lines: &str, outputs: &str) -> String {
        let used: Vec<&str> = ["R", "C", "K"]
            .into_iter()
            .filter(|axis| self.operands.iter().any(|(_, axes)| axes.contains(axis)))
            .collect();
        format!(
            "graph m {{\n dim {}\n input {inputs}\n {lines}\n output {outputs}\n}}\n",
            used.join(", ")
        )
    }
}

pub const SOURCES: &[Source] = &[
    Source {
        name: "sigmoid",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "y = 1 / (1 + exp(-x))",
        backward: "g_x = g_y * y * (1 - y)",
    },
    Source {
        name: "softmax",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "y = softmax(x, over C)",
        backward: "g_x = y * (g_y - sum(g_y * y, over C))",
    },
    Source {
        name: "swish",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "s = sigmoid(x)\ny = x * s",
        backward: "g_x = g_y * (s + y * (1 - s))",
    },
    Source {
        name: "log of the softmax",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "y = x - log(sum(exp(x), over C))",
        backward: "g_x = g_y - exp(y) * sum(g_y, over C)",
    },
    Source {
        name: "layer norm",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "d = x - mean(x, over C)\nr = 1 / sqrt(mean(d * d, over C) + 0.1)\ny = d * r",
        backward: "g_x = r * (g_y - mean(g_y, over C) - y * mean(g_y * y, over C))",
    },
    Source {
        name: "RMS norm",
        operands: &[("x", "R, C"), ("w", "C")],
        y: "R, C",
        forward: "r = 1 / sqrt(mean(x * x, over C) + 0.1)\ny = x * r * w",
        backward: "h = g_y * w\ng_x = r * h - x * r^3 * mean(h * x, over C)\ng_w = sum(g_y * x * r, over R)",
    },
    Source {
        name: "linear",
        operands: &[("x", "R, C"), ("w", "K, C"), ("b", "K")],
        y: "R, K",
        forward: "y = x @ w.T + b",
        backward: "g_x = g_y @ w\ng_w = g_y.T @ x\ng_b = sum(g_y, over R)",
    },
    Source {
        name: "cell of an LSTM",
        operands: &[("f", "R"), ("c", "R"), ("i", "R"), ("u", "R")],
        y: "R",
        forward: "a = sigmoid(f)\nb = sigmoid(i)\nn = tanh(u)\ny = a * c + b * n",
        backward: "g_f = g_y * c * a * (1 - a)\ng_c = g_y * a\ng_i = g_y * n * b * (1 - b)\ng_u = g_y * b * (1 - n^2)",
    },
    Source {
        name: "quotient",
        operands: &[("a", "R"), ("b", "R")],
        y: "R",
        forward: "d = 1 + b * b\ny = a * b / d",
        backward: "g_a = g_y * b / d\ng_b = g_y * a * (1 - b * b) / d^2",
    },
    Source {
        name: "squared distance",
        operands: &[("a", "R, C"), ("b", "R, C")],
        y: "R",
        forward: "d = a - b\ny = sum(d * d, over C)",
        backward: "g_a = 2 * g_y * d\ng_b = -2 * g_y * d",
    },
];
