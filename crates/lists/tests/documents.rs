// SPDX-License-Identifier: MIT
//! What the documentation says about formats and the guard is what the tables say.
//! `AEGIS_BLESS=1 cargo test -p aegis-lists --test documents` writes it.

use aegis_lists::guard::public::PUBLIC;
use aegis_lists::guard::quarantine::ChangeLimits;
use aegis_lists::guard::{Role, Rules};
use aegis_lists::parse::FORMATS;
use aegis_lists::special::SPECIAL;
use std::fs;
use std::path::Path;

fn table<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let head = line(heading.map(str::to_owned)) + &format!("|{}\n", "---|".repeat(N));
    head + &rows.map(line).collect::<String>()
}

fn formats() -> String {
    let code = |word: &&str| format!("`{word}`");
    let rows = FORMATS.iter().map(|row| {
        let also: Vec<String> = row.also.iter().map(code).collect();
        let takes = row.takes.replace('|', "\\|");
        [code(&row.word), also.join(" "), row.about.to_owned(), takes]
    });
    table(["format", "also", "what it is", "what is taken"], rows)
}

fn guard() -> String {
    let rules = Rules::default();
    let roles = [
        Role::Own,
        Role::Gateway,
        Role::Resolver,
        Role::Administrator,
        Role::Allowlist,
    ];
    let needed = roles.map(|role| role.to_string()).join("; ");
    let (v4, v6) = (rules.widest_v4, rules.widest_v6);
    let lines = [
        "whose time has passed".to_owned(),
        "everybody: `0.0.0.0/0`, `::/0`".to_owned(),
        format!("whom this host needs: {needed}"),
        "public services".to_owned(),
        "special use".to_owned(),
        format!("wider than /{v4} of IPv4 or /{v6} of IPv6, of which hardly anybody holds more"),
    ];
    let numbered = lines
        .iter()
        .zip(1..)
        .map(|(line, number)| format!("{number}. {line}\n"));
    numbered.collect()
}

fn special() -> String {
    let rows = SPECIAL.iter().map(|special| {
        let purpose = special.purpose.label().to_owned();
        [
            format!("`{}`", special.net),
            purpose,
            special.source.to_owned(),
        ]
    });
    table(["addresses", "for", "by"], rows)
}

fn public() -> String {
    let mut services: Vec<[String; 2]> = Vec::new();
    for public in PUBLIC {
        let (name, address) = (
            format!("{}, {}", public.kind, public.who),
            format!("`{}`", public.address),
        );
        match services.iter_mut().find(|[known, _]| *known == name) {
            Some([_, addresses]) => addresses.push_str(&format!(" {address}")),
            None => services.push([name, address]),
        }
    }
    table(["service", "addresses"], services.into_iter())
}

fn quarantine() -> String {
    let limits = ChangeLimits::default();
    let (v4, v6) = (limits.covered_v4.ilog2(), limits.covered_v6.ilog2());
    let (entries, refused) = (limits.entries, limits.refused);
    let (shrink, grow) = (limits.shrink_percent, limits.grow_percent);
    [
        "no entry of it may be taken, unless it has none at all and the copy had none either".to_owned(),
        format!("more than {} % of its entries are refused, and more than {refused}", limits.refused_percent),
        format!("less than {shrink} % of the entries are left, or there are more than {grow} %, and the difference is above {entries}"),
        format!("it covers more than {grow} % of the addresses that it did, and the difference is above 2^{v4} of IPv4 or 2^{v6} of IPv6"),
    ]
    .map(|line| format!("- {line}\n"))
    .concat()
}

#[test]
fn the_page_is_that_of_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lists.md");
    let page = fs::read_to_string(&path).expect("the page is there");
    let mut expected = page.clone();
    for (name, text) in [
        ("formats", formats()),
        ("guard", guard()),
        ("special", special()),
        ("public", public()),
        ("quarantine", quarantine()),
    ] {
        let (begin, end) = (
            format!("<!-- {name}:begin -->"),
            format!("<!-- {name}:end -->"),
        );
        let (head, rest) = expected
            .split_once(&begin)
            .expect("the page has the marker");
        let (_, tail) = rest.split_once(&end).expect("the page has the marker");
        expected = format!("{head}{begin}\n{text}{end}{tail}");
    }
    if std::env::var_os("AEGIS_BLESS").is_some() {
        fs::write(&path, &expected).expect("the page can be written");
    }
    let page = fs::read_to_string(&path).expect("the page is there");
    assert!(
        page == expected,
        "docs/lists.md is old: AEGIS_BLESS=1 cargo test -p aegis-lists --test documents"
    );
}
