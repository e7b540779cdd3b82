// SPDX-License-Identifier: MIT
//! `[api]`: who may ask the daemon.

use super::value::Slot;
use super::{Effect, Key, Kind};

pub(super) const CONTROL_GROUP: Key = Key::new(
    "api.control_group",
    Kind::Group,
    |config| Slot::Text(&mut config.sockets.control_group),
    "Its members may change what is enforced, as root may.",
)
.effect(Effect::Restart);

pub(super) const READ_GROUP: Key = Key::new(
    "api.read_group",
    Kind::Group,
    |config| Slot::Text(&mut config.sockets.read_group),
    "Its members may read everything, and change nothing. That there is no group \"aegis\" is \
         no mistake: then only root may.",
)
.effect(Effect::Restart);
