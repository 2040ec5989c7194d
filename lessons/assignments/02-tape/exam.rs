//! The tests of the assignment on the tape.

use ndarray::{ArrayD, array};
use tapegrad_autograd::check::Draw;
use tapegrad_autograd::ops::sigmoid;
use tapegrad_autograd::{Shape, Tape, Var};

use tapegrad_lessons::assignment::exam::Visibility::{Hidden, Public};
use tapegrad_lessons::assignment::exam::{Test, numbers, on, row, same, scalar};
use tapegrad_lessons::assignment::grade::{Complaint, Submission};

/// All tests, in the order of the tasks.
pub const TESTS: &[Test] = &[
    Test {
        name: "order-of-a-diamond",
        task: "reverse-topological-order",
        points: 4,
        visibility: Public,
        claim: "in a diamond the last node is first, its shared operand last",
        run: |student, _| orders(student, &[vec![1, 2], vec![3], vec![3, 3], vec![], vec![0]], 0),
    },
    Test {
        name: "order-of-random-graphs",
        task: "reverse-topological-order",
        points: 6,
        visibility: Public,
        claim: "each node that is reached comes once, and before its operands",
        run: |student, seed| random_orders(student, seed, 6),
    },
    Test {
        name: "order-of-many-paths",
        task: "reverse-topological-order",
        points: 6,
        visibility: Public,
        claim: "a chain of 60 nodes with 2^60 paths is walked at once: each node is visited once",
        run: |student, _| orders(student, &doubling_chain(60), 0),
    },
    Test {
        name: "order-of-large-graphs",
        task: "reverse-topological-order",
        points: 8,
        visibility: Hidden,
        claim: "so it is in graphs with many paths",
        run: |student, seed| random_orders(student, seed, 60),
    },
    Test {
        name: "one-variable-twice",
        task: "accumulation",
        points: 4,
        visibility: Public,
        claim: "the gradient of x in x * x + x has three contributions",
        run: one_variable_twice,
    },
    Test {
        name: "random-programs",
        task: "accumulation",
        points: 8,
        visibility: Public,
        claim: "all gradients are those of the engine",
        run: |student, seed| programs(student, seed, Shapes::Equal),
    },
    Test {
        name: "random-programs-with-broadcast",
        task: "accumulation",
        points: 8,
        visibility: Hidden,
        claim: "all gradients are those of the engine, with broadcasting too",
        run: |student, seed| programs(student, seed, Shapes::Broadcast),
    },
    Test {
        name: "broadcast-by-hand",
        task: "sum-over-broadcast",
        points: 6,
        visibility: Public,
        claim: "a bias gets the sum over the rows, a column the sum over the columns",
        run: broadcast_by_hand,
    },
    Test {
        name: "broadcast-of-random-shapes",
        task: "sum-over-broadcast",
        points: 10,
        visibility: Hidden,
        claim: "the sum is right for all shapes that broadcast",
        run: random_broadcasts,
    },
];

fn flat(lists: &[Vec<usize>]) -> [ArrayD<f64>; 2] {
    let counts: Vec<usize> = lists.iter().map(Vec::len).collect();
    [numbers(&counts), numbers(&lists.concat())]
}

/// Holds an order against its definition.
fn orders(student: &Submission, operands: &[Vec<usize>], from: usize) -> Result<(), Complaint> {
    let [counts, list] = flat(operands);
    let order = student.call_for_one("order", &[counts, list, scalar(from as f64)])?;
    let order: Vec<usize> = order.iter().map(|node| *node as usize).collect();
    let complain = |what: String| {
        let graph: Vec<String> = (0..)
            .zip(operands)
            .map(|(n, x)| format!("  node {n} has the operands {x:?}"))
            .collect();
        let graph = graph[..graph.len().min(12)].join("\n");
        Err(format!("{what}\n\nthe order from {from} was {order:?}, where\n{graph}"))
    };
    let mut reached = vec![false; operands.len()];
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            waiting.extend(&operands[node]);
        }
    }
    let place = |node: usize| order.iter().position(|n| *n == node);
    for (node, is_reached) in reached.into_iter().enumerate() {
        let times = order.iter().filter(|n| **n == node).count();
        if times != usize::from(is_reached) {
            return complain(format!(
                "node {node} comes {times} times, and should come {}",
                usize::from(is_reached)
            ));
        }
        if is_reached && operands[node].iter().any(|operand| place(*operand) < place(node)) {
            return complain(format!("node {node} comes after one of its operands"));
        }
    }
    match order.iter().all(|node| *node < operands.len()) {
        true => Ok(()),
        false => complain("there is a node that is not in the graph".to_string()),
    }
}

