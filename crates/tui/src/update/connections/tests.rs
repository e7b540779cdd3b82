// SPDX-License-Identifier: MIT

use crate::fixture::{self, ban, flow};
use crate::message::{Change, Effect, Message, Told};
use crate::model::{About, Model, Overlay, Tab};
use crate::update::update;
use aegis_api::{
    AllowList, BanList, FlowGroup, FlowGroupBy, FlowGroupList, FlowGroupSort, FlowList,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;

mod filter;
mod order;
mod rows;

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn key(model: &mut Model, letter: char) -> Vec<Effect> {
    press(model, KeyCode::Char(letter))
}

fn line(model: &mut Model, text: &str) {
    key(model, '/');
    text.chars().for_each(|letter| drop(key(model, letter)));
}

/// The daemon answers what it is asked, with these.
fn answer(model: &mut Model, peers: &[&str]) {
    let query = model.connections.query().expect("a question");
    let flows = peers.iter().zip(1..);
    let flows: Vec<_> = flows.map(|(peer, port)| flow(peer, port)).collect();
    let list = FlowList {
        matched: flows.len(),
        total: flows.len(),
        flows,
    };
    drop(update(model, Message::Told(Told::Flows(query, list))));
}

fn answer_groups(model: &mut Model, keys: &[(&str, usize)]) {
    let query = model.connections.group_query().expect("a question");
    let group = |&(key, connections): &(&str, usize)| FlowGroup {
        key: key.to_owned(),
        connections,
        ..FlowGroup::default()
    };
    let list = FlowGroupList {
        groups: keys.iter().map(group).collect(),
        found: keys.len(),
        matched: 9,
        total: 9,
    };
    drop(update(model, Message::Told(Told::Groups(query, list))));
    key(model, 'g');
}

fn bans(model: &mut Model, targets: &[&str]) {
    let list = BanList {
        bans: targets.iter().map(|target| ban(target)).collect(),
        ..BanList::default()
    };
    let query = model.bans.query();
    drop(update(model, Message::Told(Told::Bans(query, list))));
}

fn busy() -> Model {
    let mut model = Model::new(About::default(), Timestamp::UNIX_EPOCH);
    answer(&mut model, &["192.0.2.1", "192.0.2.2", "2001:db8::3"]);
    key(&mut model, 'g');
    model
}

fn shown(model: &Model) -> String {
    model.connections.filter().to_string()
}

fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

fn change(effects: &[Effect]) -> &Change {
    match effects {
        [Effect::Change(change)] => change,
        effects => panic!("no change: {effects:?}"),
    }
}

#[test]
fn a_filter_is_asked_for_while_it_is_typed() {
    let mut model = busy();
    line(&mut model, "port:22 192.0.2.0/24");
    let filter = model.wanted().flows.expect("a question").filter;
    assert_eq!(filter.to_string(), "192.0.2.0/24 port:22");
}

#[test]
fn what_makes_no_sense_yet_is_told_where_it_is_typed_and_changes_nothing() {
    let mut model = busy();
    line(&mut model, "port:22");
    answer(&mut model, &["192.0.2.1"]);
    for letter in " country:r".chars() {
        key(&mut model, letter);
    }
    let Some(Overlay::Line(line)) = &model.overlay else {
        panic!("no line");
    };
    let problem = line.problem.clone().unwrap_or_default();
    assert!(problem.contains("two letters"), "{problem}");
    assert_eq!(shown(&model), "port:22");
    key(&mut model, 'u');
    assert_eq!(shown(&model), "country:ru port:22");
}

#[test]
fn a_wrong_word_keeps_the_line_open_at_enter_and_says_what_is_wrong() {
    let problem = |model: &Model| match &model.overlay {
        Some(Overlay::Line(line)) => line.problem.clone().unwrap_or_default(),
        other => panic!("no line: {other:?}"),
    };
    for tab in [Tab::Connections, Tab::Logs, Tab::Bans, Tab::Lists] {
        let mut model = busy();
        model.tab = tab;
        line(&mut model, "colour:red");
        press(&mut model, KeyCode::Enter);
        assert!(problem(&model).contains("is no key"), "{}", problem(&model));
        press(&mut model, KeyCode::Esc);
        assert!(model.overlay.is_none());
    }
    let mut model = busy();
    line(&mut model, "state:nonsense");
    let filter = model.connections.filter().clone();
    let why = "no connection is ever \"nonsense\"";
    let refused = Told::Refused(filter.clone(), why.to_owned());
    drop(update(&mut model, Message::Told(refused)));
    press(&mut model, KeyCode::Enter);
    assert_eq!(problem(&model), why, "what the daemon refused, too");
    let mut model = busy();
    line(&mut model, "state:nonsense");
    press(&mut model, KeyCode::Enter);
    let refused = Told::Refused(filter, why.to_owned());
    drop(update(&mut model, Message::Told(refused)));
    assert_eq!(
        notice(&model),
        why,
        "and what it refuses only then is told below"
    );
}

#[test]
fn an_answer_to_another_question_changes_nothing() {
    let mut model = busy();
    let old = model.connections.query().expect("a question");
    key(&mut model, 's');
    let empty = Told::Flows(old, FlowList::default());
    drop(update(&mut model, Message::Told(empty)));
    assert_eq!(model.connections.listing.flows.len(), 3);
}

#[test]
fn grouping_goes_through_what_can_be_grouped_by_and_ends() {
    let mut model = busy();
    let mut seen = Vec::new();
    for _ in 0..6 {
        key(&mut model, 'c');
        let wanted = model.wanted();
        assert_eq!(wanted.flows.is_some(), wanted.groups.is_none());
        seen.push(wanted.groups.map(|query| query.by));
    }
    let all = [
        FlowGroupBy::Source,
        FlowGroupBy::Prefix,
        FlowGroupBy::Country,
        FlowGroupBy::Asn,
        FlowGroupBy::Port,
    ];
    assert_eq!(seen[..5], all.map(Some));
    assert_eq!(seen[5], None);
}

#[test]
fn a_group_is_entered_and_left_again() {
    let mut model = busy();
    line(&mut model, "port:22");
    press(&mut model, KeyCode::Enter);
    for _ in 0..3 {
        key(&mut model, 'c');
    }
    answer_groups(&mut model, &[("CN", 7), ("", 2)]);
    press(&mut model, KeyCode::Enter);
    assert_eq!(shown(&model), "country:CN port:22");
    assert!(model.wanted().flows.is_some());
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.connections.scope.by, Some(FlowGroupBy::Country));
    assert_eq!(shown(&model), "port:22");
    key(&mut model, 'j');
    press(&mut model, KeyCode::Enter);
    assert!(
        notice(&model).contains("only what is known"),
        "{}",
        notice(&model)
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.connections.scope.by, None);
}

