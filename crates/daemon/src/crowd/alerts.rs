// SPDX-License-Identifier: MIT
//! What waits to be told to the LAPI.

use aegis_api::AlertStatus;
use aegis_lists::crowdsec::Alert;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Alerts that wait through an outage. The newest are worth most.
const MOST: usize = 1_000;
/// Alerts that are sent at once: each has about 1 KB, and what goes to the courier is short.
pub(super) const AT_ONCE: usize = 20;

/// Alerts between the owner, which has them, and the poller, which sends them.
#[derive(Debug, Default)]
pub(crate) struct Alerts(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    queue: VecDeque<Alert>,
    sent: u64,
    lost: u64,
    problem: Option<String>,
}

impl Alerts {
    /// One more; the oldest goes where there are too many.
    pub(super) fn push(&self, alert: Alert) {
        let mut waiting = self.lock();
        waiting.queue.push_back(alert);
        waiting.drop_oldest();
    }

    /// Those to be sent next, which are not here any more.
    pub(super) fn take(&self) -> Vec<Alert> {
        let mut waiting = self.lock();
        let count = waiting.queue.len().min(AT_ONCE);
        waiting.queue.drain(..count).collect()
    }

    /// They were sent.
    pub(super) fn sent(&self, count: usize) {
        let mut waiting = self.lock();
        waiting.sent += count as u64;
        waiting.problem = None;
    }

    /// They were not, and wait in front of what came meanwhile.
    pub(super) fn put_back(&self, alerts: Vec<Alert>, problem: String) {
        let mut waiting = self.lock();
        for alert in alerts.into_iter().rev() {
            waiting.queue.push_front(alert);
        }
        waiting.drop_oldest();
        waiting.problem = Some(problem);
    }

    pub(super) fn status(&self) -> AlertStatus {
        let waiting = self.lock();
        AlertStatus {
            sent: waiting.sent,
            waiting: waiting.queue.len(),
            lost: waiting.lost,
            problem: waiting.problem.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn drop_oldest(&mut self) {
        let many = self.queue.len().saturating_sub(MOST);
        drop(self.queue.drain(..many));
        self.lost += many as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aegis_lists::crowdsec::{Evidence, Subject};
    use jiff::Timestamp;

    fn alert(number: u64) -> Alert {
        let evidence = Evidence {
            kind: "port_scan",
            source: Subject::read("ip", "192.0.2.1").expect("it is an address"),
            packets: number,
            figures: String::new(),
            first: Timestamp::UNIX_EPOCH,
            last: Timestamp::UNIX_EPOCH,
        };
        Alert::of(&evidence, false)
    }

    #[test]
    fn an_outage_loses_the_oldest_and_counts_them() {
        let alerts = Alerts::default();
        for number in 0..1_005 {
            alerts.push(alert(number + 1));
        }
        let first = alerts.take();
        assert_eq!(first.len(), AT_ONCE);
        assert_eq!(first[0], alert(6));
        alerts.put_back(first, "nobody answers".to_owned());
        alerts.push(alert(2_000));
        let status = alerts.status();
        assert_eq!((status.sent, status.waiting, status.lost), (0, MOST, 6));
        assert_eq!(status.problem.as_deref(), Some("nobody answers"));
        assert_eq!(alerts.take()[0], alert(7));
        alerts.sent(AT_ONCE);
        let status = alerts.status();
        assert_eq!((status.sent, status.problem), (AT_ONCE as u64, None));
    }
}
