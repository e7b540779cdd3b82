// SPDX-License-Identifier: MIT
//! What a LAPI is asked, and what it answers. The asking itself is [`crate::fetch`]'s.

use super::alert::Alert;
use super::wire::{Selection, StreamAnswer};
use crate::fetch::{FetchError, Limits, Post, Proxy, Request, Secret, Source, Url};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::time::Duration;

/// Bytes that an answer may have: a decision has about 180.
const MOST_BYTES: u64 = 128 << 20;
/// How long a LAPI may be silent: it answers from a database, when it has looked through all of it.
const LIMITS: Limits = Limits {
    bytes: MOST_BYTES,
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(30),
    total: Duration::from_secs(60),
    redirections: 0,
};
const KEY: &str = "X-Api-Key";

/// A LAPI, and how to prove to it who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapi {
    /// Such as `http://127.0.0.1:8080`.
    pub url: Url,
    /// Of this bouncer alone: a LAPI remembers by it what was told already.
    pub key: Secret,
    /// Certificates in PEM, of authorities that are trusted beside those of the system.
    pub authorities: Option<String>,
    /// Plain HTTP is as good as HTTPS, though it leaves this host.
    pub plain_http: bool,
}

/// A machine, which a LAPI takes alerts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its password.
    pub password: Secret,
}

/// What a LAPI is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Decisions: all that stand, or what has changed since they were asked for last.
    Decisions {
        /// All that stand.
        startup: bool,
        /// Which of them.
        selection: Selection,
    },
    /// To be let in as a machine.
    Login(Machine),
    /// To take alerts of the machine that this token was given to.
    Alerts(Secret, Vec<Alert>),
}

/// What a LAPI answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Decisions.
    Decisions(StreamAnswer),
    /// The machine is let in, with this token.
    Login(Secret),
    /// So many alerts were taken.
    Alerts(usize),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The LAPI does not know the key.
    #[error(
        "the LAPI refuses the key: `cscli bouncers add NAME` makes one, for the file in \
         `crowdsec.key_file`"
    )]
    Key,
    /// The LAPI does not know the machine, or its password.
    #[error(
        "the LAPI refuses the machine: `cscli machines add NAME --password PASSWORD -f /dev/null` \
         makes one, for `crowdsec.machine` and `crowdsec.password_file`"
    )]
    Machine,
    /// The token is too old.
    #[error("the LAPI wants the machine to log in again")]
    Token,
    /// Nothing came, or nothing whole.
    #[error("{0}")]
    Fetch(String),
    /// The answer is not what a LAPI says.
    #[error("the answer is not one of a LAPI ({0}): is `crowdsec.url` right?")]
    Nonsense(String),
}

#[derive(Serialize)]
struct LoginBody<'a> {
    machine_id: &'a str,
    password: &'a str,
    scenarios: [String; 0],
}

#[derive(Deserialize)]
struct LoginAnswer {
    token: String,
}

impl Question {
    /// What is to be sent to a LAPI.
    ///
    /// # Errors
    /// [`FetchError::Address`] where the LAPI's address cannot be one's beginning.
    pub fn request(&self, lapi: &Lapi) -> Result<Request, FetchError> {
        let url: Url = self.url(lapi).parse()?;
        Ok(Request {
            post: self.post(),
            headers: vec![self.authorization(lapi)],
            limits: LIMITS,
            authorities: lapi.authorities.clone(),
            proxy: Proxy::Environment,
            plain_http: lapi.plain_http,
            ..Request::of(Source::Web(url))
        })
    }

    fn url(&self, lapi: &Lapi) -> String {
        let base = lapi.url.as_str().trim_end_matches('/');
        match self {
            Self::Decisions { startup, selection } => {
                let query = selection.query(*startup);
                format!("{base}/v1/decisions/stream?{}", encoded(&query))
            }
            Self::Login(_) => format!("{base}/v1/watchers/login"),
            Self::Alerts(..) => format!("{base}/v1/alerts"),
        }
    }

    fn authorization(&self, lapi: &Lapi) -> (String, Secret) {
        match self {
            Self::Decisions { .. } | Self::Login(_) => (KEY.to_owned(), lapi.key.clone()),
            Self::Alerts(token, _) => {
                let bearer = format!("Bearer {}", token.expose());
                ("Authorization".to_owned(), Secret::new(bearer))
            }
        }
    }

