// SPDX-License-Identifier: MIT
//! The two sockets, and what whoever comes in by one of them may do.

use crate::limits::{self, Limits};
use aegis_api::{ApiError, ErrorCode};

/// By which socket a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The socket for changes.
    Control {
        /// Whether a group may use it: then the mode of the file keeps everybody else out.
        shared: bool,
    },
    /// The socket for questions.
    ReadOnly,
}

impl Door {
    /// Whether a user may change what is enforced.
    ///
    /// The credentials of a socket (SO_PEERCRED, unix(7)) name the one group that a process acts
    /// as, not all that its user is a member of. So membership is the kernel's to judge, when it
    /// opens the socket's file.
    ///
    /// # Errors
    /// [`ErrorCode::Forbidden`] by this door, [`ErrorCode::NotPermitted`] to this user.
    pub fn may_change(self, uid: u32, own_uid: u32) -> Result<(), ApiError> {
        match self {
            Self::ReadOnly => {
                let message = "the read-only socket takes no changes";
                let next = "use sudo, or ask for a place in the group in `api.control_group`";
                Err(ApiError::new(ErrorCode::Forbidden, message).next(next))
            }
            Self::Control { shared } if shared || uid == 0 || uid == own_uid => Ok(()),
            Self::Control { .. } => {
                let message = format!("user {uid} may not change what is enforced");
                Err(ApiError::new(ErrorCode::NotPermitted, message).next("run as root"))
            }
        }
    }

    /// What its users may take.
    #[must_use]
    pub const fn limits(self) -> Limits {
        match self {
            Self::Control { .. } => limits::CONTROL,
            Self::ReadOnly => limits::READ_ONLY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_come_from_the_door_and_from_the_user() {
        use ErrorCode::{Forbidden, NotPermitted};
        const OWN: u32 = 990;
        let (alone, shared) = (
            Door::Control { shared: false },
            Door::Control { shared: true },
        );
        for (door, uid, expected) in [
            (alone, 0, None),
            (alone, OWN, None),
            (alone, 1_000, Some(NotPermitted)),
            (shared, 0, None),
            (shared, OWN, None),
            (shared, 1_000, None),
            (Door::ReadOnly, 0, Some(Forbidden)),
            (Door::ReadOnly, OWN, Some(Forbidden)),
            (Door::ReadOnly, 1_000, Some(Forbidden)),
        ] {
            let refused = door.may_change(uid, OWN).err().map(|error| error.code);
            assert_eq!(refused, expected, "{door:?}, user {uid}");
        }
    }
}
