// SPDX-License-Identifier: MIT
//! A frame that is sent over and over, each time from another source: as many flows as a test asks for.
//!
//! Flow number *n* of a template with *s* sources comes from source number *n* mod *s*, on port number *n* / *s*.
//! Source number *i* is *i* addresses after that of the template; over IPv6 it is *i* networks of 64 bits after it,
//! as an attacker's addresses are worth no more than his network. Checksums follow each change (RFC 1624).

use crate::error::{Error, Result};

/// First source port of a flow; the ports below are those of services.
const FIRST_PORT: u64 = 1_024;
/// Source ports of one source.
const PORTS: u64 = 65_536 - FIRST_PORT;
/// Where the EtherType is, and where the packet begins.
const ETHERTYPE: usize = 12;
const NETWORK: usize = 14;
/// Protocol numbers (IANA).
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
/// From the start of a TCP header (RFC 9293, 3.1) to its numbers and to data offset and flags.
const SEQUENCE: usize = 4;
const ACKNOWLEDGEMENT: usize = 8;
const FLAGS: usize = 12;
/// Flags of TCP.
const SYN: u16 = 0x002;
const ACK: u16 = 0x010;

/// Where things are in a frame.
#[derive(Clone, Copy, Debug)]
struct Layout {
    source: usize,
    /// Bytes of an address.
    address: usize,
    transport: usize,
    protocol: u8,
    checksum: usize,
}

impl Layout {
    /// Of an untagged frame with TCP, UDP or an ICMP echo right behind the IP header, which has no options.
    fn of(frame: &[u8]) -> Option<Self> {
        let ip = frame.get(NETWORK..)?;
        let (source, address, transport, protocol) = match frame[ETHERTYPE..NETWORK] {
            [0x08, 0x00] if *ip.first()? == 0x45 => (26, 4, 34, *ip.get(9)?),
            [0x86, 0xdd] => (22, 16, 54, *ip.get(6)?),
            _ => return None,
        };
        let (checksum, header) = match protocol {
            TCP => (16, 20),
            UDP => (6, 8),
            ICMP | ICMPV6 => (2, 8),
            _ => return None,
        };
        (frame.len() >= transport + header).then_some(Self {
            source,
            address,
            transport,
            protocol,
            checksum: transport + checksum,
        })
    }

    /// Where the words are that tell sources apart: of an IPv6 address the two in front of its host part.
    fn source_number(&self) -> usize {
        if self.address == 4 {
            self.source
        } else {
            self.source + 4
        }
    }

    /// Where the source port is; of an echo, the identifier.
    fn port(&self) -> usize {
        match self.protocol {
            TCP | UDP => self.transport,
            _ => self.transport + 4,
        }
    }

    /// Writes a word and corrects the checksums that cover it.
    fn put(&self, frame: &mut [u8], at: usize, new: u16) {
        let old = word(frame, at);
        frame[at..at + 2].copy_from_slice(&new.to_be_bytes());
        let in_ip = at < self.transport;
        if in_ip && self.address == 4 {
            adjust(frame, NETWORK + 10, old, new);
        }
        // ICMP over IPv4 alone has no pseudo-header.
        if !in_ip || self.protocol != ICMP {
            adjust(frame, self.checksum, old, new);
        }
        if self.protocol == UDP && word(frame, self.checksum) == 0 {
            // Zero would say that there is no checksum (RFC 768).
            frame[self.checksum..self.checksum + 2].fill(0xff);
        }
    }

    fn put_long(&self, frame: &mut [u8], at: usize, new: u32) {
        self.put(frame, at, (new >> 16) as u16);
        self.put(frame, at + 2, new as u16);
    }
}

/// A frame of an untagged Ethernet whose source varies.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    frame: Vec<u8>,
    layout: Layout,
    sources: u64,
}

impl Template {
    /// Flows like this frame from `sources` sources.
    pub(crate) fn new(frame: &[u8], sources: u32) -> Result<Self> {
        let layout = Layout::of(frame).ok_or_else(|| Error::Unreadable {
            what: "an untagged frame with TCP, UDP or an ICMP echo".to_owned(),
            text: format!("{frame:02x?}"),
        })?;
        Ok(Self {
            frame: frame.to_vec(),
            layout,
            sources: u64::from(sources.max(1)),
        })
    }

    /// Bytes of the frame.
    pub(crate) fn length(&self) -> usize {
        self.frame.len()
    }

    /// Flows that can be told apart.
    pub(crate) fn flows(&self) -> u64 {
        self.sources * PORTS
    }

    /// True when flows are TCP connections.
    pub(crate) fn is_tcp(&self) -> bool {
        self.layout.protocol == TCP
    }

