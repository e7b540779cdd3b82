// SPDX-License-Identifier: MIT
//! A host that boots: systemd as the first process, around the namespace of a [`Host`].
//!
//! The programs are those of this machine, `/usr` being the same; `/etc`, `/run`, `/var` and the bpf
//! file system are the container's own, and go with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::cleanup::{self, Deferred};
use crate::error::{Doing, Error, Result};
use crate::host::Host;
use crate::process::{self, Output, Process, find_tool};

/// How long the first process may take to begin.
const BOOT: Duration = Duration::from_secs(20);
/// How long a program in the container may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// What a service needs to know of users, taken from this machine.
const USERS: [&str; 4] = ["passwd", "group", "nsswitch.conf", "os-release"];
/// Services of this machine that the container is not about.
const MASKED: [&str; 6] = [
    "dbus.service",
    "dbus.socket",
    "getty.target",
    "systemd-logind.service",
    "systemd-networkd.service",
    "systemd-resolved.service",
];

/// A container to be booted.
#[derive(Debug)]
#[must_use = "call boot() to boot it"]
pub struct ContainerBuilder {
    host: Host,
    root: PathBuf,
    programs: Vec<(PathBuf, String)>,
    cleanup: Deferred,
}

/// A booted container. Dropping it powers it off.
#[derive(Debug)]
pub struct Container {
    // Before the folder: the container must be gone when that goes.
    _process: Process,
    leader: u32,
    _root: Deferred,
}

impl Container {
    /// A container with the interfaces of `host`, and nothing enabled.
    ///
    /// # Errors
    /// [`Error::Io`] when its folder cannot be made.
    pub fn around(host: &Host) -> Result<ContainerBuilder> {
        let place = cleanup::run_root().join(cleanup::unique_name("root"));
        let doomed = place.clone();
        let cleanup = cleanup::defer(move || cleanup::delete_tree(&doomed));
        let builder = ContainerBuilder {
            host: host.clone(),
            root: place,
            programs: Vec::new(),
            cleanup,
        };
        builder.furnish()
    }

    /// Runs a program inside, to its end.
    ///
    /// # Errors
    /// When it cannot be started or hangs; a bad exit code is an [`Output`].
    pub fn run(&self, program: &str, args: &[&str]) -> Result<Output> {
        let mut command = Command::new(find_tool("nsenter")?);
        command.args(["-t", &self.leader.to_string()]);
        command.args(["-m", "-u", "-i", "-n", "-p", "--", program]);
        command.args(args);
        process::run(command, PATIENCE)
    }

    /// A property of a unit, as `systemctl show` has it.
    ///
    /// # Errors
    /// [`Error::Failed`] when systemd does not answer.
    pub fn property(&self, unit: &str, name: &str) -> Result<String> {
        let args = ["show", unit, "--value", "-p", name];
        Ok(self
            .run("systemctl", &args)?
            .success()?
            .stdout
            .trim()
            .to_owned())
    }

    /// Waits for a unit to be active, and returns its main process.
    ///
    /// # Errors
    /// [`Error::Timeout`] with the unit's journal.
    pub fn wait_active(&self, unit: &str, other_than: Option<&str>) -> Result<String> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            // It does not answer at once after it has begun.
            let pid = self.property(unit, "MainPID").unwrap_or_default();
            let active = self.property(unit, "ActiveState").unwrap_or_default();
            if active == "active" && Some(pid.as_str()) != other_than {
                return Ok(pid);
            }
            thread::sleep(LOOK);
        }
        let journal = self.run("journalctl", &["--no-pager", "-n", "60", "-u", unit]);
        Err(Error::Timeout {
            what: format!("{unit} to be active"),
            waited: PATIENCE,
            seen: journal.map_or_else(|error| error.to_string(), |said| said.stdout),
        })
    }
}

impl ContainerBuilder {
    fn furnish(self) -> Result<Self> {
        for folder in [
            "etc", "proc", "sys", "dev", "run", "tmp", "var", "root", "usr", "bpf",
        ] {
            let folder = self.root.join(folder);
            fs::create_dir_all(&folder).doing(|| format!("create {}", folder.display()))?;
        }
        for name in ["bin", "sbin", "lib", "lib64"] {
            self.link(&format!("usr/{name}"), name)?;
        }
        for name in USERS {
            let from = Path::new("/etc").join(name);
            let text = fs::read(&from).doing(|| format!("read {}", from.display()))?;
            self.write(&format!("etc/{name}"), &text)?;
        }
        // Without a number of its own it would be a first boot, which enables everything.
        let id =
            fs::read_to_string("/proc/sys/kernel/random/uuid").doing(|| "a number".to_owned())?;
        self.write("etc/machine-id", id.replace('-', "").as_bytes())?;
        self.write("etc/fstab", b"")?;
        let units = "etc/systemd/system";
        self.link(
            "/usr/lib/systemd/system/multi-user.target",
            &format!("{units}/default.target"),
        )?;
        for unit in MASKED {
            self.link("/dev/null", &format!("{units}/{unit}"))?;
        }
        Ok(self)
    }

