// SPDX-License-Identifier: MIT
//! Whether everything is enforced that should be: a judgement on what the kernel says, never on
//! what the daemon remembers having done.

use aegis_abi::Hook;
use aegis_abi::names::table;
use aegis_api::{AttachmentStatus, TableStatus};
use aegis_engine::{Attachment, EngineError, Stranger, TableFill};

/// From here on a table's fill is worth a warning, percent.
const ALARM_PERCENT: u64 = 80;

/// Tables in which what is new takes the place of what is old.
const FORGETFUL: [&str; 2] = [table::HALF_OPEN, table::SOURCES];
/// Tables in which what is new waits for room.
const CONNECTIONS: [&str; 2] = [table::FLOWS_V4, table::FLOWS_V6];

/// What should be, to compare with.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Every interface to be guarded.
    pub interfaces: Vec<String>,
    /// Whether departing packets are to be judged.
    pub egress: bool,
}

/// What the kernel says, judged.
#[derive(Debug, Default)]
pub struct Findings {
    /// Programs.
    pub attachments: Vec<AttachmentStatus>,
    /// Tables.
    pub tables: Vec<TableStatus>,
    /// What is not as it should be.
    pub problems: Vec<String>,
    /// What soon will not be.
    pub warnings: Vec<String>,
    /// Whether a table of connections is nearly full, or full.
    pub short_of_room: bool,
}

impl Findings {
    /// Notes a part that could not be read: what cannot be read back counts as not enforced.
    pub fn readable<T: Default>(&mut self, part: Result<T, EngineError>) -> T {
        part.unwrap_or_else(|error| {
            self.problems.push(error.to_string());
            T::default()
        })
    }

    /// Judges programs.
    pub fn attachments(&mut self, found: &[Attachment], expected: &Expected) {
        let hooks: &[Hook] = if expected.egress {
            &[Hook::XdpIngress, Hook::TcEgress]
        } else {
            &[Hook::XdpIngress]
        };
        for interface in &expected.interfaces {
            for &hook in hooks {
                let here = |a: &&Attachment| a.asked == *interface && a.hook == hook;
                let found = found.iter().find(here);
                if !found.is_some_and(|a| a.attached) {
                    let instead = found.and_then(|a| a.instead.as_ref());
                    self.problems.push(detached((interface, hook), instead));
                }
            }
        }
        self.attachments = found.iter().map(attachment).collect();
    }

    /// Judges tables.
    pub fn tables(&mut self, found: &[TableFill]) {
        for table in found {
            let (name, entries, capacity) = (table.name, table.entries, table.capacity);
            let line = || format!("table {name} holds {entries} of {capacity} entries");
            if FORGETFUL.contains(&name) {
                // Full is their usual state; that they forget too soon is told otherwise.
                continue;
            }
            let alarming = entries.saturating_mul(100) >= capacity.saturating_mul(ALARM_PERCENT);
            self.short_of_room |= alarming && CONNECTIONS.contains(&name);
            if entries >= capacity && CONNECTIONS.contains(&name) {
                self.warnings.push(format!(
                    "{}: new connections are kept among the half-open ones; start with a larger --max-flows",
                    line()
                ));
            } else if entries >= capacity {
                self.problems
                    .push(format!("{}: no new entry is enforced", line()));
            } else if alarming {
                self.warnings.push(line());
            }
        }
        self.tables = found.iter().map(fill).collect();
    }
}

fn detached((interface, hook): (&str, Hook), instead: Option<&Stranger>) -> String {
    let packets = if hook.is_ingress() {
        "arriving"
    } else {
        "departing"
    };
    let hook = hook.label();
    if let Some(Stranger { id, name }) = instead {
        return format!(
            "{interface}: the program {name:?} (id {id}) is there instead of {hook}, {packets} packets are not \
             filtered; detach it: ip link set dev {interface} xdp off"
        );
    }
    format!(
        "{interface}: {hook} is not attached, {packets} packets are not filtered; it is tried again every ten seconds, the log says what stands in the way"
    )
}

