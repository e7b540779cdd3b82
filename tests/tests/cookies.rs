// SPDX-License-Identifier: MIT
//! SYN cookies: a host that is flooded with SYNs answers newcomers without remembering them.

use aegis_abi::{Flags, Rate, Settings, StateCounter};
use aegis_core::emit::Frame;
use aegis_engine::{Engine, Missing, ModeChoice, Options, SynCookies, TcChoice};
use aegis_testbed::cleanup::{Deferred, defer};
use aegis_testbed::peers::Flooding;
use aegis_testbed::{
    Flood, FloodKind, Host, HttpServer, Lab, Link, Need, RawFlood, Result, Visitor, curl, require,
};
use aegis_tests::guarded::Guarded;
use aegis_tests::told::{say, until};
use serde_json::Value;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
/// The window of our answers, by which they are told from the stack's own.
const WINDOW: [u8; 2] = 14_600_u16.to_be_bytes();
const PORT: u16 = 80;
/// SYNs a second over IPv6. Twice as many, and what visitors send is lost before it arrives: it goes
/// the same way.
const FLOOD: u64 = 120_000;
/// Who resets nothing that is answered to it: it only lies behind the attacker.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
/// The first of the invented sources over IPv6, each in a network of its own.
const INVENTED: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// A host guarded by an engine of this process, and an attacker to whom answers get through.
struct Answering {
    engine: Engine,
    /// Programs stay for as long as their pins do.
    _pins: Deferred,
    link: Link,
    attacker: Host,
    host: Host,
    _runtime: tokio::runtime::Runtime,
    _taking: OwnedFd,
    _lab: Lab,
}

impl Answering {
    fn start(label: &str, mode: ModeChoice, settings: Settings) -> Result<Self> {
        let lab = Lab::new()?;
        let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
        let pair = lab.veth(&attacker, "eth0", &host, "eth0");
        let link = pair.quiet().without_offloads().up()?;
        let taking = link.a.take_sent_back()?;
        link.b.route_all_through(&link.a)?;
        let options = options(label, mode, settings);
        let doomed = options.pin_dir.clone();
        let pins = defer(move || drop(fs::remove_dir_all(doomed)));
        let (engine, runtime) = engine(&host, &link, options)?;
        Ok(Self {
            engine,
            _pins: pins,
            link,
            attacker,
            host,
            _runtime: runtime,
            _taking: taking,
            _lab: lab,
        })
    }

    fn count(&self, what: StateCounter) -> u64 {
        let counters = self.engine.state_counters().expect("a table that is there");
        let found = counters.iter().find(|(counter, _)| *counter == what);
        found.map_or(0, |(_, count)| *count)
    }

    fn server(&self, v6: bool) -> IpAddr {
        match v6 {
            true => self.link.b.v6().into(),
            false => self.link.b.v4().into(),
        }
    }
}

fn options(label: &str, mode: ModeChoice, settings: Settings) -> Options {
    let name = format!("aegis-cookies-{label}-{}", std::process::id());
    Options {
        interfaces: vec!["eth0".to_owned()],
        missing: Missing::Refuse,
        mode,
        tc: TcChoice::Auto,
        xdp_object: None,
        tc_object: None,
        pin_dir: PathBuf::from("/sys/fs/bpf").join(name),
        settings,
        grace: Duration::ZERO,
        rows: Vec::new(),
        adopt: Vec::new(),
        flow_room: 4_096,
    }
}

fn engine(host: &Host, link: &Link, options: Options) -> Result<(Engine, tokio::runtime::Runtime)> {
    let own = [IpAddr::from(link.b.v4()), link.b.v6().into()];
    host.enter(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a process may have a runtime");
        let mut engine = runtime
            .block_on(Engine::start(options))
            .expect("root may load programs");
        engine
            .set_protected(&own, &[])
            .expect("there is room for two");
        (engine, runtime)
    })
}

/// Every SYN but the first of a processor is one too many.
fn crowded() -> Settings {
    Settings {
        syn_host: Rate::per_second(1, 1),
        ..Settings::DEFAULT
    }
}

fn visitors_get_through(label: &str, v6: bool, mode: ModeChoice) -> Result<()> {
    let lab = Answering::start(label, mode, Settings::DEFAULT)?;
    assert_eq!(lab.engine.syn_cookies(), SynCookies::On);
    let _http = HttpServer::start(&lab.host, PORT)?;
    let server = lab.server(v6);
    let flood = flood(&lab, server)?;
    // Until then the queue of the listener has room.
    std::thread::sleep(Duration::from_secs(2));
    let visitor = Visitor::start(&lab.attacker, SocketAddr::new(server, PORT), 25, 5)?.wait();
    let flooded = flood.stop()?;
    let (sent, passed) = (
        lab.count(StateCounter::CookiesSent),
        lab.count(StateCounter::CookiesPassed),
    );
    let valid = lab.count(StateCounter::CookiesValid);
    say(format_args!(
        "{label}: {} of {} visits, p99 {:?}; {:.0} SYNs/s; cookies: {sent} sent, {passed} passed, {valid} valid",
        visitor.successes,
        visitor.successes + visitor.failures,
        visitor.p99(),
        flooded.rate(),
    ));
    let visits = visitor.successes + visitor.failures;
    assert!(
        visits > 0 && visitor.successes * 100 >= visits * 99,
        "{visitor:?}"
    );
    assert!(sent > 0 && valid > 0);
    Ok(())
}

