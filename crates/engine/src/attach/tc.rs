// SPDX-License-Identifier: MIT
//! TC egress: by TCX, else by a filter of a clsact qdisc.

use super::{Attached, Held, identity, refused};
use crate::EngineError;
use crate::attachment::Mode;
use crate::error::one_line;
use crate::interface::{AbortOnDrop, Interface};
use crate::object::Object;
use crate::options::TcChoice;
use crate::pins::PinnedLink;
use crate::second;
use aegis_abi::names::program;
use aya::Ebpf;
use aya::programs::links::{self, FdLink, Link, LinkError, LinkOrder};
use aya::programs::tc::{
    NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle, qdisc_add_clsact,
};
use aya::programs::{Program, SchedClassifier, TcAttachType};
use futures_util::TryStreamExt;
use netlink_packet_route::tc::{TcAttribute, TcFilterBpfOption, TcMessage, TcOption};

const HOOK: &str = "TC egress";

/// Before other filters of the qdisc, and findable among them.
const PRIORITY: u16 = 1;
const HANDLE: TcHandle = TcHandle::new(0, 0xae61);

/// What is at an interface's egress already that is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Link,
    Filter,
}

/// Attaches the egress program of `ebpf` to an interface. Where one of ours stands already, it is
/// replaced, and the way it is attached stays.
pub(crate) async fn attach_tc(
    (object, ebpf): (&Object, &mut Ebpf),
    interface: &Interface,
    choice: TcChoice,
    pin: &PinnedLink,
) -> Result<Attached, EngineError> {
    let name = object.program_name(ebpf, program::EGRESS, |program| {
        matches!(program, Program::SchedClassifier(_))
    })?;
    let failed = |reason| EngineError::Attach {
        hook: HOOK,
        interface: interface.name.clone(),
        reason,
        remedy: "; to guard arrivals only: --no-tc".to_owned(),
    };
    let found = find(interface, pin).await?;
    let Some(Program::SchedClassifier(classifier)) = ebpf.program_mut(&name) else {
        return Err(failed(format!("{name} is no TC program")));
    };
    if classifier.fd().is_err() {
        classifier.load().map_err(|error| refused(&name, &error))?;
    }
    let attached = match (found, choice) {
        (Found::Link, _) => replace_link(classifier, pin),
        (Found::Filter, _) => replace_filter(classifier, interface),
        (Found::Nothing, TcChoice::Clsact) => by_filter(classifier, interface),
        (Found::Nothing, TcChoice::Auto | TcChoice::Off) => by_link(classifier, interface, pin)
            .or_else(|error| {
                tracing::debug!(interface = interface.name, %error, "no TCX here, trying clsact");
                by_filter(classifier, interface)
            }),
    };
    let (held, mode) = attached.map_err(failed)?;
    let (program_id, program_tag) = identity(classifier.info()).map_err(failed)?;
    Ok(Attached {
        held,
        mode,
        program_id,
        program_tag,
        program: second::copy(classifier.fd()).map_err(|error| failed(one_line(&error)))?,
    })
}

async fn find(interface: &Interface, pin: &PinnedLink) -> Result<Found, EngineError> {
    if pin.state().ok().flatten().is_some() {
        return Ok(Found::Link);
    }
    let filter = our_filter(interface).await?;
    Ok(filter.map_or(Found::Nothing, |_| Found::Filter))
}

fn replace_link(
    classifier: &mut SchedClassifier,
    pin: &PinnedLink,
) -> Result<(Held, Mode), String> {
    let standing = links::PinnedLink::from_pin(&pin.path).map_err(|error| one_line(&error))?;
    let link = SchedClassifierLink::try_from(FdLink::from(standing));
    let link = link.map_err(|error| one_line(&error))?;
    let replaced = classifier.attach_to_link(link);
    let replaced = replaced.and_then(|id| classifier.take_link(id));
    replaced.map_err(|error| one_line(&error))?;
    Ok((Held::Link(pin.clone()), Mode::Tcx))
}

fn replace_filter(
    classifier: &mut SchedClassifier,
    interface: &Interface,
) -> Result<(Held, Mode), String> {
    let standing = standing_filter(interface)?;
    let replaced = classifier.attach_to_link(standing);
    let replaced = replaced.and_then(|id| classifier.take_link(id));
    replaced.map(leave).map_err(|error| one_line(&error))
}

fn by_link(
    classifier: &mut SchedClassifier,
    interface: &Interface,
    pin: &PinnedLink,
) -> Result<(Held, Mode), String> {
    let options = TcAttachOptions::TcxOrder(LinkOrder::first());
    let at = TcAttachType::Egress;
    let attached = classifier.attach_with_options(&interface.name, at, options);
    let link = attached.and_then(|id| classifier.take_link(id));
    let link: Result<FdLink, LinkError> = link.map_err(|error| one_line(&error))?.try_into();
    let link = link.map_err(|error| one_line(&error))?;
    Ok((Held::pinned(link, pin.clone())?, Mode::Tcx))
}

