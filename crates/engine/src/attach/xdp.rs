// SPDX-License-Identifier: MIT
//! XDP ingress: in the driver, else in the stack.

use super::{Attached, Held, identity, refused};
use crate::EngineError;
use crate::attachment::Mode;
use crate::error::one_line;
use crate::extack::driver_refusal;
use crate::interface::{Interface, XdpState};
use crate::object::Object;
use crate::options::ModeChoice;
use crate::pins::PinnedLink;
use crate::second;
use aegis_abi::names::program;
use aya::Ebpf;
use aya::programs::xdp::XdpLink;
use aya::programs::{Program, ProgramError, Xdp, XdpMode, links};
use rustix::thread::{CapabilitySet, capabilities};
use std::os::fd::{AsFd, AsRawFd};

const HOOK: &str = "XDP";

/// Attempts, best first: one buffer costs least, several are needed for large MTUs. In the stack
/// only the program for one buffer is right: for it the kernel makes packets linear, while the
/// first of several buffers may end within the headers.
const ATTEMPTS: [(&str, Mode); 3] = [
    (program::INGRESS, Mode::Native),
    (program::INGRESS_FRAGS, Mode::Native),
    (program::INGRESS, Mode::Generic),
];

/// Where and how to attach.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) interface: &'a Interface,
    pub(crate) choice: ModeChoice,
    /// The link's pin. Where the link stands already, its program is replaced, and the way it is
    /// attached stays: no packet passes in between.
    pub(crate) pin: &'a PinnedLink,
}

impl Place<'_> {
    /// The way in which a link of ours stands there, if one does.
    fn standing(&self) -> Option<Mode> {
        let state = self.pin.state().ok().flatten()?;
        match self.interface.xdp {
            XdpState::Native(id) if id == state.program => Some(Mode::Native),
            XdpState::Generic(id) if id == state.program => Some(Mode::Generic),
            _ => None,
        }
    }

    fn allows(&self, mode: Mode, standing: Option<Mode>) -> bool {
        match (standing, self.choice) {
            (Some(standing), _) => standing == mode,
            (None, ModeChoice::Auto) => true,
            (None, ModeChoice::Native) => mode == Mode::Native,
            (None, ModeChoice::Generic) => mode == Mode::Generic,
        }
    }
}

/// Attaches the ingress program of `ebpf` to an interface; the one for packets in several buffers
/// only where it may be.
pub(crate) fn attach_xdp(
    (object, ebpf): (&Object, &mut Ebpf),
    place: Place<'_>,
    several_buffers: &mut dyn FnMut() -> bool,
) -> Result<Attached, EngineError> {
    let only = object.program_name(ebpf, program::INGRESS, |program| {
        matches!(program, Program::Xdp(_))
    })?;
    let interface = place.interface;
    let standing = place.standing();
    let mut first_refusal = None;
    for (name, mode) in ATTEMPTS {
        let name = if only == program::INGRESS {
            name
        } else {
            only.as_str()
        };
        // Only asked where it comes to that: it may mean loading more.
        let wanted =
            place.allows(mode, standing) && (name != program::INGRESS_FRAGS || several_buffers());
        let Some(program) = ebpf.program_mut(name).filter(|_| wanted) else {
            continue;
        };
        match attempt(name, program, place, (mode, standing.is_some()))? {
            Ok(attached) => return Ok(attached),
            Err(reason) => {
                tracing::debug!(interface = interface.name, name, ?mode, reason, "refused");
                first_refusal.get_or_insert(reason);
            }
        }
    }
    let reason = first_refusal.unwrap_or_else(|| "no program fits".to_owned());
    let remedy = remedy(interface, &reason);
    Err(EngineError::Attach {
        hook: HOOK,
        interface: interface.name.clone(),
        reason,
        remedy,
    })
}

/// One way to attach: the outer error ends the search, the inner one says why to try the next.
fn attempt(
    name: &str,
    program: &mut Program,
    place: Place<'_>,
    (mode, replaces): (Mode, bool),
) -> Result<Result<Attached, String>, EngineError> {
    let Program::Xdp(xdp) = program else {
        return Ok(Err(format!("{name} is no XDP program")));
    };
    if xdp.fd().is_err()
        && let Err(error) = xdp.load()
    {
        let single_buffer = name != program::INGRESS_FRAGS;
        let error = refused(name, &error);
        // Linux before 5.18 knows nothing of several buffers.
        return if single_buffer {
            Err(error)
        } else {
            Ok(Err(error.to_string()))
        };
    }
    let held = if replaces {
        replace(xdp, place.pin)
    } else {
        create(xdp, place, mode)?
    };
    Ok(held.and_then(|held| {
        let (program_id, program_tag) = identity(xdp.info())?;
        Ok(Attached {
            held,
            mode,
            program_id,
            program_tag,
            program: second::copy(xdp.fd()).map_err(|error| one_line(&error))?,
        })
    }))
}

