// SPDX-License-Identifier: MIT
//! VLAN sub-interfaces, one tag (802.1Q or 802.1ad) or several (QinQ), on both ends of a link.
//!
//! Kernels built without `CONFIG_VLAN_8021Q` cannot make them. There a tap device takes the place of each
//! sub-interface, and two threads carry frames between it and the parent, putting tags on and taking them
//! off. Frames on the wire are the same: XDP on the parent sees the tags in the frame, and TC egress sees
//! them too. The one difference: a packet socket reads before TC *ingress*, so TC ingress on the parent cannot
//! keep a frame from such a tap; XDP can.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Addresses, Link, LinkOptions, Port, tun};
use crate::error::{Error, Result};
use crate::lab::{self, Lab};
use crate::raw::RawSocket;

/// Deepest stack of tags.
pub const MAX_TAGS: usize = 4;
/// Bytes before the first tag: two hardware addresses.
const TAGS_AT: usize = 12;
/// Bytes of a tag.
const TAG_LEN: usize = 4;
/// How often a carrying thread looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);

/// One VLAN tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VlanTag {
    /// IEEE 802.1Q customer tag (TPID 0x8100) with this VLAN number.
    Customer(u16),
    /// IEEE 802.1ad service tag (TPID 0x88a8) with this VLAN number.
    Service(u16),
}

impl VlanTag {
    /// VLAN number, 12 bits.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Customer(id) | Self::Service(id) => id & 0x0fff,
        }
    }

    /// Tag protocol identifier, host order.
    #[must_use]
    pub const fn tpid(self) -> u16 {
        match self {
            Self::Customer(_) => 0x8100,
            Self::Service(_) => 0x88a8,
        }
    }

    /// The tag as it stands in a frame: identifier, then priority 0 and the number.
    #[must_use]
    pub const fn bytes(self) -> [u8; 4] {
        let ([a, b], [c, d]) = (self.tpid().to_be_bytes(), self.id().to_be_bytes());
        [a, b, c, d]
    }

    const fn protocol(self) -> &'static str {
        match self {
            Self::Customer(_) => "802.1Q",
            Self::Service(_) => "802.1ad",
        }
    }
}

/// Options of VLAN sub-interfaces that are not there yet.
#[derive(Debug)]
#[must_use = "call up() to make the sub-interfaces"]
pub struct VlanBuilder<'lab> {
    lab: &'lab Lab,
    link: Link,
    tags: Vec<VlanTag>,
    options: LinkOptions,
}

impl<'lab> VlanBuilder<'lab> {
    pub(crate) fn new(lab: &'lab Lab, link: &Link) -> Self {
        let options = LinkOptions::default();
        Self {
            lab,
            link: link.clone(),
            tags: Vec::new(),
            options,
        }
    }

    /// Adds a tag inside those named before: the first named is the outermost.
    pub fn tag(mut self, tag: VlanTag) -> Self {
        self.tags.push(tag);
        self
    }

    /// No frame but those the test causes, as for a veth pair.
    pub fn quiet(mut self) -> Self {
        self.options.quiet = true;
        self
    }

    /// Makes the sub-interfaces, named `eth0.5` or `eth0.5.7`, with addresses of a network of their own.
    ///
    /// # Errors
    /// [`Error::OutOfBounds`] for no tag or more than [`MAX_TAGS`], otherwise with the message of what failed.
    pub fn up(self) -> Result<Link> {
        let depth = self.tags.len();
        if depth == 0 || depth > MAX_TAGS {
            let (asked, limit) = (depth as u64, MAX_TAGS as u64);
            return Err(Error::OutOfBounds {
                what: "a stack of VLAN tags",
                asked,
                limit,
            });
        }
        let net = self.lab.next_net();
        let a = self.end(&self.link.a, Addresses::numbered(net, 1))?;
        let b = self.end(&self.link.b, Addresses::numbered(net, 2))?;
        if self.options.quiet {
            lab::introduce(&[a.clone(), b.clone()])?;
        }
        Ok(Link { a, b })
    }

    fn end(&self, parent: &Port, addresses: Addresses) -> Result<Port> {
        let name = if Lab::supports("vlan") {
            kernel_stack(parent, &self.tags)?
        } else {
            self.carried(parent)?
        };
        let port = Port {
            host: parent.host.clone(),
            name,
            mac: parent.mac,
            addresses,
        };
        port.raise(&self.options)?;
        Ok(port)
    }

