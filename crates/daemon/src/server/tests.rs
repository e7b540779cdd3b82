// SPDX-License-Identifier: MIT
//! The server over a real socket, with a responder in the owner's place.

mod limits;
mod saved;

use super::*;
use crate::ban::Listed;
use crate::command::{Change, Command};
use crate::courier::Courier;
use crate::flow::{Copies, Stand, Table, Tables};
use crate::host::{Facts, Host};
use crate::socket::Sockets;
use aegis_api::{
    AllowList, ApiError, AttackList, BanList, BanRequest, Client, ClientError, Endpoint, ErrorCode,
    EventList, FlowFilter, FlowQuery, History, HistoryQuery, Instance, KillRequest, ListsAnswer,
    MAX_BODY_BYTES, ModuleList, ModuleRequest, SecurityEvent, Stats, StreamLine, UnbanRequest,
};
use aegis_core::Nanos;
use aegis_engine::{FlowEntry, FlowState};
use aegis_policy::ProtectedSet;
use aegis_policy::config::Sockets as Groups;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{broadcast, mpsc};

/// A server at work; ended and cleaned up by [`Running::stop`].
struct Running {
    instance: Instance,
    stop: watch::Sender<bool>,
    feed: broadcast::Sender<SecurityEvent>,
    served: tokio::task::JoinHandle<()>,
    responder: tokio::task::JoinHandle<()>,
}

impl Running {
    fn start(label: &str) -> Self {
        let name = format!("aegis-{}-{label}", std::process::id());
        let instance = Instance::named(&name, &std::env::temp_dir()).expect("valid");
        let own = rustix::process::getegid().as_raw().to_string();
        let groups = Groups {
            read_group: own,
            ..Groups::default()
        };
        let sockets = Sockets::open(&instance, &groups).expect("nothing is there");
        let (commands, received) = mpsc::channel(4);
        let (stop, stopping) = watch::channel(false);
        let feed = broadcast::Sender::new(2);
        let responder = tokio::spawn(respond(received, feed.clone()));
        let nothing = || -> Facts { Box::pin(async { Ok(ProtectedSet::default()) }) };
        let host = Host::with(nothing, GRACE);
        let service = Service::new(commands, (host, Courier::here()), None, stopping.clone());
        let served = tokio::spawn(async move {
            tokio::join!(
                serve(&sockets.control, service.clone(), stopping.clone()),
                serve(&sockets.read_only, service, stopping),
            );
            sockets.remove().expect("they are ours");
        });
        Self {
            instance,
            stop,
            feed,
            served,
            responder,
        }
    }

    fn client(&self) -> Client {
        Client::new(&self.instance)
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.served.await.expect("it ends");
        self.responder
            .await
            .expect("no command is left, so it ends too");
        assert!(!self.instance.socket().exists());
    }
}

/// Answers as an owner would that has nothing and refuses everything.
async fn respond(mut commands: mpsc::Receiver<Command>, feed: broadcast::Sender<SecurityEvent>) {
    while let Some(command) = commands.recv().await {
        match command {
            // Never answered: as if the owner had died over it.
            Command::Status(reply) => drop(reply),
            Command::Stats(reply) => drop(reply.send(Ok(Stats::default()))),
            Command::History(_, step_seconds, reply) => {
                let told = History {
                    step_seconds,
                    ..History::default()
                };
                drop(reply.send(Ok(told)));
            }
            Command::Attacks(reply) => drop(reply.send(Ok(AttackList::default()))),
            Command::Bans(_, reply) => drop(reply.send(Ok(Listed::default()))),
            Command::AllowList(reply) => drop(reply.send(Ok(AllowList::default()))),
            Command::Flows(reply) => drop(reply.send(Ok(tables()))),
            Command::Stands(flows, reply) => {
                drop(reply.send(Ok(vec![Stand::FREE; flows.len()])));
            }
            Command::Why(address, reply) => drop(reply.send(Err(refusal(&address.to_string())))),
            Command::Save(reply) => drop(reply.send(Ok(saved::records()))),
            Command::Geo(reply) => drop(reply.send(Ok(aegis_api::GeoStatus::default()))),
            Command::Lists(reply) => drop(reply.send(Ok(ListsAnswer::default()))),
            Command::List(name, reply) => drop(reply.send(Err(refusal(&name)))),
            Command::Modules(reply) => drop(reply.send(Ok(ModuleList::default()))),
            Command::Change(change, _) => refuse(change),
            Command::Events(limit, reply) => {
                assert!(limit <= 1024, "the server bounds it");
                drop(reply.send(Ok(EventList::default())));
            }
            Command::Follow(reply) => drop(reply.send(Ok(feed.subscribe()))),
        }
    }
}