    /// Appends the frame of this flow.
    pub(crate) fn append(&self, flow: u64, frames: &mut Vec<u8>) {
        let begin = frames.len();
        frames.extend(&self.frame);
        let (frame, layout) = (&mut frames[begin..], &self.layout);
        let source = long(frame, layout.source_number()).wrapping_add((flow % self.sources) as u32);
        layout.put_long(frame, layout.source_number(), source);
        let port = FIRST_PORT + flow / self.sources % PORTS;
        layout.put(frame, layout.port(), port as u16);
    }

    /// The flow that `frame` goes back to; `None` when it answers none of ours.
    pub(crate) fn answered(&self, frame: &[u8]) -> Option<u64> {
        let (ours, theirs) = (&self.layout, Layout::of(frame)?);
        let (source, target) = (theirs.source, theirs.source + theirs.address);
        let sent_to = &self.frame[ours.source + ours.address..ours.transport];
        if theirs.protocol != ours.protocol || frame[source..target] != *sent_to {
            return None;
        }
        let base = long(&self.frame, ours.source_number());
        let number = long(frame, ours.source_number() + ours.address).wrapping_sub(base);
        let port = match ours.protocol {
            TCP | UDP => word(frame, theirs.transport + 2),
            _ => word(frame, theirs.port()),
        };
        let port = u64::from(port).checked_sub(FIRST_PORT)?;
        (u64::from(number) < self.sources).then_some(port * self.sources + u64::from(number))
    }

    /// True when `frame` goes where the frames of this template go.
    pub(crate) fn is_like(&self, frame: &[u8]) -> bool {
        let ours = &self.layout;
        let target = ours.source + ours.address..ours.transport;
        Layout::of(frame).is_some_and(|theirs| theirs.protocol == ours.protocol)
            && frame[target.clone()] == self.frame[target]
    }
}

/// The next step of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The answer to a request or to a SYN.
    Answer,
    /// The acknowledgement of a SYN-ACK: the handshake is done on our side.
    Confirm,
    /// Nothing is left to say: the handshake is done on the other side too.
    Silence,
}

/// Appends what comes next after `received`, to its sender.
pub(crate) fn reply(received: &[u8], replies: &mut Vec<u8>) -> Step {
    let Some(layout) = Layout::of(received) else {
        return Step::Silence;
    };
    let at = layout.transport;
    if layout.protocol == TCP && word(received, at + FLAGS) & SYN == 0 {
        return Step::Silence;
    }
    let begin = replies.len();
    replies.extend(received);
    let frame = &mut replies[begin..];
    turn(frame, &layout);
    match layout.protocol {
        TCP => return acknowledge(frame, &layout),
        // Echo reply (RFC 792; RFC 4443, 4.2), its code zero.
        ICMP => layout.put(frame, at, 0),
        ICMPV6 => layout.put(frame, at, 129 << 8),
        _ => {}
    }
    Step::Answer
}

/// Exchanges sender and receiver, which changes no checksum.
fn turn(frame: &mut [u8], layout: &Layout) {
    frame[..ETHERTYPE].rotate_left(6);
    frame[layout.source..layout.transport].rotate_left(layout.address);
    if matches!(layout.protocol, TCP | UDP) {
        frame[layout.transport..layout.transport + 4].rotate_left(2);
    }
}

fn acknowledge(frame: &mut [u8], layout: &Layout) -> Step {
    let at = layout.transport;
    let flags = word(frame, at + FLAGS);
    let (sequence, acknowledged) = (
        long(frame, at + SEQUENCE),
        long(frame, at + ACKNOWLEDGEMENT),
    );
    layout.put_long(frame, at + ACKNOWLEDGEMENT, sequence.wrapping_add(1));
    let (step, next, sent) = if flags & ACK == 0 {
        (Step::Answer, !sequence, SYN | ACK)
    } else {
        (Step::Confirm, acknowledged, ACK)
    };
    layout.put_long(frame, at + SEQUENCE, next);
    layout.put(frame, at + FLAGS, flags & 0xf000 | sent);
    step
}

fn word(frame: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([frame[at], frame[at + 1]])
}

fn long(frame: &[u8], at: usize) -> u32 {
    u32::from(word(frame, at)) << 16 | u32::from(word(frame, at + 2))
}

