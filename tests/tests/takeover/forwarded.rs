// SPDX-License-Identifier: MIT
//! Connections that the guarded host only forwards: it has no socket that would tell of them, but
//! the kernel's list of connections does, where a rule has it kept. Otherwise they are picked up
//! during the grace period.

use crate::busy::{NO_GRACE, Packets, is_listed, nothing_is_refused, picked_up};
use crate::talk::{Speaker, Talk};
use aegis_testbed::{Daemon, Need, Result, Routed, require};
use aegis_tests::guarded::counters;
use aegis_tests::told::{drops, flows, until};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::thread::sleep;
use std::time::Duration;

/// Longer than an acknowledgement may wait (`TCP_DELACK_MAX`, 200 ms).
const SETTLED: Duration = Duration::from_millis(400);
/// Long enough for what was sent to be sent again, twice.
const SILENCE: Duration = Duration::from_millis(1_500);
/// How long a daemon may take to end on a busy machine.
const END: Duration = Duration::from_secs(30);
const SIGTERM: i32 = 15;
const MASQUERADE: &str = "table ip nat { chain behind { type nat hook postrouting priority 100; \
                          oifname eth1 masquerade; }; }";
/// What arrives from beyond is for the server, whatever it says.
const PUBLISH: &str = "table ip nat { chain before { type nat hook prerouting priority -100; \
                       iifname eth0 ip daddr 203.0.113.1 dnat to ";

/// A router with connections through it, over both families, either side being the next to speak.
struct Crossing {
    talks: Vec<(Talk, Speaker)>,
    lab: Routed,
}

impl Crossing {
    fn begin(lab: Routed) -> Result<Self> {
        let targets: [IpAddr; 2] = [lab.far.b.v4().into(), lab.far.b.v6().into()];
        let both = Speaker::BOTH.into_iter();
        let wanted = both.flat_map(|first| targets.map(|target| (target, first)));
        let open = |(target, first)| Ok((Talk::open(lab.client(), lab.server(), target)?, first));
        let talks = wanted.map(open).collect::<Result<_>>()?;
        Ok(Self { talks, lab })
    }

    /// Guards both sides of the router, through which nothing passes at the moment.
    fn guard(&self, options: &[&str]) -> Result<Daemon> {
        sleep(SETTLED);
        let router = Daemon::on(self.lab.router(), "eth0").interface("eth1");
        router.options(options).start()
    }

    fn go_on(&self) {
        for (talk, first) in &self.talks {
            talk.goes_on(*first);
        }
    }

    /// Each is listed on the side of the client and on that of the server.
    #[track_caller]
    fn are_known(&self, daemon: &Daemon, packets: Packets) -> Result<()> {
        let list = flows(daemon, &["--state", "established"])?;
        assert_eq!(list.len(), 2 * self.talks.len(), "{list:?}");
        for (talk, _) in &self.talks {
            are_listed(&list, talk, talk.ends()[1], packets);
        }
        Ok(())
    }
}

/// As the near side carries it, where the client calls `called`, and as the far side does.
#[track_caller]
fn are_listed(list: &[Value], talk: &Talk, called: SocketAddr, packets: Packets) {
    let [client, server] = talk.ends();
    is_listed(list, [client, called], "in", packets);
    is_listed(list, [server, talk.seen_client()], "out", packets);
}

#[track_caller]
fn all_was_known(daemon: &Daemon) -> Result<()> {
    nothing_is_refused(daemon)?;
    assert_eq!(picked_up(&counters(daemon)?), 0);
    Ok(())
}

#[test]
fn what_the_kernels_list_has_is_taken_over_without_a_grace_period() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Conntrack);
    let lab = Routed::up()?;
    lab.router().track_connections()?;
    let crossing = Crossing::begin(lab)?;
    let mut daemon = crossing.guard(&NO_GRACE)?;
    for _ in 0..2 {
        crossing.are_known(&daemon, Packets::None)?;
        crossing.go_on();
        crossing.are_known(&daemon, Packets::Some)?;
        all_was_known(&daemon)?;
        daemon.signal(SIGTERM)?;
        daemon.wait(END)?.success()?;
        crossing.go_on();
        sleep(SETTLED);
        daemon = daemon.restart()?;
    }
    crossing.go_on();
    all_was_known(&daemon)?;
    for (talk, _) in crossing.talks {
        talk.ends_well();
    }
    nothing_is_refused(&daemon)
}

