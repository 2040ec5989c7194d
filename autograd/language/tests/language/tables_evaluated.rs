//! Every table is read back and evaluated: in both styles, as plain text and as LaTeX, each equation of the forward pass
//! gives the value of the run, and the gradients that the equations give one after the other are those of the run.

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::{Instruction, Program};
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::table::{Format, Style, print, rows};

use crate::generated::{generated, values};
use crate::programs;
use crate::running::{different_sizes, opened, request};
use crate::table_notation::arrays::UNCLEAR;
use crate::table_notation::truth::{Truth, truth};
use crate::table_notation::values::{Known, Named};
use crate::table_notation::{Node, Read, Vocabulary, latex, split_outside, text};
use crate::well_typed;

/// How far the value of a formula may be from that of the run: rounding of other sums, in numbers of the size 1.
const NEAR: f64 = 1e-9;

/// Forward and backward equations of each row, as texts.
type Equations = Vec<(String, Vec<String>)>;

fn of_text(printed: &str) -> Equations {
    let mut lines = printed.lines();
    let head = lines.next().unwrap_or_default();
    let column = |name: &str| head.find(name).map_or(0, |at| head[..at].chars().count());
    let (forward, backward) = (column("Forward"), column("Backward"));
    let part = |line: &str, from: usize, to: usize| -> String {
        let letters: String = line.chars().skip(from).take(to - from).collect();
        letters.trim().to_string()
    };
    let mut rows: Equations = Vec::new();
    for line in lines {
        let (left, right) = (part(line, forward, backward), part(line, backward, usize::MAX));
        if !left.is_empty() {
            rows.push((left, Vec::new()));
        }
        let equations = equations(&right);
        rows.last_mut().unwrap().1.extend(equations);
    }
    rows
}

/// The equations of one line: commas also stand between arguments, but only outside of brackets between equations.
fn equations(line: &str) -> Vec<String> {
    let parts = split_outside(line, ", ").into_iter().filter(|part| !part.is_empty());
    parts.map(str::to_string).collect()
}

fn of_latex(printed: &str) -> Equations {
    let mut rows: Equations = Vec::new();
    for line in printed
        .lines()
        .skip(4)
        .filter(|line| !line.starts_with("\\end{tabular}"))
    {
        let formulas: Vec<String> = line.split('$').skip(1).step_by(2).map(str::to_string).collect();
        let is_first = !line.starts_with(" & & ");
        let mut formulas = formulas.into_iter();
        if is_first {
            rows.push((formulas.next().unwrap_or_default(), Vec::new()));
        }
        rows.last_mut().unwrap().1.extend(formulas);
    }
    rows
}

/// Both sides of an equation.
fn sides(equation: &str, words: &Vocabulary, format: Format) -> Read<(Node, Node)> {
    let (left, right) = equation
        .split_once(" = ")
        .ok_or_else(|| format!("`{equation}` is no equation"))?;
    let read = |side: &str| match format {
        Format::Text => text::read(side, words),
        _ => latex::read(side, words),
    };
    Ok((read(left)?, read(right)?))
}

/// The name of what an equation defines, with its positions, and its indices.
fn target<'n>(left: &'n Node, places: &BTreeMap<String, usize>) -> Read<(String, &'n [Node])> {
    let left = match left {
        Node::Gradient(of) => of,
        own => own,
    };
    let Node::Symbol(name, indices) = left else {
        return Err(format!("{left:?} is defined"));
    };
    let (own, rest) = indices.split_at(places.get(name).copied().unwrap_or(0).min(indices.len()));
    let mut full = name.clone();
    for place in own {
        match place {
            Node::Number(place) => full += &format!("_{place}"),
            Node::Neg(place) => match **place {
                Node::Number(place) => full += &format!("_m{place}"),
                _ => return Err(format!("{left:?} is defined")),
            },
            _ => return Err(format!("{left:?} is defined")),
        }
    }
    Ok((full, rest))
}

