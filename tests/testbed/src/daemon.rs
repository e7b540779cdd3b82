// SPDX-License-Identifier: MIT
//! The daemon under test: the real binary, in a namespace, with a run-time folder and pins of its own.

mod place;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::cleanup::BPFFS;
use crate::error::{Doing, Error, Result};
use crate::host::Host;
use crate::process::{self, Output, Process, lock};
use place::Place;

/// Environment variable with the binary to test; without it the build folder is searched.
pub const BINARY: &str = "AEGIS_CLI";
/// Environment variable by which the program learns where its sockets and locks go.
pub const RUN_DIR: &str = "AEGIS_RUN_DIR";
/// Environment variable by which the program learns where its pins go.
pub const PIN_DIR: &str = "AEGIS_BPFFS";
/// Environment variable by which the program learns where what outlives it goes.
pub const STATE_DIR: &str = "AEGIS_STATE_DIR";
/// How long the daemon may take from start to its first answer.
const START: Duration = Duration::from_secs(60);
/// How long a client may take.
const ANSWER: Duration = Duration::from_secs(20);
/// How long the daemon may take to end after SIGTERM.
const END: Duration = Duration::from_secs(10);

/// A daemon to be started.
#[derive(Clone, Debug)]
#[must_use = "call start() to run the daemon"]
pub struct DaemonBuilder {
    host: Host,
    interfaces: Vec<String>,
    options: Vec<String>,
    environment: Vec<(String, String)>,
    binary: Option<PathBuf>,
}

impl DaemonBuilder {
    /// One more interface to guard.
    pub fn interface(mut self, name: &str) -> Self {
        self.interfaces.push(name.to_owned());
        self
    }

    /// Options before the verb, such as `--no-tc`.
    pub fn options(mut self, options: &[&str]) -> Self {
        self.options
            .extend(options.iter().map(|option| (*option).to_owned()));
        self
    }

    /// One more environment variable.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another program than [`find_binary`] finds, for the daemon and its clients: a copy, or one that runs it.
    pub fn binary(mut self, binary: &Path) -> Self {
        self.binary = Some(binary.to_owned());
        self
    }

    /// Starts the daemon and waits until it answers `status`.
    ///
    /// # Errors
    /// [`Error::MissingTool`] when it is not built, [`Error::Failed`] with its last words when it ends, and
    /// [`Error::Timeout`] with what it said when it does not answer within 20 seconds.
    pub fn start(self) -> Result<Daemon> {
        let daemon = self.start_unready()?;
        daemon.wait_ready()?;
        Ok(daemon)
    }

    /// Starts the daemon and does not wait: for tests of a daemon that must refuse to start.
    ///
    /// # Errors
    /// [`Error::MissingTool`] when it is not built.
    pub fn start_unready(self) -> Result<Daemon> {
        let place = Place::new()?;
        self.start_in(place)
    }

    fn start_in(self, place: Place) -> Result<Daemon> {
        let binary = self.binary.clone().map_or_else(find_binary, Ok)?;
        let mut args = self.interface_args();
        args.extend(self.options.iter().cloned());
        args.push("daemon".to_owned());
        let command = self.command(&binary, &place, &args)?;
        let process = Process::start(command)?;
        Ok(Daemon {
            process: Mutex::new(Some(process)),
            start: self,
            place,
            binary,
        })
    }

    fn interface_args(&self) -> Vec<String> {
        self.interfaces
            .iter()
            .flat_map(|name| ["-i".to_owned(), name.clone()])
            .collect()
    }

    fn command(&self, binary: &Path, place: &Place, args: &[String]) -> Result<Command> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = self.host.command(&binary.display().to_string(), &args)?;
        command.env(RUN_DIR, &place.run).env(PIN_DIR, &place.pins);
        command.env(STATE_DIR, &place.state);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// A running daemon and its clients. Dropping it ends the daemon and removes its pins.
#[derive(Debug)]
pub struct Daemon {
    // Before the place: the process must be gone when its folders go.
    process: Mutex<Option<Process>>,
    start: DaemonBuilder,
    place: Place,
    binary: PathBuf,
}

impl Daemon {
    /// A daemon that will guard `interface` of `host`.
    pub fn on(host: &Host, interface: &str) -> DaemonBuilder {
        let builder = DaemonBuilder {
            host: host.clone(),
            interfaces: Vec::new(),
            options: Vec::new(),
            environment: Vec::new(),
            binary: None,
        };
        builder.interface(interface)
    }

