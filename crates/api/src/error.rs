// SPDX-License-Identifier: MIT
//! How a request fails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $label:literal $status:literal,)+) => {
        /// Why a request failed, for programs. The label and the HTTP status never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum ErrorCode { $($(#[$doc])* $variant,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in JSON.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// The HTTP status it travels with.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }
        }
    };
}

codes! {
    /// The request makes no sense: a bad address, port, protocol, field or body.
    InvalidRequest "invalid_request" 400,
    /// The peer of the socket may not do that.
    NotPermitted "not_permitted" 403,
    /// The socket is for reading only.
    Forbidden "forbidden" 403,
    /// What was to be removed is not there.
    NotFound "not_found" 404,
    /// No such endpoint or method.
    UnknownEndpoint "unknown_endpoint" 404,
    /// The path belongs to another version of this interface.
    UnknownVersion "unknown_version" 404,
    /// The target is or contains an address that the host needs.
    Protected "protected" 409,
    /// The target is on the allowlist, which decides before any ban.
    Allowlisted "allowlisted" 409,
    /// Policy refuses it for another reason, such as a ban on everybody.
    Refused "refused" 409,
    /// The interface belongs to another program, or to another Aegis.
    Occupied "occupied" 409,
    /// The body is larger than [`crate::MAX_BODY_BYTES`], or [`crate::MAX_RESTORE_BYTES`].
    TooLarge "too_large" 413,
    /// More requests than the user may send, or more connections or streams than they may have.
    TooMany "too_many" 429,
    /// The kernel refused, or something broke.
    Failed "failed" 500,
    /// More connections than the daemon serves at once, or the daemon is stopping.
    Unavailable "unavailable" 503,
    /// The daemon took too long.
    TimedOut "timed_out" 504,
    /// A table has no room left; nothing was changed.
    TableFull "table_full" 507,
}

/// A failure: what, why and what to do about it. Messages are one line, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: names the thing.
    pub message: String,
    /// For people: the next step, where there is one.
    pub next: Option<String>,
}

impl ApiError {
    /// A failure without a next step.
    pub fn new(code: ErrorCode, message: impl std::fmt::Display) -> Self {
        Self {
            code,
            message: message.to_string(),
            next: None,
        }
    }

    /// A failure of one line, in which the next step follows the first semicolon; for errors that
    /// do not tell the two apart themselves.
    #[must_use]
    pub fn from_line(code: ErrorCode, line: &str) -> Self {
        match line.split_once("; ") {
            Some((message, next)) => Self::new(code, message).next(next),
            None => Self::new(code, line),
        }
    }

    /// The same with a next step.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.next {
            Some(next) => write!(f, "{}; {next}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ApiError {}

/// The body of every failed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorAnswer {
    /// What went wrong.
    pub error: ApiError,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_serialised_as_its_label() {
        for &code in ErrorCode::ALL {
            let json = serde_json::to_value(code).expect("a unit variant is a string");
            assert_eq!(json, code.label());
        }
    }

    #[test]
    fn the_next_step_of_a_line_follows_its_first_semicolon() {
        let error = ApiError::from_line(ErrorCode::Failed, "cannot use /x: busy; wait");
        assert_eq!(error.message, "cannot use /x: busy");
        assert_eq!(error.next.as_deref(), Some("wait"));
        let error = ApiError::from_line(ErrorCode::Failed, "cannot use /x: busy");
        assert_eq!(
            (error.message.as_str(), error.next),
            ("cannot use /x: busy", None)
        );
    }

    #[test]
    fn an_error_is_one_line_with_its_next_step() {
        let error =
            ApiError::new(ErrorCode::Protected, "10.0.0.1 is the gateway").next("use --force");
        assert_eq!(error.to_string(), "10.0.0.1 is the gateway; use --force");
    }
}
