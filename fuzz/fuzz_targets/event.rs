// SPDX-License-Identifier: MIT
//! Any record from the event buffer: refused, or read and written back as the same bytes.
#![no_main]

use aegis_abi::Event;
use aegis_abi::event::DecodeError;
use libfuzzer_sys::fuzz_target;
use zerocopy::IntoBytes;

fuzz_target!(|record: &[u8]| {
    match Event::decode(record) {
        Ok((event, codes)) => {
            assert_eq!(event.as_bytes(), record);
            assert_eq!(codes.reason.code(), event.reason);
            assert_eq!(codes.action.code(), event.action);
            assert_eq!(codes.hook.code(), event.hook);
            assert_eq!(codes.family.code(), event.family);
        }
        Err(DecodeError::Length { got }) => {
            assert_eq!(got, record.len());
            assert_ne!(got, size_of::<Event>());
        }
        Err(DecodeError::Code(_)) => assert_eq!(record.len(), size_of::<Event>()),
    }
});