#[test]
fn groups_are_sorted_by_what_groups_have() {
    let mut model = busy();
    key(&mut model, 'c');
    key(&mut model, 's');
    let query = model.wanted().groups.expect("a question");
    assert_eq!(query.sort, FlowGroupSort::Packets);
}

#[test]
fn following_shows_one_peer_until_escape() {
    let mut model = busy();
    line(&mut model, "port:443");
    press(&mut model, KeyCode::Enter);
    answer(&mut model, &["192.0.2.1"]);
    key(&mut model, 'f');
    assert_eq!(shown(&model), "192.0.2.1");
    answer(&mut model, &["192.0.2.1"]);
    key(&mut model, 'f');
    assert!(notice(&model).contains("Esc"), "{}", notice(&model));
    press(&mut model, KeyCode::Esc);
    assert_eq!(shown(&model), "port:443");
}

#[test]
fn a_connection_opens_and_closes_and_asks_for_all_of_its_peer_meanwhile() {
    let mut model = busy();
    model.screen = (80, 24);
    assert_eq!(model.wanted().why, None);
    press(&mut model, KeyCode::Enter);
    let peer = model.connections.selected().map(|flow| flow.peer);
    assert!(peer.is_some());
    assert_eq!(model.wanted().why, peer);
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.wanted().why, None);
    drop(update(&mut model, Message::Resized(160, 40)));
    assert_eq!(model.wanted().why, peer);
}

#[test]
fn what_is_known_of_another_peer_is_not_shown() {
    let mut model = busy();
    let told = Told::Why(Box::new(fixture::why("192.0.2.2")));
    drop(update(&mut model, Message::Told(told)));
    assert_eq!(model.connections.why(), None);
    key(&mut model, 'j');
    let told = Told::Why(Box::new(fixture::why("192.0.2.2")));
    drop(update(&mut model, Message::Told(told)));
    assert!(model.connections.why().is_some());
}