/// The array that an equation gives, of this shape.
fn evaluated(known: &Known, right: &Node, indices: &[Node], like: &Named) -> Read<Named> {
    let mut letters = BTreeMap::new();
    let shape = like.array.shape();
    if indices.is_empty() {
        let value = known.value(right, &mut letters)?;
        return match value.array.ndim() {
            0 => Ok(Named::new(
                like.labels.clone(),
                ArrayD::from_elem(IxDyn(shape), value.array.sum()),
            )),
            _ if value.array.shape() == shape => Ok(Named::new(like.labels.clone(), value.array)),
            _ => Err(format!("{:?} where {shape:?} is wanted", value.array.shape())),
        };
    }
    if indices.len() != shape.len() {
        return Err(format!("{} indices for {shape:?}", indices.len()));
    }
    let mut all = Vec::new();
    for entry in ArrayD::<f64>::zeros(IxDyn(shape)).indexed_iter().map(|(at, _)| at) {
        letters.clear();
        for (place, index) in indices.iter().enumerate() {
            match index {
                Node::Letter(letter) => {
                    if letters.insert(letter.clone(), entry[place] as i64 + 1).is_some() {
                        return Err(format!("`{letter}` stands for two axes"));
                    }
                }
                Node::Number(1.0) if shape[place] == 1 => {}
                other => return Err(format!("an equation for {other:?} alone")),
            }
        }
        let value = known.value(right, &mut letters)?;
        if value.array.ndim() > 0 {
            return Err("an array for one entry".into());
        }
        all.push(value.array.sum());
    }
    let array = ArrayD::from_shape_vec(IxDyn(shape), all).map_err(|error| error.to_string())?;
    Ok(Named::new(like.labels.clone(), array))
}

fn assert_near(what: &str, own: &ArrayD<f64>, wanted: &ArrayD<f64>) -> Read<()> {
    let is_near = |a: f64, b: f64| (a - b).abs() <= NEAR * (1.0 + b.abs()) || a == b || (a.is_nan() && b.is_nan());
    match own.shape() == wanted.shape() && own.iter().zip(wanted).all(|(&a, &b)| is_near(a, b)) {
        true => Ok(()),
        false => Err(format!("{what} gives {own}, the run {wanted}")),
    }
}

/// Evaluates one table; gives the number of its equations.
fn evaluate(truth: &Truth, printed: &str, format: Format) -> Read<usize> {
    let rows = match format {
        Format::Text => of_text(printed),
        _ => of_latex(printed),
    };
    let mut known = Known {
        values: truth.values.clone(),
        places: truth.places.clone(),
        rows: truth.rows.clone(),
        ..Known::default()
    };
    let mut count = 0;
    for (forward, backward) in &rows {
        let (left, right) = sides(forward, &truth.words, format)?;
        let (name, indices) = target(&left, &truth.places)?;
        // What the objective does not need is in no run.
        if let Some(wanted) = truth.values.get(&name) {
            let own = evaluated(&known, &right, indices, wanted).map_err(|why| format!("{forward}: {why}"))?;
            assert_near(forward, &own.array, &wanted.array)?;
            count += 1;
        }
        let equations: Vec<(Node, Node)> = backward
            .iter()
            .map(|one| sides(one, &truth.words, format))
            .collect::<Read<_>>()?;
        let partials = equations.iter().filter(|(left, _)| matches!(left, Node::Partial(..)));
        known.partials.borrow_mut().extend(partials.cloned());
        for ((left, right), text) in equations.iter().zip(backward) {
            if !matches!(left, Node::Gradient(_)) {
                continue;
            }
            let (name, indices) = target(left, &truth.places)?;
            let like = truth
                .values
                .get(&name)
                .ok_or_else(|| format!("{text}: there is no {name}"))?;
            let own = evaluated(&known, right, indices, like).map_err(|why| format!("{text}: {why}"))?;
            if known.gradients.insert(name.clone(), own).is_some() {
                return Err(format!("{text}: the gradient of {name} is said twice"));
            }
            count += 1;
        }
    }
    for (name, wanted) in &truth.gradients {
        match (known.gradients.get(name), wanted) {
            (Some(own), Some(wanted)) => assert_near(&format!("g_{name}"), &own.array, wanted)?,
            (None, Some(wanted)) if wanted.iter().any(|&entry| entry != 0.0) => {
                return Err(format!("the gradient of {name} is missing"));
            }
            (Some(own), None) if own.array.iter().any(|&entry| entry != 0.0) => {
                return Err(format!("the run has no gradient of {name}"));
            }
            _ => {}
        }
    }
    Ok(count)
}

/// Both styles in both spellings; gives the number of equations.
pub fn check(program: &Program, request: &Request, given: &BTreeMap<String, i64>) -> Read<usize> {
    let of_style =
        |style| rows(program, given, style).map_err(|error| format!("{:?}: {}", error.code, error.primary.text));
    let indexed = of_style(Style::Indexed)?;
    let truth = truth(program, request, given, &indexed)?;
    let mut count = 0;
    for rows in [&indexed, &of_style(Style::Matrix)?] {
        for format in [Format::Text, Format::Latex] {
            let printed = print(rows, format);
            count += evaluate(&truth, &printed, format).map_err(|why| format!("{why}\n{printed}"))?;
        }
    }
    Ok(count)
}

