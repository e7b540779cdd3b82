// SPDX-License-Identifier: MIT
//! What `doctor` found.

use super::colour::{Palette, Tone};
use super::units::count;
use aegis_daemon::doctor::{Diagnosis, Finding, Level};

/// Every finding; of what is as it should be one line, of the rest also why it matters and what mends
/// it.
pub fn render(diagnosis: &Diagnosis) -> String {
    render_in(diagnosis, Palette::of_stdout())
}

fn render_in(diagnosis: &Diagnosis, palette: Palette) -> String {
    let findings = &diagnosis.findings;
    let width = findings.iter().map(|found| found.about.len()).max();
    let width = width.unwrap_or_default();
    let mut lines: Vec<String> = findings
        .iter()
        .map(|finding| lines_of(finding, width, palette))
        .collect();
    lines.push(String::new());
    lines.push(summary(findings, palette));
    lines.join("\n")
}

fn lines_of(finding: &Finding, width: usize, palette: Palette) -> String {
    let level = palette.paint(tone(finding.level), &format!("{:7}", finding.level));
    let mut text = format!("{level}  {:width$}  {}", finding.about, finding.what);
    if finding.level == Level::Ok {
        return text;
    }
    let indent = " ".repeat(width + 11);
    text.push_str(&format!("\n{indent}{}", finding.why));
    if let Some(remedy) = &finding.remedy {
        text.push_str(&format!("\n{indent}$ {remedy}"));
    }
    text
}

fn summary(findings: &[Finding], palette: Palette) -> String {
    let of = |level| findings.iter().filter(|found| found.level == level).count();
    let (problems, warnings) = (of(Level::Problem), of(Level::Warning));
    let text = format!(
        "{}, {}, {}",
        count(problems, "problem", "problems"),
        count(warnings, "warning", "warnings"),
        count(of(Level::Note), "note", "notes"),
    );
    let tone = match (problems, warnings) {
        (0, 0) => Tone::Good,
        (0, _) => Tone::Fair,
        _ => Tone::Bad,
    };
    palette.paint(tone, &text)
}

fn tone(level: Level) -> Tone {
    match level {
        Level::Ok | Level::Note => Tone::Good,
        Level::Warning => Tone::Fair,
        Level::Problem => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_takes_a_line_and_what_is_not_says_why_and_what_to_do() {
        let finding = |level, about: &str, remedy: Option<&str>| Finding {
            level,
            about: about.to_owned(),
            what: "what".to_owned(),
            why: "why".to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let diagnosis = Diagnosis {
            healthy: false,
            findings: vec![
                finding(Level::Ok, "kernel", Some("unused")),
                finding(Level::Problem, "eth0", Some("ip link")),
                finding(Level::Note, "host", None),
            ],
        };
        let expected = "\
ok       kernel  what
problem  eth0    what
                 why
                 $ ip link
note     host    what
                 why

1 problem, 0 warnings, 1 note";
        assert_eq!(render_in(&diagnosis, Palette::Plain), expected);
    }
}
