//! Sixty mistakes as students make them, written by hand before the bank of mistakes was asked about any.
//!
//! Each topic is a module with its own forward() and backward(); `mistake` is the number of the line that is wrong, and
//! 0 is right. What the checker says of each is printed; every one must be found.

use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, ArrayD, ArrayViewD, Axis, Ix1, Ix2, Ix3, s};
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Options, Subject, Verdict, check};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::{self, Reduction, cross_entropy, embedding, layer_norm, rnn, softmax, tanh, where_};
use tapegrad_autograd::{Module, Shape, Var};

type Arrays = Vec<ArrayD<f64>>;

/// A module from two functions: what is kept of forward() is its operands.
struct Hand {
    forward: fn(&Arrays) -> ArrayD<f64>,
    backward: fn(&Arrays, &ArrayD<f64>, usize) -> Arrays,
    mistake: usize,
    x: Arrays,
}

impl std::fmt::Debug for Hand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mistake {}", self.mistake)
    }
}

impl Module<f64> for Hand {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(|x| x.to_owned()).collect();
        (self.forward)(&self.x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        (self.backward)(&self.x, &g_y.to_owned(), self.mistake)
    }
}

fn d2(x: &ArrayD<f64>) -> Array2<f64> {
    x.clone().into_dimensionality::<Ix2>().unwrap()
}

fn d3(x: &ArrayD<f64>) -> Array3<f64> {
    x.clone().into_dimensionality::<Ix3>().unwrap()
}

fn d1(x: &ArrayD<f64>) -> Array1<f64> {
    x.clone().into_dimensionality::<Ix1>().unwrap()
}

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The softmax of each row.
fn soft(x: &Array2<f64>) -> Array2<f64> {
    let e = x.mapv(f64::exp);
    let sums = e.sum_axis(Axis(1)).insert_axis(Axis(1));
    e / sums
}

// 1. linear: y = x Wᵀ + b
fn linear_forward(x: &Arrays) -> ArrayD<f64> {
    (d2(&x[0]).dot(&d2(&x[1]).t()) + d1(&x[2])).into_dyn()
}

fn linear_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (g, w, input) = (d2(g), d2(&x[1]), d2(&x[0]));
    let mut g_x = g.dot(&w);
    let mut g_w = g.t().dot(&input);
    let mut g_b = g.sum_axis(Axis(0));
    match mistake {
        1 => g_w /= g.nrows() as f64,
        2 => g_b = g.mean_axis(Axis(0)).unwrap(),
        3 => g_b = g.row(0).to_owned(),
        4 => g_x.fill(0.0),
        5 => g_w = Array2::ones(g.dim()).t().dot(&input),
        6 => g_w = -g_w,
        7 => g_b = Array1::from_elem(g.ncols(), g.sum()),
        8 => {
            g_w.fill(0.0);
            for (g, x) in g.rows().into_iter().zip(input.rows()) {
                let outer = g.insert_axis(Axis(1)).dot(&x.insert_axis(Axis(0)));
                g_w.assign(&outer);
            }
        }
        _ => {}
    }
    vec![g_x.into_dyn(), g_w.into_dyn(), g_b.into_dyn()]
}

// 2. softmax over the last axis
fn softmax_forward(x: &Arrays) -> ArrayD<f64> {
    soft(&d2(&x[0])).into_dyn()
}

fn softmax_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (y, g) = (soft(&d2(&x[0])), d2(g));
    let mean = (&y * &g).sum_axis(Axis(1)).insert_axis(Axis(1));
    let g_x = match mistake {
        1 => &y * &g,
        2 => &y * (1.0 - &y) * &g,
        3 => &y * (&g - (&y * &g).sum()),
        4 => &g - &mean,
        5 => &y * (&g + &mean),
        6 => &y * (&g - g.sum_axis(Axis(1)).insert_axis(Axis(1))),
        7 => &y * (&g - (&y * &g).sum_axis(Axis(0)).insert_axis(Axis(0))),
        8 => &y * (&g - (&y * &g).mean_axis(Axis(1)).unwrap().insert_axis(Axis(1))),
        _ => &y * (&g - &mean),
    };
    vec![g_x.into_dyn()]
}

