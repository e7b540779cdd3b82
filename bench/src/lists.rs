// SPDX-License-Identifier: MIT
//! What lists cost: a packet whose source is on one, or on none of them, by how much is listed; what
//! it takes until they are in force, and what a dropped packet costs on a wire, next to nftables.

mod generated;
mod load;
mod packets;
mod wire;

use anyhow::Result;
use serde::Serialize;

pub use load::Loaded;
pub use wire::Dropped;

/// One figure of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// What came of it.
    pub measured: f64,
    /// In what.
    pub unit: &'static str,
    /// The most that it may be.
    pub target: Option<f64>,
}

impl Figure {
    /// Whether the target is reached, where there is one.
    pub fn held(&self) -> Option<bool> {
        self.target.map(|target| self.measured <= target)
    }
}

/// What was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lists {
    /// Packets, memory and time, where there is a target.
    pub figures: Vec<Figure>,
    /// Lists put in force.
    pub loaded: Vec<Loaded>,
    /// Packets of listed sources, dropped on a wire.
    pub dropped: Vec<Dropped>,
}

/// Measures packets in so many rounds, loads lists, and has packets dropped on a wire.
///
/// # Errors
/// Without root or nftables, and where the kernel judges otherwise than lists say.
pub fn measure(rounds: usize, wire: crate::wire::Effort) -> Result<Lists> {
    let mut figures = packets::measure(rounds)?;
    let (loaded, of_loads) = load::measure()?;
    figures.extend(of_loads);
    let dropped = wire::measure(wire)?;
    Ok(Lists {
        figures,
        loaded,
        dropped,
    })
}
