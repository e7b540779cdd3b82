// SPDX-License-Identifier: MIT
//! What the daemon and its clients say to each other: HTTP/1.1 and JSON over a unix socket.
//!
//! Every request and answer is a type of this crate; [`Client`] is the one way to send them. A
//! field whose unit is not plain from its type carries it in its name. Unknown fields in requests
//! are refused; clients must ignore unknown fields in answers, so that fields can be added.
//!
//! [`Endpoint`] is the one table of what can be asked; `docs/api/openapi.json` describes all of it to
//! programs, and the daemon serves that at `GET /v1/openapi.json`.
//!
//! A failure has an HTTP status that is not 2xx and an [`ErrorAnswer`] as its body.
#![forbid(unsafe_code)]

pub mod allow;
pub mod attack;
pub mod ban;
pub mod client;
pub mod confinement;
pub mod crowdsec;
pub mod ecs;
pub mod endpoint;
pub mod error;
pub mod event;
pub mod filter;
pub mod flow;
pub mod geo;
pub mod history;
pub mod index;
pub mod instance;
pub mod lists;
pub mod logging;
pub mod module;
pub mod openapi;
pub mod parting;
pub mod place;
pub mod reload;
pub mod saved;
pub mod stats;
pub mod status;
pub mod why;
pub mod word;

pub use allow::{Allow, AllowAnswer, AllowList, AllowRequest, DisallowRequest};
pub use attack::{Attack, AttackKind, AttackList, AttackSource};
pub use ban::{Ban, BanAnswer, BanCause, BanList, BanQuery, BanRequest, UnbanAnswer, UnbanRequest};
pub use client::{Client, ClientError, Feed};
pub use confinement::{Confinement, CourierSight, SessionSight};
pub use crowdsec::{AlertStatus, CrowdSecDecision, CrowdSecStatus, PlaceDecisions};
pub use endpoint::{Endpoint, Method};
pub use error::{ApiError, ErrorAnswer, ErrorCode};
pub use event::{EventList, EventQuery, SecurityEvent, StreamLine};
pub use filter::FilterError;
pub use flow::{
    EndedSockets, Flow, FlowFilter, FlowGroup, FlowGroupBy, FlowGroupList, FlowGroupParameters,
    FlowGroupQuery, FlowGroupSort, FlowList, FlowParameters, FlowQuery, FlowRate, FlowSort,
    KillAnswer, KillRequest,
};
pub use geo::{
    GeoAnswer, GeoBlockRequest, GeoDatabase, GeoHits, GeoPolicy, GeoRule, GeoStatus,
    GeoUnblockRequest,
};
pub use history::{HISTORY_ROWS, History, HistoryQuery, TotalColumn};
pub use index::{Index, IndexEntry};
pub use instance::{Instance, InstanceError};
pub use lists::{
    ListAttempt, ListCopy, ListDetail, ListHits, ListLoadRequest, ListPeer, ListQuarantine,
    ListQuery, ListRefusals, ListReleaseRequest, ListRemoveRequest, ListSets, ListStatus,
    ListSwitchRequest, ListUpdateRequest, Listed, ListsAnswer, ListsBegun, RefusedLine,
};
pub use logging::{LoggingStatus, StreamStatus};
pub use module::{ALL_MODULES, Module, ModuleAnswer, ModuleList, ModuleRequest};
pub use parting::{DetachRequest, PartingAnswer, UpgradeRequest};
pub use place::Place;
pub use reload::{ChangedKey, ReloadAnswer, ReloadRequest};
pub use saved::{RestoreAnswer, RestoreRequest, SaveAnswer};
pub use stats::{
    CounterRow, EventRow, Rate, RateRow, Rates, Snapshot, Stats, StatsStreamQuery, Total,
};
pub use status::{
    AttachmentStatus, AutoBanStatus, CanaryStatus, CookieStatus, EventLoss, StateStatus, Status,
    TableStatus,
};
pub use why::{Charge, CoolDown, Counted, Evidence, Standing, Why, WhyQuery};
pub use word::{Direction, ListAction, ListEffect, NoWord, RegionAction};

/// Version of everything in this crate: the `1` of `/v1/`. Additions do not change it.
pub const API_VERSION: u32 = 1;

/// The most a request body may hold, bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The same for a [`RestoreRequest`] and a [`ListLoadRequest`]: a text of 32 MiB, and its quotes.
pub const MAX_RESTORE_BYTES: usize = 40 << 20;

/// The description of this interface in OpenAPI 3.1, as `docs/api/openapi.json` has it.
pub const OPENAPI: &str = include_str!("../../../docs/api/openapi.json");
