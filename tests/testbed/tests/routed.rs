// SPDX-License-Identifier: MIT
//! The routed lab: connections go through the router, over both families, and nothing else is on its links.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use aegis_testbed::{Download, HttpServer, Need, Result, Routed, Visitor, ping, require};

#[test]
fn a_router_forwards_both_families() -> Result<()> {
    require!(Need::Root, Need::Tool("ethtool"));
    let lab = Routed::up()?;
    let _http = HttpServer::start(lab.server(), 80)?;
    let targets: [IpAddr; 2] = [lab.far.b.v4().into(), lab.far.b.v6().into()];
    for target in targets {
        assert_eq!(ping(lab.client(), target, 3)?.received, 3, "{target}");
        let server = SocketAddr::new(target, 80);
        let report = Visitor::start(lab.client(), server, 20, 1)?.wait();
        assert_eq!((report.successes, report.failures), (20, 0), "{report:?}");
        let download = Download::of(lab.client(), server, 1_000_000)?;
        assert_eq!(download.finish(Duration::from_secs(10))?.bytes, 1_000_000);
    }
    let answered = ping(lab.server(), lab.near.a.v4().into(), 1)?.received;
    assert_eq!(answered, 1, "the way back is as good");
    Ok(())
}

#[test]
fn a_router_sends_nothing_of_its_own() -> Result<()> {
    require!(Need::Root, Need::Tool("ethtool"));
    let lab = Routed::up()?;
    std::thread::sleep(Duration::from_millis(1_500));
    for port in [&lab.near.a, &lab.near.b, &lab.far.a, &lab.far.b] {
        assert_eq!(port.packets()?.received, 0, "{}", port.host().label());
    }
    assert_eq!(ping(lab.client(), lab.far.b.v6().into(), 2)?.received, 2);
    assert_eq!(lab.near.b.packets()?.received, 2);
    assert_eq!(lab.far.b.packets()?.received, 2);
    Ok(())
}
