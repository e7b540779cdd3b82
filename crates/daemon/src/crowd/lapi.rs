// SPDX-License-Identifier: MIT
//! Who is asked: the LAPI, with the key and the password that lie in files.

use crate::courier::{Courier, CourierError, Job};
use crate::logging;

use aegis_lists::crowdsec::{Answer, Failure, Lapi, Machine, Question};
use aegis_lists::fetch::{FetchError, Secret};
use aegis_policy::config::CrowdSec;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes that a key, a password or certificates may have.
const MOST: u64 = 24 << 10;

/// Asks the LAPI.
#[derive(Debug)]
pub(super) struct Asker {
    config: CrowdSec,
    instance: String,
    courier: Courier,
    /// As it was read; `None` once it was refused, so that another key is found.
    lapi: Option<Lapi>,
}

impl Asker {
    pub(super) fn new(config: CrowdSec, instance: &str, courier: Courier) -> Self {
        Self {
            config,
            instance: instance.to_owned(),
            courier,
            lapi: None,
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) async fn ask(&mut self, question: Question) -> Result<Answer, Failure> {
        let lapi = self.lapi()?;
        let wrong = |error: &dyn std::error::Error| Failure::Fetch(error.to_string());
        let request = question.request(&lapi).map_err(|error| wrong(&error))?;
        let delivered = match self.courier.ask(Job::Fetch(Box::new(request))).await {
            Ok(delivery) => delivery.body,
            Err(CourierError::Failed(error)) => return Err(self.failed(&question, &error)),
            Err(error) => return Err(wrong(&error)),
        };
        // An answer may have megabytes.
        let read = tokio::task::spawn_blocking(move || question.read(&delivered));
        read.await.map_err(|error| wrong(&error))?
    }

    fn failed(&mut self, question: &Question, error: &FetchError) -> Failure {
        let failure = question.failed(error);
        if failure == Failure::Key {
            self.lapi = None;
        }
        failure
    }

    fn lapi(&mut self) -> Result<Lapi, Failure> {
        if let Some(lapi) = &self.lapi {
            return Ok(lapi.clone());
        }
        let config = &self.config;
        let url = config.url.parse();
        let authorities = match config.authorities_file.as_str() {
            "" => None,
            file => Some(read(Path::new(file))?),
        };
        let lapi = Lapi {
            url: url.map_err(|error: FetchError| Failure::Fetch(error.to_string()))?,
            key: self.secret(&config.key_file)?,
            authorities,
            plain_http: config.plain_http,
        };
        Ok(self.lapi.insert(lapi).clone())
    }

    /// The machine that alerts are sent as.
    ///
    /// # Errors
    /// [`Failure::Fetch`] where its password cannot be read.
    pub(super) fn machine(&self) -> Result<Machine, Failure> {
        Ok(Machine {
            name: self.config.machine.clone(),
            password: self.secret(&self.config.password_file)?,
        })
    }

    fn secret(&self, file: &str) -> Result<Secret, Failure> {
        let path: PathBuf = logging::path(file, &self.instance);
        let text = read(&path)?;
        let secret = text.trim();
        match secret.chars().any(|c| c.is_whitespace() || c.is_control()) || secret.is_empty() {
            true => Err(Failure::Fetch(format!(
                "{} is not one word",
                path.display()
            ))),
            false => Ok(Secret::new(secret)),
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let open = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(MOST).read_to_string(&mut text)?;
        Ok(text)
    };
    open().map_err(|error| Failure::Fetch(format!("{} cannot be read: {error}", path.display())))
}
