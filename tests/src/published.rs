// SPDX-License-Identifier: MIT
//! A guarded host that has lists, and somebody who publishes them to it.

use crate::configuration::File;
use crate::guarded::Guarded;
use aegis_lists::geo::writer::{Value as Record, Writer};
use aegis_testbed::publisher::{Asked, answer};
use aegis_testbed::{Daemon, Host, Lab, Link, Publisher, Result};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where it listens, in the guarded host's own network namespace.
const PLACE: &str = "127.0.0.1:8080";
/// The guarded host's address on the Internet, as far as there is one.
pub const OWN: &str = "45.0.9.1";
/// Its gateway, which is the attacker.
pub const GATEWAY: &str = "45.0.9.2";

type Pages = Arc<Mutex<BTreeMap<String, String>>>;

/// What is published, by path.
#[derive(Clone, Debug, Default)]
pub struct Published(Pages);

impl Published {
    /// From now on, this is there.
    pub fn say(&self, path: &str, text: impl Into<String>) {
        self.pages().insert(path.to_owned(), text.into());
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes it in the host; until what is returned is dropped.
    ///
    /// # Errors
    /// When the host is gone, or somebody else listens there.
    pub fn publish(&self, host: &Host) -> Result<Publisher> {
        let listener = host.enter(|| TcpListener::bind(PLACE))?;
        let listener = listener.expect("the namespace is the test's own");
        let pages = self.clone();
        let answers = move |asked: &Asked, to: &mut dyn Write| pages.answer(asked, to);
        let publisher = Publisher::on(listener, None, Arc::new(answers));
        Ok(publisher.expect("a listener has an address"))
    }

    /// With an entity tag of the whole text, so that what is here already is not sent again.
    fn answer(&self, asked: &Asked, to: &mut dyn Write) -> io::Result<()> {
        let page = self.pages().get(&asked.path).cloned();
        let Some(page) = page else {
            return to.write_all(&answer("404 Not Found", &[], b"no such list"));
        };
        let tag = format!("\"{:08x}\"", digest(page.as_bytes()));
        if asked.header("if-none-match") == Some(&tag) {
            return to.write_all(&answer("304 Not Modified", &[], b""));
        }
        let tag = format!("ETag: {tag}");
        to.write_all(&answer("200 OK", &[&tag], page.as_bytes()))
    }
}

/// FNV-1a: any two texts of a test differ in it.
fn digest(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step)
}

/// The text of a table `[[feeds.source]]` for a list that is published at `/NAME`.
#[must_use]
pub fn source(name: &str, rest: &str) -> String {
    format!(
        "\n[[feeds.source]]\nname = \"{name}\"\nurl = \"http://{PLACE}/{name}\"\ninterval = \"1h\"\n{rest}\n"
    )
}

/// The text of a configuration with these lists and no other.
#[must_use]
pub fn configuration(sources: &[String]) -> String {
    format!(
        "[feeds]\nenabled = true\ndefaults = false\n{}",
        sources.concat()
    )
}

/// Has a configuration know the countries of these networks, by a database of its own.
///
/// # Panics
/// As [`places`].
pub fn place(file: &File, networks: &[(&str, &str)]) {
    places(file, networks, &[]);
}

/// Has a configuration know the countries of networks, and the autonomous systems of others with whoever
/// runs them, by databases of its own.
///
/// # Panics
/// Where a text is no network, or there is no room.
pub fn places(file: &File, countries: &[(&str, &str)], systems: &[(&str, u32, &str)]) {
    let country = |&(net, code): &(&str, &str)| (network(net), Record::country(code));
    let countries = countries.iter().map(country).collect();
    let countries = database(file, ("country", "DBIP-Country-Lite"), countries);
    let system =
        |&(net, number, who): &(&str, _, &str)| (network(net), Record::system(number, who));
    let systems = systems.iter().map(system).collect();
    let systems = database(file, ("asn", "DBIP-ASN-Lite"), systems);
    file.write(&format!("{}\n[geo]\n{countries}{systems}", file.read()));
}

fn network(text: &str) -> IpNet {
    text.parse().expect("a network")
}

/// Writes a database, and returns the line of a configuration that names it; nothing of no records.
fn database(
    file: &File,
    (key, kind): (&str, &'static str),
    records: Vec<(IpNet, Record)>,
) -> String {
    if records.is_empty() {
        return String::new();
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("it is later than 1970").as_secs();
    let path = file.folder().join(format!("{key}.mmdb"));
    let bytes = Writer::new(kind, now, records).write();
    std::fs::write(&path, bytes).expect("the folder is our own");
    format!("{key} = {path:?}\n")
}

/// A guarded host with an address on the Internet, a gateway to it, and no daemon yet.
///
/// # Errors
/// As [`Lab::new`].
pub fn host() -> Result<(Lab, Link)> {
    let lab = Lab::new()?;
    let (attacker, host) = (lab.host("attacker")?, lab.host("guarded")?);
    let pair = lab.veth(&attacker, "eth0", &host, "eth0");
    let link = pair.quiet().without_offloads().up()?;
    let mac = link.a.mac().to_string();
    host.ip(&["address", "add", &format!("{OWN}/24"), "dev", "eth0"])?;
    let neighbour = ["neighbour", "replace", GATEWAY, "lladdr", &mac];
    host.ip(&[&neighbour[..], &["nud", "permanent", "dev", "eth0"]].concat())?;
    host.ip(&["route", "add", "default", "via", GATEWAY])?;
    Ok((lab, link))
}

/// The same with a daemon that reads this file.
///
/// # Errors
/// As [`Guarded::start`].
pub fn guarded((lab, link): (Lab, Link), file: &File) -> Result<Guarded> {
    let host = link.b.host().clone();
    let daemon = Daemon::on(&host, "eth0").options(&["--config", file.path()]);
    Guarded::of(lab, link, daemon.start()?)
}
