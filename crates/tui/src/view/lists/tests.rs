// SPDX-License-Identifier: MIT

use crate::fixture::{aside, detail, list, model, press, screen, tell};
use crate::message::Told;
use crate::model::{Model, Tab};
use aegis_api::{
    Direction, GeoHits, GeoPolicy, GeoStatus, ListAction, ListSets, ListStatus, ListsAnswer,
};
use insta::assert_snapshot;

fn busy() -> Model {
    let mut model = model(Tab::Lists);
    let alert = ListStatus {
        action: ListAction::Alert,
        would_hit: list("tor").hits,
        hits: list("tor").would_hit,
        category: "anonymity".to_owned(),
        ..list("tor-exits")
    };
    let off = ListStatus {
        enabled: false,
        copy: None,
        next: None,
        ..list("firehol-level1")
    };
    let failed = ListStatus {
        failures: 3,
        warning: Some("feodo: 3 attempts have failed".to_owned()),
        ..list("feodo")
    };
    model.lists.arrived(ListsAnswer {
        enabled: true,
        idle: None,
        lists: vec![list("spamhaus-drop"), alert, off, failed, aside("dshield")],
        sets: ListSets {
            ranges_v4: 1_432,
            ranges_v6: 12,
            ..ListSets::default()
        },
        ..ListsAnswer::default()
    });
    tell(&mut model, Told::Geo(places()));
    press(&mut model, "j");
    model
}

fn places() -> GeoStatus {
    let hits = |country: &str, asn, packets| GeoHits {
        country: Some(country.to_owned()),
        asn: Some(asn),
        packets,
        bytes: packets * 60,
    };
    GeoStatus {
        databases: vec![],
        policy: Some(GeoPolicy {
            block: vec!["CN".to_owned(), "AS64500".to_owned()],
            direction: Direction::Both,
            unknown: "pass".to_owned(),
            hits: vec![hits("CN", 64_501, 4_321), hits("RU", 64_500, 77)],
            ..GeoPolicy::default()
        }),
        warnings: vec![],
    }
}

#[test]
fn there_are_no_lists() {
    assert_snapshot!("empty_80x24", screen(&model(Tab::Lists), 80, 24));
}

#[test]
fn some_lists_and_how_they_stand() {
    let mut model = busy();
    assert_snapshot!("busy_80x24", screen(&model, 80, 24));
    assert_snapshot!("busy_40x12", screen(&model, 40, 12));
    tell(
        &mut model,
        Told::List(Box::new(detail(list("spamhaus-drop")))),
    );
    assert_snapshot!("busy_120x40", screen(&model, 120, 40));
}

#[test]
fn only_some_of_them_are_looked_for() {
    let mut model = busy();
    press(&mut model, "/state:failed\n");
    assert_snapshot!("filtered_80x24", screen(&model, 80, 24));
}

#[test]
fn everything_about_a_copy_that_was_put_aside_and_the_question() {
    let mut model = busy();
    press(&mut model, "G");
    tell(&mut model, Told::List(Box::new(detail(aside("dshield")))));
    press(&mut model, "\n");
    assert_snapshot!("detail_80x24", screen(&model, 80, 24));
    assert_snapshot!("detail_40x12", screen(&model, 40, 12));
    press(&mut model, "R");
    assert_snapshot!("question_80x24", screen(&model, 80, 24));
}