/// As many SYNs as there can be, each from another source.
fn flood(lab: &Answering, server: IpAddr) -> Result<Flooding> {
    const SECONDS: u64 = 10;
    if server.is_ipv4() {
        let flood = Flood::new(&lab.link, server, FloodKind::Syn);
        return flood.random_sources().seconds(SECONDS).start();
    }
    let (a, b) = (lab.link.a.mac().octets(), lab.link.b.mac().octets());
    let syn = Frame::ethernet(a, b).ip(INVENTED, server);
    let flood = RawFlood::new(&lab.link.a, syn.tcp(40_000, PORT, "S").bytes());
    let flood = flood.sources(1 << 24).rate(FLOOD);
    flood.seconds(SECONDS).start()
}

#[test]
fn visitors_get_through_a_flood_over_ipv4() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    visitors_get_through("v4", false, ModeChoice::Native)
}

#[test]
fn visitors_get_through_a_flood_over_ipv6() -> Result<()> {
    require!(Need::Root);
    visitors_get_through("v6", true, ModeChoice::Native)
}

#[test]
fn visitors_get_through_a_flood_in_generic_mode() -> Result<()> {
    require!(Need::Root, Need::Tool("hping3"));
    visitors_get_through("generic", false, ModeChoice::Generic)
}

/// An answer to one of some SYNs: ours, for the stack's own has another window. Nobody resets what
/// the guarded host answers, for that would make room for the next SYN.
fn answer_to(lab: &Answering, syn: impl Fn(u16) -> Vec<u8>) -> Result<Vec<u8>> {
    let wire = lab.link.a.raw()?;
    let window_at = syn(0).len() - 4 - 20 + 14;
    let before = lab.count(StateCounter::CookiesSent);
    for port in 0..16 {
        wire.send(&syn(40_000 + port))?;
    }
    let ours = |frame: &[u8]| frame.get(window_at..window_at + 2) == Some(&WINDOW[..]);
    let found = wire.find(PATIENCE, ours)?;
    let [sent, passed] =
        [StateCounter::CookiesSent, StateCounter::CookiesPassed].map(|counter| lab.count(counter));
    let Some(found) = found else {
        panic!(
            "no answer of ours arrived; {} cookies sent, {passed} SYNs left to the stack",
            sent - before
        );
    };
    assert!(sent > before);
    Ok(found)
}

