// SPDX-License-Identifier: MIT
//! The last column of tables of addresses: where they are. Without a database it is not there.

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
