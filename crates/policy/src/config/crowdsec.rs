// SPDX-License-Identifier: MIT
//! `[crowdsec]`: decisions of a CrowdSec LAPI, and alerts to it.

use super::choice::choice;
use super::kind::SECOND;
use super::value::Slot;
use super::{Choice, Effect, Form, Key, Kind};
use std::time::Duration;

const HOUR: u64 = 3_600;

choice! {
    /// What becomes of decisions that are no bans, such as captchas.
    OtherDecisions {
        /// They are counted.
        #[default]
        Ignore = "ignore",
        /// They are carried out as bans.
        Ban = "ban",
    }
}

/// Whose decisions are carried out, and who is told of bans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrowdSec {
    /// Whether any are.
    pub enabled: bool,
    /// The LAPI.
    pub url: String,
    /// The file with the key of this bouncer.
    pub key_file: String,
    /// How often it is asked.
    pub interval: Duration,
    /// Origins of decisions that are carried out; all where there are none.
    pub origins: Vec<String>,
    /// Words of scenarios for which decisions are; all where there are none.
    pub scenarios: Vec<String>,
    /// Decisions that are no bans.
    pub other_decisions: OtherDecisions,
    /// Whether HTTP will do beyond this host.
    pub plain_http: bool,
    /// The file with authorities that are trusted; empty: those of the system.
    pub authorities_file: String,
    /// Whether the LAPI is told whom detectors ban.
    pub alerts: bool,
    /// Whether its profiles may make decisions of that.
    pub remediation: bool,
    /// As which machine it is told.
    pub machine: String,
    /// The file with the machine's password.
    pub password_file: String,
}

impl Default for CrowdSec {
    fn default() -> Self {
        Self {
            enabled: false,
            url: "http://127.0.0.1:8080".to_owned(),
            key_file: "/etc/aegis/crowdsec.key".to_owned(),
            interval: Duration::from_secs(10),
            origins: Vec::new(),
            scenarios: Vec::new(),
            other_decisions: OtherDecisions::Ignore,
            plain_http: false,
            authorities_file: String::new(),
            alerts: false,
            remediation: false,
            machine: "aegis".to_owned(),
            password_file: "/etc/aegis/crowdsec.password".to_owned(),
        }
    }
}

macro_rules! key {
    ($name:ident, $field:ident, $kind:expr, $slot:ident, $about:literal) => {
        pub(super) const $name: Key = Key::new(
            concat!("crowdsec.", stringify!($field)),
            $kind,
            |config| Slot::$slot(&mut config.crowdsec.$field),
            $about,
        )
        .effect(Effect::Restart);
    };
}

key!(
    ENABLED,
    enabled,
    Kind::Bool,
    Bool,
    "Carry out the decisions of a CrowdSec LAPI: this host is one of its bouncers."
);
key!(URL, url, Kind::Text(Form::Url), Text, "The LAPI.");
key!(
    KEY_FILE,
    key_file,
    Kind::Path,
    Path,
    "The file with the key that `cscli bouncers add` has shown. Each daemon needs one of its \
         own, as the LAPI remembers by it what was told already."
);
key!(
    INTERVAL,
    interval,
    Kind::Time {
        least: SECOND,
        most: HOUR,
    },
    Time,
    "How often the LAPI is asked what has changed. While it does not answer, less and less \
         often, down to once a minute; what it decided before holds on until it ends."
);
key!(
    ORIGINS,
    origins,
    Kind::Texts(Form::Word),
    Names,
    "Whose decisions are carried out, such as [\"crowdsec\", \"cscli\", \"CAPI\", \"lists\"]; \
         everybody's where none is named."
);
key!(
    SCENARIOS,
    scenarios,
    Kind::Texts(Form::Word),
    Names,
    "Carry out only what was decided for scenarios with one of these words in their names, \
         such as [\"ssh\"]."
);
key!(
    OTHER_DECISIONS,
    other_decisions,
    Kind::Word(OtherDecisions::WORDS),
    Word,
    "What becomes of decisions that are no bans, such as captchas: they are counted, or \
         carried out as bans."
);
key!(
    PLAIN_HTTP,
    plain_http,
    Kind::Bool,
    Bool,
    "Whether an http:// address will do where the LAPI is on another host. Whoever is on \
         the way reads the key then, and may ban anybody."
);
key!(
    AUTHORITIES_FILE,
    authorities_file,
    Kind::Text(Form::File),
    Text,
    "A file with certificates, in PEM, of authorities that the LAPI's certificate may be from, \
         beside those of the system; or \"\"."
);
key!(
    ALERTS,
    alerts,
    Kind::Bool,
    Bool,
    "Tell the LAPI whom detectors ban here, and for what, as `aegis/port-scan` and the like."
);
key!(
    REMEDIATION,
    remediation,
    Kind::Bool,
    Bool,
    "Whether the LAPI's profiles may make decisions of such alerts, for all its bouncers."
);
key!(
    MACHINE,
    machine,
    Kind::Text(Form::Word),
    Text,
    "As which machine alerts are sent: `cscli machines add` makes one."
);
key!(
    PASSWORD_FILE,
    password_file,
    Kind::Path,
    Path,
    "The file with its password."
);
