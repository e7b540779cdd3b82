// SPDX-License-Identifier: MIT
//! What people want of lists.

use super::super::{Owner, done};
use super::{Keeper, Task};
use crate::command::{ListChange, ListText};
use crate::error::from_engine;
use crate::lists::errand;
use crate::lists::kept::ByHand;
use crate::lists::list::{List, Work};
use crate::peer::Peer;
use crate::word;
use aegis_api::{
    ApiError, ErrorCode, ListReleaseRequest, ListRemoveRequest, ListStatus, ListSwitchRequest,
    ListUpdateRequest, ListsBegun,
};
use aegis_lists::store::Name;
use aegis_policy::config::{Choice, Form, ListFormat};
use jiff::Timestamp;

impl Owner {
    /// Makes a change, and answers.
    pub(in crate::owner) fn change_lists(&mut self, change: ListChange, peer: Peer) {
        match change {
            ListChange::Update(request, reply) => {
                let which = request.name.clone().unwrap_or_else(|| "all".to_owned());
                let result = self.update_lists(&request);
                done(("update list", &which, peer), result, reply);
            }
            ListChange::Release(request, reply) => {
                let result = self.release_list(&request);
                done(("release list", &request.name, peer), result, reply);
            }
            ListChange::Load(loaded, reply) => {
                let name = loaded.by_hand.name.clone();
                done(("load list", &name, peer), self.load_list(loaded), reply);
            }
            ListChange::Remove(request, reply) => {
                let result = self.remove_list(&request);
                done(("remove list", &request.name, peer), result, reply);
            }
            ListChange::Switch(request, reply) => {
                self.protect_anew();
                let result = self.switch_list(&request);
                done(("switch list", &request.name, peer), result, reply);
            }
        }
    }

    /// Has lists asked for now.
    fn update_lists(&mut self, request: &ListUpdateRequest) -> Result<ListsBegun, ApiError> {
        self.lists_are_on()?;
        let keeper = &mut self.keeper;
        let begun = match &request.name {
            Some(name) => {
                let list = keeper.lists.named(name)?;
                let message = match list {
                    list if list.is_by_hand() => "comes from nowhere: load its text again",
                    list if !list.is_on() => "is switched off; switch it on first",
                    _ => "",
                };
                if !message.is_empty() {
                    return Err(refused(format!("the list {name} {message}")));
                }
                vec![name.clone()]
            }
            None => keeper.names(|list| !list.is_by_hand() && list.is_on()),
        };
        for name in &begun {
            // Whoever is away for it already brings the newest.
            let list = keeper.lists.named(name)?;
            list.wanted = list.work != Work::Away;
        }
        keeper.fetch_wanted();
        Ok(ListsBegun { begun })
    }

    /// Takes a copy that was put aside for true.
    fn release_list(&mut self, request: &ListReleaseRequest) -> Result<ListsBegun, ApiError> {
        self.lists_are_on()?;
        let name = &request.name;
        let list = self.keeper.lists.named(name)?;
        match &list.record.quarantine {
            None => {
                let message = format!("no copy of the list {name} was put aside");
                return Err(ApiError::new(ErrorCode::NotFound, message));
            }
            Some(aside) if !aside.releasable => {
                let message = format!("there is nothing in it to take: {}", aside.why);
                let next = format!("once that is mended: aegis-cli feeds update {name}");
                return Err(refused(message).next(next));
            }
            Some(_) => {}
        }
        idle(list)?;
        self.keeper.send(name, Task::Release);
        Ok(ListsBegun {
            begun: vec![name.clone()],
        })
    }

    /// Switches a list, at the next packet.
    fn switch_list(&mut self, request: &ListSwitchRequest) -> Result<ListStatus, ApiError> {
        let action = request.action.map(word::asked_action);
        // What was counted until now was counted by what holds until now.
        self.count_lists();
        let list = self.keeper.lists.named(&request.name)?;
        let before = list.clone();
        list.set(request.enabled, action);
        if before.action() != list.action() {
            list.record.peers.clear();
        }
        let missing = list.is_on() && list.copy.is_none() && !list.is_by_hand();
        if let Err(error) = self.act_on_lists() {
            *self.keeper.lists.named(&request.name)? = before;
            return Err(from_engine(&error));
        }
        let page = self.said_page();
        self.keeper.write(vec![page]);
        let now = Timestamp::now();
        if missing && self.keeper.lists.is_enabled() {
            self.keeper.lists.named(&request.name)?.turn.next = now;
        }
        Ok(self.keeper.lists.named(&request.name)?.told(now))
    }

