//! A report as one page for a browser: no script, nothing loaded from elsewhere.
//!
//! Of each subject three pictures: what backward() gives against what the witnesses say, the error of a difference over
//! its step, and the entries as a map of verdicts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::magnitude::largest;
use crate::report::gradient_plot::{GradientPlot, PlotPoint};
use crate::report::render;
use crate::report::{Report, TargetReport, Verdict};
use crate::verdict::judge::EntryVerdict;

const STYLE: &str = ":root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--soft:#4a525b;--hair:#d5dae0;--panel:#f5f6f8;\
--good:#1a7f37;--bad:#b3261e;--open:#8a5a00}\
@media(prefers-color-scheme:dark){:root{--page:#15181b;--ink:#e7e9ea;--soft:#a3abb2;--hair:#2d3338;--panel:#1d2125;\
--good:#5ccf9f;--bad:#f08a9a;--open:#e0b04f}}\
body{font:15px/1.45 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--page)}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2.2rem 0 .3rem;border-top:1px solid var(--hair);padding-top:1rem}\
.pass{color:var(--good)}.wrong{color:var(--bad)}.unchecked,.invalid{color:var(--open)}\
pre{background:var(--panel);padding:.7rem;overflow-x:auto;font-size:13px}\
.row{display:flex;flex-wrap:wrap;gap:1.2rem}figure{margin:.5rem 0;width:19rem;max-width:100%}figcaption{font-size:13px;color:var(--soft)}\
svg{display:block;width:100%;height:auto;background:#fbfbfc;border:1px solid #e3e6ea;forced-color-adjust:none}\
text{font:9px system-ui,sans-serif;fill:#4a525b}\
a{color:inherit}li{margin:.1rem 0}ul.all{columns:12rem 3;padding-left:1.1rem;font-size:14px}";

/// The report with the plots of its targets, in their order.
pub fn page(report: &Report, plots: &[Option<GradientPlot>]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Gradients checked" }
                meta name="viewport" content="width=device-width";
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Gradients checked" }
                p { (summary(report)) }
                ul.all {
                    @for (number, target) in report.targets.iter().enumerate() {
                        li { a href={ "#t" (number) } { (target.name) } " " (verdict(target)) }
                    }
                }
                @for (number, target) in report.targets.iter().enumerate() {
                    (section(number, target, plots.get(number).and_then(Option::as_ref)))
                }
            }
        }
    };
    page.into_string()
}

fn summary(report: &Report) -> String {
    let count = |verdict: Verdict| report.targets.iter().filter(|target| target.verdict == verdict).count();
    let entries: usize = report.targets.iter().map(|target| target.entries).sum();
    format!(
        "{} passed, {} wrong, {} unchecked or invalid; {entries} entries compared, seed {}.",
        count(Verdict::Pass),
        count(Verdict::Wrong),
        count(Verdict::Unchecked) + count(Verdict::Invalid),
        report.seed
    )
}

fn verdict(target: &TargetReport) -> Markup {
    let word = match target.verdict {
        Verdict::Pass => "pass",
        Verdict::Wrong => "wrong",
        Verdict::Unchecked => "unchecked",
        Verdict::Invalid => "invalid",
    };
    html! { span class=(word) { (word) } }
}

fn section(number: usize, target: &TargetReport, plot: Option<&GradientPlot>) -> Markup {
    html! {
        h2 id={ "t" (number) } { (target.name) " " (verdict(target)) }
        @if target.verdict == Verdict::Wrong {
            pre { (render::wrong(target).trim_end()) }
        } @else {
            p {
                (target.entries) " entries in " (target.cases) " cases, largest relative error "
                (format!("{:.1e}", target.worst_error)) "."
            }
            @for finding in &target.findings { p { (finding.sentence) "." } }
        }
        @if let Some(plot) = plot {
            div.row { (scatter(plot)) (steps(plot)) (map(plot)) }
        }
    }
}

/// A coordinate of a drawing, to a tenth.
fn at(x: f64) -> String {
    format!("{x:.1}")
}

