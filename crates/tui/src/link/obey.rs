// SPDX-License-Identifier: MIT
//! Lines of the command line, obeyed by the program itself, begun anew for each: so everything that
//! the command line can do can be done here, in its words, and what it prints is caught.

use crate::message::Obeyed;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// How long a line may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The most that is shown of what it prints, bytes.
const MOST: usize = 256 * 1024;
/// Verbs that need a terminal of their own, or do not end.
const OUTSIDE: [&str; 4] = ["daemon", "load", "tui", "completions"];

/// Obeys a line; `standing` are options that hold for each.
pub async fn obey(program: &Path, standing: &[String], words: Vec<String>) -> Obeyed {
    let line = words.join(" ");
    let first = words.first().map_or("", String::as_str);
    if OUTSIDE.contains(&first) {
        let text =
            format!("`{first}` needs a terminal of its own: end this, then aegis-cli {first}");
        return Obeyed {
            line,
            text,
            code: None,
        };
    }
    let mut command = Command::new(program);
    command.args(standing).args(&words);
    command
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    match timeout(PATIENCE, command.output()).await {
        Ok(Ok(output)) => Obeyed {
            line,
            text: printable(&[output.stdout, output.stderr].concat()),
            code: output.status.code(),
        },
        Ok(Err(error)) => Obeyed {
            line,
            text: format!("cannot run {}: {error}", program.display()),
            code: None,
        },
        Err(_) => Obeyed {
            line,
            text: format!("ended after {} s", PATIENCE.as_secs()),
            code: None,
        },
    }
}

/// Without what a terminal would obey.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST)]);
    text.chars()
        .filter(|&letter| letter == '\n' || !letter.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_would_obey_is_shown() {
        assert_eq!(printable(b"a\x1b[31mb\r\n\tc\x07"), "a[31mb\nc");
    }
}
