//@ tries: answer with what an earlier question showed
use std::sync::Mutex;
static SEEN: Mutex<Vec<f64>> = Mutex::new(Vec::new());
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let mut seen = SEEN.lock().unwrap();
    seen.push(1.0);
    vec![ndarray::Array1::from_vec(seen.clone()).into_dyn()]
}
