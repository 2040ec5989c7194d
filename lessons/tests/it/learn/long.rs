//! A lesson on a run of ten thousand nodes.

use tapegrad_lessons::learn::LessonFolder;

/// A recurrence over 2500 time steps, with four nodes for each.
pub fn folder() -> LessonFolder {
    LessonFolder {
        lesson: "[lesson]\nid = \"long\"\ntitle = \"Long\"\ngoal = \"Long.\"\n[bind]\ndims = { T = 2500 }\n".into(),
        model: "graph long { dim T param x[T] ~ normal(0, 1), w ~ ones, h0 ~ zeros\n h[0] = h0\n \
                for t = 1..T { h[t] = tanh(w * h[t-1] + x[t]) }\n J = h[T] * h[T]\n minimize J }"
            .into(),
        text: String::new(),
        solution: String::new(),
    }
}