    /// One more file, by its full path.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn file(self, path: &str, text: &str) -> Result<Self> {
        self.write(path.trim_start_matches('/'), text.as_bytes())?;
        Ok(self)
    }

    /// One more program, by its name in `/usr/local/sbin`.
    pub fn program(mut self, from: &Path, name: &str) -> Self {
        self.programs.push((from.to_owned(), name.to_owned()));
        self
    }

    /// Has a unit begin with a target, as `systemctl enable` does.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn enable(self, unit: &str, file: &str, target: &str) -> Result<Self> {
        let link = format!("etc/systemd/system/{target}.wants/{unit}");
        self.link(&format!("/etc/systemd/system/{file}"), &link)?;
        Ok(self)
    }

    /// Boots.
    ///
    /// # Errors
    /// [`Error::MissingTool`] without systemd-nspawn, [`Error::Timeout`] with what it said.
    pub fn boot(self) -> Result<Container> {
        let process = Process::start(self.command()?)?;
        let began = Instant::now();
        loop {
            if let Some(leader) = child_named(process.pid(), "systemd") {
                return Ok(Container {
                    _process: process,
                    leader,
                    _root: self.cleanup,
                });
            }
            if began.elapsed() > BOOT || !process.is_running() {
                let seen = format!("{}{}", process.stdout(), process.stderr());
                let what = "the first process".to_owned();
                return Err(Error::Timeout {
                    what,
                    waited: began.elapsed(),
                    seen,
                });
            }
            thread::sleep(LOOK);
        }
    }

    /// In a mount namespace of its own, so that the bpf file system goes with it.
    fn command(&self) -> Result<Command> {
        let script = "mount -t bpf bpf \"$1\" && shift && exec \"$@\"";
        let nspawn = find_tool("systemd-nspawn")?.display().to_string();
        let root = self.root.display();
        let mut args = vec![
            "--mount".to_owned(),
            "sh".to_owned(),
            "-c".to_owned(),
            script.to_owned(),
            "sh".to_owned(),
            format!("{root}/bpf"),
            nspawn,
            format!("--directory={root}"),
            format!("--overlay-ro=/usr:{}:/usr", self.overlay()?.display()),
            format!("--bind={root}/bpf:/sys/fs/bpf"),
            format!("--network-namespace-path={}", self.host.path().display()),
        ];
        let programs = self
            .programs
            .iter()
            .map(|(from, name)| format!("--bind-ro={}:/usr/local/sbin/{name}", from.display()));
        args.extend(programs);
        let options = [
            "--boot",
            "--register=no",
            "--keep-unit",
            "--machine=aegis-test",
            "--console=pipe",
            "--capability=CAP_BPF,CAP_NET_ADMIN,CAP_PERFMON",
            // Not among what containers are usually let do.
            "--system-call-filter=bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self",
        ];
        args.extend(options.map(str::to_owned));
        let mut command = Command::new(find_tool("unshare")?);
        command.args(args);
        Ok(command)
    }

    /// Over this machine's `/usr`: a place for each program.
    fn overlay(&self) -> Result<PathBuf> {
        let over = self.root.join("over");
        let folder = over.join("local/sbin");
        fs::create_dir_all(&folder).doing(|| format!("create {}", folder.display()))?;
        for (_, name) in &self.programs {
            let place = folder.join(name);
            fs::write(&place, "").doing(|| format!("create {}", place.display()))?;
        }
        Ok(over)
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.place(path)?;
        fs::write(&path, bytes).doing(|| format!("write {}", path.display()))
    }

    fn link(&self, to: &str, path: &str) -> Result<()> {
        let path = self.place(path)?;
        std::os::unix::fs::symlink(to, &path).doing(|| format!("link {}", path.display()))
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).doing(|| format!("create {}", folder.display()))?;
        }
        Ok(path)
    }
}

/// A child of this process with this name.
fn child_named(parent: u32, name: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.find(|number: &u32| {
        // `pid (name) state ppid`, proc(5).
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        let Some((head, tail)) = stat.split_once(") ") else {
            return false;
        };
        let of_parent = tail.split(' ').nth(1) == Some(parent.to_string().as_str());
        of_parent && head.ends_with(&format!("({name}"))
    })
}
