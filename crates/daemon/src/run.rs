// SPDX-License-Identifier: MIT
//! From start to stop.

use crate::aside::Aside;
use crate::ban::Moment;
use crate::courier::Courier;
use crate::crowd::{self, Crowd, Poller};
use crate::host::Host;
use crate::lock::Lock;
use crate::owner::{Keeper, Owner};
use crate::parting::Parting;
use crate::routes::Service;
use crate::signals::Signals;
use crate::socket::Sockets;
use crate::store::Store;
use crate::{DaemonError, Options, Until, adopt, confine, places, policy, server, service};
use aegis_abi::Hook;
use aegis_engine::{Attachment, Engine, Standing, TcChoice};
use aegis_policy::saved::Record;
use aegis_policy::{Policy, ProtectedSet, RegionWords};
use tokio::sync::{mpsc, watch};

/// Commands that may wait for the owner.
const QUEUE: usize = 64;

/// Runs a daemon until it is told to stop, or until a client asks it to go. What then becomes of
/// what it put into the kernel is as configured, or as asked.
///
/// # Errors
/// [`DaemonError`] where it cannot start, with nothing changed, or cannot clean up.
pub async fn run(options: Options, until: Until) -> Result<(), DaemonError> {
    // Before anything else: a signal that comes early must not end the process half-way.
    let signals = Signals::new(until)?;
    let lock = Lock::take(
        &options.instance,
        &options.config.interfaces,
        &selector(&options),
    )?;
    let aside = Aside::begin(&options);
    let result = guard(&options, signals, &aside).await;
    if let Ok(Some(sockets)) = &result {
        // The successor takes the lock anew.
        drop(lock);
        return Err(succeed(&options, &aside, sockets));
    }
    let released = lock.release();
    result.map(drop).and(released)
}

/// Says whether a daemon with these options could take over from one that runs, and touches
/// nothing.
///
/// # Errors
/// [`DaemonError`], saying why not.
pub fn rehearse(options: &Options) -> Result<(), DaemonError> {
    let policy = policy::of(&options.config, &[], 0, &Moment::now())?;
    let engine = options.engine((policy.rows(), &RegionWords::default()), Vec::new());
    Engine::rehearse(&engine).map_err(DaemonError::from)
}

fn succeed(options: &Options, aside: &Aside, sockets: &Sockets) -> DaemonError {
    let failed = |path: &std::path::Path, error| DaemonError::file("start", path.to_owned())(error);
    match &options.successor {
        Some(successor) => {
            tracing::info!(program = %successor.path().display(), "another takes over");
            // What waits to be written would go with this program.
            options.logs.close();
            failed(successor.path(), successor.take_over(aside, sockets))
        }
        None => failed("aegis-cli".as_ref(), std::io::ErrorKind::NotFound.into()),
    }
}

/// Returns the sockets where a successor takes them over.
async fn guard(
    options: &Options,
    signals: Signals,
    aside: &Aside,
) -> Result<Option<Sockets>, DaemonError> {
    // Early: who asks a daemon that starts waits for its answer.
    let sockets = Sockets::open(&options.instance, &options.config.sockets)?;
    match enforce(options, &sockets, signals, aside).await {
        Ok(Parting::Succeed) => Ok(Some(sockets)),
        parting => {
            let removed = sockets.remove();
            parting.and(removed).map(|()| None)
        }
    }
}

