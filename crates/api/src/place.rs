// SPDX-License-Identifier: MIT
//! Where addresses are, as far as databases of places tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Place {
    /// What it is instead of a place on the Internet, such as `LAN`, `VPN wg0` and `loopback`; then
    /// nothing else is known.
    pub near: Option<String>,
    /// Country, two letters of ISO 3166-1.
    pub country: Option<String>,
    /// Its English name.
    pub country_name: Option<String>,
    /// City, in English.
    pub city: Option<String>,
    /// Number of the autonomous system that announces it.
    pub asn: Option<u32>,
    /// Who that is, or the provider.
    pub organisation: Option<String>,
    /// What it hides behind, such as `tor exit` and `hosting`.
    pub anonymity: Vec<String>,
}

impl Place {
    /// Everything that is known, in one line: country and city by name.
    #[must_use]
    pub fn at_length(&self) -> String {
        let country = match (&self.country, &self.country_name) {
            (Some(code), Some(name)) => Some(format!("{code} {name}")),
            (code, name) => code.clone().or_else(|| name.clone()),
        };
        let hidden = self.anonymity.join(", ");
        let system = self.system();
        let hidden = (!hidden.is_empty()).then_some(hidden);
        let parts = [
            self.near.clone(),
            country,
            self.city.clone(),
            system,
            hidden,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "unknown".to_owned(),
            false => parts.join(", "),
        }
    }

    fn system(&self) -> Option<String> {
        let number = self.asn.map(|number| format!("AS{number}"));
        let parts: Vec<String> = number
            .into_iter()
            .chain(self.organisation.clone())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// In a few words, such as `DE AS3320 Deutsche Telekom`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(near) = &self.near {
            return f.write_str(near);
        }
        let parts: Vec<String> = self.country.iter().cloned().chain(self.system()).collect();
        match parts.is_empty() {
            true => f.write_str("unknown"),
            false => f.write_str(&parts.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_in_a_few_words_or_at_length() {
        let place = Place {
            country: Some("DE".to_owned()),
            country_name: Some("Germany".to_owned()),
            city: Some("Bonn".to_owned()),
            asn: Some(3320),
            organisation: Some("Deutsche Telekom".to_owned()),
            ..Place::default()
        };
        assert_eq!(place.to_string(), "DE AS3320 Deutsche Telekom");
        assert_eq!(
            place.at_length(),
            "DE Germany, Bonn, AS3320 Deutsche Telekom"
        );
        let near = Place {
            near: Some("VPN wg0".to_owned()),
            ..Place::default()
        };
        assert_eq!(
            (near.to_string(), near.at_length()),
            ("VPN wg0".to_owned(), "VPN wg0".to_owned())
        );
        assert_eq!(Place::default().at_length(), "unknown");
    }
}
