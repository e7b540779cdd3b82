// SPDX-License-Identifier: MIT
//! Entries, as journald gets them.

use super::super::queue;
use super::*;
use std::fs;
use std::time::Duration;
use tracing_subscriber::layer::SubscriberExt;

/// A journal that nobody else has.
struct Journal {
    folder: PathBuf,
    socket: UnixDatagram,
}

impl Journal {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("aegis-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is room for a folder");
        let socket = UnixDatagram::bind(folder.join("socket")).expect("nobody else is there");
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("it is a socket");
        Self { folder, socket }
    }

    fn log(&self) -> Queue {
        let socket = Socket::to(self.folder.join("socket")).expect("there is a descriptor");
        queue::start("test", "journal".to_owned(), Box::new(socket), |_, _| ())
            .expect("there is room for a thread")
    }

    fn entry(&self) -> String {
        let mut entry = vec![0; 65_536];
        let length = self.socket.recv(&mut entry).expect("an entry comes");
        entry.truncate(length);
        String::from_utf8_lossy(&entry).into_owned()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).expect("the folder is the test's own");
    }
}

#[test]
fn every_field_is_one_of_the_entry_and_the_message_has_them_too() {
    let journal = Journal::new("fields");
    let fields = Fields::of(journal.log(), "eth0");
    let subscriber = tracing_subscriber::registry().with(fields);
    tracing::subscriber::with_default(subscriber, || {
        tracing::warn!(src_ip = %std::net::Ipv4Addr::LOCALHOST, uid = 0, none = None::<u8>, "done");
    });
    let entry = journal.entry();
    for line in [
        "SYSLOG_IDENTIFIER=aegis",
        "AEGIS_INSTANCE=eth0",
        "PRIORITY=4",
        "AEGIS_SRC_IP=127.0.0.1",
        "AEGIS_UID=0",
        "MESSAGE=done src_ip=127.0.0.1 uid=0",
    ] {
        assert!(
            entry.lines().any(|known| known == line),
            "{line} in {entry}"
        );
    }
    assert!(!entry.contains("AEGIS_NONE"), "{entry}");
}

#[test]
fn a_value_of_several_lines_has_its_length_before_it() {
    let mut entry = Vec::new();
    field(&mut entry, "MESSAGE", "a\nMESSAGE=b");
    assert_eq!(entry, b"MESSAGE\n\x0b\0\0\0\0\0\0\0a\nMESSAGE=b\n");
    assert_eq!(field_name("log.target-x"), "AEGIS_LOG_TARGET_X");
    assert_eq!(field_name(&"x".repeat(99)).len(), LONGEST_NAME);
}

#[test]
fn a_journal_that_does_not_read_holds_nobody_up_and_one_that_is_gone_is_named() {
    let journal = Journal::new("stopped");
    let log = journal.log();
    let began = std::time::Instant::now();
    (0..10_000).for_each(|_| log.push(b"MESSAGE=x\n".to_vec()));
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    assert!(log.status().lost > 0, "{:?}", log.status());
    drop(journal);
    log.drain(Duration::from_secs(10));
    let problem = log.status().problem.expect("nobody is there");
    assert!(problem.starts_with("cannot reach "), "{problem}");
}
