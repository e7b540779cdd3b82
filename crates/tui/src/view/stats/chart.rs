// SPDX-License-Identifier: MIT
//! A value over the time shown, with axes.

use crate::model::{Moment, Stats};
use crate::theme::{Role, Theme};
use crate::view::text::{age, bytes, count};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar};

/// Columns of the axis to the left.
const GUTTER: u16 = 7;

/// What is drawn.
pub struct Chart {
    /// Its title.
    pub title: &'static str,
    /// What it is of.
    pub role: Role,
    /// Whether its unit is bytes.
    pub is_bytes: bool,
    /// The value.
    pub value: fn(&Moment) -> f64,
}

impl Chart {
    /// Draws it, with the moment that is looked at marked.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, stats: &Stats, theme: Theme) {
        let [head, body] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
        let [gutter, plot] = split(body);
        let width = usize::from(plot.width);
        let parts = widened(stats.past.parts(stats.shown(), width, self.value), width);
        let greatest = parts.iter().flatten().copied().fold(0.0, f64::max);
        let now = stats.moment().map_or(0.0, self.value);
        let title = format!(
            "{}  {}  peak {}",
            self.title,
            self.write(now),
            self.write(greatest)
        );
        frame.render_widget(Line::styled(title, theme.style(self.role)), head);
        let top = Line::styled(self.write(greatest), theme.style(Role::Dim));
        frame.render_widget(top.alignment(Alignment::Right), gutter);
        let marked = column(stats, parts.len());
        let bar = |(place, value): (usize, &Option<f64>)| {
            let bar = SparklineBar::from(value.map(|value| value.round() as u64));
            bar.style((Some(place) == marked).then(|| theme.style(Role::Selected)))
        };
        let bars: Vec<SparklineBar> = parts.iter().enumerate().map(bar).collect();
        let line = Sparkline::default()
            .data(bars)
            .max((greatest.ceil() as u64).max(1))
            .bar_set(theme.bars())
            .style(theme.style(self.role));
        frame.render_widget(line, plot);
    }

    fn write(&self, value: f64) -> String {
        let value = value.round() as u64;
        match self.is_bytes {
            true => bytes(value),
            false => count(value),
        }
    }
}

/// The column of the moment that is looked at; `None` while that is the present.
fn column(stats: &Stats, columns: usize) -> Option<usize> {
    let share = stats.back.as_secs_f64() / stats.shown().as_secs_f64();
    let back = (share * columns as f64).round() as usize;
    (!stats.back.is_zero()).then(|| columns.saturating_sub(back + 1))
}

/// How long ago what is above was.
pub fn axis(frame: &mut Frame<'_>, area: Rect, stats: &Stats, theme: Theme) {
    let [_, plot] = split(area);
    let shown = stats.shown().as_secs();
    let ago = |seconds: u64| format!("-{}", age(seconds));
    let line = |text: String| Line::styled(text, theme.style(Role::Dim));
    frame.render_widget(line(ago(shown)), plot);
    let middle = line(ago(shown / 2)).alignment(Alignment::Center);
    frame.render_widget(middle, plot);
    let end = match stats.back.as_secs() {
        0 => Span::styled("now", theme.style(Role::Dim)),
        back => Span::styled(
            format!("looking at -{}", age(back)),
            theme.style(Role::Warning),
        ),
    };
    frame.render_widget(Line::from(end).alignment(Alignment::Right), plot);
}

fn split(area: Rect) -> [Rect; 2] {
    Layout::horizontal([Constraint::Length(GUTTER), Constraint::Fill(1)])
        .spacing(1)
        .areas(area)
}

/// Where there are fewer parts than columns, each takes several.
fn widened(parts: Vec<Option<f64>>, width: usize) -> Vec<Option<f64>> {
    let count = parts.len();
    let of = |column: usize| parts.get(column * count / width).copied().flatten();
    (0..width).map(of).collect()
}
