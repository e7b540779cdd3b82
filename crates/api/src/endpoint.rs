// SPDX-License-Identifier: MIT
//! The one table of endpoints: router, client, documentation and OpenAPI description go by it.

use crate::{
    AllowAnswer, AllowList, AllowRequest, AttackList, BanAnswer, BanList, BanQuery, BanRequest,
    DetachRequest, DisallowRequest, EventList, EventQuery, FlowGroupList, FlowGroupParameters,
    FlowList, FlowParameters, GeoAnswer, GeoBlockRequest, GeoStatus, GeoUnblockRequest, History,
    HistoryQuery, Index, KillAnswer, KillRequest, ListDetail, ListLoadRequest, ListQuery,
    ListReleaseRequest, ListRemoveRequest, ListStatus, ListSwitchRequest, ListUpdateRequest,
    ListsAnswer, ListsBegun, ModuleAnswer, ModuleList, ModuleRequest, PartingAnswer, ReloadAnswer,
    ReloadRequest, RestoreAnswer, RestoreRequest, SaveAnswer, Snapshot, Stats, StatsStreamQuery,
    Status, StreamLine, UnbanAnswer, UnbanRequest, UpgradeRequest, Why, WhyQuery,
};
use schemars::{Schema, SchemaGenerator};

/// What an endpoint is asked with (RFC 9110 section 9.3). Only `GET` leaves everything as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks.
    Get,
    /// Adds, or has something done.
    Post,
    /// Takes away.
    Delete,
}

impl Method {
    /// The word in a request line.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it may change what is enforced.
    #[must_use]
    pub const fn changes(self) -> bool {
        !matches!(self, Self::Get)
    }
}

/// Makes the schema of a type, and notes the types in it.
pub type Describe = fn(&mut SchemaGenerator) -> Schema;

/// What an endpoint answers.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// One JSON value.
    Json(Describe),
    /// JSON values as they come, one a line (NDJSON), until either side ends it.
    Lines(Describe),
}

/// What goes into an endpoint and what comes out.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The object whose fields are parameters after the `?`.
    pub query: Option<Describe>,
    /// The body.
    pub request: Option<Describe>,
    /// The answer, where nothing fails.
    pub answer: Answer,
}

/// Any JSON object: what has a description of its own, or is one.
type Object = serde_json::Map<String, serde_json::Value>;

fn describe<T: schemars::JsonSchema>() -> Describe {
    |generator| generator.subschema_for::<T>()
}

macro_rules! method {
    (GET) => {
        Method::Get
    };
    (POST) => {
        Method::Post
    };
    (DELETE) => {
        Method::Delete
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($kind:ty) => {
        Some(describe::<$kind>())
    };
}

/// One line a row: `variant: METHOD "path" [?Query] [(Request)] -> Form(Answer), "what for";`.
macro_rules! endpoints {
    ($($variant:ident: $method:ident $path:literal $(? $query:ident)? $(($request:ident))?
        -> $form:ident($answer:ident), $about:literal;)+) => {
        /// Everything that the daemon can be asked.
        ///
        /// | endpoint | | query | request | answer |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| `", stringify!($method), " ", $path, "` | ", $about, " | ",
            $("[`", stringify!($query), "`](crate::", stringify!($query), ")",)?
            " | ",
            $("[`", stringify!($request), "`](crate::", stringify!($request), ")",)?
            " | `", stringify!($answer), "` |"
        )])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint { $(#[doc = $about] $variant,)+ }

        impl Endpoint {
            /// Every one, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// How it is asked.
            #[must_use]
            pub const fn method(self) -> Method {
                match self { $(Self::$variant => method!($method),)+ }
            }

            /// Where it is.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$variant => $path,)+ }
            }

            /// What for, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }

            /// Its name, for programs that make functions of endpoints.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// What goes in and what comes out.
            #[must_use]
            pub fn shape(self) -> Shape {
                match self {
                    $(Self::$variant => Shape {
                        query: optional!($($query)?),
                        request: optional!($($request)?),
                        answer: Answer::$form(describe::<$answer>()),
                    },)+
                }
            }
        }
    };
}

