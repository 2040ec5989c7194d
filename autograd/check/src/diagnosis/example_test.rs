//! A counterexample as a test to copy into a crate.

use std::fmt::Write as _;

use crate::diagnosis::counterexample::{Counterexample, NamedArray};
use crate::evaluation::calls::{Call, CallUpstream};
use crate::magnitude::largest;

/// A case with more numbers than this is not written as a test.
const NUMBERS_MAX: usize = 400;
/// The numbers of a long array stand on lines of this many.
const NUMBERS_OF_A_LINE: usize = 8;

/// The functions that a test of several calls needs.
const HELPERS: &str = "    fn forward<M: Module<f64>>(module: &mut M, x: &[ArrayD<f64>], given: usize) -> ArrayD<f64> {
        for (param, value) in module.params().iter_mut().zip(&x[given..]) {
            param.value.assign(value);
        }
        module.forward(&x[..given].iter().map(|x| x.view()).collect::<Vec<_>>())
    }
    fn backward<M: Module<f64>>(module: &mut M, g_y: &ArrayD<f64>) -> Vec<ArrayD<f64>> {
        let mut g_x = module.backward(g_y.view());
        g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));
        g_x
    }
";

impl Counterexample {
    /// The case as a test to copy into a crate; of a module of one's own, it is called with that module.
    pub fn as_test(&self) -> String {
        let numbers = self.operands.iter().chain([&self.g_y, &self.right]);
        let all = self.calls_on.iter().flatten().chain(numbers);
        if all.map(|x| x.data.len()).sum::<usize>() > NUMBERS_MAX {
            return format!(
                "// The case has too many numbers for a test; seed {} draws it again.\n",
                self.seed
            );
        }
        match self.calls.is_empty() {
            true => self.single_call_test(),
            false => self.calls_test(),
        }
    }

    /// How the name of the test begins.
    fn subject_of_test(&self) -> String {
        match self.operand.is_empty() {
            true => "value".to_string(),
            false => format!(
                "gradient_of_{}",
                self.operand.to_lowercase().replace(['.', '[', ']'], "_")
            ),
        }
    }

    fn position(&self) -> usize {
        self.operands.iter().position(|x| x.name == self.operand).unwrap_or(0)
    }

    /// The lines that compare `given` with `right`.
    fn comparison(&self, given: &str) -> String {
        let scale = largest(self.right.data.iter().filter(|x| x.is_finite()));
        format!(
            "    assert_eq!({given}.shape(), right.shape());\n    \
             for (given, right) in {given}.iter().zip(&right) {{\n        \
             assert!((given - right).abs() <= 1e-9 * right.abs().max({scale:?}), \"{{given}} should be {{right}}\");\n    }}\n"
        )
    }

    /// The lines that compare the sum over some gradients with `right`.
    fn sum_comparison(&self, summed: &[usize]) -> String {
        let sums: Vec<String> = summed.iter().map(|i| format!("g_x[{i}].sum()")).collect();
        format!(
            "    let mut g_x = module.backward(g_y.view());\n    \
             g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));\n    \
             let given = {};\n    \
             assert!((given - right.sum()).abs() <= 1e-6, \"{{given}} should be {{right}}\");\n",
            sums.join(" + ")
        )
    }

    fn single_call_test(&self) -> String {
        let summed = self.summed();
        let compared = match self.operand.is_empty() {
            true if !summed.is_empty() => self.sum_comparison(&summed),
            true => self.comparison("y"),
            false => format!(
                "    let mut g_x = module.backward(g_y.view());\n    \
                 g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));\n{}",
                self.comparison(&format!("g_x[{}]", self.position()))
            ),
        };
        let (y, g_y) = match self.operand.is_empty() && summed.is_empty() {
            true => ("let y = ", String::new()),
            false => ("", format!("    let g_y = {};\n", code(&self.g_y))),
        };
        format!(
            "/// The smallest case on which {what} of {subject} was wrong, found from seed {seed}.\n\
             {opening}    let x = {operands};\n{g_y}    let right = {right};\n{params}    \
             {y}module.forward(&x[..{count}].iter().map(|x| x.view()).collect::<Vec<_>>());\n{compared}}}\n",
            what = self.right.name,
            subject = self.name,
            seed = self.seed,
            opening = self.opening(&format!("{}_on_the_smallest_case", self.subject_of_test())),
            operands = list(&self.operands),
            right = code(&self.right),
            params = self.parameters(),
            count = self.given,
        )
    }

