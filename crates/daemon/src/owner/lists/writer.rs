// SPDX-License-Identifier: MIT
//! Files of lists, written and removed on a thread of their own, one after the other: the newest text
//! of a file is the one that stays.

use std::cell::OnceCell;
use std::sync::mpsc;
use std::thread::Builder;
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// The thread, which ends with this. It begins with the first thing to do: the daemon is confined by
/// then, and so is the thread.
#[derive(Debug, Default)]
pub(super) struct Writer(OnceCell<mpsc::Sender<Job>>);

impl Writer {
    fn begin() -> mpsc::Sender<Job> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let thread = Builder::new().name("aegis-lists".to_owned());
        if let Err(error) = thread.spawn(move || jobs.iter().for_each(|job| job())) {
            tracing::warn!(%error, "files of lists are written by the thread that decides");
        }
        sender
    }

    /// Does something after everything before it; here and now where there is no thread.
    pub(super) fn queue(&self, job: impl FnOnce() + Send + 'static) {
        if let Err(mpsc::SendError(job)) = self.0.get_or_init(Self::begin).send(Box::new(job)) {
            job();
        }
    }

    /// Comes to an end once everything until now is done.
    pub(super) fn done(&self) -> oneshot::Receiver<()> {
        let (tell, hear) = oneshot::channel();
        // Whoever waited may be gone.
        self.queue(move || tell.send(()).unwrap_or_default());
        hear
    }

    /// Does something after everything before it, and waits for what comes of it; `None` where the
    /// thread has panicked.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (tell, hear) = mpsc::channel();
        self.queue(move || drop(tell.send(job())));
        hear.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[test]
    fn what_is_queued_is_done_in_order() {
        let (writer, said) = (Writer::default(), Arc::new(Mutex::new(Vec::new())));
        for count in 0..5 {
            let said = Arc::clone(&said);
            writer.queue(move || {
                std::thread::sleep(Duration::from_millis(5 - count));
                said.lock().expect("nobody panics").push(count);
            });
        }
        let before = writer.done();
        let all = writer.wait(move || said.lock().expect("nobody panics").clone());
        assert_eq!(all, Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(before.blocking_recv(), Ok(()));
    }
}
