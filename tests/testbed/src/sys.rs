// SPDX-License-Identifier: MIT
//! The only module with `unsafe`: the system calls std does not offer, each wrapped into a safe function.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

mod batch;
mod program;

pub(crate) use batch::{receive_batch, send_batch};
pub(crate) use program::attach_passing_xdp;

/// Turns the `-1` of a system call into the error it stands for.
fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(answer)
    }
}

/// Moves the calling thread, and only it, into the network namespace behind `namespace`.
pub(crate) fn enter_network_namespace(namespace: &File) -> io::Result<()> {
    // SAFETY: setns takes no pointers; the descriptor is open for the length of the call.
    check(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// Index of an interface in the namespace of the calling thread.
pub(crate) fn interface_index(name: &str) -> io::Result<libc::c_int> {
    let name = CString::new(name)?;
    // SAFETY: `name` is a NUL-terminated string that outlives the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    if index == 0 {
        return Err(io::Error::last_os_error());
    }
    libc::c_int::try_from(index).map_err(io::Error::other)
}

/// Opens a socket in the namespace of the calling thread, closed on exec.
pub(crate) fn socket(
    family: libc::c_int,
    kind: libc::c_int,
    protocol: libc::c_int,
) -> io::Result<OwnedFd> {
    // SAFETY: socket takes no pointers.
    let fd = check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })?;
    // SAFETY: the descriptor is new and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets a socket option to a plain value.
pub(crate) fn set_option<T: Copy>(
    socket: &OwnedFd,
    level: libc::c_int,
    option: libc::c_int,
    value: &T,
) -> io::Result<()> {
    let length = mem::size_of::<T>() as libc::socklen_t;
    // SAFETY: pointer and length describe `value`, which outlives the call; the kernel only reads it.
    check(unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    })
    .map(drop)
}

/// The link-layer address that binds a packet socket to one interface and to every protocol.
fn link_layer_address(index: libc::c_int) -> libc::sockaddr_ll {
    // SAFETY: sockaddr_ll is plain integers; all zeroes is a valid value.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index;
    address
}

/// Binds a packet socket to the interface with this index.
pub(crate) fn bind_packet(socket: &OwnedFd, index: libc::c_int) -> io::Result<()> {
    let address = link_layer_address(index);
    let length = mem::size_of_val(&address) as libc::socklen_t;
    // SAFETY: pointer and length describe `address`, which outlives the call.
    check(unsafe {
        libc::bind(
            socket.as_raw_fd(),
            std::ptr::from_ref(&address).cast(),
            length,
        )
    })
    .map(drop)
}

/// Makes the interface take frames for other stations while the socket lives.
pub(crate) fn join_promiscuous(socket: &OwnedFd, index: libc::c_int) -> io::Result<()> {
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_option(
        socket,
        libc::SOL_PACKET,
        libc::PACKET_ADD_MEMBERSHIP,
        &request,
    )
}

/// Lets so many connections wait to be accepted; the socket listens already.
pub(crate) fn set_backlog(listener: RawFd, backlog: libc::c_int) -> io::Result<()> {
    // SAFETY: listen takes no pointers.
    check(unsafe { libc::listen(listener, backlog) }).map(drop)
}

/// Sends one datagram or frame whole.
pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: pointer and length describe `bytes`; the kernel only reads them.
    let sent = unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
    match usize::try_from(sent) {
        Ok(sent) if sent == bytes.len() => Ok(()),
        Ok(_) => Err(io::Error::other("the frame was sent in part")),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

/// VLAN tag that the kernel took off a frame before a packet socket saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StrippedTag {
    /// Tag protocol identifier, host order.
    pub(crate) tpid: u16,
    /// Priority, drop eligibility and VLAN number, host order.
    pub(crate) tci: u16,
}

/// Room for the one control message a packet socket sends along, aligned as `cmsghdr` wants it.
#[repr(align(8))]
struct ControlRoom([u8; 128]);

/// Receives one frame into `frame`: its length, and the tag the kernel stripped.
pub(crate) fn receive_packet(
    socket: &OwnedFd,
    frame: &mut [u8],
) -> io::Result<(usize, Option<StrippedTag>)> {
    let mut control = ControlRoom([0; 128]);
    let mut part = libc::iovec {
        iov_base: frame.as_mut_ptr().cast(),
        iov_len: frame.len(),
    };
    // SAFETY: msghdr is plain integers and pointers; all zeroes is a valid value.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len();
    // SAFETY: every pointer in `message` describes a live, exclusively borrowed buffer of the given length.
    let received = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_TRUNC) };
    let length = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    if length > frame.len() {
        return Err(io::Error::other(format!(
            "a frame of {length} bytes does not fit"
        )));
    }
    Ok((length, stripped_tag(&message)))
}

