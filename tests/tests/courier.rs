// SPDX-License-Identifier: MIT
//! The process that fetches, as it is: confined, and asked over its line.

use aegis_lists::fetch::Request;
use aegis_testbed::daemon::find_binary;
use aegis_testbed::publisher::answer;
use aegis_testbed::{Authority, Need, Publisher, Result, require};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketFlags,
    SocketType, recvmsg, send, socketpair, sockopt,
};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Of everything at once, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LIST: &[u8] = b"192.0.2.0/24\n";

/// A courier whose daemon is the test.
struct Courier {
    line: OwnedFd,
    process: Child,
    authorities: PathBuf,
}

impl Courier {
    /// It trusts this authority alone.
    fn new(authority: &Authority) -> Result<Self> {
        let name = format!("aegis-authorities-{}", std::process::id());
        let authorities = std::env::temp_dir().join(name);
        fs::write(&authorities, authority.pem()).expect("it can be written");
        let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
        let (line, theirs) = socketpair(family, kind, SocketFlags::CLOEXEC, None).expect("a pair");
        sockopt::set_socket_timeout(&line, sockopt::Timeout::Recv, Some(PATIENCE)).expect("ours");
        let process = Command::new(find_binary()?)
            .arg0("aegis-courier")
            .env_clear()
            .env("SSL_CERT_FILE", &authorities)
            .stdin(theirs)
            .stdout(Stdio::null())
            .spawn()
            .expect("it can be started");
        Ok(Self {
            line,
            process,
            authorities,
        })
    }

    fn say(&self, question: &Value) {
        let packet = question.to_string();
        send(&self.line, packet.as_bytes(), SendFlags::empty()).expect("it listens");
    }

    /// What it says, and what it brings.
    fn hear(&self) -> (Value, Option<File>) {
        let mut packet = vec![0; 64 << 10];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(&mut packet)];
        let heard = recvmsg(
            &self.line,
            &mut parts,
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        );
        let length = heard.expect("it answers in time").bytes;
        let file = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut files) => files.next().map(File::from),
            _ => None,
        });
        let said = serde_json::from_slice(&packet[..length]);
        (said.expect("it speaks JSON"), file)
    }

    /// What comes of fetching that, and the content.
    fn fetch(&self, number: u64, url: &str) -> (Value, Vec<u8>) {
        let request = Request::of(url.parse().expect("an address"));
        self.say(&json!({ "Do": [number, { "Fetch": request }] }));
        let (mut said, file) = self.hear();
        assert_eq!(said["Done"][0], number, "{said}");
        let mut content = Vec::new();
        if let Some(file) = file {
            let length = file.metadata().expect("it is open").len();
            content = vec![0; usize::try_from(length).expect("it is short")];
            file.read_exact_at(&mut content, 0).expect("it is there");
            assert!(file.write_at(b"x", 0).is_err(), "it is sealed");
        }
        (said["Done"][1].take(), content)
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_file(&self.authorities));
    }
}

#[test]
fn a_confined_courier_finds_names_and_fetches_from_who_the_system_trusts() -> Result<()> {
    require!(Need::Root, Need::AegisCli);
    let authority = Authority::new();
    let certificate = authority.certify("localhost");
    let publisher = Publisher::https(&certificate, |_, out| {
        out.write_all(&answer("200 OK", &["ETag: \"1\""], LIST))
    });
    let publisher = publisher.expect("there is a port left");
    let mut courier = Courier::new(&authority)?;
    courier.say(&json!("Who"));
    let (who, _) = courier.hear();
    let parts = ["no_new_privs", "seccomp", "landlock"].map(|part| &who["Who"][part]);
    assert_eq!(parts, [&Value::Bool(true); 3], "{who}");
    assert_eq!(who["Who"]["problem"], Value::Null);
    // By name: names are looked up under its confinement, too.
    let url = format!("https://localhost:{}/list", publisher.address().port());
    let (done, content) = courier.fetch(7, &url);
    assert_eq!(
        done["Ok"]["Fetched"]["condition"]["etag"], "\"1\"",
        "{done}"
    );
    assert_eq!(content, LIST);
    let stranger = Publisher::https(&Authority::new().certify("127.0.0.1"), |_, out| {
        out.write_all(&answer("200 OK", &[], LIST))
    });
    let stranger = stranger.expect("there is a port left");
    let (done, content) = courier.fetch(8, &stranger.url("/list"));
    assert!(
        done["Err"]["Certificate"].is_object() && content.is_empty(),
        "{done}"
    );
    // What it may not see is not there for it, whoever asks for it.
    let (done, _) = courier.fetch(9, "/etc/shadow");
    let why = done["Err"]["File"]["why"].to_string();
    assert!(why.contains("denied"), "{done}");
    let (theirs, ours) = std::os::unix::net::UnixStream::pair().expect("a pair");
    drop((theirs, std::mem::replace(&mut courier.line, ours.into())));
    let ended = courier.process.wait().expect("it is ours");
    assert!(ended.success(), "it ends with its daemon: {ended}");
    Ok(())
}