    /// Loads a list from a text.
    fn load_list(&mut self, loaded: ListText) -> Result<ListsBegun, ApiError> {
        self.lists_are_on()?;
        let ListText { by_hand, text } = loaded;
        let name = by_hand.name.clone();
        if let Some(list) = self.keeper.lists.find(&name) {
            if !list.is_by_hand() {
                let message = format!("the list {name} is one of the configuration");
                return Err(refused(message).next("choose another name"));
            }
            idle(list)?;
        }
        self.keeper.lists.load(&by_hand, Timestamp::now());
        let page = self.said_page();
        self.keeper.write(vec![page]);
        let shelf = self.keeper.shelf.clone();
        if let Some(errand) = self.keeper.errand(&name, Work::Away) {
            // Whoever types it has seen it.
            let source = errand.source.clone();
            // An earlier one of its name may still have to be removed.
            let before = self.keeper.writer.done();
            let work = async move {
                drop(before.await);
                errand::load(errand, text, shelf).await
            };
            self.keeper.begin(source, Task::Load, work);
        }
        Ok(ListsBegun { begun: vec![name] })
    }

    /// Removes a list that was loaded from a text.
    fn remove_list(&mut self, request: &ListRemoveRequest) -> Result<ListsBegun, ApiError> {
        let name = &request.name;
        let list = self.keeper.lists.named(name)?;
        if !list.is_by_hand() {
            let next = format!("take it out of there, or `aegis-cli feeds disable {name}`");
            return Err(refused(format!("the list {name} is one of the configuration")).next(next));
        }
        idle(list)?;
        self.keeper.lists.remove(name);
        self.keeper.outdated = Some(std::time::Instant::now());
        let page = self.said_page();
        self.keeper.write(vec![page]);
        self.keeper.forget(name);
        self.build_lists();
        Ok(ListsBegun {
            begun: vec![name.clone()],
        })
    }

    fn lists_are_on(&self) -> Result<(), ApiError> {
        if self.keeper.lists.is_enabled() {
            return Ok(());
        }
        let next = "set feeds.enabled and reload, or start with --load-feeds";
        Err(refused("lists are off".to_owned()).next(next))
    }
}

impl Keeper {
    fn forget(&self, name: &str) {
        let (shelf, name) = (self.shelf.clone(), name.parse::<Name>());
        self.writer.queue(move || {
            let Ok(name) = name else {
                return;
            };
            for copies in [&shelf.good, &shelf.aside] {
                if let Err(error) = copies.forget(&name) {
                    tracing::warn!(%error, "a copy stays that nobody needs");
                }
            }
        });
    }
}

fn refused(message: String) -> ApiError {
    ApiError::new(ErrorCode::Refused, message)
}

fn idle(list: &List) -> Result<(), ApiError> {
    if list.work == Work::None {
        return Ok(());
    }
    let message = format!("something else goes on about the list {}", list.name());
    Err(ApiError::new(ErrorCode::Unavailable, message).next("try again in a moment"))
}

/// How a list is written; where nothing is said, that is found out.
fn format(text: Option<&str>) -> Result<ListFormat, ApiError> {
    let mut format = ListFormat::default();
    match text.is_none_or(|text| format.choose(text)) {
        true => Ok(format),
        false => {
            let (text, words) = (text.unwrap_or_default(), ListFormat::WORDS.join(", "));
            let message = format!("{text:?} is none of {words}");
            Err(ApiError::new(ErrorCode::InvalidRequest, message))
        }
    }
}

/// What is to be loaded, as it is kept.
///
/// # Errors
/// What makes no sense.
pub fn by_hand(request: &aegis_api::ListLoadRequest) -> Result<ByHand, ApiError> {
    let named = |text: &str, what: &str| match Form::Name.is_met_by(text) {
        true => Ok(text.to_owned()),
        false => {
            let message = format!("{text:?} is no {what}");
            let next = format!("give {}", Form::Name.expects());
            Err(ApiError::new(ErrorCode::InvalidRequest, message).next(next))
        }
    };
    let category = request.category.as_deref().filter(|text| !text.is_empty());
    let format = format(request.format.as_deref())?;
    let action = request.action.unwrap_or_default();
    let direction = request.direction.unwrap_or_default();
    Ok(ByHand {
        name: named(&request.name, "name of a list")?,
        category: category.map_or(Ok(String::new()), |text| named(text, "category"))?,
        format: format.label().to_owned(),
        action: action.label().to_owned(),
        direction: direction.label().to_owned(),
    })
}
