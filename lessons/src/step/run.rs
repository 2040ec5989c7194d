//! One run of the two-layer network, from which the ledger is written.

use ndarray::ArrayD;
use tapegrad_autograd::graph::Source;
use tapegrad_autograd::steps::Contribution as Made;
use tapegrad_autograd::{Graph, NodeId, Step, Tape, Var};

use super::difference::difference;
use super::ledger::{Contribution, Entry, Gradient, Ledger, Numbers, OpTurn, Row, Term};
use super::network::Network;
use super::slide::{Rule, SlideRow, TWO_LAYER};
use super::values::{Values, ValuesError};

/// Runs the two-layer network on the tape and writes down every step of it.
///
/// **Errors** if the values do not fit together, or J is not finite.
pub fn two_layer(values: &Values) -> Result<Ledger, ValuesError> {
    values.validate()?;
    let tape = Tape::<f64>::new();
    let network = Network::record(&tape, values, None);
    let j = tape.number(network.j);
    if !j.is_finite() {
        return Err(ValuesError::Saturated {
            y: tape.number(network.y),
            j,
        });
    }
    let steps: Vec<Step<f64>> = tape.steps(network.j).collect();
    let run = Run {
        values,
        tape: &tape,
        network,
        steps,
    };
    Ok(Ledger {
        values: values.clone(),
        j,
        rows: TWO_LAYER.iter().map(|row| run.row(row)).collect(),
    })
}

/// A finished run: the tape after its backward pass.
struct Run<'r, 't> {
    values: &'r Values,
    tape: &'t Tape<'t, f64>,
    network: Network<'t>,
    steps: Vec<Step<f64>>,
}

impl Run<'_, '_> {
    fn row(&self, row: &SlideRow) -> Row {
        Row {
            name: row.name.into(),
            symbol: row.symbol.into(),
            forward: row.forward.into(),
            result: Numbers::from(&self.value(row.symbol)),
            incoming: Numbers::from(&self.gradient(row.symbol)),
            gradients: row.backward.iter().map(|rule| self.rule(rule)).collect(),
            ops: self.ops(row.symbol),
        }
    }

    fn rule(&self, rule: &Rule) -> Gradient {
        let gradient = self.gradient(rule.of);
        let value = self.value(rule.of);
        let slope = self.gradient("y")[[]];
        let entry = |(index, &entry): (usize, &f64)| Entry {
            name: format!("g_{}", indexed(rule.of, &position(value.shape(), index))),
            gradient: entry,
            terms: self.terms(rule.of, &position(value.shape(), index)),
            difference: difference(self.values, rule.of, &value, index, entry, slope),
        };
        Gradient {
            of: rule.of.into(),
            formula: rule.formula.into(),
            local: rule.local.map(str::to_string),
            gradient: Numbers::from(&gradient),
            entries: gradient.iter().enumerate().map(entry).collect(),
        }
    }

    /// The slide's backward formulas, entry by entry: incoming gradients and local derivatives.
    fn terms(&self, of: &str, at: &[usize]) -> Vec<Term> {
        let [a, z, y] = ["a", "z", "y"].map(|letter| self.value(letter));
        let Values { x, t, alpha, beta } = self.values;
        let slope = |s: f64| s * (1.0 - s);
        match (of, at) {
            ("y", _) => vec![self.term("J", &[], of, at, t / y[[]] + (1.0 - t) / (y[[]] - 1.0))],
            ("b", _) => vec![self.term("y", &[], of, at, slope(y[[]]))],
            ("beta", &[j]) => vec![self.term("b", &[], of, at, z[[j]])],
            ("z", &[j]) => vec![self.term("b", &[], of, at, beta[j])],
            ("a", &[j]) => vec![self.term("z", at, of, at, slope(z[[j]]))],
            ("alpha", &[j, i]) => vec![self.term("a", &[j], of, at, x[i])],
            ("x", &[i]) => (0..a.len())
                .map(|j| self.term("a", &[j], of, at, alpha[j][i]))
                .collect(),
            _ => panic!("the slide has no gradient of {of} with {} indices", at.len()),
        }
    }

