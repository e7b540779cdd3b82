// SPDX-License-Identifier: MIT
//! Attaching: in the best way an interface allows, and never over somebody else's program.

mod tc;
mod xdp;

use crate::attachment::Mode;
use crate::error::one_line;
use crate::pins::PinnedLink;
use aya::programs::ProgramFd;
use aya::programs::links::FdLink;

pub(crate) use tc::{attach_tc, remove_filter, remove_orphan, tc_attached};
pub(crate) use xdp::{Place, attach_xdp, program_name, refuse_to_replace};

/// What keeps a program attached.
#[derive(Debug)]
pub(crate) enum Held {
    /// A bpf_link, which its pin holds too: programs stay when this process ends.
    Link(PinnedLink),
    /// A filter of a clsact qdisc, which stays until somebody removes it.
    Filter,
}

impl Held {
    /// Pins a link that was made just now.
    fn pinned(link: FdLink, pin: PinnedLink) -> Result<Self, String> {
        let pinned = link.pin(&pin.path);
        pinned.map_err(|error| one_line(&error))?;
        Ok(Self::Link(pin))
    }

    /// The bpf_link's id.
    pub(crate) fn id(&self) -> Option<u32> {
        match self {
            Self::Link(pin) => pin.state().ok().flatten().map(|state| state.id),
            Self::Filter => None,
        }
    }
}

/// A program that was attached just now.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) held: Held,
    pub(crate) mode: Mode,
    pub(crate) program_id: u32,
    pub(crate) program_tag: String,
    /// The program, for having it judge frames.
    pub(crate) program: ProgramFd,
}

/// What identifies a loaded program.
fn identity(
    info: Result<aya::programs::ProgramInfo, aya::programs::ProgramError>,
) -> Result<(u32, String), String> {
    let info = info.map_err(|error| one_line(&error))?;
    Ok((info.id(), format!("{:016x}", info.tag())))
}

/// A load error with the verifier's last words, which say what it minds.
pub(crate) fn refused(program: &str, error: &aya::programs::ProgramError) -> crate::EngineError {
    use aya::programs::ProgramError;
    let reason = match error {
        ProgramError::LoadError { io_error, .. }
            if io_error.kind() == std::io::ErrorKind::PermissionDenied
                && io_error.raw_os_error() == Some(1) =>
        {
            return crate::EngineError::NotPermitted;
        }
        ProgramError::LoadError {
            io_error,
            verifier_log,
        } => {
            let log = verifier_log.to_string();
            let last = log
                .lines()
                .rev()
                .map(str::trim)
                .find(|line| is_complaint(line));
            format!(
                "{io_error}: {}",
                last.unwrap_or("the verifier says no more")
            )
        }
        other => one_line(other),
    };
    crate::EngineError::Load {
        program: program.to_owned(),
        reason,
    }
}

/// The verifier ends with statistics; what it minds stands before them.
fn is_complaint(line: &str) -> bool {
    const STATISTICS: [&str; 4] = [
        "processed ",
        "verification time",
        "stack depth",
        "max_states",
    ];
    !line.is_empty() && !STATISTICS.iter().any(|start| line.starts_with(start))
}