/// The sizes that loops need, out of those of a request: all sizes, if a loop runs to one that follows from others.
pub fn sizes_of_loops(program: &Program, request: &Request) -> BTreeMap<String, i64> {
    let ends = Instruction::all(&program.instructions).filter_map(|one| match one {
        Instruction::Loop { from, to, .. } => Some([from.symbols(), to.symbols()].concat()),
        _ => None,
    });
    let ends: Vec<String> = ends.flatten().map(|symbol| symbol.to_string()).collect();
    let counts = program
        .params
        .iter()
        .flat_map(|param| &param.counts)
        .flat_map(|count| count.symbols());
    let ends: Vec<String> = ends
        .into_iter()
        .chain(counts.map(|symbol| symbol.to_string()))
        .collect();
    let follows = |name: &String| {
        program
            .dims
            .iter()
            .any(|dim| *dim.name == **name && dim.value.is_some())
    };
    let all = ends.iter().any(follows);
    let given = request.dims.iter().filter(|(name, _)| all || ends.contains(name));
    given.map(|(name, size)| (name.clone(), *size)).collect()
}

/// Different sizes; those of the convolution small, since each of its sums goes over every square of the picture.
fn sizes(name: &str, program: &Program) -> BTreeMap<String, i64> {
    match name {
        "convolution" => [("A", 3), ("C", 1), ("F", 5), ("P", 2)]
            .map(|(name, size)| (name.to_string(), size))
            .into(),
        _ => different_sizes(program),
    }
}

