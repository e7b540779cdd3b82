// SPDX-License-Identifier: MIT

use crate::fixture::{REDO, ban, detected, model, moment, press, tell, tell_bans};
use crate::message::{Change, Effect, Message, Outcome, Told};
use crate::model::{BanSort, Model, Overlay, Selectable, Side, Tab};
use crate::update::update;
use aegis_api::{
    Allow, AllowAnswer, AllowList, AllowRequest, Ban, BanAnswer, BanRequest, DisallowRequest,
    EndedSockets, RestoreAnswer, UnbanAnswer, UnbanRequest,
};

const PORT: &str = "203.0.113.0/24";

fn of_port() -> Ban {
    Ban {
        port: Some(22),
        protocol: Some("tcp".to_owned()),
        part: "tcp port 22".to_owned(),
        ..ban(PORT)
    }
}

fn busy() -> Model {
    let mut model = model(Tab::Bans);
    tell_bans(
        &mut model,
        vec![ban("192.0.2.1"), detected("192.0.2.9"), of_port()],
    );
    let entry = Allow {
        target: "198.51.100.0/24".to_owned(),
        reason: Some("our office".to_owned()),
        rule: 2,
        place: None,
    };
    let allow = vec![entry];
    tell(&mut model, Told::Allowlist(AllowList { allow }));
    press(&mut model, "g");
    model
}

fn targets(model: &Model) -> Vec<&str> {
    let rows = (0..model.bans.count()).filter_map(|row| model.bans.ban(row));
    rows.map(|ban| ban.target.as_str()).collect()
}

fn made(effects: &[Effect]) -> &Change {
    match effects {
        [Effect::Change(change)] => change,
        other => panic!("one change is asked for: {other:?}"),
    }
}

/// The daemon does what is asked, and what takes it back is asked for.
fn undone(model: &mut Model, change: Change, outcome: Outcome) -> Vec<Effect> {
    answered(model, change, outcome);
    press(model, "u")
}

/// The daemon takes it back, and it is asked for again.
fn again(model: &mut Model, change: Change, outcome: Outcome) -> Vec<Effect> {
    answered(model, change, outcome);
    press(model, REDO)
}

fn answered(model: &mut Model, change: Change, outcome: Outcome) {
    let message = Message::Changed(change, Ok(Box::new(outcome)));
    assert_eq!(update(model, message), []);
}

#[test]
fn space_and_d_lift_the_selected_ban_and_no_other_part_of_its_target() {
    let mut model = busy();
    press(&mut model, "ss");
    assert_eq!(targets(&model), ["192.0.2.1", "192.0.2.9", PORT]);
    press(&mut model, "G");
    for key in [" ", "d"] {
        let expected = UnbanRequest {
            target: PORT.to_owned(),
            ..UnbanRequest::default()
        };
        let effects = press(&mut model, key);
        assert_eq!(made(&effects), &Change::Unban(expected), "{key}");
    }
}

#[test]
fn of_several_parts_of_a_target_the_selected_one_is_lifted() {
    let mut model = busy();
    let bans = vec![ban(PORT), detected(PORT), of_port()];
    tell_bans(&mut model, bans.clone());
    press(&mut model, "ssg");
    for ban in bans {
        let expected = UnbanRequest {
            target: PORT.to_owned(),
            part: Some(ban.part.clone()),
            ..UnbanRequest::default()
        };
        let effects = press(&mut model, "d");
        assert_eq!(made(&effects), &Change::Unban(expected), "{}", ban.part);
        press(&mut model, "j");
    }
}

/// An operator's ban for an hour more, renewed for good.
fn renewed(before: Ban) -> BanAnswer {
    BanAnswer {
        ban: ban("192.0.2.9"),
        renewed: true,
        before: Some(Box::new(before)),
        overruled_by: None,
        sockets: EndedSockets::default(),
        state_problem: None,
    }
}

#[test]
fn a_ban_that_was_renewed_is_put_back_as_it_was() {
    let mut model = busy();
    let mut before = ban("192.0.2.9");
    before.causes[0].reason = Some("scans".to_owned());
    before.causes[0].expires = Some(moment(3_600));
    let change = Change::Ban(BanRequest {
        target: "192.0.2.9".to_owned(),
        reason: Some("enough".to_owned()),
        ..BanRequest::default()
    });
    let outcome = Outcome::Banned(renewed(before));
    let effects = undone(&mut model, change.clone(), outcome);
    let Change::Restore(back) = made(&effects) else {
        panic!("{effects:?}");
    };
    let expected = "ban 192.0.2.9 everything by operator since 1970-01-01T00:00:00Z \
        until 1970-01-01T02:00:00Z reason \"scans\"";
    assert_eq!(back.request.text, expected);
    assert!(back.request.force, "only so may it end sooner");
    let answer = RestoreAnswer {
        renewed: 1,
        ..RestoreAnswer::default()
    };
    let asked = made(&effects).clone();
    let effects = again(&mut model, asked, Outcome::Restored(answer));
    assert_eq!(made(&effects), &change, "and once more the other way");
}