// 3. cross-entropy, mean over the rows
fn entropy_forward(x: &Arrays) -> ArrayD<f64> {
    let p = soft(&d2(&x[0]));
    let losses: f64 = p
        .rows()
        .into_iter()
        .zip(&x[1])
        .map(|(p, &id)| -p[id as usize].ln())
        .sum();
    ndarray::arr0(losses / p.nrows() as f64).into_dyn()
}

fn entropy_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let mut p = soft(&d2(&x[0]));
    let (rows, classes, g) = (p.nrows() as f64, p.ncols(), g.sum());
    for (i, &id) in x[1].iter().enumerate() {
        let id = if mistake == 3 {
            (id as usize + 1).min(classes - 1)
        } else {
            id as usize
        };
        match mistake {
            2 => {}
            4 => p[[i, id]] -= 1.0 / rows,
            8 => p[[i, id]] = -1.0 / p[[i, id]],
            _ => p[[i, id]] -= 1.0,
        }
    }
    let g_x = match mistake {
        1 => p * g,
        5 => -p * g / rows,
        6 => p / rows,
        7 => p * g / classes as f64,
        _ => p * g / rows,
    };
    vec![g_x.into_dyn(), &x[1] * 0.0]
}

// 4. layer norm with gamma and beta
const EPSILON: f64 = 1e-2;

fn normed(x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let mean = x.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
    let centred = x - &mean;
    let sigma = ((&centred * &centred).mean_axis(Axis(1)).unwrap() + EPSILON)
        .mapv(f64::sqrt)
        .insert_axis(Axis(1));
    (&centred / &sigma, sigma)
}

fn norm_forward(x: &Arrays) -> ArrayD<f64> {
    (normed(&d2(&x[0])).0 * d1(&x[1]) + d1(&x[2])).into_dyn()
}

fn norm_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let ((n, sigma), g) = (normed(&d2(&x[0])), d2(g));
    let g_n = if mistake == 1 { g.clone() } else { &g * &d1(&x[1]) };
    let mean = |a: &Array2<f64>| a.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1));
    let sum = |a: &Array2<f64>| a.sum_axis(Axis(1)).insert_axis(Axis(1));
    let g_x = match mistake {
        2 => (&g_n - &mean(&g_n)) / &sigma,
        3 => (&g_n - &(&n * &mean(&(&g_n * &n)))) / &sigma,
        4 => &g_n / &sigma,
        5 => &g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n)),
        6 => (&g_n - &sum(&g_n) - &n * &sum(&(&g_n * &n))) / &sigma,
        7 => (&g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n))) / (&sigma * &sigma),
        _ => (&g_n - &mean(&g_n) - &n * &mean(&(&g_n * &n))) / &sigma,
    };
    let g_gamma = if mistake == 8 {
        g.sum_axis(Axis(0))
    } else {
        (&g * &n).sum_axis(Axis(0))
    };
    vec![g_x.into_dyn(), g_gamma.into_dyn(), g.sum_axis(Axis(0)).into_dyn()]
}

// 5. attention of one head: softmax(q kᵀ / √D) v
fn scores(x: &Arrays) -> Array2<f64> {
    let (q, k) = (d2(&x[0]), d2(&x[1]));
    soft(&(q.dot(&k.t()) / (q.ncols() as f64).sqrt()))
}

fn attention_forward(x: &Arrays) -> ArrayD<f64> {
    scores(x).dot(&d2(&x[2])).into_dyn()
}