/// The far side carries the router's own address.
#[test]
fn masqueraded_connections_are_taken_over_as_either_side_carries_them() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Conntrack);
    let lab = Routed::up()?;
    lab.router().nft(MASQUERADE)?;
    lab.router().track_connections()?;
    let crossing = Crossing::begin(lab)?;
    let outside = crossing.talks[0].0.seen_client().ip();
    assert_eq!(outside, crossing.lab.far.a.v4(), "it is masqueraded");
    let daemon = crossing.guard(&NO_GRACE)?;
    crossing.are_known(&daemon, Packets::None)?;
    crossing.go_on();
    crossing.are_known(&daemon, Packets::Some)?;
    all_was_known(&daemon)
}

/// Without a list nobody vouches for them: what arrives from either side is refused, and goes on
/// once nobody refuses it. This is what the list and the grace period keep from happening.
#[test]
fn without_list_and_grace_period_what_was_not_seen_to_begin_is_refused() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let crossing = Crossing::begin(Routed::up()?)?;
    let daemon = crossing.guard(&NO_GRACE)?;
    assert_eq!(flows(&daemon, &[])?, Vec::<Value>::new());
    let talks = &crossing.talks;
    let say = |(talk, first): &(Talk, Speaker)| talk.send(*first);
    let lines: Vec<String> = talks.iter().map(say).collect();
    for (talk, first) in talks {
        talk.is_not_heard(*first, SILENCE);
    }
    let refused = drops(&daemon)?;
    for family in ["ipv4", "ipv6"] {
        let counter = format!("xdp_ingress/{family}/tcp_out_of_state");
        assert!(refused.get(&counter) >= Some(&2), "{refused:?}");
    }
    daemon.stop()?;
    for ((talk, first), line) in talks.iter().zip(lines) {
        talk.hears(*first, &line);
    }
    crossing.go_on();
    Ok(())
}

/// Whoever speaks within the grace period is known from then on; whoever does not is refused after.
#[test]
fn without_a_list_they_are_picked_up_during_the_grace_period() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    const GRACE: Duration = Duration::from_secs(8);
    let crossing = Crossing::begin(Routed::up()?)?;
    let (client, server) = (crossing.lab.client(), crossing.lab.server());
    let silent = Talk::open(client, server, crossing.lab.far.b.v4().into())?;
    let daemon = crossing.guard(&["--set", "attach.grace=8s"])?;
    assert_eq!(flows(&daemon, &[])?, Vec::<Value>::new());
    crossing.go_on();
    nothing_is_refused(&daemon)?;
    let picked = until(
        "picked up",
        || flows(&daemon, &["--state", "established"]),
        |list| list.len() == 2 * crossing.talks.len(),
    )?;
    let unseen = picked.iter().all(|flow| flow["direction"] == "unknown");
    assert!(unseen, "nobody saw who began them: {picked:?}");
    let by_grace = picked_up(&counters(&daemon)?);
    assert!(by_grace >= crossing.talks.len() as u64, "{by_grace}");
    sleep(GRACE);
    crossing.go_on();
    nothing_is_refused(&daemon)?;
    assert_eq!(picked_up(&counters(&daemon)?), by_grace, "known by now");
    silent.send(Speaker::Client);
    silent.is_not_heard(Speaker::Client, SILENCE);
    let refused = drops(&daemon)?;
    let late = refused.get("xdp_ingress/ipv4/tcp_out_of_state");
    assert!(late >= Some(&1), "{refused:?}");
    Ok(())
}

/// A published server: the near side carries an address that nobody has.
#[test]
fn published_connections_are_taken_over_as_either_side_carries_them() -> Result<()> {
    require!(Need::Root, Need::AegisCli, Need::Conntrack);
    let lab = Routed::up()?;
    let rules = format!("{PUBLISH}{}; }}; }}", lab.far.b.v4());
    lab.router().nft(&rules)?;
    let outside: IpAddr = [203, 0, 113, 1].into();
    let talk = Talk::open_through(lab.client(), lab.server(), (lab.far.b.v4().into(), outside))?;
    sleep(SETTLED);
    let router = Daemon::on(lab.router(), "eth0").interface("eth1");
    let daemon = router.options(&NO_GRACE).start()?;
    let called = SocketAddr::new(outside, talk.ends()[1].port());
    for packets in [Packets::None, Packets::Some] {
        let list = flows(&daemon, &["--state", "established"])?;
        assert_eq!(list.len(), 2, "{list:?}");
        are_listed(&list, &talk, called, packets);
        talk.goes_on(Speaker::Server);
    }
    all_was_known(&daemon)
}
