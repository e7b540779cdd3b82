// SPDX-License-Identifier: MIT
//! TC egress: by TCX, else by a filter of a clsact qdisc.

use super::{Attached, Held, identity, refused};
use crate::EngineError;
use crate::attachment::Mode;
use crate::error::one_line;
use crate::interface::{AbortOnDrop, Interface};
use crate::object::Object;
use crate::options::TcChoice;
use aegis_abi::names::program;
use aya::Ebpf;
use aya::programs::links::{Link, LinkOrder};
use aya::programs::tc::{
    NlOptions, SchedClassifierLink, TcAttachOptions, TcHandle, qdisc_add_clsact,
};
use aya::programs::{Program, ProgramError, SchedClassifier, TcAttachType};
use futures_util::TryStreamExt;
use netlink_packet_route::tc::{TcAttribute, TcFilterBpfOption, TcMessage, TcOption};

const HOOK: &str = "TC egress";

/// Before other filters of the qdisc, and findable among them.
const PRIORITY: u16 = 1;
const HANDLE: TcHandle = TcHandle::new(0, 0xae61);

/// Attaches the egress program of `ebpf` to an interface.
pub(crate) fn attach_tc(
    (object, ebpf): (&Object, &mut Ebpf),
    interface: &Interface,
    choice: TcChoice,
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
    let Some(Program::SchedClassifier(classifier)) = ebpf.program_mut(&name) else {
        return Err(failed(format!("{name} is no TC program")));
    };
    if classifier.fd().is_err() {
        classifier.load().map_err(|error| refused(&name, &error))?;
    }
    let attached = match choice {
        TcChoice::Clsact => by_filter(classifier, interface),
        TcChoice::Auto | TcChoice::Off => by_link(classifier, interface).or_else(|error| {
            tracing::debug!(interface = interface.name, %error, "no TCX here, trying clsact");
            by_filter(classifier, interface)
        }),
    };
    let (link, mode) = attached.map_err(|error| failed(one_line(&error)))?;
    let held = if mode == Mode::Tcx {
        as_link(link).map_err(failed)?
    } else {
        Held::Filter(link)
    };
    let (program_id, program_tag) = identity(classifier.info()).map_err(failed)?;
    Ok(Attached {
        held,
        mode,
        program_id,
        program_tag,
    })
}

fn as_link(link: SchedClassifierLink) -> Result<Held, String> {
    link.try_into()
        .map(Held::Link)
        .map_err(|error: aya::programs::links::LinkError| one_line(&error))
}

fn by_link(
    classifier: &mut SchedClassifier,
    interface: &Interface,
) -> Result<(SchedClassifierLink, Mode), ProgramError> {
    let options = TcAttachOptions::TcxOrder(LinkOrder::first());
    let id = classifier.attach_with_options(&interface.name, TcAttachType::Egress, options)?;
    Ok((classifier.take_link(id)?, Mode::Tcx))
}

fn by_filter(
    classifier: &mut SchedClassifier,
    interface: &Interface,
) -> Result<(SchedClassifierLink, Mode), ProgramError> {
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
    let id = classifier.attach_with_options(&interface.name, TcAttachType::Egress, options)?;
    Ok((classifier.take_link(id)?, Mode::Clsact))
}

/// Removes the filter of a daemon that was killed: unlike a link, a filter outlives its owner, with
/// the bans of then, whatever way to egress the next daemon takes.
///
/// Only a filter with our handle and our program's name is ours. That no daemon lives is known: one
/// that does has XDP attached, and is found out before.
pub(crate) async fn remove_orphan(interface: &Interface) -> Result<(), EngineError> {
    if our_filter(interface).await?.is_none() {
        return Ok(());
    }
    let name = &interface.name;
    let failed = |reason: String| EngineError::Attach {
        hook: HOOK,
        interface: name.clone(),
        reason: format!("the filter of a killed daemon is still there: {reason}"),
        remedy: format!("; remove it: tc filter del dev {name} egress prio {PRIORITY}"),
    };
    let at = TcAttachType::Egress;
    SchedClassifierLink::attached(name, at, PRIORITY, HANDLE, None)
        .map_err(|error| failed(error.to_string()))?
        .detach()
        .map_err(|error| failed(one_line(&error)))?;
    tracing::warn!(
        interface = name,
        "removed the filter of a daemon that was killed"
    );
    Ok(())
}

/// Whether the kernel runs the program at an interface's egress.
pub(crate) async fn tc_attached(
    interface: &Interface,
    mode: Mode,
    program_id: u32,
) -> Result<bool, EngineError> {
    if mode == Mode::Clsact {
        return Ok(our_filter(interface).await? == Some(program_id));
    }
    let attached = SchedClassifier::query_tcx(&interface.name, TcAttachType::Egress);
    Ok(attached.is_ok_and(|(_, programs)| programs.iter().any(|info| info.id() == program_id)))
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
