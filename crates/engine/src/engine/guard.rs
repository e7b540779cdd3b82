// SPDX-License-Identifier: MIT
//! Programs on interfaces: attached, replaced where they are, read back, and attached again.

use super::ground::Ground;
use super::{Engine, Loaded, Wanted, canary};
use crate::EngineError;
use crate::attach::{self, Attached, attach_tc, attach_xdp, refuse_to_replace, tc_attached};
use crate::attachment::{Attachment, Mode, Stranger};
use crate::follow::Followed;
use crate::interface::{Interface, XdpState};
use crate::object::Constants;
use crate::options::{Missing, Options, TcChoice};
use crate::pins::{self, Pins};
use crate::runs;
use crate::second::Second;
use crate::standing::remove_filter_at;
use aegis_abi::{Hook, Link};
use std::io;

/// One hook of one interface.
pub(super) struct Guarded {
    pub(super) interface: String,
    index: u32,
    pub(super) hook: Hook,
    pub(super) link: Link,
    /// Whether its program tells rehearsed frames from packets.
    pub(super) rehearses: bool,
    pub(super) attached: Attached,
}

/// Native XDP in one buffer takes packets of this size wherever it takes any.
const ONE_BUFFER: u32 = 3_000;

/// An interface, and the name it is wanted by; it may have been renamed since.
pub(super) struct Present {
    pub(super) asked: String,
    pub(super) interface: Interface,
}

impl Present {
    pub(super) fn index(&self) -> u32 {
        self.interface.index
    }

    pub(super) fn fits_one_buffer(&self) -> bool {
        self.interface.mtu <= ONE_BUFFER
    }
}

pub(super) fn wanted(options: &Options) -> Vec<Wanted> {
    let names = options.interfaces.iter().cloned();
    names.map(|name| Wanted { name, told: None }).collect()
}

