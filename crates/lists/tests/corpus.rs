// SPDX-License-Identifier: MIT
//! Lists as they are published come to the counts that a shell gives, which knows nothing of parsers.

use aegis_lists::guard::covered;
use aegis_lists::parse::{Format, Limits, Parsed, parse};
use aegis_testbed::{corpus_dir, skip, test_name};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Of each file, what it is found to be, and a line of shell that counts its entries, the file being `$1`.
const COUNTS: &[(&str, Format, &str)] = &[
    (
        "ipsum_full_120k.txt.gz",
        Format::Ipsum,
        "zcat \"$1\" | grep -cE '^[0-9]'",
    ),
    (
        "ipsum_level4.txt",
        Format::Plain,
        "grep -cE '^[0-9.]+$' \"$1\"",
    ),
    (
        "formats/bom_crlf.txt",
        Format::Plain,
        "grep -c '[0-9]' \"$1\"",
    ),
    (
        "formats/dshield_block.txt",
        Format::Dshield,
        "grep -cE '^[0-9]' \"$1\"",
    ),
    (
        "formats/emerging_block_ips.txt",
        Format::Plain,
        "grep -cE '^[0-9]' \"$1\"",
    ),
    (
        "formats/firehol.netset",
        Format::Plain,
        "grep -cvE '^#' \"$1\"",
    ),
    (
        "formats/misp_event.json",
        Format::Misp,
        "grep -cE '\"type\":\"ip-[^,]*,.*\"to_ids\":true' \"$1\"",
    ),
    (
        "formats/poison.txt",
        Format::Plain,
        "LC_ALL=C grep -cvE '/33|^010|^1[.]2[.]3$|^0x|^[^ -~]|^<' \"$1\"",
    ),
    (
        "formats/threatfox.csv",
        Format::AbuseCsv,
        "grep -c '\"ip:port\"' \"$1\"",
    ),
];

fn shell(line: &str, file: &Path) -> u64 {
    let ran = Command::new("sh")
        .args(["-c", line, "sh"])
        .arg(file)
        .output();
    let output = ran.expect("there is a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("{line}: {output:?}"))
}

fn read(file: &Path, least_score: u32) -> Parsed {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let limits = Limits {
        least_score,
        ..Limits::default()
    };
    let parsed = parse(&bytes, Format::Auto, &limits);
    parsed.unwrap_or_else(|failure| panic!("{}: {failure}", file.display()))
}

#[test]
fn every_list_comes_to_what_a_shell_counts() {
    let Some(corpus) = corpus_dir() else {
        return skip(test_name!(), "there is no corpus beside the project");
    };
    let feeds = corpus.join("feeds");
    for (name, format, line) in COUNTS {
        let file = feeds.join(name);
        let parsed = read(&file, 0);
        assert_eq!(parsed.format, *format, "{name}");
        assert_eq!(parsed.entries.len() as u64, shell(line, &file), "{name}");
    }
    let full = feeds.join("ipsum_full_120k.txt.gz");
    let seen_thrice = "zcat \"$1\" | awk '/^[0-9]/ && $2 >= 3' | wc -l";
    assert_eq!(
        read(&full, 3).entries.len() as u64,
        shell(seen_thrice, &full)
    );
    let distinct = "zcat \"$1\" | grep -E '^[0-9]' | cut -f1 | sort -u | wc -l";
    assert_eq!(covered(&read(&full, 0).entries).v4, shell(distinct, &full));
}
