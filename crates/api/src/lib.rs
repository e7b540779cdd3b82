// SPDX-License-Identifier: MIT
//! What the daemon and its clients say to each other: HTTP/1.1 and JSON over a unix socket.
//!
//! Every request and answer is a type of this crate; [`Client`] is the one way to send them. A
//! field whose unit is not plain from its type carries it in its name. Unknown fields in requests
//! are refused; clients must ignore unknown fields in answers, so that fields can be added.
//!
//! | endpoint | request | answer |
//! |---|---|---|
//! | `GET /v1/status` | | [`Status`] |
//! | `GET /v1/stats` | | [`Stats`] |
//! | `GET /v1/bans` | | [`BanList`] |
//! | `POST /v1/bans` | [`BanRequest`] | [`BanAnswer`] |
//! | `DELETE /v1/bans` | [`UnbanRequest`] | [`UnbanAnswer`] |
//! | `GET /v1/allow` | | [`AllowList`] |
//! | `POST /v1/allow` | [`AllowRequest`] | [`AllowAnswer`] |
//! | `DELETE /v1/allow` | [`DisallowRequest`] | [`AllowAnswer`] |
//! | `GET /v1/flows?…` | [`FlowQuery`] | [`FlowList`] |
//! | `DELETE /v1/flows` | [`KillRequest`] | [`KillAnswer`] |
//! | `GET /v1/why?address=ADDR` | | [`Why`] |
//! | `GET /v1/modules` | | [`ModuleList`] |
//! | `POST /v1/modules` | [`ModuleRequest`] | [`ModuleAnswer`] |
//! | `GET /v1/saved` | | [`SaveAnswer`] |
//! | `POST /v1/saved` | [`RestoreRequest`] | [`RestoreAnswer`] |
//! | `POST /v1/reload` | [`ReloadRequest`] | [`ReloadAnswer`] |
//! | `POST /v1/detach` | [`DetachRequest`] | [`PartingAnswer`] |
//! | `POST /v1/upgrade` | [`UpgradeRequest`] | [`PartingAnswer`] |
//! | `GET /v1/events?limit=N` | | [`EventList`], the newest last |
//! | `GET /v1/events/stream` | | [`StreamLine`]s as they happen, one JSON object a line |
//!
//! A failure has an HTTP status that is not 2xx and an [`ErrorAnswer`] as its body.
#![forbid(unsafe_code)]

pub mod allow;
pub mod ban;
pub mod client;
pub mod confinement;
pub mod ecs;
pub mod error;
pub mod event;
pub mod flow;
pub mod instance;
pub mod logging;
pub mod module;
pub mod parting;
pub mod reload;
pub mod saved;
pub mod stats;
pub mod status;
pub mod why;

pub use allow::{Allow, AllowAnswer, AllowList, AllowRequest, DisallowRequest};
pub use ban::{Ban, BanAnswer, BanCause, BanList, BanRequest, UnbanAnswer, UnbanRequest};
pub use client::{Client, ClientError, EventFeed};
pub use confinement::{Confinement, SessionSight};
pub use error::{ApiError, ErrorAnswer, ErrorCode};
pub use event::{EventList, SecurityEvent, StreamLine};
pub use flow::{
    EndedSockets, Flow, FlowFilter, FlowList, FlowQuery, FlowSort, KillAnswer, KillRequest,
};
pub use instance::{Instance, InstanceError};
pub use logging::{LoggingStatus, StreamStatus};
pub use module::{ALL_MODULES, Module, ModuleAnswer, ModuleList, ModuleRequest};
pub use parting::{DetachRequest, PartingAnswer, UpgradeRequest};
pub use reload::{ChangedKey, ReloadAnswer, ReloadRequest};
pub use saved::{RestoreAnswer, RestoreRequest, SaveAnswer};
pub use stats::{CounterRow, EventRow, Stats, Total};
pub use status::{
    AttachmentStatus, AutoBanStatus, CanaryStatus, CookieStatus, EventLoss, StateStatus, Status,
    TableStatus,
};
pub use why::{Charge, CoolDown, Counted, Evidence, Standing, Why};

/// Version of everything in this crate: the `1` of `/v1/`. Additions do not change it.
pub const API_VERSION: u32 = 1;

/// The most a request body may hold, bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The same for a [`RestoreRequest`]: a text of 32 MiB, and its quotes.
pub const MAX_RESTORE_BYTES: usize = 40 << 20;

/// Paths of the endpoints.
pub mod path {
    /// [`crate::Status`].
    pub const STATUS: &str = "/v1/status";
    /// [`crate::Stats`].
    pub const STATS: &str = "/v1/stats";
    /// [`crate::BanList`].
    pub const BANS: &str = "/v1/bans";
    /// [`crate::AllowList`].
    pub const ALLOW: &str = "/v1/allow";
    /// [`crate::FlowList`].
    pub const FLOWS: &str = "/v1/flows";
    /// [`crate::Why`].
    pub const WHY: &str = "/v1/why";
    /// [`crate::ModuleList`].
    pub const MODULES: &str = "/v1/modules";
    /// [`crate::ReloadAnswer`].
    pub const RELOAD: &str = "/v1/reload";
    /// [`crate::PartingAnswer`].
    pub const DETACH: &str = "/v1/detach";
    /// [`crate::PartingAnswer`].
    pub const UPGRADE: &str = "/v1/upgrade";
    /// [`crate::SaveAnswer`].
    pub const SAVED: &str = "/v1/saved";
    /// [`crate::EventList`].
    pub const EVENTS: &str = "/v1/events";
    /// [`crate::StreamLine`]s.
    pub const EVENT_STREAM: &str = "/v1/events/stream";
}
