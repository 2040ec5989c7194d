//! Mistakes in modules over sequences: attention, embedding, a recurrent network, the gates of an LSTM.

use ndarray::{Array2, ArrayD, Axis, s};

use super::{Arrays, d1, d2, d3, sigma, soft};

// 5. attention of one head: softmax(q kᵀ / √D) v
fn scores(x: &Arrays) -> Array2<f64> {
    let (q, k) = (d2(&x[0]), d2(&x[1]));
    soft(&(q.dot(&k.t()) / (q.ncols() as f64).sqrt()))
}

pub fn attention_forward(x: &Arrays) -> ArrayD<f64> {
    scores(x).dot(&d2(&x[2])).into_dyn()
}

pub fn attention_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
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
pub fn embedding_forward(x: &Arrays) -> ArrayD<f64> {
    let table = d2(&x[0]);
    Array2::from_shape_fn((x[1].len(), table.ncols()), |(i, c)| table[[x[1][i] as usize, c]]).into_dyn()
}

pub fn embedding_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
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

pub fn rnn_forward(x: &Arrays) -> ArrayD<f64> {
    let views = states(x);
    let views: Vec<_> = views[1..].iter().map(|h| h.view()).collect();
    ndarray::stack(Axis(1), &views).unwrap().into_dyn()
}

pub fn rnn_backward(x: &Arrays, g: &ArrayD<f64>, mistake: usize) -> Arrays {
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
pub fn gates_forward(x: &Arrays) -> ArrayD<f64> {
    cell(x).1.into_dyn()
}

fn cell(x: &Arrays) -> (Array2<f64>, Array2<f64>) {
    let [i, f, g, o, c] = [0, 1, 2, 3, 4].map(|n| d2(&x[n]));
    let next = f.mapv(sigma) * c + i.mapv(sigma) * g.mapv(f64::tanh);
    let h = o.mapv(sigma) * next.mapv(f64::tanh);
    (next, h)
}

pub fn gates_backward(x: &Arrays, g_h: &ArrayD<f64>, mistake: usize) -> Arrays {
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