/// Equation 3 of RFC 1624.
fn adjust(frame: &mut [u8], at: usize, old: u16, new: u16) {
    let sum = u32::from(!word(frame, at)) + u32::from(!old) + u32::from(new);
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = ((sum & 0xffff) + (sum >> 16)) as u16;
    frame[at..at + 2].copy_from_slice(&(!sum).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_core::emit::Frame;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const US: Ipv4Addr = Ipv4Addr::new(198, 18, 255, 254);
    const THEM: Ipv4Addr = Ipv4Addr::new(10, 66, 1, 99);
    const US_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0xfffe, 0, 0, 0, 1);
    const THEM_V6: Ipv6Addr = Ipv6Addr::new(0xfd66, 1, 0, 0, 0, 0, 0, 0x99);

    fn there() -> Frame {
        Frame::ethernet([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
    }

    fn back() -> Frame {
        Frame::ethernet([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
    }

    fn flow(template: &Template, number: u64) -> Vec<u8> {
        let mut frame = Vec::new();
        template.append(number, &mut frame);
        frame
    }

    fn answer(frame: &[u8]) -> (Vec<u8>, Step) {
        let mut replies = Vec::new();
        let step = reply(frame, &mut replies);
        (replies, step)
    }

    #[test]
    fn a_flow_differs_from_its_template_in_source_port_and_checksums_alone() {
        let template = there().ipv4(US, THEM).udp(7, 53).payload(b"abc").bytes();
        let template = Template::new(&template, 10).unwrap();
        let third = Ipv4Addr::from_bits(US.to_bits() + 3);
        let expected = there().ipv4(third, THEM).udp(1_026, 53).payload(b"abc");
        assert_eq!(flow(&template, 23), expected.bytes());
        let template = there().ipv6(US_V6, THEM_V6).tcp(7, 80, "S").bytes();
        let template = Template::new(&template, 10).unwrap();
        let third = Ipv6Addr::from_bits(US_V6.to_bits() + (3 << 64));
        let expected = there().ipv6(third, THEM_V6).tcp(1_026, 80, "S");
        assert_eq!(flow(&template, 23), expected.bytes());
    }

    #[test]
    fn an_answer_goes_back_to_the_flow_it_belongs_to() {
        let frames = [
            there().ipv4(US, THEM).udp(7, 53).bytes(),
            there().ipv6(US_V6, THEM_V6).udp(7, 53).bytes(),
            there().ipv4(US, THEM).tcp(7, 80, "S").bytes(),
            there().ipv6(US_V6, THEM_V6).icmp(128, 0).bytes(),
            there().ipv4(US, THEM).icmp(8, 0).bytes(),
        ];
        for frame in frames {
            let template = Template::new(&frame, 1_000).unwrap();
            for number in [0, 1, 999, 1_000, 123_456, 1_000 * PORTS - 1] {
                let asked = flow(&template, number);
                assert!(template.is_like(&asked));
                let (answered, step) = answer(&asked);
                assert_eq!(step, Step::Answer);
                assert_eq!(
                    template.answered(&answered),
                    Some(number),
                    "{answered:02x?}"
                );
            }
        }
    }

    #[test]
    fn answers_are_what_a_stack_would_send() {
        let asked = there().ipv4(US, THEM).udp(7, 53).payload(b"abc").bytes();
        let expected = back().ipv4(THEM, US).udp(53, 7).payload(b"abc").bytes();
        assert_eq!(answer(&asked), (expected, Step::Answer));
        let asked = there().ipv6(US_V6, THEM_V6).icmp_with(128, 0, [1, 2, 3, 4]);
        let expected = back().ipv6(THEM_V6, US_V6).icmp_with(129, 0, [1, 2, 3, 4]);
        assert_eq!(answer(&asked.bytes()), (expected.bytes(), Step::Answer));
    }

    #[test]
    fn a_handshake_takes_three_segments() {
        let syn = there().ipv4(US, THEM).tcp(4_000, 80, "S").bytes();
        let (syn_ack, first) = answer(&syn);
        let (ack, second) = answer(&syn_ack);
        assert_eq!((first, second), (Step::Answer, Step::Confirm));
        assert_eq!(answer(&ack), (Vec::new(), Step::Silence));
        let numbers = |frame: &[u8]| (long(frame, 38), long(frame, 42), word(frame, 46) & 0xfff);
        let (ours, _, _) = numbers(&syn);
        let (theirs, acknowledged, flags) = numbers(&syn_ack);
        assert_eq!((acknowledged, flags), (ours.wrapping_add(1), SYN | ACK));
        let last = (ours.wrapping_add(1), theirs.wrapping_add(1), ACK);
        assert_eq!(numbers(&ack), last);
    }

    #[test]
    fn a_frame_of_another_kind_is_no_template() {
        let tagged = there().vlan(5).ipv4(US, THEM).udp(7, 53).bytes();
        let optional = there().ipv4(US, THEM).options(&[1]).udp(7, 53).bytes();
        for frame in [tagged, optional, there().arp(US, THEM).bytes(), vec![0; 9]] {
            assert!(Template::new(&frame, 1).is_err(), "{frame:02x?}");
        }
    }
}
