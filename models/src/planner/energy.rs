//! What training costs in electricity and CO2: FLOPs through stated assumptions, as a range.
//!
//! `energy = FLOPs / (FLOP/s per watt of the machines at work) · PUE`, `CO2 = energy · carbon intensity of the grid`.
//! The lectures name the question without numbers (deck S3, climate impact; LECTURES row T10), so the assumptions are
//! ours and stand here. They leave out making the machines, failed runs, and answering questions afterwards.

use super::Range;

/// What is assumed of the machines and their electricity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumptions {
    /// What they are, for people.
    pub what: &'static str,
    /// FLOP/s that a chip reaches in training.
    pub flops_per_second: f64,
    /// What a chip with its share of the server draws. **Units**: watts.
    pub watts: f64,
    /// The electricity of the whole building over that of the machines.
    pub pue: f64,
    /// CO2 of the electricity. **Units**: kilograms per kilowatt-hour.
    pub carbon: f64,
}

/// The cheap end: chips of 2023 at 40 % of their peak of 989 teraflop/s, a frugal building, mostly hydropower.
pub const LOW: Assumptions = Assumptions {
    what: "H100 at 400 teraflop/s and 1000 W, PUE 1.1, 0.02 kg CO2 per kWh",
    flops_per_second: 400e12,
    watts: 1000.0,
    pue: 1.1,
    carbon: 0.02,
};

/// The dear end: the chips of GPT-3 as Patterson et al. 2021 count them, an average building, mostly coal.
///
/// With their PUE of 1.1 and 0.429 kg per kWh it gives their 1287 MWh and 552 t for GPT-3.
pub const HIGH: Assumptions = Assumptions {
    what: "V100 at 24.6 teraflop/s and 330 W, PUE 1.6, 0.8 kg CO2 per kWh",
    flops_per_second: 24.6e12,
    watts: 330.0,
    pue: 1.6,
    carbon: 0.8,
};

impl Assumptions {
    /// The energy of so many FLOPs. **Units**: kilowatt-hours.
    pub fn energy_kwh(&self, flops: f64) -> f64 {
        const JOULES_PER_KWH: f64 = 3.6e6;
        flops / self.flops_per_second * self.watts * self.pue / JOULES_PER_KWH
    }

    /// The CO2 of so many FLOPs. **Units**: kilograms.
    pub fn co2_kg(&self, flops: f64) -> f64 {
        self.energy_kwh(flops) * self.carbon
    }
}

/// Energy and CO2 of so many FLOPs, from the cheap end to the dear one.
pub fn ranges(flops: f64) -> (Range, Range) {
    let range = |of: fn(&Assumptions, f64) -> f64| Range {
        low: of(&LOW, flops),
        high: of(&HIGH, flops),
    };
    (range(Assumptions::energy_kwh), range(Assumptions::co2_kg))
}
