// SPDX-License-Identifier: MIT
//! tun devices: an interface without Ethernet header whose wire is a file the test holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Addresses, LinkOptions, MacAddr, Port};
use crate::error::{Doing, Error, Result};
use crate::host::{Host, RUN_LIMIT};
use crate::lab::Lab;
use crate::process::{self, find_tool};
use crate::sys;

const DEVICE: &str = "/dev/net/tun";
/// Longest packet a tun device can carry.
const MAX_PACKET: usize = 65_535 + 18;

/// Options of a tun device that is not there yet.
#[derive(Debug)]
#[must_use = "call up() to make the device"]
pub struct TunBuilder<'lab> {
    lab: &'lab Lab,
    host: Host,
    name: String,
    mtu: Option<u32>,
}

impl<'lab> TunBuilder<'lab> {
    pub(crate) fn new(lab: &'lab Lab, host: &Host, name: &str) -> Self {
        Self {
            lab,
            host: host.clone(),
            name: name.to_owned(),
            mtu: None,
        }
    }

    /// Largest IP packet, in bytes.
    pub fn mtu(mut self, mtu: u32) -> Self {
        self.mtu = Some(mtu);
        self
    }

    /// Makes the device and sets it up; it lives as long as the returned handle.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the kernel has no tun driver, otherwise with the message of what failed.
    pub fn up(self) -> Result<Tun> {
        let net = self.lab.next_net();
        let file = open(&self.host, &self.name, Kind::Packets)?;
        let addresses = Addresses::numbered(net, 1);
        let mac = MacAddr::new([0; 6]);
        let port = Port {
            host: self.host,
            name: self.name,
            mac,
            addresses,
        };
        if let Some(mtu) = self.mtu {
            port.host
                .ip(&["link", "set", "dev", port.name(), "mtu", &mtu.to_string()])?;
        }
        port.raise(&LinkOptions {
            quiet: true,
            ..LinkOptions::default()
        })?;
        Ok(Tun {
            port,
            far: Addresses::numbered(net, 2),
            file,
        })
    }
}

/// A tun device. The test is the far side: it reads what the host sends and writes what the host receives.
#[derive(Debug)]
pub struct Tun {
    port: Port,
    far: Addresses,
    file: File,
}

impl Tun {
    /// The device in its host.
    #[must_use]
    pub fn port(&self) -> &Port {
        &self.port
    }

    /// IPv4 address the host believes is on the far side.
    #[must_use]
    pub fn far_v4(&self) -> Ipv4Addr {
        self.far.v4()
    }

    /// IPv6 address the host believes is on the far side.
    #[must_use]
    pub fn far_v6(&self) -> Ipv6Addr {
        self.far.v6()
    }

    /// Lets the host receive one IP packet.
    ///
    /// # Errors
    /// [`Error::Io`] when the device is gone or down, or the packet has no IP version.
    pub fn send(&self, packet: &[u8]) -> Result<()> {
        (&self.file)
            .write_all(packet)
            .doing(|| format!("write to {}", self.port.name))
    }

    /// Next IP packet the host sent; `None` when none comes within `timeout`.
    ///
    /// # Errors
    /// [`Error::Io`] when the device is gone.
    pub fn receive(&self, timeout: Duration) -> Result<Option<Vec<u8>>> {
        read_packet(&self.file, timeout).doing(|| format!("read from {}", self.port.name))
    }
}

/// What passes through the file of a tun device.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// IP packets.
    Packets,
    /// Ethernet frames.
    Frames,
}

/// Creates a tun or tap device in a host; the file is its wire.
pub(super) fn open(host: &Host, name: &str, kind: Kind) -> Result<File> {
    make_device_file()?;
    let flags = match kind {
        Kind::Packets => libc::IFF_TUN,
        Kind::Frames => libc::IFF_TAP,
    };
    let created = host.enter(|| {
        let mut how = OpenOptions::new();
        let file = how
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(DEVICE)?;
        sys::create_tun(&file, name, flags | libc::IFF_NO_PI)?;
        Ok(file)
    })?;
    created.map_err(|error: io::Error| match error.raw_os_error() {
        Some(libc::ENODEV | libc::ENXIO) => Error::Unsupported {
            what: "a tun device".to_owned(),
        },
        _ => Error::Io {
            what: format!("create tun device {name}"),
            source: error,
        },
    })
}

/// Reads one packet or frame.
pub(super) fn read_packet(mut file: &File, timeout: Duration) -> io::Result<Option<Vec<u8>>> {
    if !sys::wait_readable(file.as_raw_fd(), timeout)? {
        return Ok(None);
    }
    let mut packet = vec![0; MAX_PACKET];
    match file.read(&mut packet) {
        Ok(length) => {
            packet.truncate(length);
            Ok(Some(packet))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Containers often lack the device file although the kernel has the driver.
fn make_device_file() -> Result<()> {
    if Path::new(DEVICE).exists() {
        return Ok(());
    }
    std::fs::create_dir_all("/dev/net").doing(|| "create /dev/net".to_owned())?;
    let mut command = Command::new(find_tool("mknod")?);
    command.args([DEVICE, "c", "10", "200"]);
    match process::run(command, RUN_LIMIT)?.success() {
        // Another test may have made it in between.
        Err(error) if !Path::new(DEVICE).exists() => Err(error),
        _ => Ok(()),
    }
}
