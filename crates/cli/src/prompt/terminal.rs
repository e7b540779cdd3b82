// SPDX-License-Identifier: MIT
//! The terminal that lines are typed at: what it was like before, and whether it is still there.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io;

/// A terminal as it was, which it is again in the end: the prompt may end while a line is being
/// edited, with echo and line ends turned off.
pub struct Terminal {
    before: Option<Termios>,
}

impl Terminal {
    /// Standard input, if it is one.
    pub fn of_input() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        Self { before }
    }

    /// Whether somebody types.
    pub fn is_there(&self) -> bool {
        self.before.is_some()
    }

    /// Whether somebody typed and cannot any more: the window was closed, the connection broke.
    pub fn is_lost(&self) -> bool {
        self.is_there() && tcgetattr(io::stdin()).is_err()
    }

    /// Makes it what it was.
    pub fn restore(&self) {
        if let Some(before) = &self.before {
            // One that is gone needs no care.
            tcsetattr(io::stdin(), OptionalActions::Now, before).ok();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}
