// SPDX-License-Identifier: MIT

use crate::fixture::{ban, detected, model, moment, press, screen, tell};
use crate::message::Told;
use crate::model::{Model, Tab};
use aegis_api::{Allow, AllowList, Ban, BanCause, BanList};
use insta::assert_snapshot;

fn busy() -> Model {
    let mut model = model(Tab::Bans);
    let mut twice = detected("203.0.113.9");
    twice.causes.push(BanCause {
        origin: "operator".to_owned(),
        reason: Some("again and again".to_owned()),
        since: moment(-30),
        expires: Some(moment(7_500)),
        expires_in_seconds: Some(7_500),
    });
    twice.expires = Some(moment(7_500));
    let port = Ban {
        port: Some(22),
        protocol: Some("tcp".to_owned()),
        part: "tcp port 22".to_owned(),
        rule: 4,
        ..ban("2001:db8:1234::/48")
    };
    let bans = vec![ban("192.0.2.1"), port, twice];
    let others = [("crowdsec".to_owned(), 31_337)].into();
    let query = model.bans.query();
    tell(&mut model, Told::Bans(query, BanList { bans, others }));
    let entry = Allow {
        target: "198.51.100.0/24".to_owned(),
        reason: Some("our office".to_owned()),
        rule: 2,
        place: None,
    };
    let allow = vec![entry];
    tell(&mut model, Told::Allowlist(AllowList { allow }));
    model
}

#[test]
fn nobody_is_banned() {
    assert_snapshot!("empty_80x24", screen(&model(Tab::Bans), 80, 24));
}

#[test]
fn some_are_banned() {
    let mut model = busy();
    assert_snapshot!("busy_80x24", screen(&model, 80, 24));
    assert_snapshot!("unselected_120x40", screen(&model, 120, 40));
    press(&mut model, "j");
    assert_snapshot!("busy_120x40", screen(&model, 120, 40));
    assert_snapshot!("busy_40x12", screen(&model, 40, 12));
}

#[test]
fn only_some_of_them_are_looked_for() {
    let mut model = busy();
    press(&mut model, "/country:ru\n");
    assert_snapshot!("filtered_80x24", screen(&model, 80, 24));
}

#[test]
fn every_cause_of_one_ban() {
    let mut model = busy();
    press(&mut model, "\n");
    assert_snapshot!("detail_80x24", screen(&model, 80, 24));
    assert_snapshot!("detail_40x12", screen(&model, 40, 12));
}

#[test]
fn the_allowlist_and_a_line_that_makes_no_sense() {
    let mut model = busy();
    press(&mut model, "v");
    assert_snapshot!("allowlist_80x24", screen(&model, 80, 24));
    press(&mut model, "v");
    press(&mut model, "n");
    assert_snapshot!("prompt_80x24", screen(&model, 80, 24));
    press(&mut model, "203.0.113.7/24\n");
    assert_snapshot!("mistake_80x24", screen(&model, 80, 24));
    assert_snapshot!("mistake_40x12", screen(&model, 40, 12));
}
