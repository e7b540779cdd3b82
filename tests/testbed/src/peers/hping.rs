// SPDX-License-Identifier: MIT
//! hping3 with a count and an interval; [`Flood`](super::Flood) is for as many packets as it can send.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::{MAX_PACKETS, MAX_SECONDS, unreadable, within};
use crate::error::{Error, Result};
use crate::host::Host;

/// Options that would take the bounds away.
const FORBIDDEN: [&str; 6] = ["--flood", "-c", "--count", "-i", "--interval", "--fast"];

/// What hping3 says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HpingReport {
    /// Packets sent.
    pub sent: u64,
    /// Answers received.
    pub received: u64,
}

/// A run of hping3; IPv4 only, as the program.
#[derive(Clone, Debug)]
#[must_use = "call run() to send"]
pub struct Hping<'a> {
    host: &'a Host,
    target: Ipv4Addr,
    count: u64,
    micros: u64,
    options: Vec<String>,
}

impl<'a> Hping<'a> {
    /// `count` packets from inside `host`, one every millisecond.
    pub fn new(host: &'a Host, target: Ipv4Addr, count: u64) -> Self {
        Self {
            host,
            target,
            count,
            micros: 1_000,
            options: Vec::new(),
        }
    }

    /// Microseconds between two packets, at least one: with none the program hangs, see [`Flood`](super::Flood).
    pub fn every_micros(mut self, micros: u64) -> Self {
        self.micros = micros.max(1);
        self
    }

    /// Further options, as `["-S", "-p", "80"]` or `["--rand-source"]`.
    pub fn options(mut self, options: &[&str]) -> Self {
        self.options
            .extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    /// Sends.
    ///
    /// # Errors
    /// [`Error::MissingTool`] without hping3, [`Error::OutOfBounds`] for too many packets or too long a time or an
    /// option that takes the bounds away, [`Error::Unreadable`] when hping3 does not say how many it sent.
    pub fn run(&self) -> Result<HpingReport> {
        within("hping3, in packets", self.count, MAX_PACKETS)?;
        let seconds = self.count.saturating_mul(self.micros) / 1_000_000;
        within("hping3, in seconds", seconds, MAX_SECONDS)?;
        if self
            .options
            .iter()
            .any(|option| FORBIDDEN.contains(&option.as_str()))
        {
            let limit = MAX_PACKETS;
            return Err(Error::OutOfBounds {
                what: "hping3, in packets",
                asked: u64::MAX,
                limit,
            });
        }
        let (count, target) = (self.count.to_string(), self.target.to_string());
        let interval = format!("u{}", self.micros);
        let mut args = vec!["-n", "-q", "-c", &count, "-i", &interval];
        args.extend(self.options.iter().map(String::as_str));
        args.push(&target);
        // Sending may be slower than asked; hping3 also waits a second for the last answer.
        let limit = Duration::from_secs(MAX_SECONDS + 5);
        // Its exit code is 1 when nobody answered, which is what a firewall is for.
        let output = self.host.run_for(limit, "hping3", &args)?;
        parse(&output.stderr)
            .or_else(|| parse(&output.stdout))
            .ok_or_else(|| unreadable("hping3's statistics", &output.stderr))
    }
}

fn parse(text: &str) -> Option<HpingReport> {
    let line = text
        .lines()
        .find(|line| line.contains("packets transmitted"))?;
    let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
    Some(HpingReport {
        sent: numbers.next()?,
        received: numbers.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_hping_are_read() {
        let said = "\n--- 10.0.0.1 hping statistic ---\n\
            10 packets transmitted, 7 packets received, 30% packet loss\n";
        assert_eq!(
            parse(said),
            Some(HpingReport {
                sent: 10,
                received: 7
            })
        );
        assert_eq!(parse("nothing"), None);
    }
}
