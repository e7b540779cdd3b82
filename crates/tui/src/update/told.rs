// SPDX-License-Identifier: MIT
//! What the daemon tells.

use crate::message::Told;
use crate::model::{Link, Model, Notice, Overlay, Purpose};
use aegis_api::FlowFilter;

/// Takes note of it.
pub fn told(model: &mut Model, told: Told) {
    match told {
        Told::Status(status) => {
            // What others ask may be answered late; this is asked over and over, by one.
            model.link = Link::Live;
            model.stats.noticed(&status);
            model.modules.clone_from(&status.modules);
            model.lists.arrived(status.lists.clone());
            model.status = Some(*status);
        }
        Told::Past(list) => model.logs.past(list),
        Told::History(history) => model.stats.past.arrived(&history),
        Told::Event(event) => {
            model.stats.senders.arrived(&event);
            model.logs.arrived(*event);
        }
        Told::Missed(missed) => model.logs.missed += missed,
        Told::Flows(query, list) => model.connections.arrived(query, list, model.now),
        Told::Groups(query, list) if query == model.stats.query() => {
            model.stats.groups = Some(list);
        }
        Told::Groups(query, list) => model.connections.groups_arrived(&query, list),
        Told::Refused(filter, why) => refused(model, &filter, why),
        Told::Hits(filter, hits) => match &mut model.overlay {
            Some(Overlay::Block(dialog)) => dialog.told(filter, hits),
            Some(Overlay::Line(line)) => {
                if let Some(caution) = &mut line.caution {
                    caution.told(&filter, hits);
                }
            }
            _ => {}
        },
        // An answer to what was wanted before something else was typed is of no use.
        Told::Bans(query, list) if query == model.bans.query() => model.bans.arrived(list),
        Told::Bans(..) => {}
        Told::Allowlist(list) => model.bans.allowlist_arrived(list),
        Told::List(detail) => model.lists.detail = Some(detail),
        Told::Geo(geo) => model.lists.geo = Some(geo),
        Told::Why(why) => {
            model.connections.why_arrived(&why);
            match &mut model.overlay {
                Some(Overlay::Why(address, known, _)) if *address == why.address => {
                    *known = Some(why);
                }
                Some(Overlay::Block(dialog)) => dialog.known(why),
                _ => {}
            }
        }
    }
}

/// What is typed, or was, makes nothing of a filter: that is told where it is typed.
fn refused(model: &mut Model, filter: &FlowFilter, why: String) {
    let filtering = &mut model.connections.scope.filtering;
    let before = filtering.problem.clone();
    filtering.refused(filter, why);
    let problem = filtering
        .problem
        .clone()
        .filter(|_| filtering.problem != before);
    if let (None, Some(problem)) = (&model.overlay, problem) {
        model.notice = Some(Notice::bad(problem, model.now));
    }
    let filtering = &model.connections.scope.filtering;
    if let Some(Overlay::Line(line)) = &mut model.overlay
        && line.purpose == Purpose::Search
    {
        line.problem.clone_from(&filtering.problem);
    }
}
