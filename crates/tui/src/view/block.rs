// SPDX-License-Identifier: MIT
//! The dialog that asks how to block.

use super::text::{number, plain};
use crate::model::{BlockDialog, Choice, FOR_GOOD, Model, Question};
use crate::theme::{Role, Sign, Theme};
use aegis_policy::Part;
use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use tui_input::Input;

/// The most columns that it takes.
const WIDTH: u16 = 72;
/// Below so many columns a word stands where it would else need a line of its own.
const NARROW: u16 = 60;

/// Draws it in the middle.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (dialog, model): (&BlockDialog, &Model),
    theme: Theme,
) {
    let [column] = Layout::horizontal([Constraint::Max(WIDTH)])
        .flex(Flex::Center)
        .areas(area);
    let other = match column.width < NARROW {
        true => theme.sign(Sign::More),
        false => "or type ",
    };
    let title = Line::styled(" block ", theme.style(Role::Title));
    let border = Block::bordered().border_set(theme.border()).title(title);
    let lines: Vec<Line<'_>> = lines((dialog, model), other, theme)
        .into_iter()
        .map(plain)
        .collect();
    let text = Paragraph::new(lines)
        .wrap(Wrap { trim: false })
        .block(border);
    let height = u16::try_from(text.line_count(column.width)).unwrap_or(u16::MAX);
    let [window] = Layout::vertical([Constraint::Max(height)])
        .flex(Flex::Center)
        .areas(column);
    frame.render_widget(Clear, window);
    frame.render_widget(text, window);
}

/// `other` is what stands for something that is typed instead of a choice.
fn lines(
    (dialog, model): (&BlockDialog, &Model),
    other: &'static str,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut lines = vec![
        choice(dialog, (Question::Whom, &dialog.whom), other, theme),
        choice(dialog, (Question::HowLong, &dialog.how_long), other, theme),
        typed(
            dialog,
            (Question::Reason, &dialog.reason, "no reason given"),
            theme,
        ),
        typed(dialog, (Question::What, &dialog.what, "everything"), theme),
        hits(dialog, theme),
    ];
    lines.extend(warning(dialog, model, theme));
    if let Some(problem) = &dialog.problem {
        lines.push(Line::styled(problem.clone(), theme.style(Role::Bad)));
        lines.extend(way_out(dialog, problem, theme));
    }
    lines.push(match dialog.asked {
        Some(_) => Line::styled("asking the daemon", theme.style(Role::Dim)),
        None => help(theme),
    });
    lines
}

fn label(dialog: &BlockDialog, question: Question, theme: Theme) -> Span<'static> {
    let is_asked = dialog.question == question;
    let role = if is_asked { Role::Key } else { Role::Dim };
    let sign = if is_asked { ">" } else { " " };
    Span::styled(
        format!("{sign} {:<7} ", question.label()),
        theme.style(role),
    )
}

/// What is chosen stands in brackets: a colour alone does not tell.
fn choice(
    dialog: &BlockDialog,
    (question, choice): (Question, &Choice),
    other: &'static str,
    theme: Theme,
) -> Line<'static> {
    let mut spans = vec![label(dialog, question, theme)];
    let option = |(number, text): (usize, &String)| match number == choice.chosen {
        true => Span::styled(format!("[{text}]"), theme.style(Role::Selected)),
        false => Span::raw(format!(" {text} ")),
    };
    spans.extend(choice.options.iter().enumerate().map(option));
    let typed = choice.typed.value();
    spans.push(match (choice.is_typed(), typed) {
        (true, typed) => Span::styled(format!("[{typed}_]"), theme.style(Role::Selected)),
        (false, "") => Span::styled(format!(" {other}"), theme.style(Role::Dim)),
        (false, typed) => Span::raw(format!(" {typed} ")),
    });
    Line::from(spans)
}

/// What is typed, and what it means where that is nothing.
fn typed(
    dialog: &BlockDialog,
    (question, input, nothing): (Question, &Input, &str),
    theme: Theme,
) -> Line<'static> {
    let text = input.value().to_owned();
    let text = match (dialog.question == question, &*text) {
        (true, _) => Span::styled(format!("[{text}_]"), theme.style(Role::Selected)),
        (_, "") => Span::styled(format!(" {nothing}"), theme.style(Role::Dim)),
        _ => Span::raw(format!(" {text}")),
    };
    Line::from(vec![label(dialog, question, theme), text])
}

fn hits(dialog: &BlockDialog, theme: Theme) -> Line<'static> {
    let target = dialog
        .target()
        .and_then(|target| dialog.part().map(|_| target));
    let text = match (target, dialog.hits()) {
        (Err(problem), _) => return Line::styled(problem, theme.style(Role::Warning)),
        (Ok(_), None) => format!("counting connections{}", theme.sign(Sign::More)),
        (Ok(target), Some(hits)) => {
            let (hit, total) = (hits.connections, hits.total);
            format!(
                "{target} has {} of {} connections",
                number(hit),
                number(total)
            )
        }
    };
    Line::raw(text)
}

/// Nobody should lock themselves out.
fn warning(dialog: &BlockDialog, model: &Model, theme: Theme) -> Option<Line<'static>> {
    let peer = model.about.peer.filter(|&peer| dialog.covers(peer))?;
    let sign = theme.sign(Sign::Attention);
    let text = format!("{sign} that is you: you are logged in from {peer}");
    Some(Line::styled(text, theme.style(Role::Bad)))
}

/// What the daemon does only when it is forced to is for the command line.
fn way_out(dialog: &BlockDialog, problem: &str, theme: Theme) -> Option<Line<'static>> {
    let target = dialog
        .target()
        .ok()
        .filter(|_| problem.contains("--force"))?;
    let time = match dialog.how_long.text() {
        FOR_GOOD => String::new(),
        time => format!(" --for {time}"),
    };
    let part = match dialog.what.value().trim() {
        "" => String::new(),
        _ => part_words(dialog.part().ok()?),
    };
    let text = format!("here that is `:block {target}{part}{time} --force`");
    Some(Line::styled(text, theme.style(Role::Warning)))
}

/// In the words of the command line.
fn part_words(part: Part) -> String {
    let port = part.port().map(|port| format!(" --port {port}"));
    let protocol = part.protocol();
    let protocol = protocol.map(|protocol| format!(" --proto {}", protocol.number()));
    format!(
        "{}{}",
        port.unwrap_or_default(),
        protocol.unwrap_or_default()
    )
}

fn help(theme: Theme) -> Line<'static> {
    let words = [("Enter", "blocks"), ("Tab", "goes on"), ("Esc", "leaves")];
    let spans = words.into_iter().flat_map(|(key, word)| {
        [
            Span::styled(key, theme.style(Role::Key)),
            Span::raw(format!(" {word}  ")),
        ]
    });
    let mut spans: Vec<Span<'static>> = spans.collect();
    // The last one is followed by nothing.
    if let Some(last) = spans.last_mut() {
        *last = Span::raw(last.content.trim_end().to_owned());
    }
    Line::from(spans)
}