#[test]
fn of_a_ban_that_others_wanted_undo_takes_only_what_was_added() {
    let mut model = busy();
    let change = Change::Ban(BanRequest {
        target: "192.0.2.9".to_owned(),
        ..BanRequest::default()
    });
    let before = Ban {
        part: "everything".to_owned(),
        ..detected("192.0.2.9")
    };
    let outcome = Outcome::Banned(renewed(before));
    let effects = undone(&mut model, change, outcome);
    let expected = UnbanRequest {
        target: "192.0.2.9".to_owned(),
        part: Some("everything".to_owned()),
        origin: Some("operator".to_owned()),
        ..UnbanRequest::default()
    };
    assert_eq!(made(&effects), &Change::Unban(expected));
}

#[test]
fn an_undo_that_failed_says_why_and_can_be_tried_again() {
    let mut model = busy();
    let change = made(&press(&mut model, "d")).clone();
    let answer = UnbanAnswer {
        removed: vec![detected("192.0.2.9")],
        ..UnbanAnswer::default()
    };
    let effects = undone(&mut model, change, Outcome::Unbanned(answer));
    let back = made(&effects).clone();
    assert_eq!(press(&mut model, "u"), [], "there is no other");
    let message = Message::Changed(back.clone(), Err("the daemon does not answer".to_owned()));
    assert_eq!(update(&mut model, message), []);
    let text = model.notice.as_ref().map_or("", |notice| &notice.text);
    assert!(
        text.contains("the daemon does not answer") && text.contains("u tries once more"),
        "{text}"
    );
    assert_eq!(made(&press(&mut model, "u")), &back);
    let answer = RestoreAnswer {
        added: 1,
        ..RestoreAnswer::default()
    };
    answered(&mut model, back, Outcome::Restored(answer));
    assert_eq!(
        press(&mut model, "u"),
        [],
        "it is taken back no second time"
    );
}

#[test]
fn a_lifted_ban_of_a_detector_comes_back_with_its_end_and_its_reason() {
    let mut model = busy();
    let change = made(&press(&mut model, "d")).clone();
    let answer = UnbanAnswer {
        removed: vec![detected("192.0.2.9")],
        ..UnbanAnswer::default()
    };
    let effects = undone(&mut model, change.clone(), Outcome::Unbanned(answer));
    let Change::Restore(restoration) = made(&effects) else {
        panic!("{effects:?}");
    };
    let expected = "ban 192.0.2.9 new connections by port_scan since 1970-01-01T00:58:00Z \
        until 1970-01-01T01:10:00Z reason \"51 ports, 53 packets within 0 s\"";
    assert_eq!(restoration.request.text, expected);
    assert!(!restoration.request.force);
    let answer = RestoreAnswer {
        added: 1,
        ..RestoreAnswer::default()
    };
    let back = Change::Restore(restoration.clone());
    let effects = again(&mut model, back, Outcome::Restored(answer));
    assert_eq!(made(&effects), &change, "and once more the other way");
}

#[test]
fn what_only_crowdsec_wanted_is_not_put_back_and_the_line_says_so() {
    let mut model = busy();
    let mut lifted = ban("192.0.2.1");
    lifted.causes[0].origin = "crowdsec".to_owned();
    let answer = UnbanAnswer {
        removed: vec![lifted],
        still_covered_by: Some("192.0.2.0/24".to_owned()),
        ..UnbanAnswer::default()
    };
    let change = Change::Unban(UnbanRequest::default());
    let outcome = Outcome::Unbanned(answer);
    let message = Message::Changed(change, Ok(Box::new(outcome)));
    assert_eq!(update(&mut model, message), []);
    let text = model.notice.as_ref().map_or("", |notice| &notice.text);
    assert!(text.contains("still within 192.0.2.0/24") && text.contains("CrowdSec"));
    assert_eq!(press(&mut model, "u"), [], "there is nothing to take back");
}

#[test]
fn n_blocks_in_the_words_of_the_command_line() {
    let mut model = busy();
    model.about.peer = "198.51.100.7".parse().ok();
    let effects = press(&mut model, "n203.0.113.7 22 tcp for 1h reason too many\n");
    let expected = BanRequest {
        target: "203.0.113.7".to_owned(),
        port: Some(22),
        protocol: Some("6".to_owned()),
        for_seconds: Some(3_600),
        reason: Some("too many".to_owned()),
        force: false,
        session_peer: model.about.peer,
    };
    let change = made(&effects).clone();
    assert_eq!(change, Change::Ban(expected));
    assert_eq!(press(&mut model, "\nx"), [], "it is asked once");
    let refused = Message::Changed(change, Err("it is the gateway".to_owned()));
    assert_eq!(update(&mut model, refused), []);
    let Some(Overlay::Line(line)) = &model.overlay else {
        panic!("what the daemon refuses stays to be mended");
    };
    assert_eq!(line.problem.as_deref(), Some("it is the gateway"));
    assert!(line.input.value().ends_with("too many"));
    let change = made(&press(&mut model, "\n")).clone();
    let outcome = Outcome::Banned(BanAnswer {
        renewed: false,
        before: None,
        ..renewed(ban("203.0.113.7"))
    });
    assert_eq!(
        update(&mut model, Message::Changed(change, Ok(Box::new(outcome)))),
        []
    );
    assert!(model.overlay.is_none());
    assert_eq!(press(&mut model, "n203.0.113.7/24\n"), []);
    let Some(Overlay::Line(line)) = &model.overlay else {
        panic!("what is wrong stays to be mended");
    };
    assert_eq!(line.input.value(), "203.0.113.7/24");
    assert!(line.problem.is_some());
}

