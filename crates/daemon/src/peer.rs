// SPDX-License-Identifier: MIT
//! Who is at the other end of a connection (SO_PEERCRED, unix(7)).

use aegis_api::{ApiError, ErrorCode};
use tokio::net::UnixStream;

/// Credentials of the process that connected, as the kernel knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Process, where it is in a namespace that this process can see.
    pub pid: Option<i32>,
}

impl Peer {
    /// Reads them.
    ///
    /// # Errors
    /// Where the kernel does not tell.
    pub fn of(stream: &UnixStream) -> std::io::Result<Self> {
        let credentials = stream.peer_cred()?;
        Ok(Self {
            uid: credentials.uid(),
            gid: credentials.gid(),
            pid: credentials.pid(),
        })
    }

    /// This process, for what nobody else asked for.
    #[must_use]
    pub fn own() -> Self {
        Self {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
            pid: Some(rustix::process::getpid().as_raw_nonzero().get()),
        }
    }

    /// Root and the daemon's own user may change what is enforced.
    ///
    /// # Errors
    /// [`ErrorCode::NotPermitted`].
    pub fn may_change(&self, own_uid: u32) -> Result<(), ApiError> {
        if self.uid == 0 || self.uid == own_uid {
            return Ok(());
        }
        let message = format!("user {} may not change what is enforced", self.uid);
        Err(ApiError::new(ErrorCode::NotPermitted, message).next("run as root"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_the_daemons_own_user_may_change_anything() {
        let peer = |uid| Peer {
            uid,
            gid: 1000,
            pid: None,
        };
        assert_eq!(peer(0).may_change(990), Ok(()));
        assert_eq!(peer(990).may_change(990), Ok(()));
        let refused = peer(1000).may_change(990).expect_err("somebody else");
        assert_eq!(refused.code, ErrorCode::NotPermitted);
    }
}
