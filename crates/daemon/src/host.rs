// SPDX-License-Identifier: MIT
//! What the host cannot do without, read beside the owner: a table of a million routes takes
//! longer to read than a ban may wait, and longer than events and clocks may.

use crate::error::from_engine;
use crate::witness::Witness;
use aegis_api::{ApiError, ErrorCode};
use aegis_engine::EngineError;
use aegis_policy::ProtectedSet;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

/// How long a ban waits for the facts of this moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often what the host needs is looked at: sessions come and go.
const AGAIN: Duration = Duration::from_secs(10);
/// Where that takes long, so many times as long is nothing asked.
const REST: u32 = 20;

/// An answer under way.
pub type Facts = Pin<Box<dyn Future<Output = Result<ProtectedSet, EngineError>> + Send>>;

/// What the host needs now: its addresses, its gateways and resolvers, and those who administer it.
async fn needs(witness: Arc<Witness>) -> Result<ProtectedSet, EngineError> {
    let sight = witness.look();
    let facts = aegis_engine::host::facts(&sight.resolvers).await?;
    let needed = ProtectedSet::new(&facts.addresses, &facts.gateways, &facts.resolvers);
    Ok(needed.with_admins(&crate::admin::peers(&sight.sessions).await))
}

/// What this host needs, as far as this process may see: without root, sessions of others are hidden.
///
/// # Errors
/// [`EngineError::Netlink`] where the kernel does not answer.
pub async fn needed_here() -> Result<ProtectedSet, EngineError> {
    needs(Arc::new(Witness::here())).await
}

/// The host, as it was last seen.
#[derive(Clone)]
pub struct Host {
    read: Arc<dyn Fn() -> Facts + Send + Sync>,
    patience: Duration,
    session: Option<IpAddr>,
    witness: Arc<Witness>,
    last: Arc<Mutex<Option<ProtectedSet>>>,
    /// Who is told of every change.
    told: Arc<Mutex<Option<watch::Sender<ProtectedSet>>>>,
    /// Held while the kernel is asked: one question at a time.
    asking: Arc<tokio::sync::Mutex<()>>,
}

impl Host {
    /// The host of this process's network namespace, as `witness` sees it, administered from
    /// `session` too.
    pub fn new(session: Option<IpAddr>, witness: &Arc<Witness>) -> Self {
        let witness = Arc::clone(witness);
        let looks = Arc::clone(&witness);
        let read = move || -> Facts { Box::pin(needs(Arc::clone(&looks))) };
        Self {
            session,
            witness,
            ..Self::with(read, PATIENCE)
        }
    }

    /// A host of which `read` tells.
    pub fn with(read: impl Fn() -> Facts + Send + Sync + 'static, patience: Duration) -> Self {
        Self {
            read: Arc::new(read),
            patience,
            session: None,
            witness: Arc::new(Witness::here()),
            last: Arc::default(),
            told: Arc::default(),
            asking: Arc::default(),
        }
    }