fn attention_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (q, k, v, p, g) = (d2(&x[0]), d2(&x[1]), d2(&x[2]), scores(x), d2(g));
    let root = (q.ncols() as f64).sqrt();
    let g_p = g.dot(&v.t());
    let mean = (&p * &g_p).sum_axis(Axis(1)).insert_axis(Axis(1));
    let g_s = match mistake {
        1 => &p * &g_p,
        2 => g_p.clone(),
        _ => &p * (&g_p - &mean),
    };
    let scaled = match mistake {
        3 => g_s.clone(),
        4 => &g_s / (root * root),
        5 => &g_s * root,
        _ => &g_s / root,
    };
    let g_q = if mistake == 6 {
        scaled.dot(&q.slice(s![..1, ..]).broadcast((k.nrows(), k.ncols())).unwrap())
    } else {
        scaled.dot(&k)
    };
    let g_k = if mistake == 7 {
        -scaled.t().dot(&q)
    } else {
        scaled.t().dot(&q)
    };
    let g_v = if mistake == 8 {
        soft(&q.dot(&k.t())).t().dot(&g)
    } else {
        p.t().dot(&g)
    };
    vec![g_q.into_dyn(), g_k.into_dyn(), g_v.into_dyn()]
}

// 6. embedding
fn embedding_forward(x: &Arrays) -> ArrayD<f64> {
    let table = d2(&x[0]);
    Array2::from_shape_fn((x[1].len(), table.ncols()), |(i, c)| table[[x[1][i] as usize, c]]).into_dyn()
}

fn embedding_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let g = d2(g);
    let mut g_table = Array2::zeros(d2(&x[0]).dim());
    for (i, &id) in x[1].iter().enumerate() {
        let id = id as usize;
        let id = if mistake == 4 {
            (id + 1).min(g_table.nrows() - 1)
        } else {
            id
        };
        let row = if mistake == 5 && i == 0 {
            continue;
        } else {
            g.row(i).to_owned()
        };
        let mut target = g_table.row_mut(id);
        match mistake {
            1 => target.assign(&row),
            2 => target += 1.0,
            3 => target -= &row,
            _ => target += &row,
        }
    }
    if mistake == 6 {
        g_table /= x[1].len() as f64;
    }
    vec![g_table.into_dyn(), &x[1] * 0.0]
}

// 7. recurrent network over time: h_t = tanh(W x_t + U h_(t-1) + b), from h_0
fn states(x: &Arrays) -> Vec<Array2<f64>> {
    let (input, h_0, w, u, b) = (d3(&x[0]), d2(&x[1]), d2(&x[2]), d2(&x[3]), d1(&x[4]));
    let mut h = vec![h_0];
    for t in 0..input.dim().1 {
        let a = input.index_axis(Axis(1), t).dot(&w.t()) + h[t].dot(&u.t()) + &b;
        h.push(a.mapv(f64::tanh));
    }
    h
}

fn rnn_forward(x: &Arrays) -> ArrayD<f64> {
    let views = states(x);
    let views: Vec<_> = views[1..].iter().map(|h| h.view()).collect();
    ndarray::stack(Axis(1), &views).unwrap().into_dyn()
}

fn rnn_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (input, w, u, g, h) = (d3(&x[0]), d2(&x[2]), d2(&x[3]), d3(g), states(x));
    let (mut g_x, mut g_w, mut g_u) = (input.clone() * 0.0, &w * 0.0, &u * 0.0);
    let (mut g_b, mut carried) = (d1(&x[4]) * 0.0, &h[0] * 0.0);
    for t in (0..input.dim().1).rev() {
        let arriving = match mistake {
            1 => g.index_axis(Axis(1), t).to_owned(),
            2 if t + 1 < input.dim().1 => carried.clone(),
            _ => &g.index_axis(Axis(1), t) + &carried,
        };
        let slope = match mistake {
            3 => 1.0 - &h[t + 1],
            4 => 1.0 + &h[t + 1] * 0.0,
            5 => 1.0 - &h[t] * &h[t],
            _ => 1.0 - &h[t + 1] * &h[t + 1],
        };
        let g_a = arriving * slope;
        let x_t = input.index_axis(Axis(1), t);
        if mistake == 6 {
            g_w = g_a.t().dot(&x_t)
        } else {
            g_w = g_w + g_a.t().dot(&x_t)
        }
        let state = if mistake == 7 { &h[t + 1] } else { &h[t] };
        g_u = g_u + g_a.t().dot(state);
        g_b = g_b + g_a.sum_axis(Axis(0));
        g_x.index_axis_mut(Axis(1), t).assign(&g_a.dot(&w));
        carried = if mistake == 8 { g_a.dot(&u.t()) } else { g_a.dot(&u) };
    }
    vec![
        g_x.into_dyn(),
        carried.into_dyn(),
        g_w.into_dyn(),
        g_u.into_dyn(),
        g_b.into_dyn(),
    ]
}