    /// The whole sequence of calls; what is compared is compared after each of them.
    fn calls_test(&self) -> String {
        let mut text = format!(
            "/// The calls after which {} of {} was wrong, found from seed {}; `make` gets operands and parameters.\n\
             fn {}_after_other_calls<M: tapegrad_autograd::Module<f64>>(make: impl Fn(&[ndarray::ArrayD<f64>]) -> M) {{\n    \
             use ndarray::ArrayD;\n    use tapegrad_autograd::Module;\n{HELPERS}",
            self.right.name,
            self.name,
            self.seed,
            self.subject_of_test()
        );
        for (i, x) in self.calls_on.iter().enumerate() {
            let is_used = self
                .calls
                .iter()
                .any(|call| matches!(call, Call::Make(_, at) | Call::Forward(_, at) if *at == i));
            if is_used {
                let _ = writeln!(text, "    let x_{i} = {};", list(x));
            }
        }
        let _ = writeln!(
            text,
            "    let g_y = {};\n    let right = {};",
            code(&self.g_y),
            code(&self.right)
        );
        for (number, call) in self.calls.iter().enumerate() {
            text += &self.call_code(number, *call);
        }
        text + "}\n"
    }

    fn call_code(&self, number: usize, call: Call) -> String {
        let (count, position) = (self.given, self.position());
        let last = |module: usize| {
            let before = self.calls[..number].iter().rev();
            before.clone().find_map(|call| match call {
                Call::Forward(of, at) if *of == module => Some(*at),
                _ => None,
            })
        };
        match call {
            Call::Make(module, at) => format!("    let mut module_{module} = make(&x_{at});\n"),
            Call::Forward(module, at) => {
                let run = format!("    let y = forward(&mut module_{module}, &x_{at}, {count});\n");
                match self.operand.is_empty() && at == 0 {
                    true => run + &self.comparison("y"),
                    false => run,
                }
            }
            Call::Backward(module, upstream) => {
                let is_of_the_case = last(module) == Some(0);
                let g = match (upstream, is_of_the_case) {
                    (CallUpstream::Own, true) => "&g_y",
                    (CallUpstream::Other, true) => "&g_y.mapv(|g| 0.5 - g)",
                    _ => "&ArrayD::ones(y.raw_dim())",
                };
                let run = format!("    let g_x = backward(&mut module_{module}, {g});\n");
                match upstream == CallUpstream::Own && is_of_the_case && !self.operand.is_empty() {
                    true => run + &self.comparison(&format!("g_x[{position}]")),
                    false => run,
                }
            }
        }
    }

    /// The first lines of the test: an op makes its own module, a module of one's own is handed in.
    fn opening(&self, name: &str) -> String {
        let uses = "use ndarray::ArrayD;\n    use tapegrad_autograd::Module;\n";
        if !self.is_op {
            return format!(
                "fn {name}(mut module: impl tapegrad_autograd::Module<f64>) {{\n    use ndarray::ArrayD;\n"
            );
        }
        let attributes = serde_json::Value::Object(self.attributes.clone()).to_string();
        format!(
            "#[test]\nfn {name}() {{\n    {uses}    use tapegrad_autograd::{{OpModule, check::attributes::op_from_text}};\n    \
             let mut module = OpModule::<f64>::new(op_from_text({:?}, r#\"{attributes}\"#).unwrap());\n",
            self.name
        )
    }

    /// The line that sets the module's parameters, if it has any.
    fn parameters(&self) -> String {
        if self.given == self.operands.len() {
            return String::new();
        }
        format!(
            "    for (param, value) in module.params().iter_mut().zip(&x[{}..]) {{\n        param.value.assign(value);\n    }}\n",
            self.given
        )
    }
}

fn list(arrays: &[NamedArray]) -> String {
    let arrays: Vec<String> = arrays.iter().map(|x| format!("        {},\n", code(x))).collect();
    format!("[\n{}    ]", arrays.concat())
}

fn code(x: &NamedArray) -> String {
    let number = |x: &f64| match x {
        x if x.is_nan() => "f64::NAN".to_string(),
        x if x.is_infinite() => format!("{}f64::INFINITY", if *x < 0.0 { "-" } else { "" }),
        x => format!("{x:?}"),
    };
    let numbers: Vec<String> = x.data.iter().map(number).collect();
    let lines: Vec<String> = numbers.chunks(NUMBERS_OF_A_LINE).map(|line| line.join(", ")).collect();
    format!(
        "ArrayD::from_shape_vec(vec!{:?}, vec![{}]).unwrap()",
        x.shape,
        lines.join(",\n            ")
    )
}
