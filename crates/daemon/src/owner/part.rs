// SPDX-License-Identifier: MIT
//! Interfaces that come and go, and the daemon that goes.

use super::Owner;
use crate::parting::Parting;
use aegis_api::{ApiError, ErrorCode, PartingAnswer};
use aegis_engine::{Engine, Followed};

impl Owner {
    pub(super) async fn interfaces_changed(&mut self, watching: bool) {
        if !watching {
            tracing::warn!("interfaces that come back are noticed later from now on");
            self.links = None;
        }
        self.follow().await;
    }

    /// Guards what is back, and tells what is gone.
    pub(super) async fn follow(&mut self) {
        let news = match self.engine.follow().await {
            Ok(news) => news,
            Err(error) => {
                tracing::warn!(%error, "interfaces are not looked at for now");
                return;
            }
        };
        for found in &news {
            match found {
                Followed::Guarded { .. } => tracing::info!("{found}"),
                Followed::Gone { .. } | Followed::Refused { .. } => tracing::error!("{found}"),
            }
        }
        if news.is_empty() {
            return;
        }
        self.canary.soon();
        match self.engine.attachments().await {
            Ok(found) => {
                let named = found.into_iter().map(|a| (a.index, a.interface));
                self.translator.interfaces.extend(named);
            }
            Err(error) => tracing::warn!(%error, "events name some interfaces by number"),
        }
    }

    /// Has the daemon go; who asks first decides how.
    pub(super) fn say_farewell(&mut self, parting: Parting) -> Result<PartingAnswer, ApiError> {
        if let Some(before) = self.parting {
            let message = format!("the daemon goes already: {}", before.label());
            return Err(
                ApiError::new(ErrorCode::Unavailable, message).next("wait until it is gone")
            );
        }
        self.parting = Some(parting);
        self.stop.send_replace(true);
        let program = self
            .successor
            .as_ref()
            .filter(|_| parting == Parting::Succeed);
        Ok(PartingAnswer {
            pid: std::process::id(),
            program: program.map(|program| program.path().display().to_string()),
        })
    }

    /// Gives the engine back; what nobody has asked for otherwise is as configured.
    pub(super) fn part(self) -> (Engine, Parting) {
        let usual = Parting::on_stop(self.running.on_stop);
        (self.engine, self.parting.unwrap_or(usual))
    }
}