/// Puts the program in the place of the one that a standing link holds.
fn replace(xdp: &mut Xdp, pin: &PinnedLink) -> Result<Held, String> {
    let standing = links::PinnedLink::from_pin(&pin.path).map_err(|error| one_line(&error))?;
    let link = XdpLink::try_from(links::FdLink::from(standing));
    let link = link.map_err(|error| one_line(&error))?;
    let replaced = xdp.attach_to_link(link).and_then(|id| xdp.take_link(id));
    replaced.map_err(|error| one_line(&error))?;
    Ok(Held::Link(pin.clone()))
}

fn create(
    xdp: &mut Xdp,
    place: Place<'_>,
    mode: Mode,
) -> Result<Result<Held, String>, EngineError> {
    let interface = place.interface;
    let flags = if mode == Mode::Native {
        XdpMode::Driver
    } else {
        XdpMode::Skb
    };
    let link = match xdp.attach_to_if_index(interface.index, flags) {
        Ok(id) => xdp.take_link(id),
        Err(error) if is_gone(&error) => {
            return Err(EngineError::NoInterface {
                name: interface.name.clone(),
            });
        }
        Err(error) => return Ok(Err(explain(xdp, interface, mode, &error))),
    };
    let link = link.map_err(|error| one_line(&error)).and_then(|link| {
        let link: Result<links::FdLink, links::LinkError> = link.try_into();
        link.map_err(|error| one_line(&error))
    });
    Ok(link.and_then(|link| Held::pinned(link, place.pin.clone())))
}

fn os_error(error: &ProgramError) -> Option<i32> {
    match error {
        ProgramError::SyscallError(error) => error.io_error.raw_os_error(),
        _ => None,
    }
}

fn is_gone(error: &ProgramError) -> bool {
    const ENODEV: i32 = 19;
    os_error(error) == Some(ENODEV)
}

/// The kernel's own words, else its error number's.
fn explain(xdp: &Xdp, interface: &Interface, mode: Mode, error: &ProgramError) -> String {
    let words = match (mode, xdp.fd()) {
        (Mode::Native, Ok(fd)) => {
            driver_refusal(interface.index, fd.as_fd().as_raw_fd()).unwrap_or_default()
        }
        _ => None,
    };
    let number = one_line(error);
    match words {
        Some(words) => format!("{words} ({number})"),
        None => number,
    }
}

/// A command for the refusals that users meet most.
fn remedy(interface: &Interface, reason: &str) -> String {
    let name = &interface.name;
    let lower = reason.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if any(&["mtu", "too large", "page"]) {
        format!(
            "; its MTU is {}: ip link set dev {name} mtu 1500, or use --xdp-mode generic",
            interface.mtu
        )
    } else if any(&["queue", "channel", "ring"]) {
        format!("; give it fewer queues: ethtool -L {name} combined 1")
    } else if any(&["lro", "gro", "offload", "rsc"]) {
        format!("; turn the offload off: ethtool -K {name} lro off rx-gro-hw off")
    } else if any(&["not supported"]) {
        "; the driver has no native XDP: use --xdp-mode generic".to_owned()
    } else {
        String::new()
    }
}

/// One XDP program a device: a stranger's is never replaced, and ours only by its link.
pub(crate) fn refuse_to_replace(
    interface: &Interface,
    ours: &PinnedLink,
) -> Result<(), EngineError> {
    let Some(id) = interface.xdp.program() else {
        return Ok(());
    };
    if ours
        .state()
        .ok()
        .flatten()
        .is_some_and(|link| link.program == id)
    {
        return Ok(());
    }
    let program = program_name(id)?;
    let name = interface.name.clone();
    // The kernel keeps 15 bytes of a name.
    if program.starts_with(&program::INGRESS[..13]) {
        Err(EngineError::AlreadyGuarded {
            interface: name,
            id,
        })
    } else {
        Err(EngineError::ForeignProgram {
            interface: name,
            program,
            id,
        })
    }
}

/// Whether this thread has the right to load programs at all (capabilities(7)).
fn may_load() -> bool {
    let needed = CapabilitySet::BPF.union(CapabilitySet::NET_ADMIN);
    capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// The name of a loaded program, where this thread may ask for it.
pub(crate) fn program_name(id: u32) -> Result<String, EngineError> {
    const EPERM: i32 = 1;
    for info in aya::programs::loaded_programs() {
        match info {
            Ok(info) if info.id() == id => {
                return Ok(info.name_as_str().unwrap_or("unnamed").to_owned());
            }
            // Names are for CAP_SYS_ADMIN, which whoever may load programs need not have.
            Err(error) if os_error(&error) == Some(EPERM) && may_load() => break,
            Err(error) if os_error(&error) == Some(EPERM) => return Err(EngineError::NotPermitted),
            Ok(_) | Err(_) => {}
        }
    }
    Ok("unnamed".to_owned())
}
