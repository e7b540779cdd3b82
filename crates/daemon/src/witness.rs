// SPDX-License-Identifier: MIT
//! A process apart that sees what the confined daemon may not: the ends of login sessions, which
//! are in other people's environments, and the file with the name servers, which may be anywhere.
//!
//! It is the same program, begun by the service manager, or by the daemon before it confines itself.
//! It can look and nothing else: no network, no writing, two capabilities. The daemon asks by a byte
//! and is answered with a line of JSON ([`Sight`]); when the daemon is gone, however it ended, the
//! witness ends.

mod apart;

use crate::admin::{self, Ends};
use crate::confine;
use aegis_api::SessionSight;
use apart::Apart;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use apart::testify;

const RESOLVERS: &str = "/etc/resolv.conf";
/// Whom a resolver on this host asks in its turn, where that one names only itself:
/// systemd-resolved.service(8), and NetworkManager.conf(5) with `dns=dnsmasq`.
const BEHIND: [&str; 2] = [
    "/run/systemd/resolve/resolv.conf",
    "/run/NetworkManager/no-stub-resolv.conf",
];
/// Where the service manager offers a witness, in the folder of the daemon's socket.
const SOCKET: &str = "witness.sock";

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sight {
    /// The process that looked.
    pid: u32,
    /// It may look into every process, and see that they are there.
    whole: bool,
    /// The ends, peer first, that processes believe their sessions to have.
    pub(crate) sessions: BTreeSet<Ends>,
    /// Processes that may have a session, and could not be looked into.
    pub(crate) hidden: usize,
    /// The files with the name servers, resolv.conf(5), one after the other; empty where there is none.
    pub(crate) resolvers: String,
}

impl Sight {
    /// Looks, with whatever rights this process has.
    fn now() -> Self {
        let (sessions, hidden) = admin::claimed();
        Self {
            pid: std::process::id(),
            whole: confine::sees_everything(),
            sessions,
            hidden,
            resolvers: resolvers(Path::new("/")),
        }
    }

    fn problem(&self) -> Option<String> {
        match (self.hidden, self.whole) {
            (0, true) => None,
            (0, false) => Some("processes may be hidden: CAP_SYS_PTRACE is missing".to_owned()),
            (hidden, _) => Some(format!("{hidden} processes let nobody look")),
        }
    }
}

/// The texts of all files with name servers, below a folder.
fn resolvers(root: &Path) -> String {
    let files = [RESOLVERS].into_iter().chain(BEHIND);
    let texts = files.filter_map(|file| fs::read_to_string(root.join(&file[1..])).ok());
    let texts: Vec<String> = texts.collect();
    texts.join("\n")
}

/// Who looks, and what was seen last.
#[derive(Debug)]
pub(crate) struct Witness {
    /// `None`: this process itself.
    apart: Option<Mutex<Apart>>,
    last: Mutex<(Sight, Option<String>)>,
}

impl Witness {
    /// This process looks itself: it is not confined.
    pub(crate) fn here() -> Self {
        Self {
            apart: None,
            last: Mutex::default(),
        }
    }

