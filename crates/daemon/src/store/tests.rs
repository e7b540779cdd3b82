// SPDX-License-Identifier: MIT
use super::*;
use std::fs;

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("aegis-store-{test}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn state(&self) -> PathBuf {
        self.0.join("eth0")
    }

    fn open(&self) -> (Store, Vec<Record>) {
        let (store, loaded) = Store::open(self.state());
        assert_eq!(loaded.warnings, Vec::<String>::new());
        (store, loaded.records)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.state()).expect("it was made");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn record(line: &str) -> Record {
    let record = Record::read(line).expect("it is right");
    record.expect("it is one")
}

fn numbered(number: u32) -> Record {
    record(&format!(
        "ban {} by operator",
        std::net::Ipv4Addr::from_bits(0x0a00_0000 | number)
    ))
}

/// Lets the background come to an end.
fn tend(store: &mut Store) {
    let began = Instant::now();
    while store.rewrite.is_some() || !store.synced.is_idle() {
        assert!(began.elapsed() < Duration::from_secs(20), "{store:?}");
        store.tend();
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_was_noted_stands_when_the_process_is_gone() {
    let folder = Folder::new("noted");
    let (mut store, loaded) = folder.open();
    assert_eq!(loaded, []);
    store.note(&[numbered(1), numbered(2)]);
    store.note(&[record("unban 10.0.0.1")]);
    store.note(&[]);
    assert_eq!((store.unsaved(), store.problem()), (None, None));
    // As after a SIGKILL.
    std::mem::forget(store);
    let (_, loaded) = folder.open();
    assert_eq!(loaded, [numbered(2)]);
    assert_eq!(folder.names(), ["state"]);
}

#[test]
fn a_damaged_log_is_used_up_to_the_damage_and_kept() {
    let folder = Folder::new("damaged");
    let (mut store, _) = folder.open();
    store.note(&[numbered(1)]);
    store.note(&[numbered(2)]);
    drop(store);
    let path = folder.state().join("state");
    let whole = fs::read(&path).expect("it was written");
    fs::write(&path, &whole[..whole.len() - 5]).expect("it is the test's own");
    let (mut store, loaded) = Store::open(folder.state());
    assert_eq!(loaded.records, [numbered(1)]);
    let warning = &loaded.warnings[0];
    assert!(
        warning.contains("state:3: damaged: the ") && warning.contains("state.damaged"),
        "{warning}"
    );
    assert_eq!(folder.names(), ["state", "state.damaged"]);
    let kept = fs::read(folder.state().join("state.damaged")).expect("it is kept");
    assert_eq!(kept, whole[..whole.len() - 5]);
    store.note(&[numbered(3)]);
    drop(store);
    assert_eq!(folder.open().1, [numbered(1), numbered(3)]);
}

#[test]
fn a_log_of_another_version_and_one_that_is_no_file_are_kept() {
    let folder = Folder::new("other");
    fs::create_dir_all(folder.state()).expect("there is room");
    let path = folder.state().join("state");
    fs::write(&path, "# aegis state 2\n").expect("there is room");
    let (store, loaded) = Store::open(folder.state());
    assert!(loaded.warnings[0].contains("is of version 2"), "{loaded:?}");
    drop(store);
    fs::remove_file(&path).expect("it was written anew");
    fs::create_dir(&path).expect("the name is free");
    let (store, loaded) = Store::open(folder.state());
    assert!(loaded.warnings[0].contains("cannot be read"), "{loaded:?}");
    assert_eq!(store.problem(), None);
    assert_eq!(folder.names(), ["state", "state.damaged", "state.other"]);
}

#[test]
fn a_log_that_has_grown_is_written_anew_with_what_happens_meanwhile() {
    let folder = Folder::new("grown");
    let (mut store, _) = folder.open();
    while !store.wants_rewrite() {
        store.note(&[numbered(7)]);
    }
    store.rewrite(vec![numbered(7)]);
    assert!(!store.wants_rewrite(), "once is enough");
    store.note(&[numbered(8)]);
    tend(&mut store);
    store.note(&[numbered(9)]);
    let length = fs::metadata(folder.state().join("state"))
        .expect("it is there")
        .len();
    assert!(length < 200, "{length} bytes");
    std::mem::forget(store);
    assert_eq!(folder.open().1, [numbered(7), numbered(8), numbered(9)]);
    assert_eq!(folder.names(), ["state"]);
}

#[test]
fn what_cannot_be_saved_is_told_until_it_can() {
    let folder = Folder::new("unsaved");
    fs::write(&folder.0, "in the way").expect("there is room");
    let (mut store, _) = Store::open(folder.state());
    store.note(&[numbered(1)]);
    let unsaved = store.unsaved().expect("there is no folder");
    assert!(unsaved.contains("state cannot be written: "), "{unsaved}");
    assert!(store.problem().expect("likewise").contains("is not saved"));
    fs::remove_file(&folder.0).expect("the test wrote it");
    assert!(store.wants_rewrite());
    store.rewrite(vec![numbered(1)]);
    tend(&mut store);
    assert_eq!((store.unsaved(), store.problem()), (None, None));
    store.note(&[numbered(2)]);
    assert_eq!(store.unsaved(), None);
    drop(store);
    assert_eq!(folder.open().1, [numbered(1), numbered(2)]);
}

#[test]
fn a_place_is_taken_whole_and_no_link_is_followed() {
    let folder = Folder::new("whole");
    fs::create_dir_all(&folder.0).expect("there is room");
    let (place, other) = (folder.0.join("place"), folder.0.join("other"));
    fs::write(&other, "other").expect("there is room");
    std::os::unix::fs::symlink(&other, &place).expect("there is room");
    replace(&place, b"new").expect("there is room");
    assert_eq!(fs::read(&place).expect("it is there"), b"new");
    assert_eq!(fs::read(&other).expect("it is there"), b"other");
    let beside = Beside::create(&place).expect("there is room");
    drop(beside);
    assert_eq!(fs::read_dir(&folder.0).expect("it is there").count(), 2);
}

#[test]
fn the_last_good_configuration_is_kept() {
    let folder = Folder::new("good");
    let (mut store, _) = folder.open();
    store.keep_configuration(b"one".to_vec());
    store.keep_configuration(b"two".to_vec());
    drop(store);
    assert_eq!(
        fs::read(folder.state().join(GOOD)).expect("it is kept"),
        b"two"
    );
}
