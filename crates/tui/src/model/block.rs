// SPDX-License-Identifier: MIT
//! How to block: whom, for how long, and why.

use super::{Bans, further};
use crate::message::Change;
use aegis_api::{Ban, BanRequest, FlowFilter, Why};
use aegis_policy::{ParseError, Part, Port, Protocol, Remark, Target, parse_duration};
use std::net::IpAddr;
use tui_input::Input;

/// What a time without an end is called.
pub const FOR_GOOD: &str = "for good";
/// Times that can be chosen.
const TIMES: [&str; 4] = ["1h", "1d", "7d", FOR_GOOD];

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Question {
    /// Whom.
    #[default]
    Whom,
    /// What of it.
    What,
    /// For how long.
    HowLong,
    /// A note for people.
    Reason,
}

impl Question {
    /// Every one, from top to bottom.
    pub const ALL: [Self; 4] = [Self::Whom, Self::HowLong, Self::Reason, Self::What];

    /// What it is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Whom => "block",
            Self::What => "only",
            Self::HowLong => "for",
            Self::Reason => "because",
        }
    }
}

/// A choice among some, or something that is typed instead.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What can be chosen.
    pub options: Vec<String>,
    /// Which of them is; one more than there are: what is typed.
    pub chosen: usize,
    /// What is typed.
    pub typed: Input,
}

impl Choice {
    fn of(options: Vec<String>) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Whether what is typed counts.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.chosen >= self.options.len()
    }

    /// The one to the right, or to the left; it ends at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.options.len();
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    /// What is chosen, or typed.
    #[must_use]
    pub fn text(&self) -> &str {
        let option = self.options.get(self.chosen);
        option.map_or_else(|| self.typed.value().trim(), String::as_str)
    }
}

/// What of the connections at the moment a ban would hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hits {
    /// Connections that it would cut.
    pub connections: usize,
    /// Connections that there are.
    pub total: usize,
}

/// The dialog.
#[derive(Clone, Debug, Default)]
pub struct BlockDialog {
    /// What is being answered.
    pub question: Question,
    /// Whom.
    pub whom: Choice,
    /// What of it: a port, a protocol, or both; everything, where nothing is typed.
    pub what: Input,
    /// For how long.
    pub how_long: Choice,
    /// A note for people.
    pub reason: Input,
    /// What is known of whom.
    known: Option<Box<Why>>,
    /// What it would hit, and whom that was asked of.
    hits: Option<(FlowFilter, Hits)>,
    /// What the daemon was asked to do, and has not answered yet.
    pub asked: Option<Change>,
    /// What is wrong, here or to the daemon.
    pub problem: Option<String>,
}

impl BlockDialog {
    /// Of an address, or a prefix.
    #[must_use]
    pub fn of(target: &str) -> Self {
        let network = target.parse::<IpAddr>().ok().and_then(network);
        let targets = [Some(target.to_owned()), network].into_iter().flatten();
        Self {
            whom: Choice::of(targets.collect()),
            how_long: Choice::of(TIMES.map(str::to_owned).to_vec()),
            ..Self::default()
        }
    }

    /// The next question, or the one before; around the ends.
    pub fn step(&mut self, by: usize) {
        self.question = further(&Question::ALL, self.question, by);
    }

    /// The choice that is being made, where it is one.
    pub fn choice_mut(&mut self) -> Option<&mut Choice> {
        match self.question {
            Question::Whom => Some(&mut self.whom),
            Question::HowLong => Some(&mut self.how_long),
            Question::What | Question::Reason => None,
        }
    }

    /// The line that is being typed into; of a choice, typing chooses it.
    pub fn input_mut(&mut self) -> &mut Input {
        let choice = match self.question {
            Question::Whom => &mut self.whom,
            Question::HowLong => &mut self.how_long,
            Question::What => return &mut self.what,
            Question::Reason => return &mut self.reason,
        };
        choice.chosen = choice.options.len();
        &mut choice.typed
    }