    /// The process that the service manager begins for whoever connects to its socket in `run_dir`,
    /// else one that this process begins.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(crate) fn begin(run_dir: &Path) -> io::Result<Self> {
        let apart = Some(Mutex::new(Apart::begin(&run_dir.join(SOCKET))?));
        Ok(Self {
            apart,
            ..Self::here()
        })
    }

    /// Leaves whoever looks to the program that `successor` puts in the place of this one: confined
    /// as that is from its first moment, it could begin none that sees anything.
    ///
    /// # Errors
    /// Where this process has no file descriptors left.
    pub(crate) fn leave_to(&self, successor: &mut Command) -> io::Result<()> {
        match &self.apart {
            None => Ok(()),
            Some(apart) => lock(apart).leave_to(successor),
        }
    }

    /// What is to be seen now; where nobody can look any more, what was seen last, which
    /// [`Witness::state`] tells. Takes its time: not for the owner's thread.
    pub(crate) fn look(&self) -> Sight {
        let seen = match &self.apart {
            None => Ok(Sight::now()),
            Some(apart) => lock(apart).ask(),
        };
        let mut last = lock(&self.last);
        match seen {
            Ok(sight) => *last = (sight.clone(), sight.problem()),
            Err(error) => {
                let problem = format!("nobody looks any more ({error}); restart the daemon");
                if last.1.as_ref() != Some(&problem) {
                    tracing::error!(%error, "new login sessions are not protected any more: restart the daemon");
                }
                last.1 = Some(problem);
            }
        }
        last.0.clone()
    }

    /// Who looks, and what could be overlooked.
    pub(crate) fn state(&self) -> SessionSight {
        let (sight, problem) = lock(&self.last).clone();
        let looked = sight.pid != 0 && self.apart.is_some();
        SessionSight {
            witness: looked.then_some(sight.pid),
            problem,
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One line, of at most so many bytes.
const MOST: u64 = 16 << 20;

fn ask(stream: &UnixStream) -> io::Result<Sight> {
    let mut writer = stream;
    writer.write_all(b"\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(MOST)).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}

/// Answers until nobody asks any more.
fn answer(mut stream: &UnixStream) -> io::Result<()> {
    let mut question = [0];
    while stream.read(&mut question)? > 0 {
        let mut line = serde_json::to_vec(&Sight::now())?;
        line.push(b'\n');
        stream.write_all(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_with_what_is_seen_and_the_end_is_noticed() {
        let (asks, answers) = UnixStream::pair().expect("a pair can be made");
        let witness = std::thread::spawn(move || answer(&answers));
        for _ in 0..2 {
            let sight = ask(&asks).expect("it is answered");
            assert_eq!(sight.resolvers, resolvers(Path::new("/")));
        }
        drop(asks);
        witness
            .join()
            .expect("it does not panic")
            .expect("an end is no failure");
    }

    #[test]
    fn a_witness_that_is_gone_leaves_what_was_seen_last_and_a_problem() {
        let (asks, answers) = UnixStream::pair().expect("a pair can be made");
        drop(answers);
        let ends = ("198.51.100.7:5".parse(), "192.0.2.1:22".parse());
        let ends = (ends.0.expect("an end"), ends.1.expect("an end"));
        let seen = Sight {
            pid: 4711,
            sessions: BTreeSet::from([ends]),
            ..Sight::default()
        };
        let witness = Witness {
            apart: Some(Mutex::new(Apart::with(asks).expect("it is a socket"))),
            last: Mutex::new((seen.clone(), None)),
        };
        assert_eq!(witness.look(), seen);
        let state = witness.state();
        assert_eq!(state.witness, Some(4711));
        assert!(
            state
                .problem
                .is_some_and(|problem| problem.starts_with("nobody looks any more"))
        );
    }

    #[test]
    fn whom_a_resolver_on_this_host_asks_is_read_too() {
        let root = std::env::temp_dir().join(format!("aegis-witness-{}", std::process::id()));
        let file = |path: &str, text: &str| {
            let path = root.join(&path[1..]);
            fs::create_dir_all(path.parent().expect("a folder")).expect("there is room");
            fs::write(path, text).expect("there is room");
        };
        file(RESOLVERS, "nameserver 127.0.0.53");
        file(BEHIND[0], "nameserver 192.0.2.53");
        let read = resolvers(&root);
        fs::remove_dir_all(&root).expect("it is our own");
        assert_eq!(read, "nameserver 127.0.0.53\nnameserver 192.0.2.53");
    }

    #[test]
    fn processes_that_hide_are_a_problem() {
        let whole = Sight {
            whole: true,
            ..Sight::default()
        };
        assert_eq!(whole.problem(), None);
        let sight = Sight { hidden: 3, ..whole };
        let problem = sight.problem().expect("they may have sessions");
        assert!(problem.starts_with("3 processes"), "{problem}");
        let blind = Sight::default().problem();
        assert!(blind.is_some_and(|problem| problem.contains("CAP_SYS_PTRACE")));
    }
}
