// SPDX-License-Identifier: MIT OR GPL-2.0-only
//! What the host's own sockets know of a packet (Linux 5.2).

use aegis_core::cookie::{self, Cookie, Request};
use aegis_core::pending::Pending;
use aegis_core::tables::Socket;
use aegis_core::tuple::is_v6;
use aya_ebpf::bindings::{bpf_sock, bpf_sock_tuple};
use aya_ebpf::helpers::generated::{
    bpf_sk_lookup_udp, bpf_sk_release, bpf_skc_lookup_tcp, bpf_tcp_check_syncookie,
    bpf_tcp_gen_syncookie,
};
use core::ffi::c_void;
use core::mem::zeroed;

/// The network namespace of the interface (`BPF_F_CURRENT_NETNS`).
const THIS_NAMESPACE: u64 = u64::MAX;
/// Sizes of the union's members, by which the helper tells the family.
const V4_SIZE: u32 = 12;
const V6_SIZE: u32 = 36;

/// Socket states (`include/net/tcp_states.h`).
mod state {
    pub const SYN_SENT: u32 = 2;
    pub const SYN_RECEIVED: u32 = 3;
    pub const TIME_WAIT: u32 = 6;
    pub const CLOSED: u32 = 7;
    pub const LISTENING: u32 = 10;
    pub const REQUESTED: u32 = 12;
}

/// The tuple of a packet that arrived, in network order.
struct Lookup {
    tuple: bpf_sock_tuple,
    size: u32,
}

#[inline(always)]
fn word(bytes: &[u8; 16], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u32; 4] {
    [
        word(bytes, 0),
        word(bytes, 4),
        word(bytes, 8),
        word(bytes, 12),
    ]
}

impl Lookup {
    #[inline(always)]
    fn of(pending: &Pending) -> Self {
        let from = &pending.tuple;
        // SAFETY: a union of integers.
        let mut tuple: bpf_sock_tuple = unsafe { zeroed() };
        let (source, destination) = (from.peer_port.to_be(), from.local_port.to_be());
        if is_v6(from) {
            // SAFETY: every member of the union is plain integers.
            let v6 = unsafe { &mut tuple.__bindgen_anon_1.ipv6 };
            v6.saddr = words(&from.peer);
            v6.daddr = words(&from.local);
            (v6.sport, v6.dport) = (source, destination);
            let size = V6_SIZE;
            Self { tuple, size }
        } else {
            // SAFETY: as above.
            let v4 = unsafe { &mut tuple.__bindgen_anon_1.ipv4 };
            (v4.saddr, v4.daddr) = (word(&from.peer, 0), word(&from.local, 0));
            (v4.sport, v4.dport) = (source, destination);
            let size = V4_SIZE;
            Self { tuple, size }
        }
    }

    #[inline(always)]
    fn tcp(mut self, context: *mut c_void) -> *mut bpf_sock {
        // SAFETY: the tuple is as long as its size says; the result is checked and released.
        unsafe { bpf_skc_lookup_tcp(context, &raw mut self.tuple, self.size, THIS_NAMESPACE, 0) }
    }

    #[inline(always)]
    fn udp(mut self, context: *mut c_void) -> *mut bpf_sock {
        // SAFETY: as above.
        unsafe { bpf_sk_lookup_udp(context, &raw mut self.tuple, self.size, THIS_NAMESPACE, 0) }
    }
}

#[inline(always)]
fn release(socket: *mut bpf_sock) {
    // SAFETY: a socket that was looked up, once.
    unsafe { bpf_sk_release(socket.cast()) };
}

/// What the TCP sockets say of a packet.
#[inline(never)]
pub fn of_connection(context: *mut c_void, pending: &Pending) -> Socket {
    let socket = Lookup::of(pending).tcp(context);
    if socket.is_null() {
        return Socket::None;
    }
    // SAFETY: checked, and not yet released.
    let state = unsafe { (*socket).state };
    release(socket);
    match state {
        state::LISTENING => Socket::Listening,
        state::SYN_SENT | state::SYN_RECEIVED | state::TIME_WAIT | state::REQUESTED => {
            Socket::Unproven
        }
        state::CLOSED => Socket::None,
        _ => Socket::Connected,
    }
}

/// Whether a UDP socket waits for a packet.
#[inline(never)]
pub fn is_awaited(context: *mut c_void, pending: &Pending) -> bool {
    let socket = Lookup::of(pending).udp(context);
    if socket.is_null() {
        return false;
    }
    release(socket);
    true
}

/// Headers with as much in them as a SYN cookie is made of.
#[repr(C)]
struct Headers {
    ip: [u32; 10],
    tcp: [u32; 5],
}

impl Headers {
    #[inline(always)]
    fn of(pending: &Pending) -> Self {
        let (from, numbers) = (&pending.tuple, pending.numbers());
        let mut ip = [0; 10];
        if is_v6(from) {
            ip[0] = 0x6000_0000_u32.to_be();
            let mut at = 0;
            while at < 4 {
                ip[2 + at] = word(&from.peer, at * 4);
                ip[6 + at] = word(&from.local, at * 4);
                at += 1;
            }
        } else {
            ip[0] = 0x4500_0000_u32.to_be();
            ip[3] = word(&from.peer, 0);
            ip[4] = word(&from.local, 0);
        }
        let ports = u32::from(from.peer_port) << 16 | u32::from(from.local_port);
        let flags = u32::from(pending.flags().0) | 5 << 12;
        let tcp = [
            ports.to_be(),
            numbers.sequence.to_be(),
            numbers.acknowledgement.to_be(),
            (flags << 16).to_be(),
            0,
        ];
        Self { ip, tcp }
    }
}

/// Whether an acknowledgement carries a valid cookie of the listener that it is for.
#[inline(never)]
pub fn carries_cookie(context: *mut c_void, pending: &Pending) -> bool {
    let socket = Lookup::of(pending).tcp(context);
    if socket.is_null() {
        return false;
    }
    let mut headers = Headers::of(pending);
    let length = if is_v6(&pending.tuple) { 40 } else { 20 };
    // SAFETY: both headers are as long as is said; the kernel checks the socket's state.
    let verdict = unsafe {
        bpf_tcp_check_syncookie(
            socket.cast(),
            headers.ip.as_mut_ptr().cast(),
            length,
            headers.tcp.as_mut_ptr().cast(),
            20,
        )
    };
    release(socket);
    verdict == 0
}

/// The kernel's cookie for a SYN; `None` where nobody listens, or the queue of who does has room.
#[inline(never)]
pub fn cookie(context: *mut c_void, pending: &Pending, request: Request) -> Option<Cookie> {
    let socket = Lookup::of(pending).tcp(context);
    if socket.is_null() {
        return None;
    }
    let mut ip = Headers::of(pending).ip;
    let mut tcp = cookie::asked(pending, request);
    // SAFETY: both headers are as long as is said; the kernel checks the socket's state.
    let made = unsafe {
        bpf_tcp_gen_syncookie(
            socket.cast(),
            ip.as_mut_ptr().cast(),
            cookie::header_of(pending) as u32,
            tcp.as_mut_ptr().cast(),
            cookie::SEGMENT as u32,
        )
    };
    release(socket);
    (made >= 0).then_some(Cookie {
        sequence: made as u32,
        segment_size: (made >> 32) as u16,
    })
}
