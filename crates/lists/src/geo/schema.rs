// SPDX-License-Identifier: MIT
//! Where records have what: those of MaxMind and of DB-IP, and flat ones.

use super::{Asn, Country, Place};
use crate::refusals::shown;
use maxminddb::{LookupResult, PathElement};

type Found<'a> = LookupResult<'a, Vec<u8>>;
type Path = &'static [PathElement<'static>];

macro_rules! paths {
    ($name:ident: $([$($step:literal),+])+) => {
        const $name: &[Path] = &[$(&[$(PathElement::Key($step)),+]),+];
    };
}

// The first path at which there is anything is the one that counts.
paths!(COUNTRY: ["country", "iso_code"] ["country_code"] ["countryCode"] ["country"]
    ["registered_country", "iso_code"]);
paths!(COUNTRY_NAME: ["country", "names", "en"] ["country_name"] ["registered_country", "names", "en"]);
paths!(CITY: ["city", "names", "en"] ["city_name"] ["city"]);
paths!(ASN: ["autonomous_system_number"] ["asn"] ["as_number"]);
paths!(ORGANISATION: ["autonomous_system_organization"] ["as_name"] ["as_org"] ["as_organisation"]
    ["isp"] ["organization"] ["org"] ["name"]);

/// What an address hides behind, by the field that says so.
const ANONYMITY: [(&str, &str); 6] = [
    ("is_anonymous_vpn", "VPN"),
    ("is_tor_exit_node", "tor exit"),
    ("is_public_proxy", "public proxy"),
    ("is_residential_proxy", "residential proxy"),
    ("is_hosting_provider", "hosting"),
    ("is_anonymous", "anonymous"),
];

/// What a record says.
pub(super) fn place(found: &Found<'_>) -> Place {
    // Nobody knows what is in a file that somebody else made: it is shown, and not acted on.
    let text = |paths: &[Path]| text(found, paths).map(|text| shown(text.as_bytes()));
    Place {
        near: None,
        country: country(found),
        country_name: text(COUNTRY_NAME),
        city: text(CITY),
        asn: asn(found),
        organisation: text(ORGANISATION),
        anonymity: anonymity(found),
    }
}

/// The country alone.
pub(super) fn country(found: &Found<'_>) -> Option<Country> {
    let codes = COUNTRY.iter().filter_map(|path| at::<&str>(found, path));
    codes.filter_map(Country::of_letters).next()
}

/// The number of the network alone.
pub(super) fn asn(found: &Found<'_>) -> Option<Asn> {
    let number = |path: &Path| {
        // The library reads a number as no other type than the one it was written as.
        let short = || at::<u16>(found, path).map(u32::from);
        let long = || u32::try_from(at::<u64>(found, path)?).ok();
        let number = at::<u32>(found, path).or_else(short).or_else(long);
        let text = || at::<&str>(found, path)?.parse().ok();
        number.filter(|&number| number != 0).map(Asn).or_else(text)
    };
    ASN.iter().find_map(number)
}

fn anonymity(found: &Found<'_>) -> Vec<&'static str> {
    let is = |field| at::<bool>(found, &[PathElement::Key(field)]) == Some(true);
    let told: Vec<&str> = ANONYMITY
        .iter()
        .filter_map(|&(field, name)| is(field).then_some(name))
        .collect();
    match told[..] {
        // That it is anonymous at all is said beside what makes it so.
        [.., "anonymous"] if told.len() > 1 => told[..told.len() - 1].to_vec(),
        _ => told,
    }
}

fn text<'a>(found: &Found<'a>, paths: &[Path]) -> Option<&'a str> {
    let texts = paths.iter().filter_map(|path| at::<&str>(found, path));
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// What is at a path; another type than the wanted one is as good as nothing.
fn at<'a, T: serde::Deserialize<'a>>(found: &Found<'a>, path: &[PathElement<'_>]) -> Option<T> {
    found.decode_path(path).ok().flatten()
}
