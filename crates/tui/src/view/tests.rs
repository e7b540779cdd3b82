// SPDX-License-Identifier: MIT

use crate::fixture::{
    attacked, ban, detected, event, model, press, screen, screen_in, status, tell, why,
};
use crate::message::{Effect, Message, Told};
use crate::model::{BlockDialog, Hits, Link, Model, Overlay, Tab};
use crate::theme::{Palette, Symbols, Theme};
use crate::update::update;
use aegis_api::{Attack, AttackSource, Status, Why};
use insta::assert_snapshot;

fn live() -> Model {
    let mut model = model(Tab::Connections);
    tell(&mut model, Told::Status(Box::new(status())));
    model
}

#[test]
fn a_daemon_that_is_lost_is_told_of_before_anything_else() {
    let mut model = live();
    let why = "no aegis daemon answers at /run/aegis/eth0.sock".to_owned();
    assert_eq!(update(&mut model, Message::Lost(why)), []);
    for (name, width, height) in [("80x24", 80, 24), ("120x40", 120, 40), ("40x12", 40, 12)] {
        assert_snapshot!(format!("lost_{name}"), screen(&model, width, height));
    }
    tell(&mut model, Told::Status(Box::new(status())));
    assert_eq!(model.link, Link::Live);
}

#[test]
fn help_is_made_from_the_table_of_keys() {
    let mut model = live();
    press(&mut model, "?");
    assert_snapshot!("help_80x24", screen(&model, 80, 24));
    assert_snapshot!("help_40x12", screen(&model, 40, 12));
    press(&mut model, "?");
    assert!(model.overlay.is_none());
}

/// Every line of a window over the tab is on the screen once it is scrolled to its end, and keys that go
/// beyond do no harm.
#[test]
fn what_lies_over_a_low_screen_is_read_to_its_last_line() {
    let known = Why {
        bans: vec![ban("192.0.2.7"), detected("192.0.2.0/24")],
        events: (0..5)
            .map(|at| event("192.0.2.7", "port_scan", at))
            .collect(),
        flows: 12_345,
        ..why("192.0.2.7")
    };
    let printed: Vec<String> = (0..60)
        .map(|line| format!("{line} {}", "word ".repeat(20)))
        .collect();
    let address = known.address;
    for (name, overlay, last) in [
        (
            "why",
            Overlay::Why(address, Some(Box::new(known)), 0),
            "port_scan",
        ),
        ("help", Overlay::Help(0), "end"),
        (
            "text",
            Overlay::Text("events".to_owned(), printed, 0),
            "59 word",
        ),
    ] {
        let mut model = live();
        model.screen = (40, 12);
        model.overlay = Some(overlay);
        let begin = screen(&model, 40, 12).to_string();
        assert!(begin.contains("more below"), "{begin}");
        press(&mut model, "GjjjG");
        let end = screen(&model, 40, 12);
        assert_snapshot!(format!("{name}_end_40x12"), end);
        let text = end.to_string();
        assert!(
            text.contains(last) && !text.contains("more below"),
            "{text}"
        );
        press(&mut model, "k");
        let above = screen(&model, 40, 12).to_string();
        assert!(
            above.contains("1 more below"),
            "one key is one line: {above}"
        );
        press(&mut model, "g");
        assert_eq!(screen(&model, 40, 12).to_string(), begin);
    }
}

#[test]
fn the_dialog_that_blocks_is_whole_on_a_low_screen() {
    let mut model = live();
    model.screen = (40, 12);
    model.overlay = Some(Overlay::Block(Box::new(BlockDialog::of("192.0.2.7"))));
    assert_snapshot!("block_40x12", screen(&model, 40, 12));
}

#[test]
fn the_key_that_helps_has_the_command_ready() {
    let mut model = live();
    assert_eq!(press(&mut model, "D"), []);
    assert!(model.overlay.is_none(), "nothing goes on");
    tell(&mut model, Told::Status(attacked()));
    assert_eq!(press(&mut model, "D"), []);
    assert_snapshot!("defence_80x24", screen(&model, 80, 24));
    let words = ["block", "203.0.113.0/24", "--for", "1h"].map(str::to_owned);
    assert_eq!(press(&mut model, "\n"), [Effect::Obey(1, words.to_vec())]);
}