/// Looks for `PACKET_AUXDATA` among the control messages of a received frame.
fn stripped_tag(message: &libc::msghdr) -> Option<StrippedTag> {
    // SAFETY: the kernel filled `msg_control` and `msg_controllen`; the macros stay within them.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR return aligned headers within the control buffer.
        let current = unsafe { *header };
        if current.cmsg_level == libc::SOL_PACKET && current.cmsg_type == libc::PACKET_AUXDATA {
            // SAFETY: a PACKET_AUXDATA message carries one tpacket_auxdata; read_unaligned needs no alignment.
            let aux: libc::tpacket_auxdata = unsafe {
                libc::CMSG_DATA(header)
                    .cast::<libc::tpacket_auxdata>()
                    .read_unaligned()
            };
            let valid = aux.tp_status & libc::TP_STATUS_VLAN_VALID != 0;
            return valid.then(|| StrippedTag {
                tpid: tpid_of(&aux),
                tci: aux.tp_vlan_tci,
            });
        }
        // SAFETY: `header` is a header within the control buffer of `message`.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

/// Kernels that do not say which tag it was (before 3.14) knew 802.1Q only.
fn tpid_of(aux: &libc::tpacket_auxdata) -> u16 {
    if aux.tp_status & libc::TP_STATUS_VLAN_TPID_VALID != 0 {
        aux.tp_vlan_tpid
    } else {
        0x8100
    }
}

/// Waits until `fd` can be read; false when `timeout` passes first.
pub(crate) fn wait_readable(fd: RawFd, timeout: Duration) -> io::Result<bool> {
    let mut request = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    let millis = libc::c_int::try_from(timeout.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: `request` is one live pollfd and the count says so.
    match check(unsafe { libc::poll(&raw mut request, 1, millis) }) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes `tun` (an open `/dev/net/tun`) the device `name`, created in the namespace of the calling thread.
pub(crate) fn create_tun(tun: &File, name: &str, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: ifreq is integers and unions of them; all zeroes is a valid value.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "interface name too long",
        ));
    }
    for (slot, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *slot = byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: TUNSETIFF reads and writes one ifreq, which outlives the call.
    check(unsafe { libc::ioctl(tun.as_raw_fd(), libc::TUNSETIFF, &raw mut request) }).map(drop)
}

/// Sends `signal` to the process group whose leader is `leader`.
///
/// The caller started the leader and has not reaped it, so the number cannot belong to anybody else.
pub(crate) fn signal_group(leader: u32, signal: libc::c_int) -> io::Result<()> {
    let leader = libc::pid_t::try_from(leader).map_err(io::Error::other)?;
    // SAFETY: kill takes no pointers.
    check(unsafe { libc::kill(-leader, signal) }).map(drop)
}

/// Sends `signal` to one process.
pub(crate) fn signal_process(pid: u32, signal: libc::c_int) -> io::Result<()> {
    let pid = libc::pid_t::try_from(pid).map_err(io::Error::other)?;
    // SAFETY: kill takes no pointers.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// True when the child has ended, without reaping it: its number stays taken.
pub(crate) fn has_ended(pid: u32) -> io::Result<bool> {
    // SAFETY: siginfo_t is plain old data; all zeroes is a valid value.
    let mut state: libc::siginfo_t = unsafe { mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `state` is a live siginfo_t that only this call writes.
    check(unsafe { libc::waitid(libc::P_PID, pid, &raw mut state, options) })?;
    // SAFETY: waitid succeeded, so si_pid is set, or still zero when nothing has changed.
    Ok(unsafe { state.si_pid() } != 0)
}

/// Lets this process open so many files, as far as its hard limit goes.
pub(crate) fn raise_file_limit(wanted: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call writes one rlimit, which is exclusively borrowed.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) })?;
    if limit.rlim_cur >= wanted {
        return Ok(());
    }
    limit.rlim_cur = wanted.min(limit.rlim_max);
    // SAFETY: the call reads one rlimit, which outlives it.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }).map(drop)
}

/// True when this process runs with effective user 0.
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid takes no arguments and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Runs `action` when the process calls `exit`.
pub(crate) fn at_exit(action: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `action` is a function of the whole program's lifetime.
    let answer = unsafe { libc::atexit(action) };
    if answer == 0 {
        Ok(())
    } else {
        Err(io::Error::other("atexit refused the handler"))
    }
}

/// A pipe: reading end, writing end, both closed on exec; writing never blocks.
pub(crate) fn signal_pipe() -> io::Result<(File, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: pipe2 writes two descriptors into the array of two.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    // SAFETY: both descriptors are new and nobody else knows them.
    let (read, write) = unsafe { (File::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
    // SAFETY: fcntl with F_SETFL takes no pointers.
    check(unsafe { libc::fcntl(write.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok((read, write))
}

/// Writes one byte from a signal handler; write(2) is async-signal-safe.
pub(crate) fn write_byte(fd: RawFd, byte: u8) {
    // SAFETY: one readable byte; a full or closed pipe is harmless, the first byte already told the story.
    unsafe { libc::write(fd, std::ptr::from_ref(&byte).cast(), 1) };
}

/// Installs `handler` unless the program ignores the signal or has a handler of its own.
pub(crate) fn handle_if_default(
    signal: libc::c_int,
    handler: extern "C" fn(libc::c_int),
) -> io::Result<bool> {
    // SAFETY: sigaction is plain old data; all zeroes is a valid value.
    let mut old: libc::sigaction = unsafe { mem::zeroed() };
    // SAFETY: a null new action only reads the present one into `old`.
    check(unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut old) })?;
    if old.sa_sigaction != libc::SIG_DFL {
        return Ok(false);
    }
    // SAFETY: as above.
    let mut new: libc::sigaction = unsafe { mem::zeroed() };
    new.sa_sigaction = handler as *const () as libc::sighandler_t;
    new.sa_flags = libc::SA_RESTART;
    // SAFETY: `new` is a complete action whose handler calls async-signal-safe functions only.
    check(unsafe { libc::sigaction(signal, &raw const new, std::ptr::null_mut()) })?;
    Ok(true)
}

/// Gives the signal its default meaning back and sends it to this process, which ends by it.
pub(crate) fn end_by(signal: libc::c_int) -> io::Result<()> {
    // SAFETY: SIG_DFL is always a valid disposition.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    signal_process(std::process::id(), signal)
}
