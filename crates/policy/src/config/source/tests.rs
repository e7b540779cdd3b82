// SPDX-License-Identifier: MIT
//! Sources as they are written.

use super::*;
use crate::config::{Effective, File, Layers};

fn sources(text: &str) -> Vec<Source> {
    let file = File::read("c.toml", text.as_bytes()).expect("it is right");
    let file = Some(&file);
    let effective = Effective::merge(&Layers {
        file,
        ..Layers::default()
    });
    effective
        .expect("the values go together")
        .config()
        .feeds
        .source
        .clone()
}

fn mistakes(text: &str) -> Vec<String> {
    let mistakes = File::read("c.toml", text.as_bytes()).expect_err("it is wrong");
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_source_of_the_name_of_a_shipped_one_says_only_what_differs() {
    let text = "[[feeds.source]]\nname = \"feodo\"\naction = \"alert\"\n\n\
                [[feeds.source]]\nname = \"spamhaus_drop\"\npath = \"/srv/drop.txt\"\n\n\
                [[feeds.source]]\nname = \"mine\"\nurl = \"https://example.org/list\"\n\
                interval = \"6h\"\ndirection = \"out\"\n";
    let sources = sources(text);
    let shipped = Source::named("feodo");
    assert_eq!(
        sources[0],
        Source {
            action: ListAction::Alert,
            ..shipped
        }
    );
    assert_eq!(
        (sources[1].url.as_str(), sources[1].origin()),
        ("", "/srv/drop.txt")
    );
    assert_eq!(sources[1].category, "hijacked");
    let own = &sources[2];
    assert_eq!((own.interval, own.direction), (6 * HOUR, Direction::Out));
    assert_eq!(
        own.to_string(),
        "{ name = \"mine\", url = \"https://example.org/list\", interval = \"6h\", direction = \"out\" }"
    );
}

#[test]
fn sources_are_read_as_they_are_shown() {
    let text = "[[feeds.source]]\nname = \"spamhaus_drop\"\npath = \"/srv/drop.txt\"\n\
                may_be_empty = true\nmin_score = 3\n\n\
                [[feeds.source]]\nname = \"x\"\nurl = \"http://127.0.0.1:8000/x\"\nformat = \"misp\"\n";
    let first = sources(text);
    let shown: Vec<String> = first.iter().map(Source::to_string).collect();
    let again = format!("feeds.source = [{}]\n", shown.join(", "));
    assert_eq!(sources(&again), first);
}

#[test]
fn each_mistake_has_its_line_and_what_to_write() {
    let text = "[feeds]\nenabled = true\n\n[[feeds.source]]\nname = \"x\"\nurll = \"https://x/\"\n\
                interval = 5\n\n[[feeds.source]]\nurl = \"https://x/\"\n\n\
                [[feeds.source]]\nname = \"y\"\n\n[[feeds.source]]\nname = \"y\"\n\
                url = \"https://y/\"\npath = \"/y\"\n";
    let expected = [
        "c.toml:6:1: feeds.source: a list has no key urll: did you mean url?",
        "c.toml:7:12: feeds.source: interval: a duration needs a unit: write \"5s\", or use m, h, d or w",
        "c.toml:9:1: feeds.source: a list has no name: give it one: name = \"my_list\"",
        "c.toml:12:1: feeds.source: nobody knows where y comes from: give a url, or a path",
    ];
    let mut found = mistakes(text);
    let last = found.split_off(4);
    assert_eq!(found, expected);
    // Not both: the url of a list with a path is not looked at.
    assert!(
        last.iter().all(|line| line.starts_with("c.toml:15:1: ")),
        "{last:?}"
    );
}

#[test]
fn one_table_is_not_a_list_of_them() {
    let text = "[feeds.source]\nname = \"x\"\n";
    let expected = "c.toml:1:1: feeds.source: there may be several: write [[feeds.source]] on a \
                    line of its own, and its keys below";
    assert_eq!(mistakes(text), [expected]);
}

#[test]
fn names_of_fields_are_used_once_and_the_name_comes_first() {
    let names: std::collections::BTreeSet<&str> = FIELDS.iter().map(Field::name).collect();
    assert_eq!(names.len(), FIELDS.len());
    assert_eq!(FIELDS[0].name(), "name");
}
