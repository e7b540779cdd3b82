// SPDX-License-Identifier: MIT
//! Processes beside the daemon, which do for it what it may not once it is confined.

use crate::Options;
use crate::courier::Courier;
use crate::witness::Witness;
use aegis_policy::config::Confine;
use std::sync::Arc;

/// Begun before the daemon confines itself; handed on to its successor.
#[derive(Clone, Debug)]
pub(crate) struct Aside {
    /// Looks.
    pub(crate) witness: Arc<Witness>,
    /// Fetches.
    pub(crate) courier: Courier,
}

impl Aside {
    /// Of a daemon that is not confined: itself.
    fn here() -> Self {
        Self {
            witness: Arc::new(Witness::here()),
            courier: Courier::here(),
        }
    }

    /// Both, as far as they can be started.
    pub(crate) fn begin(options: &Options) -> Self {
        if options.config.confine == Confine::Off {
            return Self::here();
        }
        let run_dir = options.instance.run_dir();
        let witness = Witness::begin(run_dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "no witness of login sessions: they may not be protected");
            Witness::here()
        });
        let courier = Courier::begin(run_dir).unwrap_or_else(|error| {
            tracing::warn!(%error, "no courier: nothing is fetched");
            Courier::here()
        });
        let witness = Arc::new(witness);
        Self { witness, courier }
    }
}
