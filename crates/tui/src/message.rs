// SPDX-License-Identifier: MIT
//! What comes in, and what goes out.

use crate::model::{Extent, Hits, Process};
use aegis_api::{
    AllowAnswer, AllowList, AllowRequest, BanAnswer, BanList, BanQuery, BanRequest,
    DisallowRequest, EventList, FlowFilter, FlowGroupList, FlowGroupQuery, FlowList, FlowQuery,
    GeoStatus, History, KillAnswer, KillRequest, ListDetail, ListReleaseRequest, ListStatus,
    ListSwitchRequest, ListUpdateRequest, ListsBegun, ModuleAnswer, ModuleRequest, RestoreAnswer,
    RestoreRequest, SecurityEvent, Status, UnbanAnswer, UnbanRequest, Why,
};
use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Somebody wants it to stop for a while, by a signal.
    Suspend,
    /// Text that was pasted, at once and as it is.
    Pasted(String),
    /// The terminal has so many columns and lines now.
    Resized(u16, u16),
    /// Time went by.
    Tick(Timestamp),
    /// The daemon told something.
    Told(Told),
    /// Which programs of this host have connections, by the id of a connection.
    Processes(HashMap<String, Process>),
    /// The daemon does not answer, and why. It is asked again and again.
    Lost(String),
    /// What came of a change.
    Changed(Change, Result<Box<Outcome>, String>),
    /// What a line of the command line, by its number, has printed since.
    Printed(u64, Vec<String>),
    /// What it came to.
    Obeyed(u64, Obeyed),
    /// Events were written to a file, how many, or why not; the words name the file.
    Exported(Result<String, String>),
    /// What the line that is being typed could go on with: where its last word begins, and words for it.
    Offered(String, usize, Vec<String>),
}

/// What the daemon tells when it is asked.
#[derive(Clone, Debug)]
pub enum Told {
    /// What is enforced.
    Status(Box<Status>),
    /// The most recent events, when the connection to the daemon is new.
    Past(EventList),
    /// An event that has just happened.
    Event(Box<SecurityEvent>),
    /// So many events did not get through.
    Missed(u64),
    /// Connections.
    Flows(FlowQuery, FlowList),
    /// Connections counted together.
    Groups(FlowGroupQuery, FlowGroupList),
    /// That it makes nothing of a filter, and why.
    Refused(FlowFilter, String),
    /// What a ban of what a filter lets through would hit.
    Hits(FlowFilter, Hits),
    /// What is new of the last hour.
    History(History),
    /// Bans.
    Bans(BanQuery, BanList),
    /// The allowlist.
    Allowlist(AllowList),
    /// Everything about a list.
    List(Box<ListDetail>),
    /// Places.
    Geo(GeoStatus),
    /// Everything about an address.
    Why(Box<Why>),
}

/// What is to be kept fresh: what is on the screen, and no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Connections.
    pub flows: Option<FlowQuery>,
    /// Connections counted together.
    pub groups: Option<FlowGroupQuery>,
    /// How many connections a ban would hit.
    pub hits: Option<FlowFilter>,
    /// Bans.
    pub bans: Option<BanQuery>,
    /// The allowlist.
    pub allowlist: bool,
    /// Everything about the list of that name.
    pub list: Option<String>,
    /// Places.
    pub geo: bool,
    /// Everything about an address.
    pub why: Option<IpAddr>,
    /// How many changes were made: with each of them, what was told before is old.
    pub changes: u64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Have the daemon change something.
    Change(Change),
    /// Obey a line, in the words of the program's own command line, under a number of its own.
    Obey(u64, Vec<String>),
    /// End the line that is being obeyed.
    Stop,
    /// Write events to a file that is not there yet, which are so much of those that came.
    Export(PathBuf, Vec<Arc<SecurityEvent>>, Extent),
    /// Find out what a line that is being typed could go on with.
    Complete(String),
    /// Put a text on the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Stop, as Ctrl-Z has programs stop, until the shell goes on with this one.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End.
    Quit,
}

/// A change that the daemon is to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Bans.
    Ban(BanRequest),
    /// Ends bans.
    Unban(UnbanRequest),
    /// Puts a prefix on the allowlist.
    Allow(AllowRequest),
    /// Takes it off.
    Disallow(DisallowRequest),
    /// Ends connections.
    Kill(Box<KillRequest>),
    /// Switches a module.
    Switch(ModuleRequest),
    /// Switches a list.
    SwitchList(ListSwitchRequest),
    /// Asks for a list again.
    UpdateList(ListUpdateRequest),
    /// Takes a copy of a list that was put aside for true.
    ReleaseList(ListReleaseRequest),
    /// Makes bans stand as lines say.
    Restore(Restoration),
}

/// Bans as they are to stand, cause by cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restoration {
    /// The lines.
    pub request: RestoreRequest,
    /// What is said once they stand.
    pub words: String,
    /// What takes it back.
    pub inverse: Option<Box<Change>>,
}

/// What the daemon says that it has done.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// To [`Change::Ban`].
    Banned(BanAnswer),
    /// To [`Change::Unban`].
    Unbanned(UnbanAnswer),
    /// To [`Change::Allow`] and [`Change::Disallow`].
    Allowlist(AllowAnswer),
    /// To [`Change::Kill`].
    Killed(KillAnswer),
    /// To [`Change::Switch`].
    Switched(ModuleAnswer),
    /// To [`Change::SwitchList`].
    ListSwitched(ListStatus),
    /// To [`Change::UpdateList`] and [`Change::ReleaseList`].
    Begun(ListsBegun),
    /// To [`Change::Restore`].
    Restored(RestoreAnswer),
}

/// What came of a line that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obeyed {
    /// What there is to say beyond what it printed, such as why it could not be.
    pub text: String,
    /// Its exit code; `None` where it was ended, or never began.
    pub code: Option<i32>,
}