    /// Whom.
    ///
    /// # Errors
    /// Why that is nobody.
    pub fn target(&self) -> Result<Target, String> {
        let text = self.whom.text();
        if text.is_empty() {
            return Err("type an address or a prefix, such as 192.0.2.0/24".to_owned());
        }
        text.parse().map_err(words)
    }

    /// What of it: `22`, `tcp`, `22 tcp` or `tcp port 22`.
    ///
    /// # Errors
    /// Why that is no part.
    pub fn part(&self) -> Result<Part, String> {
        let (mut port, mut protocol) = (None, None);
        let text = self.what.value();
        for word in text.split_whitespace().filter(|&word| word != "port") {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            let is_twice = match is_number {
                true => port.replace(word.parse::<Port>().map_err(words)?).is_some(),
                false => {
                    let read = word.parse::<Protocol>().map_err(words)?;
                    protocol.replace(read).is_some()
                }
            };
            if is_twice {
                return Err(format!(
                    "{text:?}: a port and a protocol at most, such as 22 tcp"
                ));
            }
        }
        Part::new(port, protocol).map_err(words)
    }

    /// Which connections it would hit.
    #[must_use]
    pub fn filter(&self) -> Option<FlowFilter> {
        let (target, part) = (self.target().ok()?, self.part().ok()?);
        Some(FlowFilter {
            peer: Some(target.to_string()),
            port: part.port().map(|port| port.to_string()),
            proto: part
                .protocol()
                .map(|protocol| protocol.number().to_string()),
            ..FlowFilter::default()
        })
    }

    /// What it would hit, once that is known.
    #[must_use]
    pub fn hits(&self) -> Option<Hits> {
        let (filter, hits) = self.hits.as_ref()?;
        (Some(filter) == self.filter().as_ref()).then_some(*hits)
    }

    /// It is known what a ban would hit.
    pub fn told(&mut self, filter: FlowFilter, hits: Hits) {
        self.hits = Some((filter, hits));
    }

    /// The address of which everything is asked; a prefix has no one answer.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.whom.text().parse().ok()
    }

    /// Everything about an address has come.
    pub fn known(&mut self, why: Box<Why>) {
        self.known = Some(why);
    }

    /// What holds whom already: every ban that is known, of others too as soon as they have been told of.
    #[must_use]
    pub fn held<'a>(&'a self, bans: &'a Bans) -> Vec<&'a Ban> {
        let Ok(target) = self.target() else {
            return Vec::new();
        };
        let address = self.address().map(|address| address.to_canonical());
        let known = self.known.as_deref();
        match known.filter(|why| Some(why.address.to_canonical()) == address) {
            Some(why) => why.bans.iter().collect(),
            None => bans.holding(&target.to_string()).collect(),
        }
    }

    /// Whether it would hit an address.
    #[must_use]
    pub fn covers(&self, address: IpAddr) -> bool {
        let target = self.target();
        target.is_ok_and(|target| target.net().contains(&address.to_canonical()))
    }

    /// What the daemon is to be asked to do.
    ///
    /// # Errors
    /// What of it makes no sense.
    pub fn request(&self, peer: Option<IpAddr>) -> Result<BanRequest, String> {
        let for_seconds = match self.how_long.text() {
            FOR_GOOD => None,
            "" => return Err("type how long, such as 90s, 45m, 1h30m or 2d".to_owned()),
            text => Some(parse_duration(text).map_err(words)?.as_secs()),
        };
        let reason: Remark = self.reason.value().trim().parse().map_err(words)?;
        let reason = Some(reason.as_str().to_owned()).filter(|reason| !reason.is_empty());
        let part = self.part()?;
        let protocol = part.protocol();
        Ok(BanRequest {
            target: self.target()?.to_string(),
            port: part.port().map(Port::get),
            protocol: protocol.map(|protocol| protocol.number().to_string()),
            for_seconds,
            reason,
            session_peer: peer,
            ..BanRequest::default()
        })
    }
}

