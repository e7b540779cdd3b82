// SPDX-License-Identifier: MIT

use crate::fixture::{
    attacked, ban, detected, event, model, press, screen, screen_in, status, tell, why,
};
use crate::message::{Effect, Message, Told};
use crate::model::{BlockDialog, Link, Model, Overlay, Tab};
use crate::theme::{Palette, Symbols, Theme};
use crate::update::update;
use aegis_api::Why;
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
