// SPDX-License-Identifier: MIT
//! What ends a daemon.

use tokio::sync::oneshot::Receiver;

/// What ends a daemon.
#[derive(Debug)]
pub enum Until {
    /// SIGINT or SIGTERM.
    Signalled,
    /// A word from whoever started it in their own process, or their end. SIGINT and SIGTERM are
    /// theirs to hear; SIGHUP goes on to mean that the configuration is read again.
    Told(Receiver<()>),
}

impl Until {
    pub(crate) fn is_signalled(&self) -> bool {
        matches!(self, Self::Signalled)
    }

    /// Ends when the word has come; never where signals are waited for. To be awaited to its end
    /// once at most.
    pub(crate) async fn told(&mut self) {
        match self {
            Self::Signalled => std::future::pending().await,
            // The end of the one who would have said it is as good as the word.
            Self::Told(word) => drop(word.await),
        }
    }
}