#[test]
fn space_blocks_and_unblocks() {
    let mut model = busy();
    let effects = key(&mut model, ' ');
    assert!(matches!(change(&effects), Change::Ban(ban) if ban.target == "192.0.2.1"));
    bans(&mut model, &["192.0.2.1"]);
    let effects = key(&mut model, ' ');
    assert!(matches!(change(&effects), Change::Unban(ban) if ban.target == "192.0.2.1"));
}

#[test]
fn space_says_so_where_a_wider_ban_holds() {
    let mut model = busy();
    bans(&mut model, &["192.0.2.0/24", "198.51.100.1"]);
    assert_eq!(key(&mut model, ' '), []);
    assert!(
        notice(&model).contains("by 192.0.2.0/24"),
        "{}",
        notice(&model)
    );
}

#[test]
fn allowing_goes_both_ways_and_says_so_where_a_wider_entry_holds() {
    let mut model = busy();
    let effects = key(&mut model, 'a');
    assert!(matches!(change(&effects), Change::Allow(allow) if allow.target == "192.0.2.1"));
    let told = |model: &mut Model, target: &str| {
        let entry = serde_json::json!({"target": target, "reason": null, "rule": 1});
        let entry = serde_json::from_value(entry).expect("an entry");
        let list = AllowList { allow: vec![entry] };
        drop(update(model, Message::Told(Told::Allowlist(list))));
    };
    told(&mut model, "192.0.2.1");
    let effects = key(&mut model, 'a');
    assert!(matches!(change(&effects), Change::Disallow(gone) if gone.target == "192.0.2.1"));
    told(&mut model, "192.0.2.0/24");
    assert_eq!(key(&mut model, 'a'), []);
    assert!(
        notice(&model).contains("by 192.0.2.0/24"),
        "{}",
        notice(&model)
    );
}

#[test]
fn one_connection_is_killed_at_once_and_several_only_after_a_question() {
    let mut model = busy();
    let effects = key(&mut model, 'x');
    let id = "tcp/192.0.2.1:1/198.51.100.1:443";
    assert!(matches!(change(&effects), Change::Kill(kill) if kill.id.as_deref() == Some(id)));
    key(&mut model, 'c');
    answer_groups(&mut model, &[("192.0.2.1", 7), ("192.0.2.2", 1)]);
    assert_eq!(key(&mut model, 'x'), []);
    let effects = key(&mut model, 'y');
    let Change::Kill(kill) = change(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (kill.filter.to_string().as_str(), &kill.id),
        ("192.0.2.1", &None)
    );
    key(&mut model, 'x');
    assert_eq!(key(&mut model, 'n'), []);
    assert!(model.overlay.is_none());
    key(&mut model, 'j');
    assert!(matches!(change(&key(&mut model, 'x')), Change::Kill(_)));
}

#[test]
fn the_own_session_is_not_killed_without_a_question() {
    let mut model = busy();
    model.about.peer = Some("::ffff:192.0.2.1".parse().expect("an address"));
    assert_eq!(key(&mut model, 'x'), []);
    assert!(matches!(model.overlay, Some(Overlay::Confirm(_))));
}

#[test]
fn copying_takes_the_peer_or_the_prefix_and_nothing_of_a_country() {
    let mut model = busy();
    assert_eq!(key(&mut model, 'y'), [Effect::Copy("192.0.2.1".to_owned())]);
    key(&mut model, 'c');
    key(&mut model, 'c');
    answer_groups(&mut model, &[("192.0.2.0/24", 7)]);
    assert_eq!(
        key(&mut model, 'y'),
        [Effect::Copy("192.0.2.0/24".to_owned())]
    );
    key(&mut model, 'c');
    answer_groups(&mut model, &[("CN", 7)]);
    assert_eq!(key(&mut model, 'y'), []);
    for letter in [' ', 'b', 'a', 'f', 'w'] {
        assert_eq!(key(&mut model, letter), [], "{letter}");
        assert!(model.overlay.is_none(), "{letter}");
    }
}

#[test]
fn nothing_is_changed_read_only() {
    let mut model = busy();
    model.about.is_read_only = true;
    for letter in [' ', 'b', 'a', 'x'] {
        assert_eq!(key(&mut model, letter), [], "{letter}");
        assert!(notice(&model).contains("--read-only"), "{letter}");
        assert!(model.overlay.is_none());
    }
}
