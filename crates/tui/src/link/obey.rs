// SPDX-License-Identifier: MIT
//! Lines of the command line, obeyed by the program itself, begun anew for each: so everything that
//! the command line can do can be done here, in its words, and what it prints is caught, line by line.

use super::Messages;
use crate::message::{Message, Obeyed};
use crate::model::MOST_LINES;
use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval};

/// Between two times at which what was printed is shown.
const EVERY: Duration = Duration::from_millis(100);
/// The longest line that is shown as one, bytes.
const LONGEST: usize = 4_096;
/// Verbs that need a terminal of their own.
const OUTSIDE: [&str; 4] = ["daemon", "load", "tui", "completions"];

/// Obeys a line, and tells what it prints as it does. Where this is dropped, the program that obeys is
/// killed.
pub async fn obey(
    (program, standing): (&Path, &[String]),
    words: Vec<String>,
    (id, messages): (u64, Messages),
) {
    let first = words.first().map_or("", String::as_str);
    let result = if OUTSIDE.contains(&first) {
        let text =
            format!("`{first}` needs a terminal of its own: end this, then aegis-cli {first}");
        Err(text)
    } else {
        let mut command = Command::new(program);
        command.args(standing).args(&words).env("NO_COLOR", "1");
        let ran = run(command, id, &messages).await;
        ran.map_err(|error| format!("cannot run {}: {error}", program.display()))
    };
    let obeyed = match result {
        Ok(status) => Obeyed {
            text: String::new(),
            code: status.code(),
        },
        Err(text) => Obeyed { text, code: None },
    };
    messages.send(Message::Obeyed(id, obeyed)).await.ok();
}

async fn run(mut command: Command, id: u64, messages: &Messages) -> io::Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    tell(&mut child, id, messages).await?;
    child.wait().await
}

/// Tells what it prints until it prints no more.
async fn tell(child: &mut Child, id: u64, messages: &Messages) -> io::Result<()> {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut of_out, mut of_err) = (Cutter::default(), Cutter::default());
    let mut lines = VecDeque::new();
    let mut beat = interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while out.is_some() || err.is_some() {
        tokio::select! {
            more = of_out.read(&mut out), if out.is_some() => lines.extend(more?),
            more = of_err.read(&mut err), if err.is_some() => lines.extend(more?),
            _ = beat.tick(), if !lines.is_empty() => {
                let lines = std::mem::take(&mut lines).into();
                messages.send(Message::Printed(id, lines)).await.ok();
            }
        }
        let too_many = lines.len().saturating_sub(MOST_LINES);
        lines.drain(..too_many);
    }
    messages.send(Message::Printed(id, lines.into())).await.ok();
    Ok(())
}

/// Cuts what is printed into lines.
#[derive(Default)]
struct Cutter {
    rest: Vec<u8>,
}

impl Cutter {
    /// The lines that have come; at the end, when the pipe is gone, the last one without an end.
    async fn read(&mut self, pipe: &mut Option<impl AsyncRead + Unpin>) -> io::Result<Vec<String>> {
        let mut bytes = [0; 8_192];
        let count = match pipe {
            Some(pipe) => pipe.read(&mut bytes).await?,
            None => 0,
        };
        if count == 0 {
            *pipe = None;
            let last = std::mem::take(&mut self.rest);
            return Ok((!last.is_empty())
                .then(|| printable(&last))
                .into_iter()
                .collect());
        }
        Ok(self.cut(&bytes[..count]))
    }

    fn cut(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if byte != b'\n' {
                self.rest.push(byte);
            }
            if byte == b'\n' || self.rest.len() == LONGEST {
                lines.push(printable(&self.rest));
                self.rest.clear();
            }
        }
        lines
    }
}

/// Without what a terminal would obey.
fn printable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Pid, test_kill_process};
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_secs(20);

    fn shell(script: &str, sender: mpsc::Sender<Message>) -> impl Future<Output = ()> + use<> {
        let words = vec!["-c".to_owned(), script.to_owned()];
        async move { obey((Path::new("/bin/sh"), &[]), words, (7, sender)).await }
    }

    #[test]
    fn nothing_that_a_terminal_would_obey_is_shown() {
        let mut cutter = Cutter::default();
        assert_eq!(cutter.cut(b"a\x1b[31mb\r\n\tc\x07"), ["a[31mb"]);
        assert_eq!(cutter.cut(b"d\n\n"), ["cd", ""]);
        let long = cutter.cut(&[b'x'; 2 * LONGEST + 1]);
        assert_eq!(long.len(), 2);
    }

    #[tokio::test]
    async fn a_command_has_no_input_and_both_its_outputs_are_told() {
        let (sender, mut messages) = mpsc::channel(64);
        let obeyed = shell("cat; echo out; echo err >&2; exit 3", sender);
        timeout(SOON, obeyed)
            .await
            .expect("it ends: nothing is to be read");
        let (mut lines, mut code) = (Vec::new(), None);
        while let Some(message) = messages.recv().await {
            match message {
                Message::Printed(7, more) => lines.extend(more),
                Message::Obeyed(7, obeyed) => code = obeyed.code,
                other => panic!("{other:?}"),
            }
        }
        lines.sort();
        assert_eq!(
            (lines, code),
            (vec!["err".to_owned(), "out".to_owned()], Some(3))
        );
    }

    #[tokio::test]
    async fn what_does_not_end_is_told_as_it_comes_and_killed_where_it_is_ended() {
        let (sender, mut messages) = mpsc::channel(64);
        let task = tokio::spawn(shell("echo $$; exec sleep 60", sender));
        let message = timeout(SOON, messages.recv()).await.expect("it prints");
        let Some(Message::Printed(7, lines)) = message else {
            panic!("{message:?}");
        };
        let number = lines[0].parse().expect("its number");
        let pid = Pid::from_raw(number).expect("a number above 0");
        assert_eq!(test_kill_process(pid), Ok(()));
        task.abort();
        let gone = async {
            while test_kill_process(pid).is_ok() {
                tokio::time::sleep(EVERY).await;
            }
        };
        timeout(SOON, gone).await.expect("it is gone");
    }
}