async fn enforce(
    options: &Options,
    sockets: &Sockets,
    signals: Signals,
    aside: &Aside,
) -> Result<Parting, DaemonError> {
    let (store, loaded) = Store::open(options.state());
    loaded.log();
    if let Some(fallback) = &options.fallback {
        fallback.log();
    }
    let (mut crowd, poller) = crowd::open(options, &aside.courier).unzip();
    let host = Host::new(options.session_peer, &aside.witness);
    let (engine, policy) = start(options, &loaded.records, (crowd.as_mut(), &host)).await?;
    // That the kernel does not tell just now is no reason to stop guarding.
    let attachments = engine.attachments().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "what is attached is not known yet");
        Vec::new()
    });
    tracing::info!("guarding {}", summary(&attachments, options));
    tracing::info!(socket = %options.instance.socket().display(), pid = std::process::id(), "ready");
    let (stop, stopping) = watch::channel(false);
    let keeper = Keeper::new(options, aside.courier.clone(), host.clone());
    let (rules, lists) = ((policy, store), (keeper, crowd));
    let mut owner = Owner::new(engine, rules, lists, attachments, options, stop.clone());
    owner.keep_configuration();
    owner.remember_regions(&loaded.records);
    confine::enter(options);
    aside.courier.listen();
    service::ready();
    let asked = (host, aside.courier.clone());
    let tasks = (owner, poller, asked);
    let (engine, parting) = serve(tasks, sockets, (signals, stop, stopping), options).await;
    service::parting(parting);
    match parting {
        Parting::Detach => {
            engine.detach().await?;
            tracing::info!("programs detached");
        }
        Parting::Keep => {
            engine.leave();
            tracing::warn!("programs stay attached; `aegis-cli detach` ends them");
        }
        Parting::Succeed => engine.leave(),
    }
    Ok(parting)
}

/// The policy, with what outlived the last daemon, and an engine that enforces it, from nothing or
/// from where that one stopped.
async fn start(
    options: &Options,
    saved: &[Record],
    (crowd, host): (Option<&mut Crowd>, &Host),
) -> Result<(Engine, Policy), DaemonError> {
    let standing = Standing::find(&options.pin_dir()).await?;
    let goes_on = standing.as_ref().is_some_and(Standing::is_ours);
    let last_group = standing.map_or(Ok(0), |standing| standing.last_group())?;
    let mut policy = policy::of(&options.config, saved, last_group, &Moment::now())?;
    if let Some(crowd) = crowd {
        crowd
            .stand(&mut policy, host, Moment::now().monotonic)
            .await;
    }
    let (adopted, found) = adopt::standing();
    let rules = (policy.rows(), &places::said(saved));
    let engine = Engine::start(options.engine(rules, adopted)).await?;
    if goes_on {
        tracing::info!("taken over from an earlier daemon: connections and counters go on");
    }
    found.log();
    Ok((engine, policy))
}

async fn serve(
    (owner, poller, (host, courier)): (Owner, Option<Poller>, (Host, Courier)),
    sockets: &Sockets,
    (signals, stop, stopping): (Signals, watch::Sender<bool>, watch::Receiver<bool>),
    options: &Options,
) -> (Engine, Parting) {
    let (commands, received) = mpsc::channel(QUEUE);
    let (needs, protected) = watch::channel(ProtectedSet::default());
    host.watch(needs);
    owner.keep_places_current(&courier, options);
    let successor = options.successor.clone();
    let service = Service::new(
        commands.clone(),
        (host, courier),
        successor.clone(),
        stopping.clone(),
    );
    let (parted, (), (), (), ()) = tokio::join!(
        owner.run(received, protected),
        poll(poller, stopping.clone()),
        server::serve(&sockets.control, service.clone(), stopping.clone()),
        server::serve(&sockets.read_only, service, stopping.clone()),
        signals.until_stop((stop, stopping), commands, successor),
    );
    parted
}

async fn poll(poller: Option<Poller>, stopping: watch::Receiver<bool>) {
    if let Some(poller) = poller {
        poller.run(stopping).await;
    }
}

/// Such as `eth0 (native, egress tcx), wg0 (generic, egress tcx)`.
fn summary(attachments: &[Attachment], options: &Options) -> String {
    let one = |interface: &String| {
        let mode = |hook| {
            let found = attachments
                .iter()
                .find(|a| a.asked == *interface && a.hook == hook);
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