/// Node `i` is the product of node `i + 1` with itself: each node doubles the number of paths.
fn doubling_chain(nodes: usize) -> Vec<Vec<usize>> {
    let mut operands: Vec<Vec<usize>> = (1..nodes).map(|next| vec![next, next]).collect();
    operands.push(Vec::new());
    operands
}

fn random_orders(student: &Submission, seed: u64, nodes_max: usize) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 5);
    for _ in 0..12 {
        let nodes = 2 + draw.below(nodes_max);
        // Numbers that say nothing: node `names[i]` depends on nodes `names[j]` with smaller j.
        let mut names: Vec<usize> = (0..nodes).collect();
        (1..nodes).for_each(|i| names.swap(i, draw.below(i + 1)));
        let mut operands = vec![Vec::new(); nodes];
        for i in 1..nodes {
            operands[names[i]] = (0..draw.below(4)).map(|_| names[draw.below(i)]).collect();
        }
        orders(student, &operands, names[nodes - 1 - draw.below(2)])?;
    }
    Ok(())
}

/// A program as the wire has it.
#[derive(Debug, Default)]
struct Program {
    codes: Vec<usize>,
    operands: Vec<Vec<usize>>,
    leaves: Vec<ArrayD<f64>>,
}

const LEAF: usize = 0;
const ADD: usize = 1;
const MUL: usize = 2;
const SIGMOID: usize = 3;

impl Program {
    fn push(&mut self, code: usize, operands: &[usize]) {
        self.codes.push(code);
        self.operands.push(operands.to_vec());
    }

    /// Asks for all gradients of the last node and holds them against the engine's.
    fn hold(&self, student: &Submission) -> Result<(), Complaint> {
        let tape = Tape::<f64>::new();
        let vars = self.record(&tape);
        let last = *vars.last().ok_or("the program is empty")?;
        let g_y = tape.value(last).mapv(|y| 1.0 + y * 0.5);
        let right = tape.backward_from(last, g_y.view());
        let mut order: Vec<usize> = (0..vars.len()).filter(|n| right.get_of(vars[*n]).is_some()).collect();
        order.reverse();
        let [counts, list] = flat(&self.operands);
        let mut question = vec![numbers(&self.codes), counts, list, numbers(&order), g_y];
        question.extend(self.leaves.iter().cloned());
        let mut answers = student.call("backward", &question)?.into_iter();
        let reached = answers.next().ok_or("backward gave nothing")?;
        for (node, var) in vars.iter().enumerate() {
            let given = if reached[node] > 0.0 { answers.next() } else { None };
            match (given, right.get_of(*var)) {
                (Some(given), Some(right)) => {
                    same(&format!("the gradient of node {node}"), &given, &right).map_err(|what| self.told(&what))?;
                }
                (None, None) => {}
                (given, _) => {
                    let what = if given.is_some() {
                        "has a gradient, but was not reached"
                    } else {
                        "has no gradient"
                    };
                    return Err(self.told(&format!("node {node} {what}")));
                }
            }
        }
        Ok(())
    }

    fn record<'t>(&self, tape: &'t Tape<'_, f64>) -> Vec<Var<'t>> {
        let mut leaves = self.leaves.iter();
        let mut vars: Vec<Var<'t>> = Vec::new();
        for (code, operands) in self.codes.iter().zip(&self.operands) {
            let var = match (*code, &operands[..]) {
                (ADD, [a, b]) => vars[*a] + vars[*b],
                (MUL, [a, b]) => vars[*a] * vars[*b],
                (SIGMOID, [a]) => sigmoid(vars[*a]),
                _ => tape.input("x", leaves.next().expect("there is a value for each leaf").view()),
            };
            vars.push(var);
        }
        vars
    }

