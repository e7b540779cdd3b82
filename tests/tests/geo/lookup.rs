// SPDX-License-Identifier: MIT
//! Where addresses are, without a daemon: known answers, broken files, and databases that are
//! fetched.

use super::publisher::{packed, serve};
use aegis_lists::geo::writer::{Value as Record, Writer};
use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Need, corpus_dir, require};
use aegis_tests::configuration::File;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// `aegis-cli geo`, with a folder of state of its own.
fn geo(folder: &Path, settings: &[String], args: &[&str]) -> Result<Output> {
    let mut command = Command::new(find_binary()?);
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    command
        .args(settings)
        .arg("geo")
        .args(args)
        .current_dir(folder);
    command
        .env("AEGIS_STATE_DIR", folder)
        .env("AEGIS_RUN_DIR", folder);
    command.env_remove("AEGIS_CONFIG");
    Ok(command.output()?)
}

fn json(output: &Output) -> Result<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).with_context(|| format!("{output:?}"))
}

fn corpus() -> Option<PathBuf> {
    corpus_dir()
        .map(|corpus| corpus.join("geo"))
        .filter(|geo| geo.is_dir())
}

#[test]
fn known_addresses_are_where_they_are_known_to_be_and_broken_files_are_refused() -> Result<()> {
    require!(Need::AegisCli);
    let Some(corpus) = corpus() else {
        println!("there is no corpus beside the project: only files of our own are read");
        return Ok(());
    };
    let file = File::new("");
    let path = |name: &str| corpus.join(name).display().to_string();
    let settings = [
        format!("geo.country={}", path("GeoLite2-Country-Test.mmdb")),
        format!("geo.city={}", path("GeoLite2-City-Test.mmdb")),
        format!("geo.asn={}", path("GeoLite2-ASN-Test.mmdb")),
    ];
    let known = [
        ("81.2.69.142", Some("GB"), None),
        ("89.160.20.112", Some("SE"), Some(29518)),
        ("216.160.83.56", Some("US"), Some(209)),
        ("2001:218::1", Some("JP"), None),
        ("10.0.0.1", None, None),
        ("1.128.0.0", None, Some(1221)),
    ];
    let addresses: Vec<&str> = known.iter().map(|(address, ..)| *address).collect();
    let args = [&["lookup", "--json"], &addresses[..]].concat();
    let answer = json(&geo(file.folder(), &settings, &args)?)?;
    for (at, (address, country, asn)) in known.into_iter().enumerate() {
        let place = &answer["places"][at];
        assert_eq!(place["address"], address);
        assert_eq!(place["country"].as_str(), country, "{place:#}");
        assert_eq!(place["asn"].as_u64(), asn, "{place:#}");
    }
    assert_eq!(answer["places"][4]["near"], "LAN");
    assert_eq!(answer["places"][0]["city"], "London");
    assert!(
        answer["warnings"].to_string().contains("days old"),
        "{answer:#}"
    );
    for broken in [
        "GeoIP2-City-Test-Invalid-Node-Count.mmdb",
        "MaxMind-DB-test-broken-pointers-24.mmdb",
        "MaxMind-DB-test-broken-search-tree-24.mmdb",
        "MaxMind-DB-test-ipv4-24.mmdb",
        "MaxMind-DB-test-mixed-28.mmdb",
    ] {
        let settings = [format!("geo.country={}", path(broken))];
        let output = geo(file.folder(), &settings, &["lookup", "81.2.69.142"])?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{broken}: {said}");
        assert!(
            said.contains(broken) && said.contains("is no sound database: "),
            "{said}"
        );
    }
    Ok(())
}

#[test]
fn databases_are_fetched_verified_and_put_in_the_place_of_the_old_ones() -> Result<()> {
    require!(Need::AegisCli);
    let file = File::new("");
    let folder = file.folder();
    let now = jiff::Timestamp::now();
    let net = |text: &str| text.parse().expect("a network");
    let built = u64::try_from(now.as_second())?;
    let country = vec![(net("81.2.69.0/24"), Record::country("GB"))];
    let country = Writer::new("DBIP-Country-Lite", built, country).write();
    let asn = vec![(net("81.2.69.0/24"), Record::system(20712, "A Provider"))];
    let asn = Writer::new("DBIP-ASN-Lite", built, asn).write();
    let month = |moment: jiff::Timestamp| moment.strftime("%Y-%m").to_string();
    let this = month(now);
    let first: jiff::civil::Date = format!("{this}-01").parse()?;
    let before = first.yesterday()?.strftime("%Y-%m").to_string();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let settings = [format!(
        "geo.url=http://{}/dbip-{{what}}-lite-{{year}}-{{month}}.mmdb.gz",
        listener.local_addr()?
    )];
    // That of systems is not out yet for this month; later somebody serves a page in its place.
    let bodies = vec![
        (
            format!("/dbip-country-lite-{this}.mmdb.gz"),
            packed(&country),
        ),
        (format!("/dbip-asn-lite-{before}.mmdb.gz"), packed(&asn)),
    ];
    let server = listener.try_clone()?;
    let serving = std::thread::spawn(move || serve(server, bodies, 3));
    let output = geo(folder, &settings, &["update", "--json"])?;
    let asked = serving.join().expect("it does not panic")?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(asked.len(), 3, "{asked:?}");
    let answer = json(&output)?;
    let maker = answer["databases"][0]["attribution"].to_string();
    assert!(maker.contains("IP Geolocation by DB-IP"), "{answer:#}");
    let found = json(&geo(folder, &[], &["lookup", "--json", "81.2.69.1"])?)?;
    let place = &found["places"][0];
    assert_eq!(
        (&place["country"], &place["asn"]),
        (&"GB".into(), &20712.into()),
        "{found:#}"
    );
    // Of this month already: nobody is asked.
    let again = geo(folder, &settings, &["update"])?;
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(
        again.status.success() && said.contains("is of this month"),
        "{again:?}"
    );
    let wrong = vec![
        (
            format!("/dbip-country-lite-{this}.mmdb.gz"),
            b"<html>".to_vec(),
        ),
        (format!("/dbip-asn-lite-{this}.mmdb.gz"), packed(&country)),
    ];
    let serving = std::thread::spawn(move || serve(listener, wrong, 2));
    let output = geo(folder, &settings, &["update", "--force"])?;
    serving.join().expect("it does not panic")?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        said.contains("tells no asn") && said.contains("not taken"),
        "{said}"
    );
    let kept = std::fs::read(folder.join("dbip-country-lite.mmdb"))?;
    assert_eq!(kept, country, "what was there is as it was");
    Ok(())
}
