// SPDX-License-Identifier: MIT

use crate::fixture::{attacked, model, press, screen, screen_in, status, tell};
use crate::message::{Effect, Message, Told};
use crate::model::{Link, Model, Tab};
use crate::theme::{Palette, Symbols, Theme};
use crate::update::update;
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

#[test]
fn the_key_that_helps_has_the_command_ready() {
    let mut model = live();
    assert_eq!(press(&mut model, "D"), []);
    assert!(model.overlay.is_none(), "nothing goes on");
    tell(&mut model, Told::Status(attacked()));
    assert_eq!(press(&mut model, "D"), []);
    assert_snapshot!("defence_80x24", screen(&model, 80, 24));
    let words = ["block", "203.0.113.0/24", "--for", "1h"].map(str::to_owned);
    assert_eq!(press(&mut model, "\n"), [Effect::Obey(words.to_vec())]);
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
