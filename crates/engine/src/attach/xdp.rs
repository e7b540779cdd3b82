// SPDX-License-Identifier: MIT
//! XDP ingress: in the driver, else in the stack.

use super::{Attached, Held, identity, refused};
use crate::EngineError;
use crate::attachment::Mode;
use crate::error::one_line;
use crate::extack::driver_refusal;
use crate::interface::Interface;
use crate::object::Object;
use crate::options::ModeChoice;
use aegis_abi::names::program;
use aya::Ebpf;
use aya::programs::{Program, ProgramError, Xdp, XdpMode};
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

/// Attaches the ingress program of `ebpf` to an interface; the one for packets in several buffers
/// only where it may be.
pub(crate) fn attach_xdp(
    (object, ebpf): (&Object, &mut Ebpf),
    interface: &Interface,
    choice: ModeChoice,
    several_buffers: bool,
) -> Result<Attached, EngineError> {
    let only = object.program_name(ebpf, program::INGRESS, |program| {
        matches!(program, Program::Xdp(_))
    })?;
    let mut first_refusal = None;
    for (name, mode) in ATTEMPTS {
        let name = if only == program::INGRESS {
            name
        } else {
            only.as_str()
        };
        let wanted = match choice {
            ModeChoice::Auto => true,
            ModeChoice::Native => mode == Mode::Native,
            ModeChoice::Generic => mode == Mode::Generic,
        };
        let possible = several_buffers || name != program::INGRESS_FRAGS;
        let Some(program) = ebpf.program_mut(name).filter(|_| wanted && possible) else {
            continue;
        };
        match attempt(name, program, interface, mode)? {
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
    interface: &Interface,
    mode: Mode,
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
    let flags = if mode == Mode::Native {
        XdpMode::Driver
    } else {
        XdpMode::Skb
    };
    let attached = match xdp.attach_to_if_index(interface.index, flags) {
        Ok(id) => xdp.take_link(id),
        Err(error) if is_gone(&error) => {
            return Err(EngineError::NoInterface {
                name: interface.name.clone(),
            });
        }
        Err(error) => return Ok(Err(explain(xdp, interface, mode, &error))),
    };
    let held = attached.map_err(|error| one_line(&error));
    let held = held.and_then(|link| Held::of_xdp(link).map_err(|error| one_line(&error)));
    Ok(held.and_then(|held| {
        let (program_id, program_tag) = identity(xdp.info())?;
        Ok(Attached {
            held,
            mode,
            program_id,
            program_tag,
        })
    }))
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

/// One XDP program a device: a stranger's is never replaced.
pub(crate) fn refuse_to_replace(interface: &Interface) -> Result<(), EngineError> {
    let Some(id) = interface.xdp.program() else {
        return Ok(());
    };
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

/// The name of a loaded program.
fn program_name(id: u32) -> Result<String, EngineError> {
    const EPERM: i32 = 1;
    for info in aya::programs::loaded_programs() {
        match info {
            Ok(info) if info.id() == id => {
                return Ok(info.name_as_str().unwrap_or("unnamed").to_owned());
            }
            Err(error) if os_error(&error) == Some(EPERM) => return Err(EngineError::NotPermitted),
            Ok(_) | Err(_) => {}
        }
    }
    Ok("unnamed".to_owned())
}