    /// Runs a client in the daemon's namespace: `daemon.cli(&["block", "10.0.0.1"])`. The interfaces are named
    /// first, as for the daemon itself (`-i eth0 block 10.0.0.1`).
    ///
    /// # Errors
    /// When the client cannot be started or hangs; a refusal is an [`Output`] with its exit code.
    pub fn cli(&self, args: &[&str]) -> Result<Output> {
        let interfaces = self.start.interface_args();
        let all: Vec<&str> = interfaces
            .iter()
            .map(String::as_str)
            .chain(args.iter().copied())
            .collect();
        self.program(&all)
    }

    /// Runs the program with the daemon's environment and exactly these arguments.
    ///
    /// # Errors
    /// As [`Daemon::cli`].
    pub fn program(&self, args: &[&str]) -> Result<Output> {
        self.program_at(&self.binary, args)
    }

    /// The same with another copy of the program.
    ///
    /// # Errors
    /// As [`Daemon::cli`].
    pub fn program_at(&self, binary: &Path, args: &[&str]) -> Result<Output> {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        process::run(self.start.command(binary, &self.place, &args)?, ANSWER)
    }

    /// Runs a client with `--json` and reads its answer.
    ///
    /// # Errors
    /// [`Error::Failed`] when the client refuses, [`Error::Unreadable`] when the answer is not JSON.
    pub fn json(&self, args: &[&str]) -> Result<serde_json::Value> {
        let said = self.cli(&[args, &["--json"]].concat())?.success()?.stdout;
        serde_json::from_str(&said).map_err(|_| Error::Unreadable {
            what: "the client's JSON".to_owned(),
            text: said,
        })
    }

    /// Folder with the daemon's sockets and locks.
    #[must_use]
    pub fn run_dir(&self) -> &Path {
        &self.place.run
    }

    /// Folder with what outlives the daemon; made by it.
    #[must_use]
    pub fn state_dir(&self) -> &Path {
        &self.place.state
    }

    /// Folder with the daemon's pins.
    #[must_use]
    pub fn pin_dir(&self) -> &Path {
        &self.place.pins
    }

    /// Process number; `None` after [`Daemon::kill`].
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        lock(&self.process).as_ref().map(Process::pid)
    }

    /// What the daemon has logged so far, both outputs.
    #[must_use]
    pub fn log(&self) -> String {
        let process = lock(&self.process);
        process
            .as_ref()
            .map_or_else(String::new, |p| format!("{}{}", p.stdout(), p.stderr()))
    }

    /// Waits for the daemon to log a line that contains `pattern`.
    ///
    /// # Errors
    /// As [`Process::wait_for_line`].
    pub fn wait_for_line(&self, pattern: &str, timeout: Duration) -> Result<String> {
        self.with_process(|process| process.wait_for_line(pattern, timeout))
    }

    /// Sends the daemon a signal, such as SIGHUP.
    ///
    /// # Errors
    /// [`Error::Io`] when it has ended.
    pub fn signal(&self, signal: i32) -> Result<()> {
        self.with_process(|process| process.signal(signal))
    }

    /// Waits for a daemon that ends by itself, as one that refuses to start.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it does not.
    pub fn wait(&self, timeout: Duration) -> Result<Output> {
        self.with_process(|process| process.wait(timeout))
    }

    /// Ends the daemon as `systemctl stop` does.
    ///
    /// # Errors
    /// [`Error::Failed`] when its exit code is not 0, [`Error::Timeout`] when it does not end within ten seconds.
    pub fn stop(self) -> Result<Output> {
        self.with_process(|process| {
            process.signal(libc::SIGTERM)?;
            process.wait(END)?.success()
        })
    }

    /// Kills the daemon as a crash would, leaving pins and socket behind for [`Daemon::restart`].
    ///
    /// # Errors
    /// [`Error::Io`] when it has ended.
    pub fn kill(&self) -> Result<()> {
        self.with_process(|process| {
            process.signal(libc::SIGKILL)?;
            process.wait(END).map(drop)
        })?;
        drop(lock(&self.process).take());
        Ok(())
    }

