// SPDX-License-Identifier: MIT
//! A rate over the time shown, with axes.

use crate::model::{Moment, Parts, Stats, Unit};
use crate::theme::{Role, Sign, Theme};
use crate::view::text::{age, bytes, count, cut};
use aegis_api::Rate;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar};

/// Columns of the axis to the left.
const GUTTER: u16 = 7;
/// Columns of what stands to the left of a chart that is one line.
const BESIDE: u16 = 22;
/// Steps of a bar in each line.
const EIGHTHS: f64 = 8.0;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A title, and bars below it.
    Bars,
    /// One line.
    Line,
}

/// What is drawn.
pub struct Chart {
    /// What became of packets.
    pub verdict: &'static str,
    /// The same for the theme.
    pub role: Role,
    /// How much it was.
    pub rate: fn(&Moment) -> Rate,
}

/// What is drawn in each column, and how it compares.
struct Plot {
    columns: Vec<Option<f64>>,
    greatest: f64,
    /// Columns of the moment that is looked at; none while that is the present.
    marked: Vec<bool>,
}

impl Chart {
    /// Draws it, with the moment that is looked at marked.
    pub fn draw(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        (stats, unit, form): (&Stats, Unit, Form),
        theme: Theme,
    ) {
        let [head, gutter, area] = match form {
            Form::Bars => {
                let rows = [Constraint::Length(1), Constraint::Fill(1)];
                let [head, body] = Layout::vertical(rows).areas(area);
                let [gutter, plot] = split(body, form);
                [head, gutter, plot]
            }
            Form::Line => {
                let [head, plot] = split(area, form);
                [head, Rect::default(), plot]
            }
        };
        let plot = self.plot(stats, unit, area.width.into());
        let now = stats.moment().map(self.rate).unwrap_or_default();
        let title = self.title((now, unit, form), plot.greatest, theme);
        let title = cut(title, usize::from(head.width), theme.sign(Sign::Cut));
        frame.render_widget(title, head);
        scale(frame, gutter, &write(unit, plot.greatest), theme);
        self.bars(frame, area, &plot, theme);
    }

    fn plot(&self, stats: &Stats, unit: Unit, width: usize) -> Plot {
        let parts = Parts::new(stats.shown(), width);
        let values = stats
            .past
            .parts(parts, |moment| unit.of((self.rate)(moment)));
        let marked = (!stats.back.is_zero()).then(|| stats.part(parts)).flatten();
        // Where there are fewer parts than columns, each takes several.
        let part = |column: usize| column * parts.count / width.max(1);
        let value = |column| values.get(part(column)).copied().flatten();
        Plot {
            greatest: values.iter().flatten().copied().fold(0.0, f64::max),
            columns: (0..width).map(value).collect(),
            marked: (0..width)
                .map(|column| marked == Some(part(column)))
                .collect(),
        }
    }

    /// The verdict, how much it is in both units, the one that is drawn first, and the most of that.
    fn title(
        &self,
        (now, unit, form): (Rate, Unit, Form),
        greatest: f64,
        theme: Theme,
    ) -> Line<'static> {
        let rate = |unit: Unit| format!("{} {}", write(unit, unit.of(now)), unit.word());
        let verdict = self.verdict;
        let text = match form {
            Form::Line => {
                let short = |unit: Unit| format!("{:>5}/s", write(unit, unit.of(now)));
                format!("{verdict:<8}{}", short(unit))
            }
            Form::Bars => format!("{verdict} {}, {}", rate(unit), rate(unit.other())),
        };
        let peak = match form {
            Form::Line => format!(" {:>5}", write(unit, greatest)),
            Form::Bars => format!("  peak {}", write(unit, greatest)),
        };
        Line::from(vec![
            Span::styled(text, theme.style(self.role)),
            Span::styled(peak, theme.style(Role::Dim)),
        ])
    }

    /// Whatever is more than nothing can be told from nothing, and both from what is not known.
    fn bars(&self, frame: &mut Frame<'_>, area: Rect, plot: &Plot, theme: Theme) {
        let steps = EIGHTHS * f64::from(area.height);
        let high = |value: f64| match plot.greatest {
            0.0 => 0,
            greatest => (value / greatest * steps).ceil() as u64,
        };
        let bar = |(value, is_marked): (&Option<f64>, &bool)| {
            let style = is_marked.then(|| theme.style(Role::Selected));
            SparklineBar::from(value.map(high)).style(style)
        };
        let bars: Vec<_> = plot.columns.iter().zip(&plot.marked).map(bar).collect();
        let line = Sparkline::default()
            .data(bars)
            .max(steps as u64)
            .bar_set(theme.bars())
            .style(theme.style(self.role));
        frame.render_widget(line, area);
        let line = area.bottom().saturating_sub(1);
        let columns = (area.x..area.right()).zip(&plot.columns);
        for (column, _) in columns.filter(|(_, value)| value.is_none()) {
            if let Some(cell) = frame.buffer_mut().cell_mut((column, line)) {
                cell.set_symbol(theme.sign(Sign::Unknown))
                    .set_style(theme.style(Role::Dim));
            }
        }
    }
}

fn write(unit: Unit, value: f64) -> String {
    let value = value.round() as u64;
    match unit {
        Unit::Packets => count(value),
        Unit::Bytes => bytes(value).trim_end_matches('B').to_owned(),
    }
}

/// The axis to the left, from nothing to the greatest.
fn scale(frame: &mut Frame<'_>, gutter: Rect, greatest: &str, theme: Theme) {
    let label = |text: &str| {
        let line = Line::styled(text.to_owned(), theme.style(Role::Dim));
        line.alignment(Alignment::Right)
    };
    let mut rows = gutter.rows();
    if let Some(top) = rows.next() {
        frame.render_widget(label(greatest), top);
    }
    if let Some(bottom) = rows.next_back() {
        frame.render_widget(label("0"), bottom);
    }
}

/// How long ago what is above was.
pub fn axis(frame: &mut Frame<'_>, area: Rect, (stats, form): (&Stats, Form), theme: Theme) {
    let [_, plot] = split(area, form);
    let shown = stats.shown().as_secs();
    let ago = |seconds: u64| format!("-{}", age(seconds));
    let line = |text: String| Line::styled(text, theme.style(Role::Dim));
    frame.render_widget(line(ago(shown)), plot);
    if form == Form::Bars {
        let middle = line(ago(shown / 2)).alignment(Alignment::Center);
        frame.render_widget(middle, plot);
    }
    let end = match stats.back.as_secs() {
        0 => Span::styled("now", theme.style(Role::Dim)),
        back => Span::styled(
            format!("looking at -{}", age(back)),
            theme.style(Role::Warning),
        ),
    };
    frame.render_widget(Line::from(end).alignment(Alignment::Right), plot);
}

fn split(area: Rect, form: Form) -> [Rect; 2] {
    let beside = match form {
        Form::Bars => GUTTER,
        Form::Line => BESIDE,
    };
    Layout::horizontal([Constraint::Length(beside), Constraint::Fill(1)])
        .spacing(1)
        .areas(area)
}