#[test]
fn every_table_of_the_programs_gives_the_values_and_gradients_of_the_run() {
    let mut wrong = Vec::new();
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, sizes(&name, program));
            let given = sizes_of_loops(program, &request);
            if let Err(why) = check(program, &request, &given) {
                wrong.push(format!("{name}: {}", why.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} programs\n{}", wrong.len(), wrong.join("\n\n"));
}

/// One of each kind of formula that was wrong once.
const KINDS: [(&str, &str); 16] = [
    (
        "an outer product, whose gradients sum over the other index",
        "input k[D], h[D]\n kh[i:D, j:D] = k[i] * h[j]\n J = sum(kh^3, over i, j)",
    ),
    ("a mean over two axes", "input x[M, D]\n J = mean(x^3, over M, D)"),
    (
        "a value that several read",
        "input x[D]\n a = x * 2\n b = tanh(a)\n c = a * b\n J = sum(c, over D)",
    ),
    (
        "a mask",
        "input S[q:D, k:D]\n N[q:D, k:D] = if k <= q then 0 else -inf\n A = softmax(S + N, over k)\n J = sum(A^2, over q, k)",
    ),
    (
        "a loop that counts down",
        "input x[T, D]\n h[T + 1] = 0 * x[1]\n for t = T..1 down { h[t] = tanh(h[t+1] + x[t]) }\n J = sum(h^2, over T, D)",
    ),
    (
        "the transpose of a stack",
        "input X[M, T, D], G[M, D, T]\n Y = X.T * G\n J = sum(Y^2, over M, D, T)",
    ),
    (
        "rows of a table by id",
        "input w[T]: id[M]\n param emb[M, D]\n x = emb[w]\n J = sum(x^2, over T, D)",
    ),
    (
        "an entry by id of what has no name",
        "input X[T, M], t[T]: id[M]\n nll[n] = -log(softmax(X, over M)[n, t[n]])\n J = mean(nll, over T)",
    ),
    (
        "an index that is a position",
        "input x[T]\n y[t] = if t <= 2 then x[t] else t * x[t]\n J = sum(y^2, over T)",
    ),
    (
        "letters that are names",
        "input i[D], j[D], x[D, M]\n k = i * j\n l = x.T @ k\n J = sum(l^2, over M)",
    ),
    (
        "names with indices in them",
        "input x[D], x_i[D], x_1[D]\n a = x * x_i + x_1\n b = x[1] * a\n J = sum(b^2, over D)",
    ),
    (
        "parts of an axis",
        "input x[T, D]\n a = x[1]\n b = x[T]\n J = sum(a * b, over D) + sum(cumsum(x, over T), over T, D)",
    ),
    (
        "the inverse of a matrix",
        "input X[D, D], b[D]\n E[i:D, j:D] = if i == j then 2 else 0 as [D, D]\n y = inverse(X + E) @ b\n J = sum(y^3, over D)",
    ),
    (
        "a system of equations",
        "input X[D, D], b[D]\n E[i:D, j:D] = if i == j then 2 else 0 as [D, D]\n y = solve(X + E, b)\n J = sum(y^3, over D)",
    ),
    (
        "a determinant and a triangle",
        "input X[D, D], b[D]\n E[i:D, j:D] = if i == j then 2 else 0 as [D, D]\n y = tril(X) @ b\n J = logdet(X + E)^2 + sum(y^2, over D)",
    ),
    (
        "an objective without a name",
        "input x[D]\n minimize sum(softmax(x, over D) * x, over D)",
    ),
];

#[test]
fn every_kind_of_formula_is_right() {
    let mut wrong = Vec::new();
    for (what, body) in KINDS {
        let end = if body.contains("minimize") { "" } else { "minimize J" };
        let text = format!("graph g {{\n dim M, D, T\n {body}\n {end}\n}}");
        let opened = open("g", &text);
        if !opened.is_correct() {
            wrong.push(format!("{what}: {}", opened.render()));
            continue;
        }
        let sizes = [("M", 3), ("D", 2), ("T", 4)].map(|(name, size)| (name.to_string(), size));
        let request = request(&opened.programs[0], sizes.into_iter().collect());
        let given = sizes_of_loops(&opened.programs[0], &request);
        wrong.extend(
            check(&opened.programs[0], &request, &given)
                .err()
                .map(|why| format!("{what}: {why}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_table_of_a_random_program_gives_the_values_and_gradients_of_the_run() {
    let count = programs::from_environment("TAPEGRAD_TABLES", 1_000);
    let (mut equations, mut wrong) = (0, Vec::new());
    for seed in 0..count {
        let text = well_typed::program(seed);
        let opened = open("made", &text);
        let request = request(&opened.programs[0], well_typed::sizes(seed));
        let given = sizes_of_loops(&opened.programs[0], &request);
        match check(&opened.programs[0], &request, &given) {
            Ok(count) => equations += count,
            Err(why) => wrong.push(format!("seed {seed}: {why}\n{text}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} programs; the first: {}",
        wrong.len(),
        wrong.join("\n\n")
    );
    assert!(equations as u64 > 20 * count, "{equations} equations");
}

/// True if something is called `h_2` beside a row `h`: the unrolled program calls the second value of the row otherwise,
/// and this test does not find it.
fn has_a_name_like_a_position(program: &Program) -> bool {
    let positions = Instruction::all(&program.instructions).filter_map(|one| match one {
        Instruction::Loop { index, .. } => Some(index.to_string()),
        _ => None,
    });
    let inputs = program.inputs.iter().map(|input| input.name.clone());
    let rows = program.families.iter().map(|row| row.name.clone());
    let names: Vec<String> = positions
        .chain(inputs)
        .chain(rows.clone())
        .chain(program.names.iter().map(|(name, _)| name.clone()))
        .collect();
    rows.into_iter().any(|row| {
        let begin = format!("{row}_");
        names.iter().filter_map(|name| name.strip_prefix(&begin)).any(|rest| {
            let first = rest.split('_').next().unwrap_or_default();
            first.parse::<u32>().is_ok()
        })
    }) || names
        .iter()
        .filter_map(|name| name.rsplit_once('_'))
        .any(|(head, tail)| tail.parse::<u32>().is_ok() && names.iter().any(|name| name == head))
}

/// The programs whose derivatives are compared with the tape: loops in both directions and in each other, starts of every
/// kind, ties, sizes that are 1 or equal.
#[test]
fn every_table_of_a_generated_program_gives_the_values_and_gradients_of_the_run() {
    let first = programs::from_environment("GENERATED_FROM", 0);
    let count = programs::from_environment("TAPEGRAD_TABLES", 1_000);
    let (mut equations, mut not_run, mut unclear, mut wrong) = (0, 0, 0, Vec::new());
    for seed in first..first + count {
        let made = generated(seed);
        let opened = open("made", &made.text);
        let program = &opened.programs[0];
        let request = values(&made, program, seed);
        if run::<f64>(program, &request, Wanted::default()).is_err() {
            not_run += 1;
            continue;
        }
        let given = sizes_of_loops(program, &request);
        match check(program, &request, &given) {
            Ok(count) => equations += count,
            Err(why) if why.contains(UNCLEAR) => unclear += 1,
            Err(why) if why.contains("has no value") && has_a_name_like_a_position(program) => unclear += 1,
            Err(why) => wrong.push(format!("seed {seed}: {why}\n{}", made.text)),
        }
    }
    wrong.sort_by_key(String::len);
    let shown = programs::from_environment("GENERATED_SHOWN", 3) as usize;
    assert!(
        wrong.is_empty(),
        "{} programs; the shortest: {}",
        wrong.len(),
        wrong[..shown.min(wrong.len())].join("\n\n")
    );
    assert!(not_run * 50 <= count, "{not_run} of {count} do not run");
    assert!(unclear * 20 <= count, "{unclear} of {count} are unclear to this reader");
    println!("{equations} equations of {} programs", count - not_run - unclear);
    assert!(equations as u64 > 10 * count, "{equations} equations");
}
