// SPDX-License-Identifier: MIT
//! Texts that are saved and restored.

use super::{Running, refused, request};
use aegis_api::{ClientError, Endpoint, ErrorCode, MAX_BODY_BYTES, RestoreRequest};
use aegis_policy::saved::{Record, read_file};

const TEXT: &str = "# aegis bans 1\nban 192.0.2.1 by operator\nallow 192.0.2.2\n";

pub(super) fn records() -> Vec<Record> {
    read_file("text", TEXT.as_bytes()).expect("it is right")
}

#[tokio::test]
async fn what_stands_is_told_as_text() {
    let server = Running::start("save");
    let answer = server.client().save().await.expect("it is a question");
    assert_eq!(
        (answer.bans, answer.allow, answer.text.as_str()),
        (1, 1, TEXT)
    );
    server.stop().await;
}

#[tokio::test]
async fn a_text_may_be_longer_than_other_requests_and_its_mistakes_are_told() {
    let server = Running::start("restore");
    let restore = async |text: String| {
        let name = "bans".to_owned();
        let request = RestoreRequest {
            name,
            text,
            ..RestoreRequest::default()
        };
        match server.client().restore(&request).await {
            Err(ClientError::Refused(error)) => error,
            other => panic!("nothing is restored here: {other:?}"),
        }
    };
    let long = format!("{TEXT}{}", "\n".repeat(MAX_BODY_BYTES));
    let owner = restore(long).await;
    assert_eq!(
        (owner.code, owner.message.as_str()),
        (ErrorCode::Protected, "bans")
    );
    let wrong = restore("ban 192.0.2.1\nbann x\nban y".to_owned()).await;
    assert_eq!(wrong.code, ErrorCode::InvalidRequest);
    for told in [
        "bans:2:1: \"bann\" means",
        "bans:3:5: \"y\" is not an address",
    ] {
        assert!(wrong.message.contains(told), "{told}: {}", wrong.message);
    }
    let unknown = request(
        "POST",
        Endpoint::Restore.path(),
        "{\"text\":\"\",\"forse\":true}",
    );
    refused(&server, &unknown, "400", "unknown field `forse`").await;
    server.stop().await;
}
