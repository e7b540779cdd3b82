// SPDX-License-Identifier: MIT
//! What the daemon tells.

use crate::message::Told;
use crate::model::{Model, Overlay};

/// Takes note of it.
pub fn told(model: &mut Model, told: Told) {
    match told {
        Told::Status(status) => {
            model.stats.noticed(&status);
            model.modules.clone_from(&status.modules);
            model.lists.arrived(status.lists.clone());
            model.status = Some(*status);
        }
        Told::Snapshot(snapshot) => model.stats.arrived(snapshot),
        Told::Past(list) => list
            .events
            .into_iter()
            .for_each(|event| model.logs.arrived(event)),
        Told::History(history) => model.stats.past.arrived(&history),
        Told::Attacks(attacks) => model.attacks = attacks,
        Told::Groups(query, list) if query == model.stats.query() => {
            model.stats.groups = Some(list);
        }
        Told::Groups(..) => {}
        Told::Event(event) => {
            model.stats.senders.arrived(&event);
            model.logs.arrived(*event);
        }
        Told::Missed(missed) => model.logs.missed += missed,
        // An answer to what was wanted before something else was typed is of no use.
        Told::Flows(query, list) if query == model.connections.query() => {
            model.connections.arrived(list);
        }
        Told::Flows(..) => {}
        Told::Bans(list) => model.bans.arrived(list),
        Told::Why(why) => {
            if let Some(Overlay::Why(address, known)) = &mut model.overlay
                && *address == why.address
            {
                *known = Some(why);
            }
        }
    }
}
