// SPDX-License-Identifier: MIT
//! Files that are full, moved, cut or impossible.

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("aegis-log-{name}-{}", std::process::id()));
        Self(path)
    }

    fn log(&self) -> PathBuf {
        self.0.join("deeper/x.log")
    }

    fn file(&self, bytes: u64, keep: u32) -> RotatingFile {
        RotatingFile::new(self.log(), Rotation { bytes, keep })
    }

    /// Every file with its text.
    fn files(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.0.join("deeper")).expect("it was made");
        let mut files: Vec<(String, String)> = entries
            .map(|entry| entry.expect("it can be read").path())
            .map(|path| {
                let name = path
                    .file_name()
                    .expect("it has one")
                    .to_string_lossy()
                    .into_owned();
                (name, fs::read_to_string(&path).expect("it is text"))
            })
            .collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder is the test's own");
    }
}

fn put(file: &mut RotatingFile, lines: &[&str]) {
    for line in lines {
        let line = format!("{line}\n");
        file.put(line.as_bytes()).expect("there is room");
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn a_full_file_is_kept_and_the_oldest_goes() {
    let folder = Folder::new("full");
    let mut file = folder.file(4, 2);
    put(&mut file, &["1", "2", "3", "4", "5", "6", "7"]);
    let expected = [
        ("x.log", "7\n"),
        ("x.log.1", "5\n6\n"),
        ("x.log.2", "3\n4\n"),
    ];
    assert_eq!(folder.files(), pairs(&expected));
    // Whoever starts again goes on with what is there.
    put(&mut folder.file(4, 2), &["8", "longer than a file"]);
    let expected = [
        ("x.log", "longer than a file\n"),
        ("x.log.1", "7\n8\n"),
        ("x.log.2", "5\n6\n"),
    ];
    assert_eq!(folder.files(), pairs(&expected));
}

#[test]
fn none_is_kept_where_none_shall_be_and_without_a_bound_none_is_full() {
    let folder = Folder::new("none");
    put(&mut folder.file(4, 0), &["1", "2", "3"]);
    assert_eq!(folder.files(), pairs(&[("x.log", "3\n")]));
    put(&mut folder.file(0, 0), &["4", "5"]);
    assert_eq!(folder.files(), pairs(&[("x.log", "3\n4\n5\n")]));
}

#[test]
fn a_file_that_was_moved_is_begun_anew_when_told_so_or_full() {
    let folder = Folder::new("moved");
    let mut file = folder.file(6, 1);
    let aside = folder.log().with_file_name("aside");
    put(&mut file, &["1"]);
    fs::rename(folder.log(), &aside).expect("it is the test's own");
    put(&mut file, &["2"]);
    file.open().expect("there is room");
    put(&mut file, &["3"]);
    assert_eq!(
        folder.files(),
        pairs(&[("aside", "1\n2\n"), ("x.log", "3\n")])
    );
    fs::rename(folder.log(), &aside).expect("it is the test's own");
    put(&mut file, &["4", "5", "6"]);
    assert_eq!(
        folder.files(),
        pairs(&[("aside", "3\n4\n5\n"), ("x.log", "6\n")])
    );
}

#[test]
fn a_file_that_was_cut_has_room_again() {
    let folder = Folder::new("cut");
    let mut file = folder.file(4, 1);
    put(&mut file, &["1", "2"]);
    fs::write(folder.log(), "").expect("it is the test's own");
    put(&mut file, &["3"]);
    assert_eq!(folder.files(), pairs(&[("x.log", "3\n")]));
}

#[test]
fn what_cannot_be_is_named_and_tried_again() {
    let folder = Folder::new("impossible");
    fs::create_dir_all(&folder.0).expect("there is room");
    let in_the_way = folder.0.join("deeper");
    fs::write(&in_the_way, "").expect("there is room");
    let mut file = folder.file(0, 0);
    let error = file
        .put(b"1\n")
        .expect_err("a file is no folder")
        .to_string();
    assert!(
        error.starts_with("cannot open ") && error.contains("deeper/x.log: "),
        "{error}"
    );
    fs::remove_file(&in_the_way).expect("it is the test's own");
    put(&mut file, &["2"]);
    assert_eq!(folder.files(), pairs(&[("x.log", "2\n")]));
}

#[test]
fn only_root_and_its_group_read_a_log() {
    let folder = Folder::new("rights");
    put(&mut folder.file(0, 0), &["1"]);
    let mode = |path: PathBuf| fs::metadata(path).expect("it is there").mode() & 0o007;
    assert_eq!((mode(folder.log()), mode(folder.0.join("deeper"))), (0, 0));
}

#[test]
fn a_pipe_without_a_reader_is_opened_at_once() {
    let folder = Folder::new("pipe");
    fs::create_dir_all(folder.0.join("deeper")).expect("there is room");
    let rights = rustix::fs::Mode::from_raw_mode(0o600);
    let pipe = folder.log();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rights,
        0,
    )
    .expect("there is room");
    put(&mut folder.file(4, 3), &["1", "2", "3", "4"]);
    assert_eq!(
        fs::read_dir(folder.0.join("deeper"))
            .expect("it is there")
            .count(),
        1
    );
}
