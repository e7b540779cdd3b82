// SPDX-License-Identifier: MIT
//! The floods of real tools: hping3 over IPv4, trafgen over IPv6, which hping3 does not know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Flooding, Sender, ToolSender, within_time};
use crate::error::{Error, Result};
use crate::link::Link;

/// What a flood consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloodKind {
    /// TCP SYN: `hping3 -S`.
    Syn,
    /// TCP ACK: `hping3 -A`.
    Ack,
    /// UDP without payload: `hping3 -2`.
    Udp,
    /// ICMP echo requests: `hping3 -1`; trafgen makes none that is sound.
    Icmp,
}

/// A flood from end `a` of a link to be begun: from the address of that end to port 80, for at most five seconds.
#[derive(Clone, Debug)]
#[must_use = "call start() to flood"]
pub struct Flood<'a> {
    link: &'a Link,
    target: IpAddr,
    kind: FloodKind,
    port: u16,
    random_sources: bool,
    seconds: u64,
}

impl<'a> Flood<'a> {
    /// A flood of `target`, which is at end `b` of the link or behind it.
    pub fn new(link: &'a Link, target: IpAddr, kind: FloodKind) -> Self {
        Self {
            link,
            target,
            kind,
            port: 80,
            random_sources: false,
            seconds: 5,
        }
    }

    /// Destination port of TCP and UDP.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Every packet claims another source: any at all over IPv4 (`--rand-source`), a network of `2001:db8::/32` over
    /// IPv6. The target needs a route to them to answer at all, see [`Port::route_all_through`](crate::Port::route_all_through).
    pub fn random_sources(mut self) -> Self {
        self.random_sources = true;
        self
    }

    /// Most seconds it may take.
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// Begins.
    ///
    /// # Errors
    /// [`Error::MissingTool`] without the tool, [`Error::OutOfBounds`] for too long a time, [`Error::Unsupported`] for
    /// ICMPv6: take a [`RawFlood`](super::RawFlood).
    pub fn start(&self) -> Result<Flooding> {
        let seconds = within_time(self.seconds)?.to_string();
        let (program, args, count): (_, _, fn(&str) -> Option<u64>) = match self.target {
            IpAddr::V4(target) => ("hping3", self.hping(target), |said| {
                number_before(said, " packets transmitted")
            }),
            IpAddr::V6(target) => ("trafgen", self.trafgen(target)?, |said| {
                number_before(said, " packets outgoing")
            }),
        };
        let host = self.link.a.host();
        let program = crate::find_tool(program)?.display().to_string();
        let before = self.link.a.packets()?.sent;
        // `timeout` ends the tool even when nobody is left who could.
        let mut line = vec!["-s", "INT", "-k", "2", &seconds, &program];
        line.extend(args.iter().map(String::as_str));
        Ok(Flooding::by(Sender::Tool(ToolSender {
            process: host.spawn("timeout", &line)?,
            count,
            port: self.link.a.clone(),
            before,
        })))
    }

    fn hping(&self, target: Ipv4Addr) -> Vec<String> {
        let port = self.port.to_string();
        let kind: &[&str] = match self.kind {
            FloodKind::Syn => &["-S", "-p", &port],
            FloodKind::Ack => &["-A", "-p", &port],
            FloodKind::Udp => &["-2", "-p", &port],
            FloodKind::Icmp => &["-1"],
        };
        let sources: &[&str] = if self.random_sources {
            &["--rand-source"]
        } else {
            &[]
        };
        let target = target.to_string();
        let parts = [&["-n", "-q", "--flood"], kind, sources, &[&target]];
        parts.concat().into_iter().map(str::to_owned).collect()
    }

    fn trafgen(&self, target: Ipv6Addr) -> Result<Vec<String>> {
        let (port, ports) = (self.port, "sp=drnd(1024,65535)");
        let transport = match self.kind {
            FloodKind::Syn => format!("tcp({ports}, dp={port}, seq=drnd(), win=64240, syn)"),
            FloodKind::Ack => format!("tcp({ports}, dp={port}, seq=drnd(), win=64240, ack)"),
            FloodKind::Udp => format!("udp({ports}, dp={port})"),
            FloodKind::Icmp => {
                let what = "an ICMPv6 flood by trafgen, whose checksums are wrong,".to_owned();
                return Err(Error::Unsupported { what });
            }
        };
        let (a, b) = (&self.link.a, &self.link.b);
        let source = if self.random_sources {
            let network = [4, 5, 6, 7].map(|at| format!("sa[{at}]=drnd()"));
            format!("sa=2001:db8::1, {}", network.join(", "))
        } else {
            format!("sa={}", a.v6())
        };
        let ethernet = format!("eth(sa={}, da={})", a.mac(), b.mac());
        let network = format!("ipv6({source}, da={target}, hl=64)");
        let packet = format!("{{ {ethernet}, {network}, {transport} }}");
        Ok(["-P", "1", "-o", a.name(), &packet]
            .map(str::to_owned)
            .into())
    }
}

/// The number right before `words`.
fn number_before(said: &str, words: &str) -> Option<u64> {
    let (before, _) = said.split_once(words)?;
    before.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_both_tools_are_read() {
        let hping =
            "--- 10.0.0.1 hping statistic ---\n138096 packets transmitted, 0 packets received";
        assert_eq!(number_before(hping, " packets transmitted"), Some(138_096));
        let trafgen = "\n     1167951 packets outgoing\n    86428374 bytes outgoing\n";
        assert_eq!(number_before(trafgen, " packets outgoing"), Some(1_167_951));
        assert_eq!(number_before("nothing", " packets outgoing"), None);
    }
}
