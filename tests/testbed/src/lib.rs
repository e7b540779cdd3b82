// SPDX-License-Identifier: MIT
//! The test bed of Aegis: hosts that are network namespaces, links between them, peers that talk over the links,
//! raw frames, and the real daemon in one of the hosts.
//!
//! It promises three things. Nothing leaves the namespaces it makes, and what tools send is bounded in number and
//! time. Everything it makes is gone afterwards: on drop, after a panic, after Ctrl-C; [`sweep_stale`] removes what a
//! SIGKILL left. Any number of test processes may run at once.

pub mod cleanup;
pub mod container;
pub mod counters;
pub mod daemon;
pub mod http;
pub mod link;
pub mod peers;
pub mod process;
pub mod publisher;
pub mod raw;
pub mod skip;

mod corpus;
mod error;
mod host;
mod lab;
mod routed;
mod sys;
mod template;
mod terminal;
mod tmux;
mod usage;

pub use cleanup::sweep_stale;
pub use container::{Container, ContainerBuilder};
pub use corpus::corpus_dir;
pub use counters::{Counters, assert_moved};
pub use daemon::{Daemon, DaemonBuilder};
pub use error::{Error, Result};
pub use host::{Host, RUN_LIMIT};
pub use http::Http;
pub use lab::Lab;
pub use link::{Addresses, Lan, Link, MacAddr, PacketCounts, Port, Tun, VlanTag};
pub use peers::{
    CrowdSec, Download, Fetcher, Flood, FloodKind, Flows, Hping, HttpServer, Many, Nmap, RawFlood,
    Scan, Session, TcpEcho, UdpEcho, UdpSink, Visitor, curl, iperf, ping,
};
pub use process::{Output, Process, find_tool};
pub use publisher::{Asked, Authority, Certificate, Publisher, Tunnel};
pub use raw::RawSocket;
pub use routed::Routed;
pub use skip::{Need, need, skip};
pub use terminal::Terminal;
pub use tmux::Tmux;
pub use usage::processor_time;