    fn term(&self, result: &str, result_at: &[usize], of: &str, at: &[usize], local_value: f64) -> Term {
        let result_name = indexed(result, result_at);
        Term {
            incoming: format!("g_{result_name}"),
            incoming_value: self.gradient(result)[result_at],
            local: format!("d{result_name}/d{}", indexed(of, at)),
            local_value,
        }
    }

    /// The ops that were recorded in the scope of this row, from last to first.
    fn ops(&self, scope: &str) -> Vec<OpTurn> {
        let graph = self.tape.graph();
        let inside = graph.nodes().rev().filter(|node| graph.scope(node.scope).name == scope);
        inside.filter_map(|node| self.op(&graph, node.id)).collect()
    }

    /// The turn of one node; `None` if it is not an op, but a constant.
    fn op(&self, graph: &Graph, id: NodeId) -> Option<OpTurn> {
        let Source::Op(op) = graph.node(id).source else {
            return None;
        };
        let step = self.steps.iter().find(|step| step.node == id);
        let contribution = |made: &Made<f64>| Contribution {
            letter: op.operand(made.position).name.into(),
            operand: graph.label(made.operand),
            uses: self.contributions(made.operand).count(),
            value: Numbers::from(&made.value),
            before: made.before.as_ref().map(Numbers::from),
            after: Numbers::from(&made.after),
        };
        Some(OpTurn {
            node: graph.label(id),
            op: op.name().into(),
            file: op.file().into(),
            forward: op.forward_formula().into(),
            backward: op.backward_formula().into(),
            result: Numbers::from(&self.tape.value(Var::new(self.tape, id))),
            incoming: step.map(|step| Numbers::from(&step.incoming)),
            contributions: step
                .into_iter()
                .flat_map(|step| &step.contributions)
                .map(contribution)
                .collect(),
        })
    }

    /// What the uses of a node contributed to its gradient, in the order of the backward pass.
    fn contributions(&self, to: NodeId) -> impl Iterator<Item = &Made<f64>> {
        let all = self.steps.iter().flat_map(|step| &step.contributions);
        all.filter(move |contribution| contribution.operand == to)
    }

    fn value(&self, letter: &str) -> ArrayD<f64> {
        self.tape.value(self.network.var(letter))
    }

    /// The gradient of a variable when all its uses have contributed.
    fn gradient(&self, letter: &str) -> ArrayD<f64> {
        match self.contributions(self.network.var(letter).id()).last() {
            Some(contribution) => contribution.after.clone(),
            // Only J itself is used by nothing: dJ/dJ = 1.
            None => ArrayD::ones(self.value(letter).shape()),
        }
    }
}

/// The indices of the entry with this position in the order of rows.
fn position(shape: &[usize], index: usize) -> Vec<usize> {
    let mut rest = index;
    let mut indices: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let here = rest % size;
            rest /= size;
            here
        })
        .collect();
    indices.reverse();
    indices
}

/// A letter with its indices counted from 1: `alpha_12`, or `alpha_1_12` where one has two digits.
fn indexed(letter: &str, at: &[usize]) -> String {
    let digits: Vec<String> = at.iter().map(|index| (index + 1).to_string()).collect();
    let between = if digits.iter().any(|index| index.len() > 1) {
        "_"
    } else {
        ""
    };
    match at.is_empty() {
        true => letter.to_string(),
        false => format!("{letter}_{}", digits.join(between)),
    }
}

#[cfg(test)]
mod tests {
    use super::indexed;

    #[test]
    fn indices_with_two_digits_stand_apart() {
        assert_eq!(
            [indexed("x", &[]), indexed("x", &[0]), indexed("w", &[1, 2])],
            ["x", "x_1", "w_23"]
        );
        assert_eq!(indexed("w", &[0, 11]), "w_1_12");
    }
}
