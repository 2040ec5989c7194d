//! The roofline: how fast work can be, by how much it computes for each byte it moves.
//!
//! Work that does `I` floating-point operations for a byte cannot run faster than `min(peak, I · bandwidth)` (Williams,
//! Waterman, Patterson 2009). The slope is drawn twice, for memory and for the second cache: most arrays of a small
//! model never leave the caches, so work may lie above the slope of memory, but not above that of the cache.

use crate::report::labels;
use crate::report::scale::{Scale, Spacing};
use crate::report::svg::{Anchor, SvgDrawing};
use tapegrad_bench::BenchError;
use tapegrad_bench::measure::row::{BenchRow, significant};
use tapegrad_bench::measure::timing::measure;
use tapegrad_bench::work::peak_fma::PEAK_FMA;
use tapegrad_bench::work::peak_memory::{PEAK_CACHE, PEAK_MEMORY};
use tapegrad_bench::work::workload::BenchSetting;

const SIZE: [f64; 2] = [860.0, 520.0];
/// Left, right, top and bottom of the field.
const FIELD: [f64; 4] = [70.0, 700.0, 50.0, 460.0];
const LABEL_HEIGHT: f64 = 15.0;
const STYLE: &str = "text { font: 13px sans-serif; fill: #333 } .title { font-size: 16px; font-weight: bold } \
    .roof { stroke: #b3261e; stroke-width: 2; fill: none } .slope { stroke: #b3261e; stroke-width: 1.5; fill: none; \
    stroke-dasharray: 6 4 } .grid { stroke: #e3e3e3 } .point { fill: #1f5fa8 } .lead { stroke: #9db8d6 } \
    .ground { fill: #fff }";
const DOT: &str = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0";

/// The two bounds of all work. **Units**: GFLOP/s and GB/s, of all threads together.
#[derive(Clone, Copy, Debug)]
pub struct Roofs {
    /// Multiply-adds in registers.
    pub peak_gflops: f64,
    /// Reading memory.
    pub memory_gb_s: f64,
    /// Reading the second cache.
    pub cache_gb_s: f64,
}

impl Roofs {
    /// The roofs of so many threads, each the best of some repetitions.
    pub fn measured(threads: usize) -> Result<Self, BenchError> {
        let setting = BenchSetting { threads, text: None };
        let best = |workload| measure(workload, &setting, None).map(|row| row.spread().max);
        Ok(Self {
            peak_gflops: best(&PEAK_FMA)?,
            memory_gb_s: best(&PEAK_MEMORY)?,
            cache_gb_s: best(&PEAK_CACHE)?,
        })
    }
}

/// Where work lies: floating-point operations for a byte, and GFLOP/s.
#[derive(Clone, Debug)]
struct RooflinePoint {
    name: String,
    intensity: f64,
    gflops: f64,
}

/// The picture of the rows whose multiply-adds and bytes are known, as a file of SVG.
pub fn svg(rows: &[BenchRow], roofs: Roofs, machine: &str) -> String {
    let points: Vec<RooflinePoint> = rows.iter().filter_map(point).collect();
    let highest = points.iter().map(|point| point.intensity).fold(100.0, f64::max);
    let lowest = points.iter().map(|point| point.intensity).fold(1.0, f64::min);
    let slowest = points.iter().map(|point| point.gflops).fold(10.0, f64::min);
    let [left, right, top, bottom] = FIELD;
    let intensity = [0.5 * lowest, 2.0 * highest];
    let x = Scale::new(Spacing::Logarithmic, intensity, [left, right]);
    let y = Scale::new(
        Spacing::Logarithmic,
        [0.5 * slowest, 2.0 * roofs.peak_gflops],
        [bottom, top],
    );
    let mut drawing = SvgDrawing::new(SIZE[0], SIZE[1]);
    drawing.rectangle("ground", [0.0, 0.0], SIZE);
    drawing.clip("field", [left, top], [right - left, bottom - top]);
    axes(&mut drawing, &x, &y);
    for (class, bandwidth, name) in [
        ("slope", roofs.memory_gb_s, "memory"),
        ("slope", roofs.cache_gb_s, "cache"),
    ] {
        let knee = roofs.peak_gflops / bandwidth;
        let places = [intensity[0], knee].map(|i| [x.pixel(i), y.pixel(i * bandwidth)]);
        drawing.path(class, &places, "field");
        let label = format!("{name} {} GB/s", significant(bandwidth));
        let [at_x, at_y] = places[1];
        drawing.text("roof-label", [at_x - 6.0, at_y - 8.0], Anchor::End, &label);
    }
    let roof = [roofs.peak_gflops / roofs.cache_gb_s, intensity[1]].map(|i| [x.pixel(i), y.pixel(roofs.peak_gflops)]);
    drawing.path("roof", &roof, "field");
    let label = format!("peak {} GFLOP/s", significant(roofs.peak_gflops));
    drawing.text(
        "roof-label",
        [right, y.pixel(roofs.peak_gflops) - 8.0],
        Anchor::End,
        &label,
    );
    mark(&mut drawing, &points, &x, &y);
    drawing.text("title", [left, 26.0], Anchor::Start, machine);
    let described = points
        .iter()
        .map(|point| format!("{} {:.0} GFLOP/s", point.name, point.gflops));
    drawing.file("roofline", STYLE, "Roofline", &described.collect::<Vec<_>>().join(", "))
}

fn point(row: &BenchRow) -> Option<RooflinePoint> {
    let flops = 2.0 * row.work.multiply_adds?;
    Some(RooflinePoint {
        name: row.workload.name.to_string(),
        intensity: flops / row.work.bytes?,
        gflops: row.gflops()?,
    })
}

fn axes(drawing: &mut SvgDrawing, x: &Scale, y: &Scale) {
    let [left, right, top, bottom] = FIELD;
    for tick in x.ticks(10) {
        drawing.line("grid", [tick.pixel, top], [tick.pixel, bottom]);
        drawing.text("tick", [tick.pixel, bottom + 18.0], Anchor::Middle, &tick.label);
    }
    for tick in y.ticks(8) {
        drawing.line("grid", [left, tick.pixel], [right, tick.pixel]);
        drawing.text("tick", [left - 8.0, tick.pixel + 4.0], Anchor::End, &tick.label);
    }
    drawing.text(
        "axis",
        [(left + right) / 2.0, bottom + 42.0],
        Anchor::Middle,
        "FLOP for each byte that the ops move",
    );
    drawing.text("axis", [left, top - 8.0], Anchor::Start, "GFLOP/s");
}

/// The points, each with a line to its name at the right.
fn mark(drawing: &mut SvgDrawing, points: &[RooflinePoint], x: &Scale, y: &Scale) {
    let [_, right, top, bottom] = FIELD;
    let wanted: Vec<f64> = points.iter().map(|point| y.pixel(point.gflops)).collect();
    let places = labels::spread(&wanted, LABEL_HEIGHT, [top, bottom]);
    for ((point, &at), place) in points.iter().zip(&wanted).zip(places) {
        let place_x = x.pixel(point.intensity);
        drawing.line("lead", [place_x, at], [right + 6.0, place]);
        drawing.point("point", [place_x, at], DOT);
        let label = format!("{} {}", point.name, significant(point.gflops));
        drawing.text("name", [right + 10.0, place + 4.0], Anchor::Start, &label);
    }
}
