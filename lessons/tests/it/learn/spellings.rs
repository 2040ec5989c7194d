//! Spellings of answers, and how each is judged, in the terminal and on the page.

use tapegrad_lessons::learn::session::Tone;

/// A lesson, the key of a question, the judgement, and the answers that get it, with `¦` between them.
pub type Judged = (&'static str, &'static str, Tone, &'static str);

pub const SPELLINGS: &[Judged] = &[
    (
        "ledger",
        "y",
        Tone::Right,
        "0.5253 ¦ 0,5253 ¦ .5253 ¦ 0.53 ¦ 52.53% ¦ 52,53 % ¦ 5.253e-1 ¦ 5253e-4 ¦ +0.5253 ¦ ≈ 0.525 ¦ \
         y = 0.525 ¦ y=1/(1+exp(-b)) ¦ 1 / (1 + exp(−b)) ¦ 1 ÷ (1 + exp(-b)) ¦ sigmoid(b) ¦ σ(b) ¦ \
         (1 + exp(-b))^(-1) ¦ exp(ln(sigmoid(b))) ¦ [0.5253] ¦ 1 - sigmoid(-b)",
    ),
    (
        "ledger",
        "y",
        Tone::Wrong,
        "0.5 ¦ 0.54 ¦ -0.5253 ¦ 52.53 ¦ 1 ¦ 0 ¦ 0.5253e1 ¦ sigmoid(-b)",
    ),
    (
        "ledger",
        "y",
        Tone::Note,
        "sigmoid b ¦ 0.5 0.5 ¦ 2b ¦ Y ¦ a_1 ¦ 1/(1+exp(-b) ¦ 0,5,3 ¦ e^b ¦  ¦ ? ¦ sqrt(-1) ¦ y ¦ \
         [1, 2] ¦ 1 + ¦ 1e999",
    ),
    (
        "attention",
        "a_4",
        Tone::Right,
        "[0.1, 0.2, 0.6, 0.1] ¦ 0.1, 0.2, 0.6, 0.1 ¦ 0.1 0.2 0.6 0.1 ¦ 0,1; 0,2; 0,6; 0,1 ¦ \
         [10%, 20%, 60%, 10%] ¦ A[4] = [.1, .2, .6, .1] ¦ exp(S[4])",
    ),
    (
        "attention",
        "a_4",
        Tone::Wrong,
        "[0.1, 0.2, 0.6, 0.2] ¦ 0.25 0.25 0.25 0.25",
    ),
    (
        "attention",
        "a_4",
        Tone::Note,
        "0.1 ¦ [0.1, 0.2] ¦ [[0.1, 0.2, 0.6, 0.1]]",
    ),
    (
        "attention",
        "axis",
        Tone::Right,
        "b ¦ B ¦ b) ¦ (b) ¦ over the keys: each row adds up to 1",
    ),
    ("attention", "axis", Tone::Wrong, "a ¦ C"),
    ("attention", "axis", Tone::Note, "2 ¦ d ¦ rows"),
    (
        "graphs",
        "order",
        Tone::Right,
        "q, p, h ¦ q p h ¦ q > p > h ¦ q -> p -> h ¦ q → p → h ¦ q then p then h ¦ g_q; g_p; g_h",
    ),
    ("graphs", "order", Tone::Wrong, "h, p, q ¦ q, h, p"),
    ("graphs", "order", Tone::Note, "q, p ¦ q, q, p ¦ q, p, z"),
    (
        "lstm",
        "h_2",
        Tone::Right,
        "o[2] * tanh(c[2]) ¦ h[2] = o[2] * tanh(c[2])",
    ),
];
