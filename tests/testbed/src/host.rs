// SPDX-License-Identifier: MIT
//! A host is a network namespace: its own interfaces, addresses, routes, sockets and settings.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::panic;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::cleanup::NETNS_DIR;
use crate::error::{Doing, Result};
use crate::process::{self, Output, Process, find_tool};
use crate::sys;

/// Most time [`Host::run`] gives a program.
pub const RUN_LIMIT: Duration = Duration::from_secs(60);

/// Handle of one network namespace. Cheap to clone; the [`Lab`](crate::Lab) owns the namespace itself.
#[derive(Clone, Debug)]
pub struct Host {
    namespace: Arc<str>,
    label: Arc<str>,
}

impl Host {
    pub(crate) fn new(namespace: &str, label: &str) -> Self {
        Self {
            namespace: namespace.into(),
            label: label.into(),
        }
    }

    /// Name the test gave, for messages.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Name of the namespace, as `ip netns list` shows it.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// File that stands for the namespace.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(NETNS_DIR).join(&*self.namespace)
    }

    /// A command that will run in the namespace and see the same bpffs and `/sys` as this process.
    ///
    /// `ip netns exec` would mount a fresh `/sys`, and pinned objects would be gone.
    ///
    /// # Errors
    /// [`Error::MissingTool`](crate::Error::MissingTool) when the program, or `nsenter`, is not installed.
    pub fn command(&self, program: &str, args: &[&str]) -> Result<Command> {
        let program = find_tool(program)?;
        let mut command = Command::new(find_tool("nsenter")?);
        command
            .arg(format!("--net={}", self.path().display()))
            .arg("--")
            .arg(program)
            .args(args);
        Ok(command)
    }

    /// Runs a program to its end, within [`RUN_LIMIT`]; a bad exit code is not an error yet, see [`Output::success`].
    ///
    /// # Errors
    /// When the program is missing, cannot be started, or takes too long.
    pub fn run(&self, program: &str, args: &[&str]) -> Result<Output> {
        self.run_for(RUN_LIMIT, program, args)
    }

    /// Like [`Host::run`] with a limit of its own.
    ///
    /// # Errors
    /// As [`Host::run`].
    pub fn run_for(&self, limit: Duration, program: &str, args: &[&str]) -> Result<Output> {
        process::run(self.command(program, args)?, limit)
    }

    /// Starts a program that runs beside the test.
    ///
    /// # Errors
    /// When the program is missing or cannot be started.
    pub fn spawn(&self, program: &str, args: &[&str]) -> Result<Process> {
        Process::start(self.command(program, args)?)
    }

    /// Runs `work` on a thread inside the namespace; sockets made there stay there, wherever they are used later.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the namespace is gone. A panic in `work` goes on in the caller.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        let namespace = File::open(self.path()).doing(|| self.entering())?;
        let answer = thread::scope(|scope| {
            let inside = scope.spawn(move || {
                sys::enter_network_namespace(&namespace)?;
                Ok(work())
            });
            inside.join()
        });
        answer
            .unwrap_or_else(|panicked| panic::resume_unwind(panicked))
            .doing(|| self.entering())
    }

    /// Starts a thread that lives inside the namespace; `None` from it means that it could not get in.
    pub(crate) fn thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<Option<T>>> {
        let namespace = File::open(self.path()).doing(|| self.entering())?;
        Ok(thread::spawn(move || {
            sys::enter_network_namespace(&namespace).is_ok().then(work)
        }))
    }

    /// Runs `ip` in the namespace, which must succeed; returns what it printed.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) with the message of `ip`.
    pub fn ip(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(find_tool("ip")?);
        command.args(["-n", &self.namespace]).args(args);
        Ok(process::run(command, RUN_LIMIT)?.success()?.stdout)
    }

    /// Sets a sysctl of the namespace, by dotted name: `net.ipv4.ip_forward`.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when there is no such setting or the value is refused.
    pub fn set_sysctl(&self, name: &str, value: &str) -> Result<()> {
        let path = sysctl_path(name);
        self.enter(|| fs::write(&path, value))?
            .doing(|| format!("set {name} to {value}"))
    }

    /// Reads a sysctl of the namespace.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when there is no such setting.
    pub fn sysctl(&self, name: &str) -> Result<String> {
        let path = sysctl_path(name);
        let value = self
            .enter(|| fs::read_to_string(&path))?
            .doing(|| format!("read {name}"))?;
        Ok(value.trim_end().to_owned())
    }

    /// Gives an interface one more address, `10.0.0.1/24` or `fd00::1/64`, usable at once.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) with the message of `ip`.
    pub fn add_address(&self, interface: &str, address: &str) -> Result<()> {
        let mut args = vec!["address", "add", address, "dev", interface];
        if address.contains(':') {
            args.push("nodad");
        }
        self.ip(&args).map(drop)
    }

    /// Removes an interface, as happens to a firewall whose device vanishes.
    ///
    /// # Errors
    /// [`Error::Failed`](crate::Error::Failed) with the message of `ip`.
    pub fn remove_interface(&self, interface: &str) -> Result<()> {
        self.ip(&["link", "delete", "dev", interface]).map(drop)
    }

    /// Has the kernel list the connections that pass through the host, as it does for a firewall whose rules look at
    /// them. The rule itself lets everything through.
    ///
    /// # Errors
    /// [`Error::MissingTool`](crate::Error::MissingTool) without `nft`, [`Error::Failed`](crate::Error::Failed) where
    /// the kernel has no such rules.
    pub fn track_connections(&self) -> Result<()> {
        let hook = "type filter hook forward priority 0;";
        self.nft(&format!(
            "table inet track {{ chain passing {{ {hook} ct state established accept; }}; }}"
        ))
    }

    /// Adds rules of nftables to the namespace.
    ///
    /// # Errors
    /// [`Error::MissingTool`](crate::Error::MissingTool) without `nft`, [`Error::Failed`](crate::Error::Failed) with its
    /// message.
    pub fn nft(&self, rules: &str) -> Result<()> {
        self.run("nft", &[rules])?.success().map(drop)
    }

    /// Opens a TCP connection from inside the namespace.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when refused, unreachable or silent for `timeout`.
    pub fn connect(&self, to: SocketAddr, timeout: Duration) -> Result<TcpStream> {
        self.enter(|| TcpStream::connect_timeout(&to, timeout))?
            .doing(|| format!("connect from {} to {to}", self.label))
    }

    fn entering(&self) -> String {
        format!("enter namespace {}", self.namespace)
    }
}

/// `net.ipv4.conf.eth0.rp_filter` as a file; a slash in the name stands for a dot in an interface name.
fn sysctl_path(name: &str) -> PathBuf {
    let path: String = name
        .chars()
        .map(|letter| match letter {
            '.' => '/',
            '/' => '.',
            other => other,
        })
        .collect();
    PathBuf::from("/proc/sys").join(path)
}
