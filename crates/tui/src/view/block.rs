// SPDX-License-Identifier: MIT
//! The dialog that asks how to block.

use super::text::{number, plain};
use crate::model::{BlockDialog, Choice, FOR_GOOD, Model, Question};
use crate::theme::{Role, Sign, Theme};
use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

/// The most columns that it takes.
const WIDTH: u16 = 72;

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
    let title = Line::styled(" block ", theme.style(Role::Title));
    let border = Block::bordered().border_set(theme.border()).title(title);
    let lines: Vec<Line<'_>> = lines(dialog, model, theme).into_iter().map(plain).collect();
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

fn lines(dialog: &BlockDialog, model: &Model, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![
        choice(dialog, Question::Whom, &dialog.whom, theme),
        choice(dialog, Question::HowLong, &dialog.how_long, theme),
        reason(dialog, theme),
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
    question: Question,
    choice: &Choice,
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
        (false, "") => Span::styled(" or type ", theme.style(Role::Dim)),
        (false, typed) => Span::raw(format!(" {typed} ")),
    });
    Line::from(spans)
}

fn reason(dialog: &BlockDialog, theme: Theme) -> Line<'static> {
    let text = dialog.reason.value().to_owned();
    let text = match (dialog.question, &*text) {
        (Question::Reason, _) => Span::styled(format!("[{text}_]"), theme.style(Role::Selected)),
        (_, "") => Span::styled(" no reason given", theme.style(Role::Dim)),
        _ => Span::raw(format!(" {text}")),
    };
    Line::from(vec![label(dialog, Question::Reason, theme), text])
}

fn hits(dialog: &BlockDialog, theme: Theme) -> Line<'static> {
    let text = match (dialog.target(), dialog.hits()) {
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
    let text = format!("here that is `:block {target}{time} --force`");
    Some(Line::styled(text, theme.style(Role::Warning)))
}

fn help(theme: Theme) -> Line<'static> {
    let words = [("Enter", "blocks"), ("Tab", "goes on"), ("Esc", "leaves")];
    let spans = words.into_iter().flat_map(|(key, word)| {
        [
            Span::styled(key, theme.style(Role::Key)),
            Span::raw(format!(" {word}  ")),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}