#[test]
fn plus_has_a_ban_stand_for_longer_and_undo_until_as_before() {
    let mut model = busy();
    let effects = press(&mut model, "+1h\n");
    let Change::Restore(restoration) = made(&effects) else {
        panic!("{effects:?}");
    };
    let text = &restoration.request.text;
    assert!(text.contains("by port_scan since 1970-01-01T00:58:00Z until 1970-01-01T02:10:00Z"));
    let answer = RestoreAnswer {
        renewed: 1,
        ..RestoreAnswer::default()
    };
    let change = Change::Restore(restoration.clone());
    let effects = undone(&mut model, change, Outcome::Restored(answer));
    let Change::Restore(back) = made(&effects) else {
        panic!("{effects:?}");
    };
    assert!(back.request.force && back.request.text.contains("until 1970-01-01T01:10:00Z"));
    press(&mut model, "j");
    assert_eq!(press(&mut model, "+"), [], "it is for good already");
    assert!(model.overlay.is_none());
}

#[test]
fn v_turns_to_the_allowlist_where_n_adds_and_d_takes_off() {
    let mut model = busy();
    press(&mut model, "/scan\nv");
    assert_eq!((model.bans.side, model.searched()), (Side::Allowed, ""));
    let effects = press(&mut model, "n192.0.2.7 reason \"a customer\"\n");
    let expected = AllowRequest {
        target: "192.0.2.7".to_owned(),
        reason: Some("a customer".to_owned()),
        force: false,
    };
    assert_eq!(made(&effects), &Change::Allow(expected));
    press(&mut model, "\u{1b}");
    assert_eq!(press(&mut model, " d"), [], "none is selected");
    assert_eq!(press(&mut model, "j "), [], "Space blocks and unblocks");
    let change = made(&press(&mut model, "d")).clone();
    let target = "198.51.100.0/24".to_owned();
    assert_eq!(change, Change::Disallow(DisallowRequest { target }));
    let answer = AllowAnswer {
        entry: model.bans.allowlist.allow[0].clone(),
        changed: true,
        overruled_bans: vec![],
        exempt_from: None,
        file: None,
        file_problem: None,
        state_problem: None,
    };
    let effects = undone(&mut model, change, Outcome::Allowlist(answer));
    let Change::Allow(again) = made(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(again.reason.as_deref(), Some("our office"));
}

#[test]
fn s_sorts_and_what_is_selected_stays_so() {
    let mut model = busy();
    assert_eq!(targets(&model), ["192.0.2.9", "192.0.2.1", PORT]);
    press(&mut model, "s");
    assert_eq!(model.bans.sort, BanSort::Until);
    press(&mut model, "r");
    assert_eq!(targets(&model), ["192.0.2.1", PORT, "192.0.2.9"]);
    assert_eq!(model.bans.target(), Some("192.0.2.9"));
    press(&mut model, "S");
    assert_eq!(model.bans.sort, BanSort::Since);
    tell_bans(&mut model, vec![detected("192.0.2.9")]);
    assert_eq!(model.bans.target(), Some("192.0.2.9"));
}

#[test]
fn a_filter_finds_bans_by_why_and_where() {
    let mut model = busy();
    for (line, expected) in [
        ("reason:port_scan", "192.0.2.9"),
        ("country:RU", "192.0.2.9"),
        ("port:22", PORT),
        ("203.0.113.0/24", PORT),
        ("everything 192", "192.0.2.1"),
    ] {
        press(&mut model, &format!("\u{1b}/{line}\n"));
        assert_eq!(targets(&model), [expected], "{line}");
    }
}

#[test]
fn o_asks_for_what_only_others_want_too() {
    let mut model = busy();
    let own = |model: &Model| model.wanted().bans.map(|query| query.own);
    assert_eq!(own(&model), Some(true));
    press(&mut model, "o");
    assert_eq!(own(&model), Some(false));
}

#[test]
fn nothing_is_changed_where_nothing_may_be() {
    let mut model = busy();
    model.about.is_read_only = true;
    for keys in ["d", " ", "n192.0.2.3\n", "+1h\n"] {
        assert_eq!(press(&mut model, keys), [], "{keys}");
        let text = model
            .notice
            .take()
            .map_or_else(String::new, |notice| notice.text);
        assert!(text.contains("--read-only"), "{keys}: {text}");
    }
}

#[test]
fn a_change_has_everything_asked_for_anew() {
    let mut model = busy();
    let before = model.wanted();
    let change = Change::Unban(UnbanRequest::default());
    let message = Message::Changed(change, Err("no".to_owned()));
    assert_eq!(update(&mut model, message), []);
    assert_ne!(model.wanted(), before);
    assert_eq!(moment(0), model.now);
}