/// The /24 of IPv4, the /64 of IPv6.
fn network(address: IpAddr) -> Option<String> {
    let length = if address.is_ipv4() { 24 } else { 64 };
    let net = ipnet::IpNet::new(address, length).ok()?;
    Some(net.trunc().to_string())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn words(error: ParseError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_can_be_blocked_with_its_network() {
        assert_eq!(
            BlockDialog::of("192.0.2.7").whom.options,
            ["192.0.2.7", "192.0.2.0/24"]
        );
        let six = BlockDialog::of("2001:db8:1:2:3::4");
        assert_eq!(six.whom.options[1], "2001:db8:1:2::/64");
        assert_eq!(BlockDialog::of("192.0.2.0/24").whom.options.len(), 1);
    }

    #[test]
    fn what_is_chosen_is_what_is_asked_for() {
        let mut dialog = BlockDialog::of("192.0.2.7");
        let request = dialog.request(None).expect("a request");
        assert_eq!(
            (&*request.target, request.for_seconds),
            ("192.0.2.7", Some(3_600))
        );
        dialog.whom.step(1);
        dialog.how_long.step(3);
        dialog.reason = Input::new(" scans ".to_owned());
        let request = dialog.request(None).expect("a request");
        assert_eq!(
            (&*request.target, request.for_seconds),
            ("192.0.2.0/24", None)
        );
        assert_eq!(request.reason.as_deref(), Some("scans"));
        dialog.question = Question::HowLong;
        *dialog.input_mut() = Input::new("90m".to_owned());
        assert_eq!(
            dialog.request(None).expect("a request").for_seconds,
            Some(5_400)
        );
    }

    #[test]
    fn a_port_and_a_protocol_may_be_named() {
        let mut dialog = BlockDialog::of("192.0.2.7");
        dialog.question = Question::What;
        for (typed, port, protocol) in [
            ("", None, None),
            ("22", Some(22), None),
            ("tcp", None, Some("6")),
            ("22 tcp", Some(22), Some("6")),
            ("udp port 53", Some(53), Some("17")),
        ] {
            *dialog.input_mut() = Input::new(typed.to_owned());
            let request = dialog.request(None).expect(typed);
            assert_eq!(
                (request.port, request.protocol.as_deref()),
                (port, protocol)
            );
            let filter = dialog.filter().expect(typed);
            let port = port.map(|port| port.to_string());
            assert_eq!((filter.port, filter.proto.as_deref()), (port, protocol));
        }
        for (typed, part) in [
            ("22 23", "at most"),
            ("icmp 22", "no ports"),
            ("ssh", "protocol"),
        ] {
            *dialog.input_mut() = Input::new(typed.to_owned());
            let problem = dialog.request(None).expect_err(typed);
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_in_the_words_of_policy() {
        let mut dialog = BlockDialog::of("192.0.2.7");
        for (typed, part) in [("", "type an address"), ("192.0.2.1/24", "192.0.2.0/24")] {
            *dialog.input_mut() = Input::new(typed.to_owned());
            let problem = dialog.request(None).expect_err(typed);
            assert!(problem.contains(part), "{problem}");
            assert_eq!(dialog.filter(), None);
        }
        *dialog.input_mut() = Input::new("192.0.2.0/24".to_owned());
        dialog.question = Question::HowLong;
        *dialog.input_mut() = Input::new("soon".to_owned());
        let problem = dialog.request(None).expect_err("soon");
        assert!(problem.contains("soon"), "{problem}");
    }

    #[test]
    fn what_was_told_of_somebody_else_is_not_shown() {
        let mut dialog = BlockDialog::of("192.0.2.7");
        let hits = Hits {
            connections: 3,
            total: 9,
        };
        dialog.told(dialog.filter().expect("a filter"), hits);
        assert_eq!(dialog.hits(), Some(hits));
        dialog.whom.step(1);
        assert_eq!(dialog.hits(), None);
        assert!(dialog.covers("192.0.2.200".parse().expect("an address")));
    }
}
