// SPDX-License-Identifier: MIT
//! The key that somebody may have meant.

use super::{KEYS, Key, SECTIONS};

/// Longer names are no misspelling of ours.
const LONGEST: usize = 64;

/// The key, or the section, whose name is nearest to one that is not known; `None` where none is
/// near.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let sections = SECTIONS.iter().map(|section| section.name);
    let section = (!name.contains('.'))
        .then_some(sections)
        .into_iter()
        .flatten();
    nearest_of(name, KEYS.iter().map(Key::name).chain(section))
}

/// That of the candidates whose name is nearest, where any is near.
pub(crate) fn nearest_of(
    name: &str,
    candidates: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let plain = name.to_lowercase().replace('-', "_");
    let scored = candidates.filter(|candidate| !candidate.is_empty());
    let (score, best) = scored
        .map(|candidate| (distance(&plain, candidate), candidate))
        .min_by_key(|(score, _)| *score)?;
    (score <= (plain.chars().count() / 4).max(2)).then_some(best)
}

/// Letters to change; the right name in another section is nearly right.
fn distance(name: &str, candidate: &str) -> usize {
    let whole = strsim::osa_distance(name, candidate);
    let leaf = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
    match strsim::osa_distance(&leaf(name), &leaf(candidate)) {
        near @ 0..=1 => whole.min(near + 1),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_and_misplaced_names_find_their_key() {
        for (name, key) in [
            ("modules.port_scam", "modules.port_scan"),
            ("modules.Port-Scan", "modules.port_scan"),
            ("module.port_scan", "modules.port_scan"),
            ("conn_track", "modules.conn_track"),
            ("interfaces", "interface"),
            ("modulse", "modules"),
            ("autoban.max_entires", "autoban.max_entries"),
            ("allowlist.ip", "allowlist.ips"),
            ("timeouts.tcp_establised", "timeouts.tcp_established"),
            ("max_flows", "attach.max_flows"),
        ] {
            assert_eq!(nearest(name), Some(key), "{name}");
        }
        for name in [
            "",
            "frobnicate",
            &"interface".repeat(99),
            "\u{1b}[0m\u{1b}[0m",
        ] {
            assert_eq!(nearest(name), None, "{name}");
        }
    }
}
