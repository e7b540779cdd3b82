// SPDX-License-Identifier: MIT
//! From start to stop.

use crate::command::{Change, Command};
use crate::host::Host;
use crate::lock::Lock;
use crate::owner::Owner;
use crate::peer::Peer;
use crate::routes::Service;
use crate::socket::Socket;
use crate::{DaemonError, Options, adopt, server};
use aegis_abi::Hook;
use aegis_engine::{Attachment, Engine, TcChoice};
use aegis_policy::ProtectedSet;
use aegis_policy::config::{Config, Effect};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

/// Commands that may wait for the owner.
const QUEUE: usize = 64;

/// Runs a daemon until SIGINT or SIGTERM, and takes everything back that it put into the kernel.
///
/// # Errors
/// [`DaemonError`] where it cannot start, with nothing changed, or cannot clean up.
pub async fn run(options: Options) -> Result<(), DaemonError> {
    // Before anything else: a signal that comes early must not end the process half-way.
    let signals = Signals::new()?;
    let lock = Lock::take(
        &options.instance,
        &options.config.interfaces,
        &selector(&options),
    )?;
    let result = guard(&options, signals).await;
    let released = lock.release();
    result.and(released)
}

async fn guard(options: &Options, signals: Signals) -> Result<(), DaemonError> {
    tell_what_is_idle(&options.config);
    let (adopted, found) = adopt::standing().await;
    let engine = Engine::start(options.engine(adopted)).await?;
    found.log();
    let result = match ready(&engine, options).await {
        Ok((socket, attachments)) => {
            let mut owner = Owner::new(engine, attachments, options);
            let host = Host::new(options.session_peer);
            let allowed = owner.allow_configured(&options.config);
            if let Err(error) = allowed {
                owner.into_engine().detach();
                socket.remove()?;
                return Err(DaemonError::Allowlist(error));
            }
            let engine = serve((owner, host), &socket, signals).await;
            engine.detach();
            socket.remove()
        }
        Err(error) => {
            engine.detach();
            Err(error)
        }
    };
    tracing::info!("programs detached");
    result
}

/// Nobody should believe in a protection that is not there.
fn tell_what_is_idle(config: &Config) {
    for changed in Config::default().difference(config) {
        if changed.key.takes_effect() == Effect::NotYet {
            let key = changed.key.name();
            tracing::warn!(key, value = %changed.after, "set, and without effect in this version");
        }
    }
}

/// Opens the socket, and tells people, service managers and tests that the host is guarded.
async fn ready(
    engine: &Engine,
    options: &Options,
) -> Result<(Socket, Vec<Attachment>), DaemonError> {
    let socket = Socket::bind(options.instance.socket())?;
    let attachments = match engine.attachments().await {
        Ok(attachments) => attachments,
        Err(error) => {
            socket.remove()?;
            return Err(error.into());
        }
    };
    tracing::info!("guarding {}", summary(&attachments, options));
    tracing::info!(socket = %options.instance.socket().display(), pid = std::process::id(), "ready");
    Ok((socket, attachments))
}

async fn serve((owner, host): (Owner, Host), socket: &Socket, signals: Signals) -> Engine {
    let (commands, received) = mpsc::channel(QUEUE);
    let (stop, stopping) = watch::channel(false);
    let (needs, protected) = watch::channel(ProtectedSet::default());
    host.watch(needs);
    let service = Service::new(commands.clone(), host, stopping.clone());
    let (engine, (), ()) = tokio::join!(
        owner.run(received, protected),
        server::serve(socket.listener(), service, stopping),
        signals.until_stop(stop, commands),
    );
    engine
}

/// Such as `eth0 (native, egress tcx), wg0 (generic, egress tcx)`.
fn summary(attachments: &[Attachment], options: &Options) -> String {
    let one = |interface: &String| {
        let mode = |hook| {
            let found = attachments
                .iter()
                .find(|a| a.interface == *interface && a.hook == hook);
            found.map_or("not attached", |a| a.mode.label())
        };
        let egress = match options.tc() {
            TcChoice::Off => "off",
            TcChoice::Auto | TcChoice::Clsact => mode(Hook::TcEgress),
        };
        format!("{interface} ({}, egress {egress})", mode(Hook::XdpIngress))
    };
    options
        .config
        .interfaces
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Options by which a client finds this daemon.
fn selector(options: &Options) -> String {
    let named = options.instance.name();
    match options.config.interfaces.as_slice() {
        [only] if only == named => format!("-i {only}"),
        _ => format!("--instance {named}"),
    }
}

/// Signals that mean something to the daemon.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> Result<Self, DaemonError> {
        let on = |kind| signal(kind).map_err(DaemonError::Signals);
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// SIGHUP must not end the firewall with the terminal that it was started from: as with other
    /// daemons, the configuration is read again.
    async fn until_stop(mut self, stop: watch::Sender<bool>, commands: mpsc::Sender<Command>) {
        let name = loop {
            tokio::select! {
                _ = self.interrupt.recv() => break "SIGINT",
                _ = self.terminate.recv() => break "SIGTERM",
                _ = self.hang_up.recv() => reload(&commands).await,
            }
        };
        tracing::info!("{name}: stopping");
        stop.send_replace(true);
    }
}

async fn reload(commands: &mpsc::Sender<Command>) {
    tracing::info!("SIGHUP: the configuration is read again");
    let (reply, answer) = oneshot::channel();
    let asked = Command::Change(Change::Reload(reply), Peer::own());
    if commands.send(asked).await.is_ok() {
        // The owner logs what came of it.
        drop(answer.await);
    }
}
