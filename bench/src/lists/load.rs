// SPDX-License-Identifier: MIT
//! What it takes until lists are in force: read, guarded, laid over each other, and in the kernel;
//! and what nftables takes for the same entries.

use super::Figure;
use super::generated::{self, Random};
use aegis_abi::{Link, SetAction};
use aegis_engine::rig::Rig;
use aegis_lists::guard::{Guard, Rules};
use aegis_lists::image::{lists_v4, lists_v6, places_v4, places_v6};
use aegis_lists::parse::{Format, Limits, parse};
use aegis_lists::set::{Weight, compile};
use aegis_lists::{Classes, Entry, IpSpan, Label, Span};
use aegis_testbed::{Host, Lab, corpus_dir};
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

/// How long nftables may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Ranges of all countries, as databases have them.
const COUNTRIES: (u32, u32, u32) = (250, 700_000, 300_000);

/// A list put in force.
#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    /// Which one.
    pub what: String,
    /// Its entries, those taken.
    pub entries: usize,
    /// Reading and guarding, milliseconds.
    pub read_ms: f64,
    /// Laying over each other and making lines of it.
    pub made_ms: f64,
    /// Until it is in force.
    pub loaded_ms: f64,
    /// What the kernel charges for the sets, and for the tables of touched groups, bytes.
    pub kernel_bytes: u64,
    /// What this process needed meanwhile at most, bytes.
    pub peak_bytes: u64,
    /// What `nft -f` takes for the same, milliseconds; `None` where it gave up.
    pub nft_ms: Option<f64>,
}

impl Loaded {
    /// All of it.
    pub fn total_ms(&self) -> f64 {
        self.read_ms + self.made_ms + self.loaded_ms
    }
}

/// Loads lists of each size, and what figures come of that.
pub(super) fn measure() -> Result<(Vec<Loaded>, Vec<Figure>)> {
    let lab = Lab::new()?;
    let host = lab.host("nft")?;
    let mut rig = Rig::load(Link::Ethernet, false)?;
    let mut loaded = Vec::new();
    if let Some(text) = ipsum()? {
        loaded.push(load(&mut rig, "ipsum, all levels", &text, &host)?);
    }
    for count in [500_000, 1_000_000] {
        let text: String = generated::v4(count)
            .into_iter()
            .map(|one| one.line())
            .collect();
        loaded.push(load(&mut rig, "generated, IPv4", text.as_bytes(), &host)?);
    }
    let text: String = generated::v6(200_000)
        .into_iter()
        .map(|one| one.line())
        .collect();
    loaded.push(load(&mut rig, "generated, IPv6", text.as_bytes(), &host)?);
    rig.set_lists(None, None)?;
    let mut figures = figures(&loaded);
    figures.push(Figure {
        what: "every country, 700,000 IPv4 and 300,000 IPv6 ranges, in force".to_owned(),
        measured: countries(&mut rig)?,
        unit: "ms",
        target: Some(2_000.0),
    });
    Ok((loaded, figures))
}

fn figures(loaded: &[Loaded]) -> Vec<Figure> {
    let of = |entries: std::ops::Range<usize>| {
        let mut v4 = loaded.iter().filter(|one| one.what.ends_with("IPv4"));
        v4.find(move |one| entries.contains(&one.entries))
    };
    let mut figures = Vec::new();
    if let Some(half) = of(400_000..600_000) {
        let what = "500,000 IPv4 entries read, guarded and in force".to_owned();
        let measured = half.total_ms();
        figures.push(Figure {
            what,
            measured,
            unit: "ms",
            target: Some(1_000.0),
        });
        // Where nftables gave up there is nothing to be compared.
        figures.extend(half.nft_ms.map(|nft| Figure {
            what: "the same, against `nft -f`".to_owned(),
            measured: half.total_ms() / nft,
            unit: "times",
            target: Some(1.0),
        }));
    }
    if let Some(whole) = of(900_000..1_100_000) {
        let what = "1,000,000 IPv4 entries, kernel memory".to_owned();
        let measured = whole.kernel_bytes as f64 / f64::from(1 << 20);
        figures.push(Figure {
            what,
            measured,
            unit: "MiB",
            target: Some(64.0),
        });
    }
    figures
}

