// SPDX-License-Identifier: MIT
//! Whoever publishes databases.

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// Serves bodies to whoever asks, one a path; nothing else is there.
pub fn serve(
    listener: TcpListener,
    bodies: Vec<(String, Vec<u8>)>,
    times: usize,
) -> Result<Vec<String>> {
    let mut asked = Vec::new();
    for _ in 0..times {
        let (mut client, _) = listener.accept()?;
        let mut line = String::new();
        let mut reader = BufReader::new(client.try_clone()?);
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let body = bodies.iter().find(|(there, _)| *there == path);
        let (status, body) = match body {
            Some((_, body)) => ("200 OK", &body[..]),
            None => ("404 Not Found", &b"not yet"[..]),
        };
        let length = body.len();
        write!(
            client,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        client.write_all(body)?;
        asked.push(path);
    }
    Ok(asked)
}

/// As gzip has it.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("there is room");
    encoder.finish().expect("there is room")
}
