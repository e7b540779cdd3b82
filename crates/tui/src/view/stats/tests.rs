// SPDX-License-Identifier: MIT

use crate::fixture::{attacked, event, group, model, place, press, screen, status, tell};
use crate::message::Told;
use crate::model::{Model, Tab};
use aegis_api::{FlowGroupList, History, SecurityEvent, TotalColumn};
use insta::assert_snapshot;
use ratatui::layout::Position;
use ratatui::style::Modifier;

/// An hour in which ever more passes, with a flood in its last ten minutes.
fn hour() -> History {
    let seconds: Vec<u64> = (0..3_600).collect();
    let flood = |second: u64| {
        if second >= 3_000 {
            80_000 + second * 10
        } else {
            0
        }
    };
    let dropped: Vec<u64> = seconds.iter().map(|&second| flood(second)).collect();
    let passed: Vec<u64> = seconds.iter().map(|second| 500 + second / 4).collect();
    let times = |column: &[u64], by: u64| column.iter().map(|packets| packets * by).collect();
    let column = |packets: Vec<u64>, by| TotalColumn {
        bytes: times(&packets, by),
        packets,
    };
    let drops = [
        ("syn_flood".to_owned(), dropped.clone()),
        ("ban_address".to_owned(), vec![12; 3_600]),
    ];
    History {
        step_seconds: 1,
        ends: seconds
            .iter()
            .map(|second| second.cast_signed() * 1_000)
            .collect(),
        milliseconds: vec![1_000; 3_600],
        passed: column(passed, 800),
        dropped: column(dropped, 60),
        answered: column(
            seconds.iter().map(|&second| flood(second) / 4).collect(),
            60,
        ),
        drops: drops.into(),
        half_open_percent: vec![3; 3_600],
        flows: vec![42; 3_600],
        ..History::default()
    }
}

fn busy() -> Model {
    let mut model = model(Tab::Stats);
    tell(&mut model, Told::Status(Box::new(status())));
    tell(&mut model, Told::History(hour()));
    let flood = SecurityEvent {
        src_place: Some(place("RU", "Russia", 64_500, "Example Hosting")),
        suppressed: 84_000,
        ..event("203.0.113.9", "syn_flood", 0)
    };
    tell(&mut model, Told::Event(Box::new(flood)));
    model.stats.senders.fade();
    let list = FlowGroupList {
        groups: vec![group("192.0.2.1", 17, 2_400_000), group("", 2, 800)],
        found: 2,
        matched: 19,
        total: 19,
    };
    let query = model.stats.query();
    tell(&mut model, Told::Groups(query, list));
    model
}

#[test]
fn nothing_is_known_yet() {
    assert_snapshot!("empty_80x24", screen(&model(Tab::Stats), 80, 24));
    assert_snapshot!("empty_40x12", screen(&model(Tab::Stats), 40, 12));
}

#[test]
fn a_flood_is_seen_in_the_last_minutes() {
    let mut model = busy();
    press(&mut model, "zz");
    assert_snapshot!("busy_80x24", screen(&model, 80, 24));
    assert_snapshot!("busy_120x40", screen(&model, 120, 40));
    assert_snapshot!("busy_200x50", screen(&model, 200, 50));
    assert_snapshot!("busy_40x12", screen(&model, 40, 12));
}

#[test]
fn who_goes_back_in_time_sees_what_was_then() {
    let mut model = busy();
    press(&mut model, "zzz");
    press(&mut model, &"h".repeat(30));
    let then = model.stats.moment().expect("it is known");
    let reasons: Vec<&str> = then
        .drops
        .iter()
        .map(|(reason, _)| reason.as_str())
        .collect();
    assert_eq!(reasons, ["ban_address"]);
    assert_snapshot!("earlier_120x40", screen(&model, 120, 40));
    press(&mut model, "n");
    let now = model.stats.moment().expect("it is known");
    assert_eq!(now.drops[0].0, "syn_flood");
}

#[test]
fn where_there_is_room_for_one_unit_the_other_is_a_key_away() {
    let mut model = busy();
    press(&mut model, "v");
    assert_snapshot!("bytes_80x24", screen(&model, 80, 24));
}

#[test]
fn everything_can_be_reached_on_every_screen() {
    for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 50)] {
        let mut model = busy();
        model.screen = (width, height);
        let mut warned = status();
        warned.warnings =
            vec!["places.mmdb is 156 days old, and networks have moved since".to_owned()];
        tell(&mut model, Told::Status(Box::new(warned)));
        for row in crate::view::stats_rows(&model) {
            press(&mut model, "j");
            assert_eq!(model.stats.selected.as_ref(), Some(&row));
            let picture = screen(&model, width, height);
            let buffer = picture.buffer();
            let is_selected = |at: &Position| {
                let cell = &buffer[*at];
                // The tab in the first line is selected too.
                at.y > 0 && cell.modifier.contains(Modifier::REVERSED) && cell.symbol() != " "
            };
            let mut places = buffer.area.positions();
            assert!(places.any(|at| is_selected(&at)), "{row:?} in {picture}");
        }
        if (width, height) == (80, 24) {
            assert_snapshot!("last_80x24", screen(&model, width, height));
        }
    }
}

#[test]
fn an_attack_is_on_top_of_every_tab() {
    for tab in Tab::ALL {
        let mut model = busy();
        model.tab = tab;
        tell(&mut model, Told::Status(attacked()));
        let picture = screen(&model, 120, 40).to_string();
        assert!(picture.contains("ATTACK: a SYN flood"), "{picture}");
        if tab == Tab::Stats {
            assert_snapshot!("attack_120x40", screen(&model, 120, 40));
            assert_snapshot!("attack_80x24", screen(&model, 80, 24));
            assert_snapshot!("attack_40x12", screen(&model, 40, 12));
        }
    }
}