// 8. the gates of a long short-term memory for one step: h = σ(o) tanh(σ(f) c + σ(i) tanh(g))
fn gates_forward(x: &Arrays) -> ArrayD<f64> {
    cell(x).1.into_dyn()
}

fn cell(x: &Arrays) -> (Array2<f64>, Array2<f64>) {
    let [i, f, g, o, c] = [0, 1, 2, 3, 4].map(|n| d2(&x[n]));
    let next = f.mapv(sigma) * c + i.mapv(sigma) * g.mapv(f64::tanh);
    let h = o.mapv(sigma) * next.mapv(f64::tanh);
    (next, h)
}

fn gates_backward(x: &Arrays, g_h: &ArrayD<f64>, mistake: usize) -> Arrays {
    let [i, f, g, o] = [0, 1, 2, 3].map(|n| d2(&x[n]).mapv(if n == 2 { f64::tanh } else { sigma }));
    let (c, g_h, next) = (d2(&x[4]), d2(g_h), cell(x).0.mapv(f64::tanh));
    let slope = if mistake == 1 {
        1.0 + &next * 0.0
    } else {
        1.0 - &next * &next
    };
    let g_c = if mistake == 2 {
        &g_h * &slope
    } else {
        &g_h * &o * &slope
    };
    let gate = |y: &Array2<f64>| y * &(1.0 - y);
    let g_i = if mistake == 3 {
        &g_c * &gate(&i) * &i
    } else {
        &g_c * &g * &gate(&i)
    };
    let g_f = if mistake == 4 {
        &g_c * &next * &gate(&f)
    } else {
        &g_c * &c * &gate(&f)
    };
    let g_g = if mistake == 5 {
        &g_c * &i * &gate(&g)
    } else {
        &g_c * &i * &(1.0 - &g * &g)
    };
    let g_o = if mistake == 6 {
        &g_h * &next
    } else {
        &g_h * &next * &gate(&o)
    };
    let g_old = match mistake {
        7 => g_c.clone(),
        8 => &g_c * &i,
        _ => &g_c * &f,
    };
    [g_i, g_f, g_g, g_o, g_old].map(|g| g.into_dyn()).into()
}

// 9. broadcasting: y = a * b + c with a: [n, m], b: [m], c: [n, 1]
fn mixed_forward(x: &Arrays) -> ArrayD<f64> {
    (d2(&x[0]) * d1(&x[1]) + d2(&x[2])).into_dyn()
}

fn mixed_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let (a, b, g) = (d2(&x[0]), d1(&x[1]), d2(g));
    let g_a = if mistake == 1 { &g * &a } else { &g * &b };
    let g_b = match mistake {
        2 => (&g * &a).into_dyn(),
        3 => (&g * &a).mean_axis(Axis(0)).unwrap().into_dyn(),
        4 => g.sum_axis(Axis(0)).into_dyn(),
        5 => (&g * &a).row(0).to_owned().into_dyn(),
        _ => (&g * &a).sum_axis(Axis(0)).into_dyn(),
    };
    let g_c = match mistake {
        6 => g.clone().into_dyn(),
        7 => g.sum_axis(Axis(1)).into_dyn(),
        8 => g.column(0).insert_axis(Axis(1)).to_owned().into_dyn(),
        _ => g.sum_axis(Axis(1)).insert_axis(Axis(1)).into_dyn(),
    };
    vec![g_a.into_dyn(), g_b, g_c]
}

