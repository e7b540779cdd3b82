// SPDX-License-Identifier: MIT
//! Which programs of this host have connections, as far as `/proc` tells whoever sits here. It is a task
//! of its own, and what takes a while is done on a thread of its own: nothing waits for it.

mod finder;

use super::Messages;
use crate::message::Message;
use crate::model::Ends;
use finder::Finder;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// The shortest time between two looks.
const EVERY: Duration = Duration::from_secs(3);
/// So many times as long as a look takes nothing is looked at: on a host with very many sockets and
/// processes that bounds what it costs, to a twentieth of one processor.
const REST: u32 = 20;

/// Looks again and again whose the connections are that are listed.
pub async fn processes(mut listed: watch::Receiver<Vec<Ends>>, messages: Messages) {
    let mut finder = Finder::default();
    while listed.changed().await.is_ok() {
        let ends = listed.borrow_and_update().clone();
        let begun = Instant::now();
        let looked = spawn_blocking(move || {
            let found = finder.find(&ends);
            (finder, found)
        });
        let Ok((again, found)) = looked.await else {
            return;
        };
        finder = again;
        // Where nobody listens any more this task is about to end.
        messages.send(Message::Processes(found)).await.ok();
        sleep(EVERY.max(begun.elapsed() * REST)).await;
    }
}
