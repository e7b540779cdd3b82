// SPDX-License-Identifier: MIT
use super::*;
use crate::signature::Minisign;
use std::os::unix::fs::PermissionsExt;

const MOST: u64 = 1 << 20;

/// A folder of a test's own; removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("aegis-copies-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn copies(&self) -> Copies {
        Copies::of(self.0.join("state/lists"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join("state/lists").join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn request(source: &str) -> Request {
    Request::of(source.parse().expect("a source"))
}

fn fetched(bytes: &[u8]) -> Fetched {
    Fetched {
        condition: Condition {
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
        },
        sha256: sha256(bytes),
        bytes: bytes.len() as u64,
        media: None,
        signature: None,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time")
}

#[test]
fn a_copy_is_read_as_it_was_kept_and_nobody_else_may() {
    let folder = Folder::new("kept");
    let copies = folder.copies();
    let (drop_list, bytes) = (name("drop"), b"192.0.2.0/24\n");
    assert_eq!(copies.read(&drop_list, MOST).expect("no failure"), None);
    let asked = request("https://lists.example/drop?key=verysecret");
    let meta = copies.keep(&drop_list, (&asked, &fetched(bytes)), bytes, at(5));
    let meta = meta.expect("there is room");
    let kept = copies.read(&drop_list, MOST).expect("it is there");
    let kept = kept.expect("it was kept");
    assert_eq!(
        (&kept.bytes[..], kept.meta.as_ref()),
        (&bytes[..], Some(&meta))
    );
    assert_eq!(copies.names(), std::slice::from_ref(&drop_list));
    for file in ["drop.list", "drop.json"] {
        let mode = fs::metadata(folder.file(file))
            .expect("it is there")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{file}");
    }
    let above = fs::metadata(folder.file(""))
        .expect("it is there")
        .permissions();
    assert_eq!(above.mode() & 0o777, 0o700);
    let said = fs::read_to_string(folder.file("drop.json")).expect("it is there");
    assert!(!said.contains("verysecret"), "{said}");
    copies.confirm(&drop_list, at(9)).expect("there is room");
    let meta = copies.meta(&drop_list).expect("it is there");
    assert_eq!((meta.fetched, meta.checked), (at(5), at(9)));
    copies.forget(&drop_list).expect("it is ours");
    copies.forget(&drop_list).expect("it is gone already");
    assert_eq!(copies.names(), []);
}

#[test]
fn what_is_asked_on_other_terms_is_asked_without_a_condition() {
    let asked = request("https://lists.example/drop?key=1");
    let meta = Meta::of(&asked, &fetched(b""), at(0));
    assert_eq!(meta.condition_for(&asked), fetched(b"").condition);
    let elsewhere = request("https://lists.example/drop?key=2");
    let mut signed = asked.clone();
    signed.proof.minisign = Some(Minisign {
        key: "RW".to_owned(),
        signature: None,
    });
    let kept_signed = Meta {
        signature: Some("untrusted comment: …".to_owned()),
        ..Meta::of(&signed, &fetched(b""), at(0))
    };
    assert_eq!(kept_signed.condition_for(&signed), fetched(b"").condition);
    // Kept by an older program: it could not be proven again.
    let unproven = Meta::of(&signed, &fetched(b""), at(0));
    assert_eq!(unproven.condition_for(&signed), Condition::default());
    let mut paged = asked.clone();
    paged.pages = 2;
    let mut pinned = asked;
    pinned.proof.sha256 = Some(sha256(b""));
    for other in [elsewhere, signed, paged, pinned] {
        assert_eq!(meta.condition_for(&other), Condition::default());
    }
}

#[test]
fn what_a_loss_of_power_or_a_stranger_leaves_there_is_no_reason_not_to_start() {
    let folder = Folder::new("torn");
    let copies = folder.copies();
    let list = name("drop");
    let asked = request("/lists/drop");
    let keep = |bytes: &[u8]| copies.keep(&list, (&asked, &fetched(bytes)), bytes, at(0));
    keep(b"old").expect("there is room");
    // The list was replaced, and what is said of it not yet.
    fs::write(folder.file("drop.list"), "new").expect("it is ours");
    let kept = copies
        .read(&list, MOST)
        .expect("no failure")
        .expect("a copy");
    assert_eq!((&kept.bytes[..], kept.meta), (&b"new"[..], None));
    for torn in ["", "{\"source\":", "[]", "\u{0}\u{0}"] {
        fs::write(folder.file("drop.json"), torn).expect("it is ours");
        let kept = copies
            .read(&list, MOST)
            .expect("no failure")
            .expect("a copy");
        assert_eq!(kept.meta, None, "{torn:?}");
        copies.confirm(&list, at(1)).expect("nothing to do");
    }
    // Killed while it wrote, with a number that no process has.
    fs::write(folder.file(".drop.list.4194305"), "half").expect("it is ours");
    fs::write(folder.file("UPPER.list"), "foreign").expect("it is ours");
    fs::create_dir(folder.file("folder.list")).expect("it is ours");
    let copies = folder.copies();
    assert!(!folder.file(".drop.list.4194305").exists());
    assert_eq!(copies.names(), [list.clone(), name("folder")]);
    assert!(copies.read(&name("folder"), MOST).is_err());
    assert!(copies.read(&list, 2).is_err(), "longer than it may be");
    keep(b"whole").expect("there is room");
    let kept = copies
        .read(&list, MOST)
        .expect("no failure")
        .expect("a copy");
    assert_eq!(kept.meta.map(|meta| meta.bytes), Some(5));
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let long = "a".repeat(65);
    for wrong in [
        "", ".", "..", "a/b", "/a", "a.b", "-a", "_a", "A", "ä", "a b", "a\n", &long,
    ] {
        assert!(wrong.parse::<Name>().is_err(), "{wrong:?}");
    }
    for right in ["a", "0", "spamhaus_drop-v6", &long[1..]] {
        assert_eq!(name(right).as_str(), right);
    }
}