    fn told(&self, what: &str) -> Complaint {
        let mut leaves = self.leaves.iter();
        let line = |(node, (code, x)): (usize, (&usize, &Vec<usize>))| match (*code, &x[..]) {
            (ADD, [a, b]) => format!("  node {node} = node {a} + node {b}"),
            (MUL, [a, b]) => format!("  node {node} = node {a} * node {b}"),
            (SIGMOID, [a]) => format!("  node {node} = sigmoid(node {a})"),
            _ => format!(
                "  node {node} is a leaf of shape {:?}",
                leaves.next().map_or(&[][..], |x| x.shape())
            ),
        };
        let lines: Vec<String> = self.codes.iter().zip(&self.operands).enumerate().map(line).collect();
        format!("{what}\n\nin the program\n{}", lines.join("\n"))
    }
}

fn one_variable_twice(student: &Submission, _: u64) -> Result<(), Complaint> {
    let mut program = Program::default();
    program.leaves.push(row(&[3.0, -1.0]));
    program.push(LEAF, &[]);
    program.push(MUL, &[0, 0]);
    program.push(ADD, &[1, 0]);
    program.hold(student)
}

/// Which shapes the leaves of a program have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shapes {
    Equal,
    Broadcast,
}

fn programs(student: &Submission, seed: u64, shapes: Shapes) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 3);
    for _ in 0..12 {
        let common = Shape::new(&[1 + draw.below(3), 2 + draw.below(2)]);
        let mut program = Program::default();
        for _ in 0..2 + draw.below(3) {
            let shape = if shapes == Shapes::Equal {
                common
            } else {
                draw.broadcasts_to(common)
            };
            program.leaves.push(draw.normal(shape));
            program.push(LEAF, &[]);
        }
        for _ in 0..2 + draw.below(6) {
            let nodes = program.codes.len();
            let code = 1 + draw.below(3);
            let operands: Vec<usize> = (0..if code == SIGMOID { 1 } else { 2 })
                .map(|_| draw.below(nodes))
                .collect();
            program.push(code, &operands);
        }
        program.hold(student)?;
    }
    Ok(())
}

fn broadcast_by_hand(student: &Submission, _: u64) -> Result<(), Complaint> {
    let g = array![[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]].into_dyn();
    let cases = [
        (vec![3], row(&[11.0, 22.0, 33.0])),
        (vec![2, 1], array![[6.0], [60.0]].into_dyn()),
        (vec![1, 3], array![[11.0, 22.0, 33.0]].into_dyn()),
        (vec![], scalar(66.0)),
        (vec![2, 3], g.clone()),
    ];
    for (shape, right) in cases {
        let given = student.call_for_one("sum_over_broadcast", &[g.clone(), numbers(&shape)])?;
        same("the sum", &given, &right).map_err(|what| on(&[("g", &g), ("shape", &numbers(&shape))], &what))?;
    }
    Ok(())
}

/// The engine's gradient of an array that is broadcast by adding it to another.
fn random_broadcasts(student: &Submission, seed: u64) -> Result<(), Complaint> {
    let mut draw = Draw::new(seed, 4);
    for _ in 0..20 {
        let common: Shape = (0..draw.below(4)).map(|_| draw.size_nonzero()).collect();
        let small = draw.broadcasts_to(common);
        let tape = Tape::<f64>::new();
        let x = tape.input("x", draw.normal(small));
        let y = x + tape.data("zeros", ArrayD::<f64>::zeros(common.to_vec()));
        let g = draw.upstream(common);
        let right = tape.backward_from(y, g.view()).of(x);
        let shape = numbers(&small.to_vec());
        let given = student.call_for_one("sum_over_broadcast", &[g.clone(), shape.clone()])?;
        same("the sum", &given, &right).map_err(|what| on(&[("g", &g), ("shape", &shape)], &what))?;
    }
    Ok(())
}
