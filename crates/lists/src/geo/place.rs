// SPDX-License-Identifier: MIT
//! Where an address is.

use super::{Asn, Country, Near};

/// What is known of where an address is. Nothing at all is known of [`Place::default`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// What it is instead of a place on the Internet; then nothing else is known.
    pub near: Option<Near>,
    /// Country.
    pub country: Option<Country>,
    /// Its English name, as the database has it.
    pub country_name: Option<String>,
    /// City, in English.
    pub city: Option<String>,
    /// Who announces it.
    pub asn: Option<Asn>,
    /// Their name, or that of the provider.
    pub organisation: Option<String>,
    /// What it hides behind, such as `tor exit` and `hosting`.
    pub anonymity: Vec<&'static str>,
}

impl Place {
    /// Whether anything is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        *self != Self::default()
    }

    /// Takes over what another source knows and this one does not.
    pub(super) fn complete_with(&mut self, other: Self) {
        fn fill<T>(field: &mut Option<T>, other: Option<T>) {
            if field.is_none() {
                *field = other;
            }
        }
        fill(&mut self.country, other.country);
        fill(&mut self.country_name, other.country_name);
        fill(&mut self.city, other.city);
        fill(&mut self.asn, other.asn);
        fill(&mut self.organisation, other.organisation);
        if self.anonymity.is_empty() {
            self.anonymity = other.anonymity;
        }
    }
}