/// What backward() gives against what the witnesses say: right entries lie on the diagonal.
fn scatter(plot: &GradientPlot) -> Markup {
    let numbers = plot
        .points
        .iter()
        .flat_map(|p| [&p.given, &p.right])
        .filter(|x| x.is_finite());
    let most = largest(numbers).max(f64::MIN_POSITIVE) * 1.08;
    let place = |x: f64| 110.0 + 95.0 * (x / most).clamp(-1.0, 1.0);
    let drawing = html! {
        line x1="15" y1="205" x2="205" y2="15" stroke="#9aa3ad" {}
        line x1="15" y1="110" x2="205" y2="110" stroke="#e3e6ea" {}
        line x1="110" y1="15" x2="110" y2="205" stroke="#e3e6ea" {}
        @for point in &plot.points {
            circle cx=(at(place(point.right))) cy=(at(220.0 - place(point.given))) r="3"
                fill=(colour(point)) fill-opacity=".75" {}
        }
        text x="85" y="214" { "witnesses, up to ±" (format!("{most:.3}")) }
        text x="4" y="12" { "backward()" }
    };
    let what = "the gradient of backward() against that of the witnesses. Right entries are on the line.";
    figure(&drawing, &format!("g_{}: {what}", plot.operand))
}

/// The V of truncation and rounding.
fn steps(plot: &GradientPlot) -> Markup {
    let place = |(h, error): (f64, f64)| {
        (
            20.0 + 185.0 * (1.0 + h.log10() / 15.5).clamp(0.0, 1.0),
            15.0 + 185.0 * (-error.log10() / 17.0).clamp(0.0, 1.0),
        )
    };
    let line = |curve: &[(f64, f64)], colour: &str| {
        let places = curve.iter().map(|&point| place(point));
        let points: Vec<String> = places.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        html! { polyline points=(points.join(" ")) fill="none" stroke=(colour) stroke-width="1.5" {} }
    };
    let drawing = html! {
        @for power in [0, 4, 8, 12, 16] {
            @let y = at(place((1.0, 10.0_f64.powi(-power))).1);
            line x1="20" y1=(y) x2="205" y2=(y) stroke="#eceef1" {}
            text x="1" y=(y) { (-power) }
        }
        @for power in [0, 5, 10, 15] {
            text x=(at(place((10.0_f64.powi(-power), 1.0)).0)) y="214" { (-power) }
        }
        (line(&plot.curve_double_double, "#7aa7d9"))
        (line(&plot.curve, "#1f4e8c"))
    };
    figure(
        &drawing,
        "Error of (f(x+h) - f(x-h)) / 2h over the step h, both as powers of ten. In the right part the error changes as h² \
         (truncation), in the left part as 1/h (rounding in f64). Light: the same in doubled precision.",
    )
}

/// The entries in their places, the last two axes as rows and columns.
fn map(plot: &GradientPlot) -> Markup {
    let columns = plot.shape.last().copied().unwrap_or(1).max(1);
    let rows = plot.points.len().div_ceil(columns).max(1);
    let side = (190.0 / columns.max(rows) as f64).min(40.0);
    let drawing = html! {
        @for (i, point) in plot.points.iter().enumerate() {
            rect x=(at(15.0 + side * (i % columns) as f64)) y=(at(15.0 + side * (i / columns) as f64))
                width=(at(side * 0.94)) height=(at(side * 0.94)) fill=(shade(point)) {
                title { (format!("given {:.6e}, right {:.6e}", point.given, point.right)) }
            }
        }
    };
    let text = format!(
        "Entries of g_{} {:?}: green entries agree with the witnesses, and paler ones have more uncertain digits; red \
         entries are wrong, and darker ones by more; amber entries could not be checked.",
        plot.operand, plot.shape
    );
    figure(&drawing, &text)
}

fn colour(point: &PlotPoint) -> &'static str {
    match point.verdict {
        EntryVerdict::Pass => "#1a7f37",
        EntryVerdict::Wrong => "#b3261e",
        EntryVerdict::Unchecked(_) => "#c98a00",
    }
}

/// Darker where a wrong entry is farther off, paler where a right one has fewer digits.
fn shade(point: &PlotPoint) -> String {
    let off = ((point.given - point.right) / point.right.abs().max(f64::MIN_POSITIVE)).abs();
    match point.verdict {
        EntryVerdict::Wrong => format!("hsl(4 65% {:.0}%)", 75.0 - 40.0 * off.clamp(0.0, 1.0)),
        EntryVerdict::Unchecked(_) => "#e5b24a".to_string(),
        EntryVerdict::Pass => {
            let digits = if off > 0.0 {
                (-off.log10()).clamp(6.0, 16.0)
            } else {
                16.0
            };
            format!("hsl(140 45% {:.0}%)", 88.0 - 4.0 * (digits - 6.0))
        }
    }
}

fn figure(drawing: &Markup, caption: &str) -> Markup {
    html! {
        figure {
            svg viewBox="0 0 220 220" { (drawing) }
            figcaption { (caption) }
        }
    }
}