fn refusal(subject: &str) -> ApiError {
    ApiError::new(ErrorCode::Protected, subject)
}

fn refuse(change: Change) {
    match change {
        Change::Ban(request, _, reply) => drop(reply.send(Err(refusal(&request.target)))),
        Change::Unban(request, reply) => drop(reply.send(Err(refusal(&request.target)))),
        Change::Allow(request, reply) => drop(reply.send(Err(refusal(&request.target)))),
        Change::Disallow(request, reply) => drop(reply.send(Err(refusal(&request.target)))),
        Change::Kill(flows, _, reply) => drop(reply.send(Ok(flows.len()))),
        Change::Restore(saved, _, reply) => drop(reply.send(Err(refusal(&saved.name)))),
        Change::List(change) => drop(change),
        Change::Region(change, reply) => drop(reply.send(Err(refusal(change.region())))),
        Change::Switch(request, reply) => drop(reply.send(Err(refusal(&request.names.join(","))))),
        Change::Reload(_, reply) => drop(reply.send(Err(refusal("configuration")))),
        Change::Part(_, reply) => drop(reply.send(Err(refusal("daemon")))),
    }
}

const ID: &str = "tcp/198.51.100.7:40000/192.0.2.1:22";

fn tables() -> Tables {
    Copies::default().add(Table::new(vec![connection()], Nanos(0)))
}

/// Of a network that is for documentation, so that nobody has a socket like that.
fn connection() -> FlowEntry {
    let (peer, local) = ("198.51.100.7:40000", "192.0.2.1:22");
    let end = |text: &str| text.parse().expect("an end");
    FlowEntry {
        tuple: crate::flow::tuple(6, end(peer), end(local)).expect("of one family"),
        state: FlowState::Established,
        origin: aegis_abi::Origin::Peer,
        first_ns: 0,
        last_ns: 0,
        ingress: aegis_abi::Count::default(),
        egress: aegis_abi::Count::default(),
    }
}