// 10. a mask: y = tanh(x) where the mask is 1, else 0
fn masked_forward(x: &Arrays) -> ArrayD<f64> {
    x[0].mapv(f64::tanh) * &x[1]
}

fn masked_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
    let y = x[0].mapv(f64::tanh);
    let slope = 1.0 - &y * &y;
    let g_x = match mistake {
        1 => g * &slope,
        2 => g * &slope * &(1.0 - &x[1]),
        3 => g * &x[1],
        4 => g * &(1.0 - &y) * &x[1],
        _ => g * &slope * &x[1],
    };
    vec![g_x, &x[1] * 0.0]
}

struct Topic {
    name: &'static str,
    mistakes: usize,
    case: fn(&mut Draw) -> Case,
    forward: fn(&Arrays) -> ArrayD<f64>,
    backward: fn(&Arrays, &ArrayD<f64>, usize) -> Arrays,
    definition: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

fn normal(draw: &mut Draw, sizes: &[usize]) -> ArrayD<f64> {
    draw.normal(Shape::new(sizes))
}

fn attention_of<'t>(x: &[Var<'t>]) -> Var<'t> {
    let s = x[0].matmul(x[1].t()) / (x[0].shape().last() as f64).sqrt();
    softmax(s, -1).matmul(x[2])
}

fn gates_of<'t>(x: &[Var<'t>]) -> Var<'t> {
    let c = ops::sigmoid(x[1]) * x[4] + ops::sigmoid(x[0]) * tanh(x[2]);
    ops::sigmoid(x[3]) * tanh(c)
}

