// SPDX-License-Identifier: MIT
//! What shells and `man` are given: scripts that complete in the real shell, pages without a warning,
//! and not a word besides.

use aegis_testbed::daemon::find_binary;
use aegis_testbed::{Need, Output, Process, Result, find_tool, require, skip, test_name};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a shell may take on a busy machine.
const END: Duration = Duration::from_secs(30);

/// What a command says, within [`END`].
fn run(program: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments);
    Process::start(command)?.wait(END)
}

/// What the program says.
fn aegis(arguments: &[&str]) -> Result<Output> {
    run(text(&find_binary()?), arguments)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the name is plain")
}

/// What the program prints, and nothing on standard error.
fn printed(arguments: &[&str]) -> Result<String> {
    let output = aegis(arguments)?;
    assert_eq!(
        (output.code(), output.stderr.as_str()),
        (Some(0), ""),
        "{arguments:?}"
    );
    Ok(output.stdout)
}

/// A folder of the test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("aegis-{what}-{}", std::process::id()));
        fs::create_dir(&folder).expect("the name is our own");
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).expect("the folder is our own");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[track_caller]
fn accepts(shell: &str, option: &str, script: &Path) -> Result<()> {
    let output = run(shell, &[option, text(script)])?;
    assert_eq!(
        (output.code(), output.stderr.as_str()),
        (Some(0), ""),
        "{shell}"
    );
    Ok(())
}

/// What bash would offer for the last of these words.
fn offered(script: &Path, words: &[&str]) -> Result<Vec<String>> {
    // The function that `complete` has registered is called as readline calls it (bash(1),
    // "Programmable Completion").
    const DRIVE: &str = r#"
        source "$1"; shift
        registered=$(complete -p "$1")
        [[ $registered =~ -F\ ([^ ]+) ]] || exit 9
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        "${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let driver = ["--norc", "-c", DRIVE, "bash", text(script)];
    let output = run("bash", &[&driver, words].concat())?;
    assert_eq!(
        (output.code(), output.stderr.as_str()),
        (Some(0), ""),
        "{words:?}"
    );
    Ok(output.stdout.lines().map(str::to_owned).collect())
}

/// Completions began with a banner, which every new shell then tried to run.
#[test]
fn completions_are_a_script_of_their_shell_and_nothing_else() -> Result<()> {
    require!(Need::AegisCli);
    for (shell, first) in [
        ("bash", "_aegis() {"),
        ("zsh", "#compdef aegis-cli"),
        ("fish", "# Print an optspec"),
        ("powershell", "\nusing namespace"),
        ("elvish", "\nuse builtin;"),
    ] {
        let script = printed(&["completions", shell])?;
        assert!(script.starts_with(first), "{shell}: {:?}", &script[..60]);
    }
    let unknown = aegis(&["completions", "tcsh"])?;
    assert_eq!((unknown.code(), unknown.stdout.as_str()), (Some(2), ""));
    Ok(())
}

#[test]
fn the_shells_that_are_here_take_their_scripts() -> Result<()> {
    require!(Need::AegisCli, Need::Tool("bash"));
    let folder = Folder::new("shells");
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = folder.file(shell, &printed(&["completions", shell])?);
        match find_tool(shell) {
            Ok(_) => accepts(shell, check, &script)?,
            Err(_) => skip(test_name!(), &format!("{shell} is not installed")),
        }
    }
    let bash = folder.0.join("bash");
    for program in ["aegis-cli", "aegis"] {
        assert_eq!(offered(&bash, &[program, "unb"])?, ["unblock"]);
    }
    assert_eq!(offered(&bash, &["aegis-cli", "allow", "re"])?, ["remove"]);
    assert_eq!(
        offered(&bash, &["aegis-cli", "block", "192.0.2.1", "--for"])?,
        ["--for", "--force"]
    );
    let modes = ["aegis-cli", "--xdp-mode", ""];
    assert_eq!(offered(&bash, &modes)?, ["auto", "native", "generic"]);
    Ok(())
}

#[test]
fn every_page_of_the_manual_is_set_without_a_warning() -> Result<()> {
    require!(Need::AegisCli, Need::Tool("groff"));
    let folder = Folder::new("manual");
    let pages = folder.0.join("man1");
    assert_eq!(printed(&["man", "--dir", text(&pages)])?, "");
    let page = printed(&["man"])?;
    assert!(
        page.starts_with(".ie \\n(.g .ds Aq") && page.contains(".TH aegis-cli 1"),
        "{page}"
    );
    let written = fs::read_dir(&pages).expect("it was made").flatten();
    let mut pages: Vec<PathBuf> = written.map(|page| page.path()).collect();
    assert!(pages.len() > 20, "{pages:?}");
    for verb in ["block", "allow-add", "load", "man"] {
        let name = format!("aegis-cli-{verb}.1");
        assert!(pages.iter().any(|page| page.ends_with(&name)), "{name}");
    }
    let main = folder.file("main.1", &page);
    pages.push(main.clone());
    let pages: Vec<&str> = pages.iter().map(|page| text(page)).collect();
    // Every warning; what is set goes nowhere (groff(1)).
    let set = run(
        "groff",
        &[&["-man", "-Tutf8", "-ww", "-z"], &pages[..]].concat(),
    )?;
    assert_eq!((set.code(), set.stderr.as_str()), (Some(0), ""));
    let shown = run("groff", &["-man", "-Tascii", "-P-cbou", text(&main)])?.stdout;
    for words in ["aegis-cli-unblock(1)", "no daemon answers", "AEGIS_RUN_DIR"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    Ok(())
}

#[test]
fn a_folder_that_takes_no_pages_is_named() -> Result<()> {
    require!(Need::AegisCli);
    let refused = aegis(&["man", "--dir", "/dev/null/man"])?;
    assert_eq!(refused.code(), Some(1));
    assert!(
        refused.stderr.contains("/dev/null/man"),
        "{}",
        refused.stderr
    );
    Ok(())
}