/// As a receiver checks: nothing remains.
fn remainder(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let mut sum: u32 = words
        .map(|word| {
            u32::from(u16::from_be_bytes([
                word[0],
                word.get(1).copied().unwrap_or(0),
            ]))
        })
        .sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// Holds an answer against its SYN, byte by byte.
fn mirrors(syn: &[u8], answer: &[u8], (network, v6): (usize, bool)) {
    let (addresses, size) = if v6 {
        (network + 8, 16)
    } else {
        (network + 12, 4)
    };
    let transport = addresses + 2 * size;
    assert_eq!(answer.len(), transport + 24);
    let swapped = |at: usize, size: usize| {
        let halves = (at..at + size, at + size..at + 2 * size);
        assert_eq!(answer[halves.0.clone()], syn[halves.1.clone()]);
        assert_eq!(answer[halves.1], syn[halves.0]);
    };
    swapped(0, 6);
    assert_eq!(answer[12..network], syn[12..network], "tags and type");
    swapped(addresses, size);
    swapped(transport, 2);
    let ip = &answer[network..transport];
    if v6 {
        assert_eq!(ip[..8], [0x60, 0, 0, 0, 0, 24, 6, 64]);
    } else {
        assert_eq!(ip[..10], [0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6]);
        assert_eq!(remainder(&[ip]), 0, "checksum of the IP header");
    }
    let tcp = &answer[transport..];
    assert_eq!(tcp[8..14], [0, 0, 0, 2, 0x60, 0x12]);
    assert_eq!(tcp[14..16], WINDOW);
    let size = if v6 { 1_440_u16 } else { 1_460 }.to_be_bytes();
    assert_eq!(tcp[18..], [0, 0, 2, 4, size[0], size[1]]);
    let pseudo = [0, 6, 0, 24];
    let parts = [&answer[addresses..transport], &pseudo, tcp];
    assert_eq!(remainder(&parts), 0, "checksum of the segment");
}

#[test]
fn the_answer_is_right_to_the_byte_with_tags_and_without() -> Result<()> {
    require!(Need::Root);
    let lab = Answering::start("bytes", ModeChoice::Native, crowded())?;
    lab.host.set_sysctl("net.ipv4.tcp_syncookies", "2")?;
    let _http = HttpServer::start(&lab.host, PORT)?;
    for v6 in [false, true] {
        for tags in [0, 1, 2] {
            let syn = |port| {
                let ends = (lab.link.a.mac().octets(), lab.link.b.mac().octets());
                let frame = Frame::ethernet(ends.0, ends.1);
                let frame = (0..tags).fold(frame, |frame, tag| frame.vlan(5 + tag));
                let source = if v6 { INVENTED } else { NOBODY };
                let frame = frame.ip(source, lab.server(v6)).tcp(port, PORT, "S");
                frame.tcp_options(&[2, 4, 5, 0xb4]).bytes()
            };
            let answer = answer_to(&lab, syn)?;
            let network = 14 + 4 * usize::from(tags);
            let at = network + if v6 { 42 } else { 22 };
            let port = u16::from_be_bytes([answer[at], answer[at + 1]]);
            mirrors(&syn(port), &answer, (network, v6));
        }
    }
    Ok(())
}

#[test]
fn without_an_attack_nobody_gets_a_cookie() -> Result<()> {
    require!(Need::Root, Need::Tool("curl"));
    let lab = Answering::start("quiet", ModeChoice::Native, Settings::DEFAULT)?;
    let _http = HttpServer::start(&lab.host, PORT)?;
    for v6 in [false, true] {
        let url = format!("http://{}/", SocketAddr::new(lab.server(v6), PORT));
        assert_eq!(curl(&lab.attacker, &url)?.status, 200);
    }
    for what in [StateCounter::CookiesSent, StateCounter::CookiesPassed] {
        assert_eq!(lab.count(what), 0, "{what:?}");
    }
    Ok(())
}

/// A listener on every address would be found for what only passes through, too.
#[test]
fn connections_through_the_host_are_not_answered_in_the_name_of_others() -> Result<()> {
    require!(Need::Root);
    let lab = Answering::start("through", ModeChoice::Native, crowded())?;
    lab.host.set_sysctl("net.ipv4.tcp_syncookies", "2")?;
    let _http = HttpServer::start(&lab.host, PORT)?;
    let wire = lab.link.a.raw()?;
    let ends = (lab.link.a.mac().octets(), lab.link.b.mac().octets());
    for port in 0..16 {
        let frame = Frame::ethernet(ends.0, ends.1)
            .ip(lab.link.a.v4().into(), IpAddr::from([198, 51, 100, 9]))
            .tcp(40_000 + port, PORT, "S");
        wire.send(&frame.bytes())?;
    }
    let waited = std::time::Instant::now();
    while lab.count(StateCounter::CookiesPassed) < 8 && waited.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(lab.count(StateCounter::CookiesPassed) >= 8);
    assert_eq!(lab.count(StateCounter::CookiesSent), 0);
    Ok(())
}

#[test]
fn a_host_that_wants_no_cookies_says_so_and_gets_none() -> Result<()> {
    require!(Need::Root);
    let mut lab = Answering::start("sysctl", ModeChoice::Native, Settings::DEFAULT)?;
    lab.host.set_sysctl("net.ipv4.tcp_syncookies", "0")?;
    let said = lab.host.enter(|| lab.engine.syn_cookies().to_string())?;
    assert_eq!(
        said,
        "off: net.ipv4.tcp_syncookies is 0; sysctl -w net.ipv4.tcp_syncookies=1"
    );
    for (switch, wanted) in [("0", false), ("1", true)] {
        lab.host.set_sysctl("net.ipv4.tcp_syncookies", switch)?;
        let Answering { host, engine, .. } = &mut lab;
        host.enter(|| engine.follow_syn_cookies())?
            .expect("a table that is there");
        let flags = engine.settings().expect("likewise").flags;
        assert_eq!(flags.has(Flags::SYN_COOKIES), wanted);
    }
    Ok(())
}

#[test]
fn status_says_which_mode_is_in_force() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let [rate, burst] = ["rates.syn_host=1", "rates.syn_host_burst=1"];
    let lab = Guarded::with(&["--set", rate, "--set", burst])?;
    let told =
        || -> Result<Value> { Ok(lab.daemon.json(&["status"])?["state"]["syn_cookies"].clone()) };
    assert_eq!(told()?["mode"], "ready");
    for port in 0..16 {
        let syn = lab.from("198.51.100.7").tcp(40_000 + port, PORT, "S");
        lab.wire.send(&syn.bytes())?;
    }
    until("cookies", told, |told| told["mode"] == "active")?;
    lab.host.set_sysctl("net.ipv4.tcp_syncookies", "0")?;
    let told = told()?;
    assert_eq!(told["mode"], "impossible");
    let problem = told["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("tcp_syncookies"), "{told}");
    Ok(())
}