fn attachment(found: &Attachment) -> AttachmentStatus {
    AttachmentStatus {
        interface: found.interface.clone(),
        index: found.index,
        hook: found.hook.label().to_owned(),
        mode: found.mode.label().to_owned(),
        program_id: found.program_id,
        program_tag: found.program_tag.clone(),
        link_id: found.link_id,
        attached: found.attached,
        run_count: found.runs.map(|runs| runs.count),
        run_nanoseconds: found.runs.map(|runs| runs.nanoseconds),
    }
}

fn fill(found: &TableFill) -> TableStatus {
    TableStatus {
        name: found.name.to_owned(),
        entries: found.entries,
        capacity: found.capacity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_engine::Mode;

    fn program(interface: &str, hook: Hook, attached: bool) -> Attachment {
        Attachment {
            interface: interface.to_owned(),
            asked: interface.to_owned(),
            index: 2,
            hook,
            mode: Mode::Native,
            program_id: 7,
            program_tag: "0011223344556677".to_owned(),
            link_id: Some(3),
            attached,
            runs: None,
            instead: None,
        }
    }

    fn problems(found: &[Attachment], egress: bool) -> Vec<String> {
        let mut findings = Findings::default();
        let interfaces = vec!["eth0".to_owned()];
        findings.attachments(found, &Expected { interfaces, egress });
        findings.problems
    }

    #[test]
    fn green_means_that_every_hook_of_every_interface_is_attached() {
        let ingress = program("eth0", Hook::XdpIngress, true);
        let egress = program("eth0", Hook::TcEgress, true);
        assert!(problems(&[ingress.clone(), egress], true).is_empty());
        assert!(problems(std::slice::from_ref(&ingress), false).is_empty());
        let gone = problems(&[ingress], true);
        assert!(
            gone[0].contains("tc_egress is not attached, departing"),
            "{gone:?}"
        );
        let taken_off = problems(&[program("eth0", Hook::XdpIngress, false)], false);
        assert!(
            taken_off[0].contains("arriving packets are not filtered"),
            "{taken_off:?}"
        );
        let instead = Some(Stranger {
            id: 9,
            name: "xdp_pass".to_owned(),
        });
        let replaced = problems(
            &[Attachment {
                instead,
                ..program("eth0", Hook::XdpIngress, false)
            }],
            false,
        );
        let words = "the program \"xdp_pass\" (id 9) is there instead of xdp_ingress";
        assert!(replaced[0].contains(words), "{replaced:?}");
        assert_eq!(
            problems(&[program("eth1", Hook::XdpIngress, true)], false).len(),
            1
        );
    }

    #[test]
    fn tables_that_forget_may_be_full_and_connections_find_room_elsewhere() {
        let mut findings = Findings::default();
        let full = |name| TableFill {
            name,
            entries: 10,
            capacity: 10,
        };
        findings.tables(&[full(table::SOURCES), full(table::HALF_OPEN)]);
        assert!(findings.warnings.is_empty() && findings.problems.is_empty());
        findings.tables(&[full(table::FLOWS_V6)]);
        assert!(findings.problems.is_empty(), "{:?}", findings.problems);
        let warning = &findings.warnings[0];
        assert!(warning.ends_with("larger --max-flows"), "{warning}");
    }

    #[test]
    fn a_table_warns_at_eighty_percent_and_a_full_one_is_a_problem() {
        let mut findings = Findings::default();
        let fill = |name, entries| TableFill {
            name,
            entries,
            capacity: 10,
        };
        findings.tables(&[fill("A", 7), fill("B", 8), fill("C", 10)]);
        assert_eq!(findings.warnings, ["table B holds 8 of 10 entries"]);
        assert_eq!(findings.problems.len(), 1);
        assert!(findings.problems[0].starts_with("table C holds 10 of 10"));
    }
}