    /// A tap device with threads that carry its frames.
    fn carried(&self, parent: &Port) -> Result<String> {
        let name = sub_name(parent.name(), &self.tags);
        let tap = tun::open(&parent.host, &name, tun::Kind::Frames)?;
        let mac = parent.mac.to_string();
        let mtu = interface_mtu(parent)? - (TAG_LEN * self.tags.len()) as u32;
        let settings = ["address", &mac, "mtu", &mtu.to_string()];
        parent
            .host
            .ip(&[&["link", "set", "dev", &name][..], &settings].concat())?;
        self.lab
            .keep(Carrier::start(tap, parent.raw()?, &self.tags));
        Ok(name)
    }
}

/// One kernel sub-interface on top of another; the innermost, which has the addresses, is returned.
fn kernel_stack(parent: &Port, tags: &[VlanTag]) -> Result<String> {
    let mut below = parent.name().to_owned();
    for depth in 1..=tags.len() {
        let (name, tag) = (sub_name(parent.name(), &tags[..depth]), tags[depth - 1]);
        let kind = [
            "type",
            "vlan",
            "proto",
            tag.protocol(),
            "id",
            &tag.id().to_string(),
        ];
        let named = ["link", "add", "link", &below, "name", &name];
        parent.host.ip(&[&named[..], &kind].concat())?;
        if depth < tags.len() {
            parent.host.ip(&["link", "set", "dev", &name, "up"])?;
        }
        below = name;
    }
    Ok(below)
}

fn sub_name(parent: &str, tags: &[VlanTag]) -> String {
    tags.iter().fold(parent.to_owned(), |name, tag| {
        format!("{name}.{}", tag.id())
    })
}

fn interface_mtu(port: &Port) -> Result<u32> {
    let shown = port.host.ip(&["-o", "link", "show", "dev", port.name()])?;
    let mtu = shown
        .split_once(" mtu ")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    mtu.ok_or_else(|| Error::Unreadable {
        what: format!("MTU of {}", port.name()),
        text: shown,
    })
}

/// The threads that stand in for the kernel's VLAN driver.
#[derive(Debug)]
struct Carrier {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Carrier {
    fn start(tap: File, wire: RawSocket, tags: &[VlanTag]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tags: Arc<[u8]> = tags.iter().flat_map(|tag| tag.bytes()).collect();
        let (tap, wire) = (Arc::new(tap), Arc::new(wire));
        let out = {
            let (tap, wire) = (Arc::clone(&tap), Arc::clone(&wire));
            let (tags, stop) = (Arc::clone(&tags), Arc::clone(&stop));
            thread::spawn(move || carry_out(&tap, &wire, &tags, &stop))
        };
        let stopped = Arc::clone(&stop);
        let back = thread::spawn(move || carry_in(&tap, &wire, &tags, &stopped));
        Self {
            stop,
            threads: vec![out, back],
        }
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

fn carry_out(tap: &File, wire: &RawSocket, tags: &[u8], stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(Some(frame)) = tun::read_packet(tap, LOOK)
            && let Some(tagged) = put_on(&frame, tags)
        {
            // A full queue drops the frame, as a real wire would.
            drop(wire.send(&tagged));
        }
    }
}

fn carry_in(mut tap: &File, wire: &RawSocket, tags: &[u8], stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(Some(frame)) = wire.receive(LOOK)
            && let Some(untagged) = take_off(&frame, tags)
        {
            // As above.
            drop(tap.write(&untagged));
        }
    }
}

/// The frame with the tags between its addresses and its type.
fn put_on(frame: &[u8], tags: &[u8]) -> Option<Vec<u8>> {
    let (addresses, rest) = frame.split_at_checked(TAGS_AT)?;
    Some([addresses, tags, rest].concat())
}

/// The frame without these tags; `None` when it carries others. Priority bits do not matter.
fn take_off(frame: &[u8], tags: &[u8]) -> Option<Vec<u8>> {
    let (addresses, rest) = frame.split_at_checked(TAGS_AT)?;
    let (carried, rest) = rest.split_at_checked(tags.len())?;
    let same = carried
        .chunks(TAG_LEN)
        .zip(tags.chunks(TAG_LEN))
        .all(|(have, want)| {
            have[..2] == want[..2] && have[2] & 0x0f == want[2] && have[3] == want[3]
        });
    same.then(|| [addresses, rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_put_on_come_off_again_and_no_others_do() {
        let frame: Vec<u8> = (0..60).collect();
        let tags: Vec<u8> = [VlanTag::Service(100), VlanTag::Customer(7)]
            .iter()
            .flat_map(|t| t.bytes())
            .collect();
        let mut tagged = put_on(&frame, &tags).unwrap();
        assert_eq!(tagged[12..20], [0x88, 0xa8, 0, 100, 0x81, 0, 0, 7]);
        tagged[14] |= 0xe0;
        assert_eq!(take_off(&tagged, &tags), Some(frame.clone()));
        assert_eq!(take_off(&tagged, &VlanTag::Customer(100).bytes()), None);
        assert_eq!(take_off(&frame, &tags), None);
    }
}