fn load(rig: &mut Rig, what: &str, text: &[u8], host: &Host) -> Result<Loaded> {
    rig.set_lists(None, None)?;
    let before = resident("VmRSS:")?;
    // Lets the kernel forget the peak so far (proc_pid_clear_refs(5)).
    fs::write("/proc/self/clear_refs", "5").context("cannot reset the peak of memory")?;
    let begin = Instant::now();
    let entries = entries(text)?;
    let read_ms = milliseconds(begin);
    let begin = Instant::now();
    let spans = entries.iter().map(|entry| (Label(0), entry.span));
    let compiled = compile(spans, &mut Classes::default());
    let (dropped, seed) = (|_| SetAction::ARRIVING, Random(3).next() as u32);
    let v4 = match compiled.v4.is_empty() {
        true => None,
        false => Some(lists_v4(&compiled.v4, dropped, seed)?),
    };
    let v6 = match compiled.v6.is_empty() {
        true => None,
        false => Some(lists_v6(&compiled.v6, dropped, seed)?),
    };
    let made_ms = milliseconds(begin);
    let begin = Instant::now();
    rig.set_lists(v4.as_ref(), v6.as_ref())?;
    let loaded_ms = milliseconds(begin);
    let peak_bytes = resident("VmHWM:")?.saturating_sub(before);
    Ok(Loaded {
        what: what.to_owned(),
        entries: entries.len(),
        read_ms,
        made_ms,
        loaded_ms,
        kernel_bytes: rig.set_bytes()? + TOUCHED_BYTES,
        peak_bytes,
        nft_ms: by_nftables(&entries, host)?,
    })
}

/// Of the table of touched groups of a family.
const TOUCHED_BYTES: u64 = aegis_abi::tables::touched::LINES as u64 * 64;

/// A real list of 120,430 addresses, where the corpus is there.
pub(super) fn ipsum() -> Result<Option<Vec<u8>>> {
    let Some(folder) = corpus_dir() else {
        return Ok(None);
    };
    let file = folder.join("feeds/ipsum_full_120k.txt.gz");
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Some(text))
}

/// What a list has, past the guard.
pub(super) fn entries(text: &[u8]) -> Result<Vec<Entry>> {
    let parsed = parse(text, Format::Auto, &Limits::default())?;
    // Entries of such lengths all over IPv4 cover more of it than any list in use.
    let rules = Rules {
        most: Weight {
            v4: u64::MAX,
            v6: u128::MAX,
        },
        ..Rules::default()
    };
    Ok(Guard::new(&rules)
        .sift(parsed.entries, Timestamp::UNIX_EPOCH)
        .kept)
}

/// What `nft -f` takes for a set of these entries.
fn by_nftables(entries: &[Entry], host: &Host) -> Result<Option<f64>> {
    let family = match entries.first().map(|entry| entry.span) {
        Some(IpSpan::V6(_)) => "ipv6_addr",
        _ => "ipv4_addr",
    };
    let mut rules = format!(
        "table inet aegis_bench {{ set listed {{ type {family}; flags interval; auto-merge; elements = {{\n"
    );
    for entry in entries {
        writeln!(rules, "{},", entry.span)?;
    }
    rules += "}; }; }\n";
    let file = std::env::temp_dir().join(format!("aegis-bench-{}.nft", std::process::id()));
    fs::write(&file, rules).with_context(|| format!("cannot write {}", file.display()))?;
    let begin = Instant::now();
    let done = host.run_for(PATIENCE, "nft", &["-f", &file.to_string_lossy()]);
    let took = milliseconds(begin);
    fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    let Ok(output) = done else {
        return Ok(None);
    };
    output.success()?;
    host.run("nft", &["delete", "table", "inet", "aegis_bench"])?
        .success()?;
    Ok(Some(took))
}

/// Milliseconds until ranges that cover everything are in force as places.
fn countries(rig: &mut Rig) -> Result<f64> {
    let (countries, v4, v6) = COUNTRIES;
    let step = u32::MAX / v4;
    let ranges = (0..v4).map(|at| Span {
        first: at * step,
        last: at * step + (step - 1),
    });
    let ranges = ranges.map(IpSpan::V4);
    let networks = (0..v6).map(|at| {
        let first = (2_u128 << 124) + (u128::from(at) << 100);
        IpSpan::V6(Span {
            first,
            last: first + ((1 << 98) - 1),
        })
    });
    let mut random = Random(11);
    let named = ranges
        .chain(networks)
        .map(|span| (Label(random.next() as u32 % countries), span));
    let named: Vec<_> = named.collect();
    let begin = Instant::now();
    let compiled = compile(named, &mut Classes::default());
    let nothing = |_| SetAction::NONE;
    let (v4, v6) = (
        places_v4(&compiled.v4, nothing)?,
        places_v6(&compiled.v6, nothing)?,
    );
    rig.set_places(Some(&v4), Some(&v6))?;
    Ok(milliseconds(begin))
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

/// Bytes that this process has in memory (proc_pid_status(5)).
fn resident(line: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status").context("cannot read the status")?;
    let told = text.lines().find_map(|own| own.strip_prefix(line));
    let told = told.and_then(|own| own.split_whitespace().next()?.parse::<u64>().ok());
    Ok(told.with_context(|| format!("the status has no {line}"))? << 10)
}
