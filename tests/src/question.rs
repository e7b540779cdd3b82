// SPDX-License-Identifier: MIT
//! One question over UDP, as a client puts it.

use aegis_testbed::{Host, Result};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

/// Asks a service from a port of `host` that is new, and that anybody may answer for as long as
/// `patience`.
///
/// # Errors
/// When the namespace is gone.
///
/// # Panics
/// When no port is free, or there is no way to the service.
pub fn ask(host: &Host, service: SocketAddr, patience: Duration) -> Result<UdpSocket> {
    let any = if service.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = host
        .enter(|| UdpSocket::bind(any))?
        .expect("a port is free");
    socket
        .set_read_timeout(Some(patience))
        .expect("it is not zero");
    socket
        .send_to(b"question", service)
        .expect("there is a way");
    Ok(socket)
}