/// The interfaces that are there, none of them anybody else's. One that is missing is waited for
/// where that is asked for, and where filtering goes on: a daemon that comes back must not stay
/// away for want of one of them.
pub(super) async fn survey(
    options: &Options,
    pins: &Pins,
    ground: &Ground,
) -> Result<Vec<Present>, EngineError> {
    let mut present = Vec::with_capacity(options.interfaces.len());
    for name in &options.interfaces {
        match Interface::find(name).await {
            Ok(interface) => {
                refuse_to_replace(&interface, &pins.link(Hook::XdpIngress, interface.index))?;
                let asked = name.clone();
                present.push(Present { asked, interface });
            }
            Err(EngineError::NoInterface { name })
                if options.missing == Missing::Wait || !ground.is_fresh() =>
            {
                tracing::warn!(interface = name, "not there; it is guarded once it is");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(present)
}

impl Guarded {
    pub(super) fn index(&self) -> u32 {
        self.index
    }

    pub(super) async fn read_back(&self) -> Result<Attachment, EngineError> {
        let now = Interface::by_index(self.index).await?;
        let mode = match &now {
            Some(interface) => self.mode_at(interface).await?,
            None => None,
        };
        let instead = now
            .as_ref()
            .and_then(|interface| self.stranger_at(interface));
        Ok(Attachment {
            interface: now.map_or_else(|| self.interface.clone(), |interface| interface.name),
            asked: self.interface.clone(),
            index: self.index,
            hook: self.hook,
            mode: mode.unwrap_or(self.attached.mode),
            program_id: self.attached.program_id,
            program_tag: self.attached.program_tag.clone(),
            link_id: self.attached.held.id(),
            attached: mode.is_some(),
            runs: runs::of(&self.attached.program),
            instead: instead.filter(|_| mode.is_none()),
        })
    }

    /// Another program where this one should be: of XDP there is only one.
    fn stranger_at(&self, interface: &Interface) -> Option<Stranger> {
        let id = interface.xdp.program();
        let id = id.filter(|id| self.hook.is_ingress() && *id != self.attached.program_id)?;
        let name = attach::program_name(id).unwrap_or_else(|_| "unnamed".to_owned());
        Some(Stranger { id, name })
    }

    /// How the kernel runs the program there, if it does.
    async fn mode_at(&self, interface: &Interface) -> Result<Option<Mode>, EngineError> {
        let id = self.attached.program_id;
        Ok(match (self.hook, interface.xdp) {
            (Hook::XdpIngress, XdpState::Native(found)) if found == id => Some(Mode::Native),
            (Hook::XdpIngress, XdpState::Generic(found)) if found == id => Some(Mode::Generic),
            (Hook::XdpIngress, _) => None,
            (Hook::TcEgress, _) => tc_attached(interface, &self.attached)
                .await?
                .then_some(self.attached.mode),
        })
    }
}

impl Engine {
    /// Attaches both hooks, or what of them is not attached.
    pub(super) async fn guard(&mut self, present: &Present) -> Result<(), EngineError> {
        let Present { asked, interface } = present;
        // A pin whose link holds nothing is in the way of the next one.
        self.clear_dead_links(interface.index)?;
        let at = self.objects_for(interface)?;
        let loaded = &mut self.objects[at];
        let pin = self.pins.link(Hook::XdpIngress, interface.index);
        let place = attach::Place {
            interface,
            choice: self.mode,
            pin: &pin,
        };
        let second = &mut self.second;
        let mut several_buffers = || second.as_mut().is_some_and(Second::several_buffers);
        let object = (&self.sources.xdp, &mut loaded.xdp);
        let xdp = attach_xdp(object, place, &mut several_buffers)?;
        let link = loaded.constants.link;
        let rehearses = canary::knows(&loaded.xdp, loaded.constants);
        let mut guarded = vec![(Hook::XdpIngress, xdp, rehearses)];
        if self.tc == TcChoice::Off {
            attach::remove_filter(interface).await?;
        } else {
            let pin = self.pins.link(Hook::TcEgress, interface.index);
            let source = (&self.sources.tc, &mut loaded.tc);
            let tc = attach_tc(source, interface, self.tc, &pin).await?;
            let rehearses = canary::knows(&loaded.tc, loaded.constants);
            guarded.push((Hook::TcEgress, tc, rehearses));
        }
        self.guarded.retain(|old| old.interface != *asked);
        let index = interface.index;
        let guarded = guarded
            .into_iter()
            .map(|(hook, attached, rehearses)| Guarded {
                interface: asked.clone(),
                index,
                hook,
                link,
                rehearses,
                attached,
            });
        self.guarded.extend(guarded);
        Ok(())
    }

    /// The objects for interfaces of this kind, loaded once.
    fn objects_for(&mut self, interface: &Interface) -> Result<usize, EngineError> {
        let constants = Constants {
            link: interface.link()?,
            loopback: interface.loopback,
            seed: self.header.seed,
            flow_room: self.header.flow_room,
            rehearsed: self.rehearsed,
        };
        let known = |loaded: &Loaded| loaded.constants == constants;
        if let Some(at) = self.objects.iter().position(known) {
            return Ok(at);
        }
        let pins = Some(self.pins.path());
        let xdp = self.sources.xdp.load(constants, pins)?;
        let tc = self.sources.tc.load(constants, pins)?;
        self.objects.push(Loaded { constants, xdp, tc });
        Ok(self.objects.len() - 1)
    }

    /// Detaches what an earlier daemon had attached and this one does not want.
    pub(super) async fn drop_others(&self) -> Result<(), EngineError> {
        let wanted = |link: &pins::PinnedLink| {
            let same = |one: &Guarded| one.index == link.index && one.hook == link.hook;
            self.guarded.iter().any(same)
        };
        for link in self.pins.links().iter().filter(|link| !wanted(link)) {
            pins::remove(&link.path).map_err(|error| self.pin_failed(&error))?;
            if link.hook == Hook::XdpIngress {
                remove_filter_at(link.index).await?;
            }
            tracing::info!(link = %link.path.display(), "detached what is not wanted any more");
        }
        Ok(())
    }

    fn pin_failed(&self, error: &io::Error) -> EngineError {
        EngineError::BpfFs {
            path: self.pins.path().to_path_buf(),
            reason: error.to_string(),
        }
    }

    /// Compares the interfaces that are there with those to be guarded: what is gone is let go,
    /// what is back, or was detached by somebody else, is attached. Answers with what is new.
    ///
    /// # Errors
    /// [`EngineError::Netlink`] where the kernel does not answer. That an interface cannot be
    /// guarded is an answer.
    pub async fn follow(&mut self) -> Result<Vec<Followed>, EngineError> {
        let mut news = Vec::new();
        for at in 0..self.wanted.len() {
            let name = self.wanted[at].name.clone();
            if self.is_guarded(&name).await? {
                self.wanted[at].told = None;
                continue;
            }
            let found = self.guard_again(&name).await?;
            if self.wanted[at].told.as_ref() != Some(&found) {
                news.push(found.clone());
            }
            self.wanted[at].told = Some(found);
        }
        Ok(news)
    }

    async fn is_guarded(&self, name: &str) -> Result<bool, EngineError> {
        let mut hooks = 0;
        for guarded in self.guarded.iter().filter(|one| one.interface == name) {
            hooks += usize::from(guarded.read_back().await?.attached);
        }
        let wanted = match self.tc {
            TcChoice::Off => 1,
            TcChoice::Auto | TcChoice::Clsact => 2,
        };
        Ok(hooks == wanted)
    }

    async fn guard_again(&mut self, name: &str) -> Result<Followed, EngineError> {
        let interface = name.to_owned();
        let there = match Interface::find(name).await {
            Ok(there) => there,
            Err(EngineError::NoInterface { .. }) => {
                self.let_go(name)?;
                return Ok(Followed::Gone { interface });
            }
            Err(error) => return Err(error),
        };
        self.let_go(name)?;
        let pin = self.pins.link(Hook::XdpIngress, there.index);
        let attached = match refuse_to_replace(&there, &pin) {
            Ok(()) => {
                let asked = name.to_owned();
                self.clear_dead_links(there.index)?;
                let present = Present {
                    asked,
                    interface: there,
                };
                self.guard(&present).await
            }
            Err(error) => Err(error),
        };
        Ok(match attached {
            Ok(()) => Followed::Guarded { interface },
            Err(error) => Followed::Refused {
                interface,
                reason: error.to_string(),
            },
        })
    }

    /// Removes the pins of links that hold nothing; what was guarded stays on the list, so that
    /// its absence shows.
    fn let_go(&self, name: &str) -> Result<(), EngineError> {
        let gone = self.guarded.iter().filter(|one| one.interface == name);
        gone.map(|one| one.index)
            .try_for_each(|index| self.clear_dead_links(index))
    }

    fn clear_dead_links(&self, index: u32) -> Result<(), EngineError> {
        for hook in [Hook::XdpIngress, Hook::TcEgress] {
            let link = self.pins.link(hook, index);
            if matches!(link.state(), Ok(None)) {
                pins::remove(&link.path).map_err(|error| self.pin_failed(&error))?;
            }
        }
        Ok(())
    }
}
