// SPDX-License-Identifier: MIT
//! What is told of lists.

use super::{Table, held, mebibytes};
use crate::lists::{Dropped, Figure, Lists, Loaded};

/// Names of what misses its target.
pub(super) fn missed(lists: &Lists) -> impl Iterator<Item = &str> {
    let figures = lists.figures.iter();
    let missed = figures.filter(|figure| figure.held() == Some(false));
    missed.map(|figure| &*figure.what)
}

/// Every table.
pub(super) fn section(lists: &Lists) -> String {
    let mut text = "\nLists (packets as above; the whole path, to a source of which nothing else is known):\n\n".to_owned();
    text += &figures(&lists.figures);
    text += "\nUntil they are in force, in milliseconds: read and guarded, made to cache lines, and in the kernel. Memory in MiB: what the kernel charges, the table of touched groups included, and what the loading process needs at most:\n\n";
    text += &loads(&lists.loaded);
    text += "\nOne packet of a listed source dropped, as on the wire above; nftables with an interval set of the same ranges. All frames are of one source, so that caches are warm for everybody:\n\n";
    text + &drops(&lists.dropped)
}

fn figures(figures: &[Figure]) -> String {
    let mut table = Table::new(&["lists", "measured", "target", "held"]);
    for figure in figures {
        let told = |number: f64| match figure.unit {
            "times" => format!("{number:.2} times"),
            unit => format!("{number:.0} {unit}"),
        };
        table.row([
            figure.what.clone(),
            told(figure.measured),
            figure
                .target
                .map(|target| format!("≤ {}", told(target)))
                .unwrap_or_default(),
            held(figure.held()),
        ]);
    }
    table.text()
}

fn drops(dropped: &[Dropped]) -> String {
    let head = ["list", "ranges", "filter", "ns a packet", "times Aegis"];
    let mut table = Table::new(&head);
    for one in dropped {
        let ns = one.ns.map(|ns| format!("{:.0}", ns.median));
        let ratio = one.ratio.map(|ratio| format!("{:.2}", ratio.median));
        table.row([
            one.list.clone(),
            one.ranges.to_string(),
            one.filter.to_owned(),
            ns.unwrap_or_else(|| "not measured: the set did not load in two minutes".to_owned()),
            ratio.unwrap_or_default(),
        ]);
    }
    table.text()
}

fn loads(loaded: &[Loaded]) -> String {
    let head = [
        "list",
        "entries",
        "read",
        "made",
        "in the kernel",
        "all",
        "`nft -f`",
        "kernel MiB",
        "peak MiB",
    ];
    let mut table = Table::new(&head);
    let whole = |number: f64| format!("{number:.0}");
    for one in loaded {
        table.row([
            one.what.clone(),
            one.entries.to_string(),
            whole(one.read_ms),
            whole(one.made_ms),
            whole(one.loaded_ms),
            whole(one.total_ms()),
            one.nft_ms.map_or_else(|| "gave up".to_owned(), whole),
            mebibytes(one.kernel_bytes),
            mebibytes(one.peak_bytes),
        ]);
    }
    table.text()
}