    /// Starts a daemon in the place of one that was killed or has ended, and waits until it answers.
    ///
    /// # Errors
    /// As [`DaemonBuilder::start`].
    pub fn restart(self) -> Result<Self> {
        let binary = self.binary.clone();
        self.restart_as(&binary)
    }

    /// The same with another copy of the program, as after an update; clients are of that copy too.
    ///
    /// # Errors
    /// As [`DaemonBuilder::start`].
    pub fn restart_as(self, binary: &Path) -> Result<Self> {
        let daemon = self.restart_unready_as(binary)?;
        daemon.wait_ready()?;
        Ok(daemon)
    }

    /// Starts a daemon in the place of another one and does not wait: for one that is not healthy.
    ///
    /// # Errors
    /// As [`DaemonBuilder::start_unready`].
    pub fn restart_unready(self) -> Result<Self> {
        let binary = self.binary.clone();
        self.restart_unready_as(&binary)
    }

    fn restart_unready_as(self, binary: &Path) -> Result<Self> {
        drop(lock(&self.process).take());
        self.start.binary(binary).start_in(self.place)
    }

    fn wait_ready(&self) -> Result<()> {
        let began = Instant::now();
        loop {
            let status = self.cli(&["status"])?;
            if status.status.success() {
                return Ok(());
            }
            self.with_process(|process| {
                if !process.is_running() {
                    // An end with code 0 is no better here: nothing answers.
                    let ended = process.wait(Duration::ZERO)?.success()?;
                    let (status, stderr) = (ended.status.to_string(), ended.stderr);
                    return Err(Error::Failed {
                        command: ended.command,
                        status,
                        stderr,
                    });
                }
                Ok(())
            })?;
            if began.elapsed() > START {
                let what = "the daemon's first answer".to_owned();
                let seen = format!("{}; the client: {}", self.log(), status.stderr);
                return Err(Error::Timeout {
                    what,
                    waited: START,
                    seen,
                });
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    fn with_process<T>(&self, work: impl FnOnce(&Process) -> Result<T>) -> Result<T> {
        match lock(&self.process).as_ref() {
            Some(process) => work(process),
            None => Err(Error::Unreadable {
                what: "the daemon's state".to_owned(),
                text: "it was killed; restart() it first".to_owned(),
            }),
        }
    }
}

/// The binary under test: `$AEGIS_CLI`, else the newest `aegis-cli` (release or debug) in the build folder this test
/// was built into.
///
/// # Errors
/// [`Error::MissingTool`] when it is not built.
pub fn find_binary() -> Result<PathBuf> {
    let missing = || Error::MissingTool {
        tool: "aegis-cli".to_owned(),
    };
    if let Some(path) = std::env::var_os(BINARY) {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(missing())
        };
    }
    // target/<profile>/deps/<test>, target/<profile>/<binary> and target/<profile>/examples/<example>.
    let here = std::env::current_exe().doing(|| "find this executable".to_owned())?;
    here.ancestors()
        .skip(1)
        .take(4)
        .flat_map(|folder| {
            ["release", "debug"].map(|profile| folder.join(profile).join("aegis-cli"))
        })
        .filter(|candidate| candidate.is_file())
        // The other profile's may be from before the change under test.
        .max_by_key(|candidate| candidate.metadata().and_then(|file| file.modified()).ok())
        .ok_or_else(missing)
}

/// Mounts bpffs where it is missing; needed by tests that pin objects without a daemon.
///
/// # Errors
/// [`Error::Failed`] with the message of `mount`.
pub fn mount_bpffs() -> Result<()> {
    static MOUNTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = lock(&MOUNTING);
    let mounts = fs::read_to_string("/proc/self/mounts").doing(|| "read mounts".to_owned())?;
    if mounts
        .lines()
        .any(|line| line.contains(&format!(" {BPFFS} bpf ")))
    {
        return Ok(());
    }
    let mut command = Command::new(process::find_tool("mount")?);
    command
        .args(["-t", "bpf", "bpf", BPFFS])
        .stdin(Stdio::null());
    process::run(command, ANSWER)?.success().map(drop)
}
