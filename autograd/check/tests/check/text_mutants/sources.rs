//! Right modules as texts, forward and backward by hand.

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, CaseOperand, Draw};
use tapegrad_autograd::op::OperandKind;

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
        self.operands.iter().map(|(name, _)| format!("g{name}")).collect()
    }

    /// Operands of random sizes.
    pub fn case(&self, draw: &mut Draw) -> Case {
        let axes = ["R", "C", "K"].map(|axis| (axis, draw.size_nonzero()));
        let size = |of: &str| axes.iter().find(|(axis, _)| *axis == of).map_or(1, |(_, size)| *size);
        let shape = |of: &str| -> Shape { of.split(',').map(|axis| size(axis.trim())).collect() };
        let mut operands = self.operands.iter().map(|(name, of)| (*name, draw.normal(shape(of))));
        let mut case = Case::of([operands.next().expect("a module has operands")]);
        for (name, value) in operands {
            case.operands.push(CaseOperand {
                name: name.to_string(),
                kind: OperandKind::Real,
                value,
            });
            case.given += 1;
        }
        case
    }

    fn inputs(&self, with_upstream: bool) -> String {
        let own = self.operands.iter().map(|(name, axes)| format!("{name}[{axes}]"));
        let upstream = with_upstream.then(|| format!("gy[{}]", self.y));
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
        backward: "gx = gy * y * (1 - y)",
    },
    Source {
        name: "softmax",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "y = softmax(x, over C)",
        backward: "gx = y * (gy - sum(gy * y, over C))",
    },
    Source {
        name: "swish",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "s = sigmoid(x)\ny = x * s",
        backward: "gx = gy * (s + y * (1 - s))",
    },
    Source {
        name: "log of the softmax",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "y = x - log(sum(exp(x), over C))",
        backward: "gx = gy - exp(y) * sum(gy, over C)",
    },
    Source {
        name: "layer norm",
        operands: &[("x", "R, C")],
        y: "R, C",
        forward: "d = x - mean(x, over C)\nr = 1 / sqrt(mean(d * d, over C) + 0.1)\ny = d * r",
        backward: "gx = r * (gy - mean(gy, over C) - y * mean(gy * y, over C))",
    },
    Source {
        name: "RMS norm",
        operands: &[("x", "R, C"), ("w", "C")],
        y: "R, C",
        forward: "r = 1 / sqrt(mean(x * x, over C) + 0.1)\ny = x * r * w",
        backward: "h = gy * w\ngx = r * h - x * r^3 * mean(h * x, over C)\ngw = sum(gy * x * r, over R)",
    },
    Source {
        name: "linear",
        operands: &[("x", "R, C"), ("w", "K, C"), ("b", "K")],
        y: "R, K",
        forward: "y = x @ w.T + b",
        backward: "gx = gy @ w\ngw = gy.T @ x\ngb = sum(gy, over R)",
    },
    Source {
        name: "cell of an LSTM",
        operands: &[("f", "R"), ("c", "R"), ("i", "R"), ("u", "R")],
        y: "R",
        forward: "a = sigmoid(f)\nb = sigmoid(i)\nn = tanh(u)\ny = a * c + b * n",
        backward: "gf = gy * c * a * (1 - a)\ngc = gy * a\ngi = gy * n * b * (1 - b)\ngu = gy * b * (1 - n^2)",
    },
    Source {
        name: "quotient",
        operands: &[("a", "R"), ("b", "R")],
        y: "R",
        forward: "d = 1 + b * b\ny = a * b / d",
        backward: "ga = gy * b / d\ngb = gy * a * (1 - b * b) / d^2",
    },
    Source {
        name: "squared distance",
        operands: &[("a", "R, C"), ("b", "R, C")],
        y: "R",
        forward: "d = a - b\ny = sum(d * d, over C)",
        backward: "ga = 2 * gy * d\ngb = -2 * gy * d",
    },
];