endpoints! {
    Index: GET "/v1" -> Json(Index), "What can be asked, and of which version.";
    OpenApi: GET "/v1/openapi.json" -> Json(Object), "This interface, described in OpenAPI 3.1.";
    Status: GET "/v1/status" -> Json(Status), "What is enforced, as the kernel tells it.";
    Stats: GET "/v1/stats" -> Json(Stats), "Every counter.";
    StatsStream: GET "/v1/stats/stream" ? StatsStreamQuery -> Lines(Snapshot), "Every counter, again and again.";
    History: GET "/v1/history" ? HistoryQuery -> Json(History), "The last hour, a row a second or coarser.";
    Attacks: GET "/v1/attacks" -> Json(AttackList), "Attacks that go on.";
    Bans: GET "/v1/bans" ? BanQuery -> Json(BanList), "Bans in force.";
    Ban: POST "/v1/bans" (BanRequest) -> Json(BanAnswer), "Bans.";
    Unban: DELETE "/v1/bans" (UnbanRequest) -> Json(UnbanAnswer), "Ends bans.";
    AllowList: GET "/v1/allow" -> Json(AllowList), "The allowlist.";
    Allow: POST "/v1/allow" (AllowRequest) -> Json(AllowAnswer), "Puts a prefix on the allowlist.";
    Disallow: DELETE "/v1/allow" (DisallowRequest) -> Json(AllowAnswer), "Takes a prefix off the allowlist.";
    Flows: GET "/v1/flows" ? FlowParameters -> Json(FlowList), "Connections.";
    FlowGroups: GET "/v1/flows/groups" ? FlowGroupParameters -> Json(FlowGroupList), "Connections counted together.";
    Kill: DELETE "/v1/flows" (KillRequest) -> Json(KillAnswer), "Ends connections.";
    Why: GET "/v1/why" ? WhyQuery -> Json(Why), "Why an address is treated as it is.";
    Geo: GET "/v1/geo" -> Json(GeoStatus), "Databases of places, and which places are let through.";
    GeoBlock: POST "/v1/geo/regions" (GeoBlockRequest) -> Json(GeoAnswer), "Blocks a country or an autonomous system.";
    GeoUnblock: DELETE "/v1/geo/regions" (GeoUnblockRequest) -> Json(GeoAnswer), "Lets a country or an autonomous system through.";
    Modules: GET "/v1/modules" -> Json(ModuleList), "Detectors, on and off.";
    Switch: POST "/v1/modules" (ModuleRequest) -> Json(ModuleAnswer), "Switches a detector.";
    Lists: GET "/v1/lists" -> Json(ListsAnswer), "Lists of addresses, and what was counted of them.";
    ListLoad: POST "/v1/lists" (ListLoadRequest) -> Json(ListsBegun), "Loads a list from a text.";
    List: GET "/v1/lists/one" ? ListQuery -> Json(ListDetail), "Everything about a list.";
    ListSwitch: POST "/v1/lists/switch" (ListSwitchRequest) -> Json(ListStatus), "Switches a list.";
    ListRelease: POST "/v1/lists/release" (ListReleaseRequest) -> Json(ListsBegun), "Takes a copy that was put aside for true.";
    ListUpdate: POST "/v1/lists/update" (ListUpdateRequest) -> Json(ListsBegun), "Has lists asked for now.";
    ListRemove: DELETE "/v1/lists" (ListRemoveRequest) -> Json(ListsBegun), "Removes a list that was loaded from a text.";
    Save: GET "/v1/saved" -> Json(SaveAnswer), "Everything that stands, as text.";
    Restore: POST "/v1/saved" (RestoreRequest) -> Json(RestoreAnswer), "Makes stand what a text says.";
    Reload: POST "/v1/reload" (ReloadRequest) -> Json(ReloadAnswer), "Has the configuration read again.";
    Detach: POST "/v1/detach" (DetachRequest) -> Json(PartingAnswer), "Ends the daemon and its filter.";
    Upgrade: POST "/v1/upgrade" (UpgradeRequest) -> Json(PartingAnswer), "Puts the program that is installed now in the daemon's place.";
    Events: GET "/v1/events" ? EventQuery -> Json(EventList), "The most recent events, the newest last.";
    EventStream: GET "/v1/events/stream" -> Lines(StreamLine), "Events as they happen.";
}

impl std::fmt::Display for Endpoint {
    /// As in a request line: `GET /v1/status`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method().label(), self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn endpoints_differ_and_all_are_of_this_version() {
        let lines: BTreeSet<String> = Endpoint::ALL.iter().map(Endpoint::to_string).collect();
        assert_eq!(lines.len(), Endpoint::ALL.len());
        let prefix = format!("/v{}", crate::API_VERSION);
        assert!(Endpoint::ALL.iter().all(|e| e.path().starts_with(&prefix)));
    }

    #[test]
    fn only_what_changes_something_has_a_body() {
        for endpoint in Endpoint::ALL {
            let has_body = endpoint.shape().request.is_some();
            assert_eq!(has_body, endpoint.method().changes(), "{endpoint}");
        }
    }
}