/// Sends bytes as they are and returns the whole answer.
async fn raw(path: &Path, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).await.expect("the server listens");
    stream.write_all(request).await.expect("the server reads");
    let mut answer = Vec::new();
    stream
        .read_to_end(&mut answer)
        .await
        .expect("the server answers and closes");
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = "Host: aegis\r\nConnection: close";
    format!("{method} {path} HTTP/1.1\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[tokio::test]
async fn the_client_gets_answers_and_refusals() {
    let server = Running::start("answers");
    let client = server.client();
    assert_eq!(client.bans().await.expect("an answer"), BanList::default());
    assert_eq!(client.stats().await.expect("an answer"), Stats::default());
    assert_eq!(
        client.events(1_000_000).await.expect("an answer"),
        EventList::default()
    );
    let quiet = client.attacks().await.expect("an answer");
    assert_eq!(quiet, AttackList::default());
    let minutes = HistoryQuery {
        step: Some("60s".to_owned()),
        since: Some(jiff::Timestamp::UNIX_EPOCH),
    };
    let history = client.history(&minutes).await.expect("an answer");
    assert_eq!((history.step_seconds, history.len()), (60, 0));
    let ban = BanRequest {
        target: "192.0.2.1".to_owned(),
        ..BanRequest::default()
    };
    let refused = client.ban(&ban).await.expect_err("the responder refuses");
    let ClientError::Refused(error) = refused else {
        panic!("{refused}")
    };
    assert_eq!(
        (error.code, error.message.as_str()),
        (ErrorCode::Protected, "192.0.2.1")
    );
    let unban = UnbanRequest {
        target: "192.0.2.2".to_owned(),
        ..UnbanRequest::default()
    };
    let refused = client
        .unban(&unban)
        .await
        .expect_err("likewise")
        .to_string();
    assert_eq!(refused, "192.0.2.2");
    let dead = client
        .status()
        .await
        .expect_err("nobody answers")
        .to_string();
    assert_eq!(dead, "the daemon is stopping");
    server.stop().await;
}

#[tokio::test]
async fn connections_are_filtered_and_killed_on_this_side() {
    let server = Running::start("flows");
    let client = server.client();
    let query = |port: u16| FlowQuery {
        filter: FlowFilter {
            peer: Some("198.51.100.0/24".to_owned()),
            port: Some(port.to_string()),
            ..FlowFilter::default()
        },
        ..FlowQuery::default()
    };
    let found = client.flows(&query(22)).await.expect("an answer");
    assert_eq!((found.matched, found.total), (1, 1));
    assert_eq!(found.flows[0].id, ID);
    let found = client.flows(&query(23)).await.expect("an answer");
    assert_eq!((found.flows.len(), found.matched, found.total), (0, 0, 1));
    let by_filter = |port, session_peer: Option<&str>| KillRequest {
        filter: query(port).filter,
        session_peer: session_peer.map(|peer| peer.parse().expect("an address")),
        ..KillRequest::default()
    };
    let killed = client.kill(&by_filter(22, None)).await.expect("an answer");
    assert_eq!((killed.killed, killed.sockets.ended), (1, 0));
    let own = client.kill(&by_filter(22, Some("198.51.100.7"))).await;
    let own = own.expect_err("it is the session's own").to_string();
    assert!(own.ends_with("use --force if you mean it"), "{own}");
    let none = client.kill(&by_filter(23, None)).await;
    let none = none.expect_err("nothing is like that").to_string();
    assert!(none.ends_with("aegis-cli flows"), "{none}");
    let id = Some(ID.to_owned());
    let killed = client
        .kill(&KillRequest {
            id,
            ..KillRequest::default()
        })
        .await;
    assert_eq!(killed.expect("an answer").killed, 1);
    server.stop().await;
}

#[tokio::test]
async fn what_names_no_connection_and_no_module_is_refused() {
    let server = Running::start("names");
    let client = server.client();
    let nothing = client.kill(&KillRequest::default()).await;
    let nothing = nothing
        .expect_err("everything would be too much")
        .to_string();
    assert!(nothing.contains("at least one filter"), "{nothing}");
    let both = KillRequest {
        id: Some(ID.to_owned()),
        filter: FlowFilter {
            port: Some("22".to_owned()),
            ..FlowFilter::default()
        },
        ..KillRequest::default()
    };
    client.kill(&both).await.expect_err("which of them?");
    let switch = ModuleRequest {
        names: vec!["port_scan".to_owned()],
        on: true,
    };
    let refused = client
        .switch(&switch)
        .await
        .expect_err("the responder refuses");
    assert_eq!(refused.to_string(), "port_scan");
    assert_eq!(
        client.modules().await.expect("an answer"),
        ModuleList::default()
    );
    let address = "192.0.2.1".parse().expect("an address");
    let why = client.why(address).await.expect_err("likewise").to_string();
    assert_eq!(why, "192.0.2.1");
    server.stop().await;
}

#[tokio::test]
async fn questions_that_make_no_sense_are_refused_with_what_would() {
    let server = Running::start("questions");
    let typo = request("GET", "/v1/flows?prot=tcp", "");
    refused(&server, &typo, "400", "prot").await;
    let sort = request("GET", "/v1/flows?sort=size", "");
    refused(&server, &sort, "400", "size").await;
    let state = request("GET", "/v1/flows?state=open", "");
    refused(&server, &state, "400", "half_closed").await;
    let step = request("GET", "/v1/history?step=2m", "");
    refused(&server, &step, "400", "1s to 60s").await;
    let since = request("GET", "/v1/history?since=yesterday", "");
    refused(&server, &since, "400", "since=2026").await;
    let group = request("GET", "/v1/flows/groups?by=colour", "");
    refused(&server, &group, "400", "colour").await;
    let prefix = request("GET", "/v1/why?address=192.0.2.0/24", "");
    refused(&server, &prefix, "400", "name one address").await;
    server.stop().await;
}

/// Whether the answer has that status and a body of the right form with those words.
async fn refused(server: &Running, request: &[u8], status: &str, words: &str) {
    let answer = raw(&server.instance.socket(), request).await;
    let start = format!("HTTP/1.1 {status} ");
    assert!(answer.starts_with(&start), "{words}: {answer}");
    assert!(answer.contains("{\"error\":{"), "{words}: {answer}");
    assert!(answer.contains(words), "{words}: {answer}");
}

#[tokio::test]
async fn bad_bodies_are_refused_with_a_reason() {
    let server = Running::start("body");
    let post = |body: &str| request("POST", Endpoint::Ban.path(), body);
    let unknown = post("{\"target\":\"192.0.2.1\",\"prot\":1}");
    refused(&server, &unknown, "400", "unknown field `prot`").await;
    refused(&server, &post("not json"), "400", "bad request").await;
    let port = post("{\"target\":\"192.0.2.1\",\"port\":99999}");
    refused(&server, &port, "400", "99999").await;
    let large = post(&" ".repeat(MAX_BODY_BYTES + 1));
    refused(&server, &large, "413", "too_large").await;
    server.stop().await;
}

#[tokio::test]
async fn unknown_endpoints_and_queries_are_refused_with_a_reason() {
    let server = Running::start("endpoint");
    let typo = request("GET", "/v1/events?limt=3", "");
    refused(&server, &typo, "400", "limt").await;
    let version = request("GET", "/v2/status", "");
    refused(&server, &version, "404", "unknown_version").await;
    refused(&server, &version, "404", "use version 1").await;
    let missing = request("GET", "/v1/statsu", "");
    refused(&server, &missing, "404", "GET /v1 lists").await;
    let often = request("GET", "/v1/stats/stream?every=1m", "");
    refused(&server, &often, "400", "200ms to 60s").await;
    let method = request("PUT", Endpoint::Ban.path(), "");
    refused(&server, &method, "404", "there is no PUT /v1/bans").await;
    server.stop().await;
}

#[tokio::test]
async fn without_a_daemon_the_client_says_so() {
    let nobody = Instance::named("aegis-nobody", &std::env::temp_dir()).expect("valid");
    let error = Client::new(&nobody)
        .bans()
        .await
        .expect_err("nobody listens");
    assert!(matches!(error, ClientError::NoDaemon { .. }), "{error}");
}

fn event() -> SecurityEvent {
    SecurityEvent {
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        src_ip: None,
        dst_ip: None,
        src_port: None,
        dst_port: None,
        proto: None,
        tcp_flags: None,
        action: "drop".to_owned(),
        reason: "MALFORMED".to_owned(),
        threat_type: "ipv4_truncated".to_owned(),
        packet_len: 14,
        hook: "xdp_ingress".to_owned(),
        interface: "eth0".to_owned(),
        rule: None,
        list: None,
        category: None,
        suppressed: 0,
        icmp_type: None,
        icmp_code: None,
        hop_limit: None,
        src_place: None,
        dst_place: None,
        geo_rule: None,
    }
}