const TOPICS: [Topic; 10] = [
    Topic {
        name: "linear",
        mistakes: 8,
        case: |d| {
            let [n, i, o] = [(); 3].map(|()| d.size_nonzero());
            Case::of([
                ("x", normal(d, &[n, i])),
                ("W", normal(d, &[o, i])),
                ("b", normal(d, &[o])),
            ])
        },
        forward: linear_forward,
        backward: linear_backward,
        definition: |x| x[0].matmul(x[1].t()) + x[2],
    },
    Topic {
        name: "softmax",
        mistakes: 8,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            Case::of([("S", normal(d, &[n, m]))])
        },
        forward: softmax_forward,
        backward: softmax_backward,
        definition: |x| softmax(x[0], -1),
    },
    Topic {
        name: "cross-entropy",
        mistakes: 8,
        case: |d| {
            let [n, k] = [(); 2].map(|()| d.size_nonzero());
            let ids = d.ids(Shape::new(&[n]), k);
            Case::of([("logits", normal(d, &[n, k]))]).with_data("ids", OperandKind::Id, ids)
        },
        forward: entropy_forward,
        backward: entropy_backward,
        definition: |x| cross_entropy(x[0], x[1], None, Reduction::Mean),
    },
    Topic {
        name: "layer norm",
        mistakes: 8,
        case: |d| {
            let [n, c] = [(); 2].map(|()| d.size_nonzero());
            Case::of([
                ("x", normal(d, &[n, c])),
                ("gamma", normal(d, &[c])),
                ("beta", normal(d, &[c])),
            ])
        },
        forward: norm_forward,
        backward: norm_backward,
        definition: |x| layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON),
    },
    Topic {
        name: "attention",
        mistakes: 8,
        case: |d| {
            let [q, k, w, v] = [(); 4].map(|()| d.size_nonzero());
            Case::of([
                ("q", normal(d, &[q, w])),
                ("k", normal(d, &[k, w])),
                ("v", normal(d, &[k, v])),
            ])
        },
        forward: attention_forward,
        backward: attention_backward,
        definition: attention_of,
    },
    Topic {
        name: "embedding",
        mistakes: 6,
        case: |d| {
            let [rows, width, n] = [(); 3].map(|()| d.size_nonzero());
            let ids = d.ids(Shape::new(&[n + 1]), rows);
            Case::of([("table", normal(d, &[rows, width]))]).with_data("ids", OperandKind::Id, ids)
        },
        forward: embedding_forward,
        backward: embedding_backward,
        definition: |x| embedding(x[0], x[1]),
    },
    Topic {
        name: "rnn",
        mistakes: 8,
        case: |d| {
            let [n, t, m, h] = [(); 4].map(|()| d.size_nonzero().min(3));
            let shapes = [vec![n, t, m], vec![n, h], vec![h, m], vec![h, h], vec![h]];
            let [x, h_0, w, u, b] = shapes.map(|shape| normal(d, &shape));
            Case::of([("x", x), ("h_0", h_0), ("W", w), ("U", u), ("b", b)])
        },
        forward: rnn_forward,
        backward: rnn_backward,
        definition: |x| rnn(x[0], x[1], x[2], x[3], x[4]),
    },
    Topic {
        name: "lstm gates",
        mistakes: 8,
        case: |d| {
            let [n, h] = [(); 2].map(|()| d.size_nonzero());
            let [i, f, g, o, c] = [(); 5].map(|()| normal(d, &[n, h]));
            Case::of([("a_i", i), ("a_f", f), ("a_g", g), ("a_o", o), ("c", c)])
        },
        forward: gates_forward,
        backward: gates_backward,
        definition: gates_of,
    },
    Topic {
        name: "broadcasting",
        mistakes: 8,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            Case::of([
                ("a", normal(d, &[n, m])),
                ("b", normal(d, &[m])),
                ("c", normal(d, &[n, 1])),
            ])
        },
        forward: mixed_forward,
        backward: mixed_backward,
        definition: |x| x[0] * x[1] + x[2],
    },
    Topic {
        name: "mask",
        mistakes: 4,
        case: |d| {
            let [n, m] = [(); 2].map(|()| d.size_nonzero());
            let mask = d.mask(Shape::new(&[n, m]));
            Case::of([("x", normal(d, &[n, m]))]).with_data("mask", OperandKind::Mask, mask)
        },
        forward: masked_forward,
        backward: masked_backward,
        definition: |x| where_(x[1], tanh(x[0]), x[0].constant(0.0)),
    },
];

fn subject(topic: &Topic, mistake: usize) -> Arc<dyn Subject> {
    let Topic {
        name,
        case,
        forward,
        backward,
        definition,
        ..
    } = *topic;
    let make = move || Hand {
        forward,
        backward,
        mistake,
        x: Vec::new(),
    };
    Arc::new(ModuleSubject::new(&format!("{name} {mistake}"), case, make).defined_by(definition))
}

#[test]
fn every_mistake_is_found_and_nothing_right_is_blamed() {
    let (mut found, mut explained, mut sizes) = (0, 0, Vec::new());
    for topic in &TOPICS {
        let right = check(&subject(topic, 0), &Options::default());
        assert_eq!(
            right.verdict,
            Verdict::Pass,
            "{}: {:?} {:?}",
            topic.name,
            right.findings,
            right.diagnosis
        );
        for mistake in 1..=topic.mistakes {
            let report = check(&subject(topic, mistake), &Options::default());
            assert_eq!(report.verdict, Verdict::Wrong, "{}", report.name);
            found += 1;
            let sentence = report.diagnosis.as_ref().map_or("-", |d| d.sentence.as_str());
            explained += usize::from(report.diagnosis.is_some());
            let numbers = report.example.as_ref().map_or(0, |e| e.numbers);
            sizes.push(numbers);
            eprintln!("{:18} {numbers:3} {sentence}", report.name);
        }
    }
    sizes.sort_unstable();
    eprintln!(
        "{found} mistakes found, {explained} explained, median example {} numbers",
        sizes[sizes.len() / 2]
    );
    assert!(found >= 60);
}
