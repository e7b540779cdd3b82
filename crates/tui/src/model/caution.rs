// SPDX-License-Identifier: MIT
//! What to think of before an attack is answered with a ban of whom it seems to come from.

use super::Hits;
use aegis_api::{Attack, FlowFilter};

/// Connections that a ban would cut, and whether the source can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caution {
    /// The command that is proposed.
    pub command: String,
    /// Whom it bans.
    whom: String,
    /// Whether whoever attacks may have invented that.
    may_be_forged: bool,
    hits: Option<Hits>,
}

impl Caution {
    /// Of what is proposed against an attack, if anything is.
    #[must_use]
    pub fn of(attack: &Attack) -> Option<Self> {
        let command = attack.remedy.clone()?;
        let whom = command.split_whitespace().nth(1)?.to_owned();
        Some(Self {
            command,
            whom,
            may_be_forged: attack.kind.may_be_forged(),
            hits: None,
        })
    }

    /// Connections that it would cut: those whose peer has shown that it is there.
    #[must_use]
    pub fn filter(&self) -> FlowFilter {
        FlowFilter {
            peer: Some(self.whom.clone()),
            state: Some("established".to_owned()),
            ..FlowFilter::default()
        }
    }

    /// It is known what a ban would hit.
    pub fn told(&mut self, filter: &FlowFilter, hits: Hits) {
        if *filter == self.filter() {
            self.hits = Some(hits);
        }
    }

    /// Whether somebody would be cut off.
    #[must_use]
    pub fn is_grave(&self) -> bool {
        self.hits.is_some_and(|hits| hits.connections > 0)
    }

    /// The same in words.
    #[must_use]
    pub fn words(&self) -> String {
        let whom = &self.whom;
        let cut = match self.hits.map(|hits| hits.connections) {
            None => format!("It is being asked what that cuts of {whom}."),
            Some(0) => format!("{whom} has no established connection here."),
            Some(1) => format!("This cuts an established connection of {whom}."),
            Some(count) => format!("This cuts {count} established connections of {whom}."),
        };
        match (self.may_be_forged, self.is_grave()) {
            (false, _) => cut,
            (true, false) => {
                format!("{cut} The attack may be in its name only: sources can be forged.")
            }
            (true, true) => format!(
                "{cut} The attack may be in its name only: sources can be forged. Esc blocks nobody."
            ),
        }
    }
}