fn by_filter(
    classifier: &mut SchedClassifier,
    interface: &Interface,
) -> Result<(Held, Mode), String> {
    // It may be there already, which the next call finds out better than this one's error does.
    if let Err(error) = qdisc_add_clsact(&interface.name) {
        tracing::debug!(interface = interface.name, %error, "clsact was not added");
    }
    let options = NlOptions {
        priority: PRIORITY,
        handle: HANDLE,
        ..Default::default()
    };
    let options = TcAttachOptions::Netlink(options);
    let at = TcAttachType::Egress;
    let attached = classifier.attach_with_options(&interface.name, at, options);
    let link = attached.and_then(|id| classifier.take_link(id));
    link.map(leave).map_err(|error| one_line(&error))
}

/// Dropping aya's link would remove the filter, which is to stay whatever becomes of this process.
fn leave(link: SchedClassifierLink) -> (Held, Mode) {
    std::mem::forget(link);
    (Held::Filter, Mode::Clsact)
}

fn standing_filter(interface: &Interface) -> Result<SchedClassifierLink, String> {
    let at = TcAttachType::Egress;
    SchedClassifierLink::attached(&interface.name, at, PRIORITY, HANDLE, None)
        .map_err(|error| error.to_string())
}

/// Removes our filter from an interface's egress; whether there was one.
pub(crate) async fn remove_filter(interface: &Interface) -> Result<bool, EngineError> {
    if our_filter(interface).await?.is_none() {
        return Ok(false);
    }
    let name = &interface.name;
    let removed = standing_filter(interface)
        .and_then(|filter| filter.detach().map_err(|error| one_line(&error)));
    removed
        .map(|()| true)
        .map_err(|reason| EngineError::Attach {
            hook: HOOK,
            interface: name.clone(),
            reason: format!("the filter of an earlier daemon is still there: {reason}"),
            remedy: format!("; remove it: tc filter del dev {name} egress prio {PRIORITY}"),
        })
}

/// Removes the filter of a daemon whose tables are gone: unlike a link, a filter outlives them,
/// with the bans of then.
///
/// Only a filter with our handle and our program's name is ours. That no daemon lives is known: one
/// that does has XDP attached, and is found out before.
pub(crate) async fn remove_orphan(interface: &Interface) -> Result<(), EngineError> {
    if remove_filter(interface).await? {
        let interface = &interface.name;
        tracing::warn!(interface, "removed the filter of a daemon that was killed");
    }
    Ok(())
}

/// Whether the kernel runs the program at an interface's egress.
pub(crate) async fn tc_attached(
    interface: &Interface,
    attached: &Attached,
) -> Result<bool, EngineError> {
    let program = attached.program_id;
    match &attached.held {
        Held::Filter => Ok(our_filter(interface).await? == Some(program)),
        Held::Link(pin) => {
            let state = pin.state().ok().flatten();
            Ok(state.is_some_and(|state| state.program == program))
        }
    }
}

/// The id of the program in the filter with our handle and name at an interface's egress.
async fn our_filter(interface: &Interface) -> Result<Option<u32>, EngineError> {
    let failed = |reason| EngineError::Netlink {
        subject: format!("filters of {}", interface.name),
        reason,
    };
    let (connection, handle, _) =
        rtnetlink::new_connection().map_err(|error| failed(error.to_string()))?;
    let _connection = AbortOnDrop(tokio::spawn(connection));
    let index = i32::try_from(interface.index).unwrap_or(0);
    let mut filters = handle.traffic_filter(index).get().egress().execute();
    loop {
        match filters.try_next().await {
            Ok(Some(filter)) => {
                if let Some(id) = program_of(&filter) {
                    return Ok(Some(id));
                }
            }
            // No qdisc, no filters.
            Ok(None) | Err(rtnetlink::Error::NetlinkError(_)) => return Ok(None),
            Err(error) => return Err(failed(one_line(&error))),
        }
    }
}

/// The id of our program, if the filter is ours.
fn program_of(filter: &TcMessage) -> Option<u32> {
    let handle = filter.header.handle;
    if TcHandle::new(handle.major, handle.minor) != HANDLE {
        return None;
    }
    let options = filter
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            TcAttribute::Options(options) => Some(options),
            _ => None,
        })?;
    let ours = options.iter().any(|option| {
        matches!(option, TcOption::Bpf(TcFilterBpfOption::ProgName(name)) if name.starts_with(program::EGRESS))
    });
    let id = options.iter().find_map(|option| match option {
        TcOption::Bpf(TcFilterBpfOption::ProgId(id)) => Some(*id),
        _ => None,
    });
    id.filter(|_| ours)
}