    /// Asks ahead of the first ban, and then again and again; `told` is told of every change, until
    /// nobody listens. Of what is found out between two times, too.
    pub fn watch(&self, told: watch::Sender<ProtectedSet>) {
        let host = self.clone();
        *locked(&self.told) = Some(told.clone());
        tokio::spawn(async move {
            // That nobody is needed is to be told as well, once.
            let mut first = true;
            while !told.is_closed() {
                let begun = Instant::now();
                match host.protected().await {
                    // What differs has been told by then.
                    Ok(_) => {
                        told.send_if_modified(|_| std::mem::take(&mut first));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "what the host needs is not known for now")
                    }
                }
                let pause = AGAIN.max(begun.elapsed() * REST);
                tokio::select! {
                    () = told.closed() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    /// What must not be banned by accident: now, or where the kernel takes too long to tell, when
    /// it last told. It goes on being asked, so that the next ban knows more.
    ///
    /// # Errors
    /// Where the kernel does not tell, or has never told yet.
    pub async fn protected(&self) -> Result<ProtectedSet, ApiError> {
        let host = self.clone();
        match tokio::time::timeout(self.patience, host.ask()).await {
            Ok(told) => told,
            Err(_) => {
                let seconds = self.patience.as_secs();
                tracing::warn!("addresses and routes are not read within {seconds} s");
                self.remembered().ok_or_else(|| {
                    let message = "addresses and routes of this host are not known yet";
                    ApiError::new(ErrorCode::Unavailable, message).next("try again, or use --force")
                })
            }
        }
    }

    /// The same at once, on this thread: before the daemon confines itself, as a thread of its own
    /// might live on with privileges.
    ///
    /// # Errors
    /// Where the kernel does not tell.
    pub async fn look(&self) -> Result<ProtectedSet, EngineError> {
        let facts = (self.read)().await?;
        Ok(facts.with_admins(self.session.as_slice()))
    }

    /// Who looks at what the daemon may not see itself.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// What was seen last, whoever asked: never older than what somebody has been told.
    pub fn remembered(&self) -> Option<ProtectedSet> {
        locked(&self.last).clone()
    }

    async fn ask(self) -> Result<ProtectedSet, ApiError> {
        let turn = Arc::clone(&self.asking).lock_owned().await;
        let (reply, answer) = oneshot::channel();
        let failed = |error: std::io::Error| ApiError::new(ErrorCode::Failed, error);
        // A thread of its own: the kernel hands out routes as fast as they are read, so that no
        // other task of this one would get a turn. It outlives whoever loses patience.
        let ask = move || {
            let told = self.read_here();
            drop(turn);
            // Whoever asked may have lost patience.
            drop(reply.send(told));
        };
        let thread = std::thread::Builder::new().name("host".to_owned());
        thread.spawn(ask).map_err(failed)?;
        let ended = |_| ApiError::new(ErrorCode::Failed, "addresses and routes cannot be read");
        answer.await.map_err(ended)?
    }

    fn read_here(&self) -> Result<ProtectedSet, ApiError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| ApiError::new(ErrorCode::Failed, error))?;
        let told = runtime.block_on(self.look());
        let told = told.map_err(|error| from_engine(&error))?;
        *locked(&self.last) = Some(told.clone());
        if let Some(listener) = &*locked(&self.told) {
            listener.send_if_modified(|known| std::mem::replace(known, told.clone()) != told);
        }
        Ok(told)
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_policy::Role;
    use std::sync::atomic::{AtomicU32, Ordering};

    const SHORT: Duration = Duration::from_millis(50);
    /// Long enough for a thread to get its turn on a busy machine.
    const LONG: Duration = Duration::from_secs(30);

    fn address() -> IpAddr {
        IpAddr::from([192, 0, 2, 1])
    }

    fn facts() -> ProtectedSet {
        ProtectedSet::new(&[address()], &[], &[])
    }

    #[tokio::test]
    async fn a_ban_does_not_wait_for_a_large_route_table_and_goes_by_what_was_last_known() {
        static QUESTIONS: AtomicU32 = AtomicU32::new(0);
        let host = Host::with(
            || {
                let slow = QUESTIONS.fetch_add(1, Ordering::Relaxed) > 0;
                Box::pin(async move {
                    if slow {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    Ok(facts())
                })
            },
            SHORT,
        );
        let patient = Host {
            patience: LONG,
            ..host.clone()
        };
        let first = patient.protected().await.expect("it is quick once");
        assert!(first.iter().any(|(_, own)| own == address()));
        for _ in 0..3 {
            let later = host.protected().await.expect("it is remembered");
            assert_eq!(later, first);
        }
        let asked_again = async {
            while QUESTIONS.load(Ordering::Relaxed) < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let asked_again = tokio::time::timeout(LONG, asked_again).await;
        asked_again.expect("it goes on being asked");
        let questions = QUESTIONS.load(Ordering::Relaxed);
        assert_eq!(questions, 2, "one question at a time");
    }

    #[tokio::test]
    async fn whoever_watches_is_told_what_the_host_needs_with_the_session_that_started_it() {
        let session = IpAddr::from([198, 51, 100, 7]);
        let host = Host {
            session: Some(session),
            ..Host::with(|| Box::pin(async { Ok(facts()) }), LONG)
        };
        let (told, mut heard) = watch::channel(ProtectedSet::default());
        host.watch(told);
        heard.changed().await.expect("it is told");
        let roles: Vec<_> = heard.borrow().iter().collect();
        let expected = [(Role::Own, address()), (Role::Admin, session)];
        assert_eq!(roles, expected);
    }

    #[tokio::test]
    async fn what_is_found_out_in_between_is_told_at_once() {
        static SESSION: AtomicU32 = AtomicU32::new(0);
        let host = Host::with(
            || {
                let session = IpAddr::from(SESSION.load(Ordering::Relaxed).to_be_bytes());
                Box::pin(async move { Ok(facts().with_admins(&[session])) })
            },
            LONG,
        );
        let (told, mut heard) = watch::channel(ProtectedSet::default());
        host.watch(told);
        heard.changed().await.expect("it is told");
        heard.mark_unchanged();
        SESSION.store(7, Ordering::Relaxed);
        let now = host.protected().await.expect("it is quick");
        assert!(heard.has_changed().expect("it is watched"));
        assert_eq!(*heard.borrow_and_update(), now);
    }

    #[tokio::test]
    async fn without_anything_known_a_ban_is_refused_with_a_next_step() {
        let host = Host::with(|| Box::pin(std::future::pending()), SHORT);
        let refused = host.protected().await.expect_err("nobody knows");
        assert_eq!(refused.code, ErrorCode::Unavailable);
        assert!(refused.next.is_some_and(|next| next.contains("--force")));
    }
}