    fn post(&self) -> Option<Post> {
        let content = match self {
            Self::Decisions { .. } => return None,
            Self::Login(machine) => serde_json::to_string(&LoginBody {
                machine_id: &machine.name,
                password: machine.password.expose(),
                scenarios: [],
            }),
            Self::Alerts(_, alerts) => serde_json::to_string(alerts),
        };
        Some(Post {
            media: "application/json".to_owned(),
            content: Secret::new(content.expect("texts and numbers are always JSON")),
        })
    }

    /// Reads the answer to this.
    ///
    /// # Errors
    /// [`Failure::Nonsense`].
    pub fn read(&self, body: &[u8]) -> Result<Answer, Failure> {
        let nonsense = |error: serde_json::Error| Failure::Nonsense(error.to_string());
        match self {
            Self::Decisions { .. } => {
                let answer = StreamAnswer::read(body).map_err(nonsense)?;
                Ok(Answer::Decisions(answer))
            }
            Self::Login(_) => {
                let answer: LoginAnswer = serde_json::from_slice(body).map_err(nonsense)?;
                Ok(Answer::Login(Secret::new(answer.token)))
            }
            Self::Alerts(_, alerts) => Ok(Answer::Alerts(alerts.len())),
        }
    }

    /// What a failure to fetch the answer means.
    #[must_use]
    pub fn failed(&self, error: &FetchError) -> Failure {
        let refused = matches!(
            error,
            FetchError::Status {
                status: 401 | 403,
                ..
            }
        );
        match self {
            Self::Decisions { .. } if refused => Failure::Key,
            Self::Login(_) if refused => Failure::Machine,
            Self::Alerts(..) if refused => Failure::Token,
            _ => Failure::Fetch(error.to_string()),
        }
    }
}

/// `name=value&…` (RFC 3986 section 2.1).
fn encoded(query: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in query {
        let separator = if text.is_empty() { "" } else { "&" };
        text.push_str(&format!("{separator}{name}="));
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                    text.push(char::from(byte));
                }
                other => write!(text, "%{other:02X}").expect("a String takes everything"),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lapi(url: &str) -> Lapi {
        Lapi {
            url: url.parse().unwrap(),
            key: Secret::new("key"),
            authorities: None,
            plain_http: false,
        }
    }

    fn decisions() -> Question {
        Question::Decisions {
            startup: true,
            selection: Selection {
                scenarios: vec!["a b&c".to_owned()],
                ..Selection::default()
            },
        }
    }

    #[test]
    fn decisions_are_asked_for_with_the_key_and_everything_that_tells_them_apart() {
        let request = decisions()
            .request(&lapi("http://127.0.0.1:8080/"))
            .unwrap();
        let Source::Web(url) = &request.source else {
            panic!("{request:?}")
        };
        let expected = "http://127.0.0.1:8080/v1/decisions/stream?startup=true\
                        &scopes=ip,range,country,as&dedup=false&scenarios_containing=a%20b%26c";
        assert_eq!(url.as_str(), expected);
        assert_eq!(request.headers, [(KEY.to_owned(), Secret::new("key"))]);
        assert_eq!(request.post, None);
        assert!(!format!("{request:?}").contains("\"key\""));
    }

    #[test]
    fn a_machine_logs_in_and_sends_alerts_with_its_token() {
        let lapi = lapi("https://lapi.example");
        let login = Question::Login(Machine {
            name: "here".to_owned(),
            password: Secret::new("hush"),
        });
        let content = login.request(&lapi).unwrap().post.unwrap().content;
        let expected = r#"{"machine_id":"here","password":"hush","scenarios":[]}"#;
        assert_eq!(content.expose(), expected);
        let answer = login.read(br#"{"code":200,"expire":"2026-11-28T13:15:30Z","token":"abc"}"#);
        assert_eq!(answer, Ok(Answer::Login(Secret::new("abc"))));
        let alerts = Question::Alerts(Secret::new("abc"), Vec::new());
        let headers = alerts.request(&lapi).unwrap().headers;
        assert_eq!(headers[0].1.expose(), "Bearer abc");
        assert_eq!(alerts.read(br#"["7"]"#), Ok(Answer::Alerts(0)));
    }

    #[test]
    fn what_is_refused_says_what_to_do() {
        let refused = FetchError::Status {
            url: "http://127.0.0.1:8080/".to_owned(),
            status: 403,
            retry_after: None,
        };
        assert_eq!(decisions().failed(&refused), Failure::Key);
        let alerts = Question::Alerts(Secret::new("abc"), Vec::new());
        assert_eq!(alerts.failed(&refused), Failure::Token);
        let page = decisions().read(b"<html>");
        assert!(matches!(page, Err(Failure::Nonsense(_))));
    }
}
