// SPDX-License-Identifier: MIT
//! Where addresses are, beside them: the last column of a table, or brackets in a line. Without a
//! database neither is there.

use aegis_api::Place;

/// Its heading, if it has one.
pub fn heading<'a>(places: impl IntoIterator<Item = &'a Option<Place>>) -> &'static str {
    match places.into_iter().any(Option::is_some) {
        true => "PLACE",
        false => "",
    }
}

/// A cell of it.
pub fn cell(place: &Option<Place>) -> String {
    place.as_ref().map(Place::to_string).unwrap_or_default()
}

/// In a line: ` (DE AS3320 Deutsche Telekom)`.
pub fn beside(place: &Option<Place>) -> String {
    let place = place.as_ref().map(|place| format!(" ({place})"));
    place.unwrap_or_default()
}
