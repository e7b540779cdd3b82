// SPDX-License-Identifier: MIT
//! Who changed what, and who was not let: one line of the log each, with fields.

use crate::peer::Peer;
use aegis_api::ApiError;

/// A change that was made.
pub fn done(action: &str, subject: &str, peer: &Peer) {
    let (uid, gid, pid) = (peer.uid, peer.gid, peer.pid);
    let process = peer.process.as_deref();
    tracing::info!(
        action,
        subject,
        uid,
        gid,
        pid,
        process,
        outcome = "done",
        "command"
    );
}

/// One that was not.
pub fn refused(action: &str, subject: &str, peer: &Peer, error: &ApiError) {
    let (uid, gid, pid) = (peer.uid, peer.gid, peer.pid);
    let (process, code) = (peer.process.as_deref(), error.code.label());
    tracing::info!(action, subject, uid, gid, pid, process, outcome = "refused", code, %error, "command");
}