/// A ban of somebody who is connected is not proposed without a word.
#[test]
fn whom_a_defence_would_cut_off_is_told_before_it_is_obeyed() {
    let mut model = live();
    tell(&mut model, Told::Status(attacked()));
    press(&mut model, "D");
    let filter = model.wanted().hits.expect("it is asked whom that hits");
    assert_eq!(filter.to_string(), "203.0.113.0/24 state:established");
    let hits = |connections| Hits {
        connections,
        total: 9,
    };
    tell(&mut model, Told::Hits(filter.clone(), hits(0)));
    let picture = screen(&model, 80, 24).to_string();
    assert!(picture.contains("can be forged"), "{picture}");
    tell(&mut model, Told::Hits(filter, hits(3)));
    assert_snapshot!("caution_80x24", screen(&model, 80, 24));
    // Of another line nothing is known.
    press(&mut model, "x");
    assert_eq!(model.wanted().hits, None);
}

/// The first lines below the tabs.
fn banner(attack: &Attack, width: u16) -> String {
    let mut model = live();
    tell(
        &mut model,
        Told::Status(Box::new(Status {
            attacks: vec![attack.clone()],
            ..status()
        })),
    );
    let picture = screen(&model, width, 24).to_string();
    let lines = picture.lines().skip(1).take(if width < 60 { 3 } else { 2 });
    let plain = lines.map(|line| line.trim_matches('"').trim_end());
    plain.collect::<Vec<_>>().join("\n")
}

#[test]
fn two_lines_say_what_from_where_how_much_and_what_is_done() {
    let flood = Attack {
        sources: vec![AttackSource {
            target: "198.51.100.14".to_owned(),
            share_percent: 99,
            addresses: 1,
            place: None,
        }],
        sources_seen: 1,
        response: [
            "66244 packets/s are dropped",
            "2 sources begin no connection for the moment",
            "2 sources are banned by detectors",
            "900 reports/s are counted rather than made, so that logs stay readable",
        ]
        .map(str::to_owned)
        .to_vec(),
        remedy: Some("block 198.51.100.14 --for 1h".to_owned()),
        ..attacked().attacks.remove(0)
    };
    let forged = Attack {
        sources: vec![],
        sources_seen: 4_096,
        response: vec![
            "153228 attempts/s are answered with SYN cookies, so that whoever is real gets through"
                .to_owned(),
        ],
        remedy: None,
        ..flood.clone()
    };
    let over = Attack {
        packets_per_second: 0,
        response: vec!["at this moment nothing of it arrives".to_owned()],
        ..flood.clone()
    };
    let mut told = String::new();
    for width in [40, 80, 120, 200] {
        for attack in [&flood, &forged, &over] {
            told.push_str(&banner(attack, width));
            told.push_str("\n\n");
        }
    }
    assert_snapshot!("banner", told);
}

#[test]
fn everything_about_attacks_is_a_key_away() {
    let mut model = live();
    press(&mut model, "A");
    assert!(model.overlay.is_none(), "nothing goes on");
    tell(&mut model, Told::Status(attacked()));
    press(&mut model, "A");
    assert_snapshot!("attacks_80x24", screen(&model, 80, 24));
    press(&mut model, "A");
    assert!(model.overlay.is_none());
}

#[test]
fn only_what_is_not_enforced_is_on_top() {
    let mut model = live();
    let mut told = status();
    told.warnings = vec!["places.mmdb is 156 days old".to_owned()];
    told.problems = vec!["NOT ENFORCED: eth0 has no program".to_owned()];
    tell(&mut model, Told::Status(Box::new(told)));
    let picture = screen(&model, 80, 24).to_string();
    assert!(picture.contains("NOT ENFORCED"), "{picture}");
    assert!(!picture.contains("156 days"), "{picture}");
    assert!(picture.contains("1 warning in Stats"), "{picture}");
}

/// Every tab and every size is drawn, in every theme, and without colours nothing has one.
#[test]
fn whatever_the_window_is_there_is_a_picture() {
    let sizes = [(1, 1), (10, 3), (20, 5), (40, 12), (80, 24), (300, 100)];
    for tab in Tab::ALL {
        let mut model = live();
        model.tab = tab;
        tell(&mut model, Told::Status(attacked()));
        for (width, height) in sizes {
            for palette in [Palette::Usual, Palette::ColourBlind, Palette::NoColour] {
                let theme = Theme {
                    palette,
                    symbols: Symbols::Ascii,
                };
                let picture = screen_in(&model, (width, height), theme);
                let cells = picture.buffer().content();
                let plain = |symbol: &str| symbol.is_ascii();
                assert!(cells.iter().all(|cell| plain(cell.symbol())), "{picture}");
            }
        }
    }
}
